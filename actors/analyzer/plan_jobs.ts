/**
 * Plans in the making: one at a time, shared by everybody who asks for the same one, cancelled when nobody waits any
 * more. A plan that nobody asked for (made ahead) gives way to one that somebody waits for.
 *
 * ```
 * queued -> running -> settled
 *    |         |
 *    +---------+--> cancelled     its last waiter left, or a background plan had to give way
 * ```
 *
 * @module
 */
import { type Clock, settle } from "../../lib/clock.ts";
import { fail, type Result } from "../../lib/failure.ts";
import type { PlanStep } from "../../messages/analyzer.ts";
import type { PlannerStep } from "../../planner/steps.ts";

/** How long planning may hold the thread before other messages get their turn: a cancellation waits for this and one step. */
const SLICE_MS = 10;

/** The same in steps, for clocks that stand still: on the smallest clusters, whose searches have the shortest steps, about as long. */
export const SLICE_STEPS = 160;

/** Waiters are told of progress at most this often, besides each new step. */
const TELL_EVERY_MS = 500;

/** The waiter of plans that nobody asked for. */
export const BACKGROUND = "background";

/** What the maker of a plan is given. */
export interface JobControl {
  readonly cancelled: () => boolean;
  /** Tells where the work is: `step` in the words of Cruise Control's progress, 0..100. */
  readonly progress: (step: string, completionPercentage: number) => void;
}

interface Waiter<T> {
  readonly name: string;
  readonly resolve: (outcome: Result<T>) => void;
  readonly reject: (error: unknown) => void;
}

interface Job<T> {
  readonly key: string;
  waiters: Waiter<T>[];
  steps: PlanStep[];
  stepStartMs: number;
  toldMs: number;
  cancelled: boolean;
}

/** The jobs of one actor. */
export interface PlanJobs<T> {
  /**
   * The plan of `key`, made by `make` unless it is being made already. Fails with `cancelled` after `cancel`;
   * rejects with what `make` throws.
   */
  plan(
    waiter: string,
    key: string,
    make: (control: JobControl) => Promise<Result<T>>,
  ): Promise<Result<T>>;
  /** The waiter does not wait any more; its answer is `cancelled`. Unknown waiters are ignored. */
  cancel(waiter: string): void;
  /** Whether anything is queued or running. */
  busy(): boolean;
}

/** No jobs yet. `tell` is called with the steps so far of a job that somebody waits for. */
export function createPlanJobs<T>(
  clock: Clock,
  tell: (waiter: string, steps: readonly PlanStep[]) => void,
): PlanJobs<T> {
  const jobs: Job<T>[] = [];
  let tail: Promise<void> = Promise.resolve();

  function cancel(waiter: string): void {
    for (const job of jobs) {
      const leaving = job.waiters.filter(({ name }) => name === waiter);
      if (leaving.length === 0) continue;
      job.waiters = job.waiters.filter(({ name }) => name !== waiter);
      job.cancelled ||= job.waiters.length === 0;
      for (const { resolve } of leaving) resolve(cancelledFailure());
    }
  }

  function progressOf(job: Job<T>) {
    return (step: string, completionPercentage: number) => {
      const nowMs = clock.monotonicMs();
      const isNew = job.steps.at(-1)?.step !== step;
      if (isNew) {
        job.steps = job.steps.map((done) => ({ ...done, completionPercentage: 100 }));
        job.stepStartMs = nowMs;
      } else {
        job.steps = job.steps.slice(0, -1);
      }
      const timeInMs = Math.round(nowMs - job.stepStartMs);
      job.steps.push({ step, completionPercentage, timeInMs });
      if (!isNew && nowMs - job.toldMs < TELL_EVERY_MS) return;
      job.toldMs = nowMs;
      for (const { name } of job.waiters) {
        if (name !== BACKGROUND) tell(name, [...job.steps]);
      }
    };
  }

  async function run(job: Job<T>, make: (control: JobControl) => Promise<Result<T>>) {
    try {
      const outcome = job.cancelled
        ? cancelledFailure()
        : await make({ cancelled: () => job.cancelled, progress: progressOf(job) });
      for (const { resolve } of job.waiters) resolve(outcome);
    } catch (error) {
      // A programmer error: whoever waits hands it to the runtime, and the next job has its turn.
      for (const { reject } of job.waiters) reject(error);
    } finally {
      jobs.splice(jobs.indexOf(job), 1);
    }
  }

  return {
    plan(waiter, key, make) {
      let job = jobs.find((candidate) => candidate.key === key && !candidate.cancelled);
      if (job === undefined) {
        if (waiter !== BACKGROUND) cancel(BACKGROUND);
        const created: Job<T> = {
          key,
          waiters: [],
          steps: [],
          stepStartMs: 0,
          toldMs: -Infinity,
          cancelled: false,
        };
        jobs.push(created);
        tail = tail.then(() => run(created, make));
        job = created;
      }
      const { waiters } = job;
      return new Promise((resolve, reject) => waiters.push({ name: waiter, resolve, reject }));
    },
    cancel,
    busy: () => jobs.length > 0,
  };
}

function cancelledFailure() {
  return fail("cancelled", "Cannot give the plan: it was cancelled");
}

/**
 * Runs a planner to its end in slices short enough for an event loop, or until the job is cancelled. `say` is told of
 * every step; when absent, its words are the progress.
 */
export async function runInSlices<T>(
  steps: Generator<PlannerStep, Result<T>, void>,
  clock: Clock,
  control: JobControl & { readonly say?: (step: PlannerStep) => void },
): Promise<Result<T>> {
  const told = ({ step, completionPercentage, notices = [] }: PlannerStep) => {
    for (const notice of notices) control.progress(notice, 100);
    control.progress(step, completionPercentage);
  };
  const { say = told } = control;
  return await inSlices(steps, clock, { cancelled: control.cancelled, say });
}

/** Runs any work in steps as {@link runInSlices} runs a planner. */
export async function inSlices<S, T>(
  steps: Generator<S, Result<T>, void>,
  clock: Clock,
  { cancelled, say }: { cancelled: () => boolean; say?: (step: S) => void },
): Promise<Result<T>> {
  await settle();
  let sliceMs = clock.monotonicMs();
  let sliceSteps = 0;
  while (true) {
    const next = steps.next();
    if (next.done === true) return next.value;
    say?.(next.value);
    const over = clock.monotonicMs() - sliceMs >= SLICE_MS || ++sliceSteps >= SLICE_STEPS;
    if (!over) continue;
    await settle();
    if (cancelled()) return cancelledFailure();
    sliceMs = clock.monotonicMs();
    sliceSteps = 0;
  }
}
