/**
 * One execution as its phases see it: what to use, and what this process remembers beside the journal.
 *
 * Nothing in {@link RunMemory} is needed for correctness: it starts empty after a crash, and then costs at most a
 * repeated request or a settle time.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";
import type { Config } from "../../config/table.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Steering } from "./limits.ts";
import type { MovedSample } from "./rate.ts";
import type { RollbackMemory } from "./recovery.ts";
import type { Sight } from "./sight.ts";
import type { Verdict } from "./progress.ts";
import type { TaskBook } from "./task_book.ts";
import type { Task } from "./task.ts";
import type { ThrottleControl } from "./throttle_control.ts";

/** Why an execution ends before all its tasks are done. */
export interface StopWish {
  /** `failure`: something that trying again does not mend. */
  readonly kind: "user" | "dead_target" | "recovery" | "abandon" | "failure";
  readonly reason: string;
  /** True when groups that are half done are not to be finished either. */
  readonly atOnce?: boolean;
}

/** What this process remembers of an execution. */
export interface RunMemory {
  /** What a task looked like, and since when; by execution id. */
  readonly settling: Map<number, { readonly looks: string; readonly sinceMs: number }>;
  /** Bytes last seen at the receiving brokers, and when the task last came nearer to its end; by execution id. */
  readonly bytes: Map<
    number,
    { readonly bytes: number; readonly mark: string; readonly changedAtMs: number }
  >;
  readonly rollbacks: Map<number, Omit<RollbackMemory, "settled">>;
  /** Readings of log dirs that failed in a row; by broker id. */
  readonly silentReadings: Map<number, number>;
  /** Position of each move in strategy order, by execution id; undefined before it was computed. */
  order: ReadonlyMap<number, number> | undefined;
  samples: readonly MovedSample[];
  measuredAtMs: number | undefined;
  /** Rounds in a row in which tasks were pending, none in execution, and none could start. */
  idleRounds: number;
  /** Tasks that people were told to be slow, by execution id, and when that was last. */
  readonly alerted: Set<number>;
  alertedAtMs: number | undefined;
  /** Sentences for the explanation at the end. */
  readonly notes: string[];
}

/** An empty memory. */
export function newMemory(): RunMemory {
  return {
    settling: new Map(),
    bytes: new Map(),
    rollbacks: new Map(),
    silentReadings: new Map(),
    order: undefined,
    samples: [],
    measuredAtMs: undefined,
    idleRounds: 0,
    alerted: new Set(),
    alertedAtMs: undefined,
    notes: [],
  };
}

/** One execution in progress. */
export interface Run {
  readonly uuid: string;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Config;
  /** Replaced when its limits are changed. */
  steering: Steering;
  readonly book: TaskBook;
  readonly throttles: ThrottleControl;
  readonly memory: RunMemory;
  /** Set once; the first wish wins. */
  stop: StopWish | undefined;
}

/** What a round of a phase did. */
export interface PhaseReport {
  /** Tasks ended or were submitted: look again soon. */
  readonly somethingHappened: boolean;
  /** Nothing is left to do or to wait for in the phase. */
  readonly done: boolean;
}

/** Ends the execution early unless it is ending already; a wish to end at once counts then, too. */
export function wishToStop(run: Run, wish: StopWish): void {
  if (run.stop !== undefined) {
    if (wish.atOnce === true) run.stop = { ...run.stop, atOnce: true };
    return;
  }
  run.stop = wish;
  run.log.warn("Execution is stopped", { execution: run.uuid, kind: wish.kind, why: wish.reason });
}

/** Whether what a task looks like has stayed the same for `evenkeel.execution.settle.time.ms`. */
export function isSettled(
  run: Run,
  task: Task,
  sight: Pick<Sight, "replicas" | "leader"> & {
    readonly standing: string;
  },
): boolean {
  const id = task.record.executionId;
  const looks = `${task.record.state} ${sight.standing} ${sight.replicas} ${sight.leader}`;
  const nowMs = run.clock.nowMs();
  const known = run.memory.settling.get(id);
  if (known?.looks !== looks) {
    run.memory.settling.set(id, { looks, sinceMs: nowMs });
    return run.config["evenkeel.execution.settle.time.ms"] === 0;
  }
  return nowMs - known.sinceMs >= run.config["evenkeel.execution.settle.time.ms"];
}

/** A verdict with "unsettled" resolved: what follows from it once it has stayed so, else to wait. */
export function settledVerdict(
  run: Run,
  task: Task,
  judged: {
    readonly verdict: Verdict;
    readonly sight: Pick<Sight, "replicas" | "leader"> & { readonly standing: string };
  },
): Exclude<Verdict, { kind: "unsettled" }> {
  const { verdict, sight } = judged;
  if (verdict.kind !== "unsettled") {
    run.memory.settling.delete(task.record.executionId);
    return verdict;
  }
  if (!isSettled(run, task, sight)) return { kind: "wait" };
  return settledVerdict(run, task, { verdict: verdict.then, sight });
}

/**
 * How long a task in progress has not come nearer to its end, when that is longer than
 * `evenkeel.execution.move.stuck.timeout.ms`; undefined otherwise. The first question starts the clock.
 */
export function stuckForMs(run: Run, task: Task): number | undefined {
  const id = task.record.executionId;
  const nowMs = run.clock.nowMs();
  const seen = run.memory.bytes.get(id);
  if (seen === undefined) {
    run.memory.bytes.set(id, { bytes: 0, mark: "", changedAtMs: nowMs });
    return undefined;
  }
  const forMs = nowMs - seen.changedAtMs;
  return forMs > run.config["evenkeel.execution.move.stuck.timeout.ms"] ? forMs : undefined;
}

/** Whether a task may be submitted once more. */
export function mayTryAgain(run: Run, task: Task): boolean {
  return task.record.attempt < run.config["evenkeel.execution.submit.max.attempts"];
}

/** The reason of a task that was submitted in vain too often. */
export function triedTooOften(task: Task): string {
  return `Kafka did not carry it out although it was submitted ${task.record.attempt} times ` +
    "(evenkeel.execution.submit.max.attempts)";
}

/**
 * Whether nothing can ever start: tasks are pending, none is in execution, and twice in a row none could be chosen. A
 * limit of 0 does that.
 */
export function isBlocked(
  run: Run,
  seen: { pending: number; inExecution: number; chosen: number },
): boolean {
  if (seen.pending === 0 || seen.inExecution > 0 || seen.chosen > 0) {
    run.memory.idleRounds = 0;
    return false;
  }
  run.memory.idleRounds++;
  return run.memory.idleRounds >= 2;
}
