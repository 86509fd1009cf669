/**
 * User tasks: every request that is worked on has one, and its id finds the answer again.
 *
 * ```
 *           done                        execution ended
 *  Active ---------> Completed      +-------------------> Completed
 *    |  \                           |
 *    |   \ execution started   InExecution
 *    |    +-------------------->    |
 *    | failed                       +-------------------> CompletedWithError
 *    +-------------> CompletedWithError   (failed, stopped or lost)
 * ```
 * Requests that change something are written to the store when they begin and when they change; others when the
 * caller was told to come back, and otherwise at the next sweep.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { Clock } from "../../lib/clock.ts";
import { fail, failureFrom, ok, type Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { ExecutionSummary, ExecutorState } from "../../messages/executor.ts";
import type { UserTaskRow, UserTaskStatus, UserTaskStore } from "../../store/user_tasks.ts";
import type { Retention, TaskType } from "./settings.ts";

/** A final answer. */
export interface TaskAnswer {
  readonly httpStatus: number;
  readonly body: string;
}

/** How the work on a task ended. */
export interface TaskOutcome extends TaskAnswer {
  readonly inExecution: boolean;
}

/** A step of the work, for people who wait. */
export interface TaskStep {
  readonly step: string;
  readonly description: string;
  readonly startedMs: number;
}

/** A task as other files see it. */
export interface UserTaskView {
  readonly userTaskId: string;
  readonly endpoint: string;
  readonly matchKey: string;
  readonly requestUrl: string;
  readonly clientIdentity: string;
  readonly startMs: number;
  readonly status: UserTaskStatus;
  readonly wantsJson: boolean;
  readonly answer: TaskAnswer | undefined;
  readonly steps: readonly TaskStep[];
  /** Resolves when the answer is there. */
  readonly done: Promise<void>;
}

/** What a task begins with. */
export interface NewTask {
  /** Upper case. */
  readonly endpoint: string;
  readonly matchKey: string;
  readonly requestUrl: string;
  readonly clientIdentity: string;
  readonly executes: boolean;
  readonly wantsJson: boolean;
  /** Written to the store at once: it changes something. */
  readonly isAdmin: boolean;
  readonly alwaysAdmitted: boolean;
}

/** What the work on a task may do to it. */
export interface TaskHandle {
  readonly userTaskId: string;
  step(name: string, description: string): void;
  /** Keeps the answer before the execution starts, so that a crash in between does not lose it. */
  prepared(answer: TaskAnswer): void;
}

/** What the tasks need. */
export interface UserTasksDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: UserTaskStore;
  readonly newId: () => string;
  readonly activeMax: number;
  /** Kind of a task by its endpoint, upper case. */
  readonly typeOf: (endpoint: string) => TaskType;
  readonly retention: Readonly<Record<TaskType, Retention>>;
  /** The answer to a task whose work was lost, for the reason given. */
  readonly lost: (task: UserTaskRow, reason: string) => TaskAnswer;
}

interface Task extends UserTaskView {
  status: UserTaskStatus;
  answer: TaskAnswer | undefined;
  readonly steps: TaskStep[];
  readonly executes: boolean;
  readonly isAdmin: boolean;
  /** Whether the store has it as it is. */
  saved: boolean;
  /** From before a restart, and the executor was not asked about it yet. */
  unresolved: boolean;
  settle(): void;
}

/** Characters of an answer that is kept over a restart; writing a larger one would hold the thread for too long. */
const STORED_CHARACTERS_MAX = 1 << 23;

const TOO_LARGE = "The answer was too large to be kept over a restart; send the request again";
const RESTARTED = "Evenkeel was restarted while it worked on this request; send it again";

/** Ended executions that are remembered in case their task learns of its start later. */
const ENDED_MAX = 32;

/** All user tasks. */
export class UserTasks {
  readonly #deps: UserTasksDeps;
  readonly #tasks = new Map<string, Task>();
  readonly #ended = new Map<string, ExecutionSummary>();
  /** Whether the store refused the last write. */
  #isRefused = false;

  /** No tasks; call {@link restore} to load those of before a restart. */
  constructor(deps: UserTasksDeps) {
    this.#deps = deps;
  }

  /** Loads the tasks of before a restart. Those that may have started an execution wait for {@link resolveRestored}. */
  restore(): Result<void> {
    const rows = this.#deps.store.list();
    if (!rows.ok) return rows;
    for (const row of rows.value) {
      const task = this.#adopt(row);
      if (row.status !== "Active" && row.status !== "InExecution") continue;
      if (row.executes) task.unresolved = true;
      else this.#interrupt(task);
    }
    this.flush();
    return ok(undefined);
  }

  /** Whether tasks of before a restart wait for the executor's word. */
  get hasUnresolved(): boolean {
    return [...this.#tasks.values()].some((task) => task.unresolved);
  }

  /**
   * Decides about the tasks of before a restart by what the executor does and did. Gives the ids of tasks that had
   * only reserved the executor: the reservation must be released.
   */
  resolveRestored(state: ExecutorState): string[] {
    const release: string[] = [];
    for (const task of this.#tasks.values()) {
      if (!task.unresolved) continue;
      task.unresolved = false;
      const isCurrent = state.executionUuid === task.userTaskId;
      if (isCurrent && state.phase === "GENERATING_PROPOSALS_FOR_EXECUTION") {
        release.push(task.userTaskId);
        this.#interrupt(task);
      } else if (isCurrent) {
        this.#change(task, "InExecution");
      } else if (state.lastExecution?.executionUuid === task.userTaskId) {
        this.#change(task, statusAfter(state.lastExecution));
      } else if (task.status === "Active") {
        this.#interrupt(task);
      } else {
        this.#change(task, "CompletedWithError");
      }
    }
    this.flush();
    return release;
  }

  /** Begins a task. Fails with `mailbox_full` when too many are active. `work` must not throw what it expects. */
  begin(start: NewTask, work: (task: TaskHandle) => Promise<TaskOutcome>): Result<UserTaskView> {
    const active = this.all().filter((task) => task.status === "Active").length;
    if (active >= this.#deps.activeMax && !start.alwaysAdmitted) {
      return fail(
        "mailbox_full",
        `There are already ${active} active user tasks, which has reached the servlet capacity.`,
        { retriable: true },
      );
    }
    const { isAdmin, alwaysAdmitted: _, ...row } = start;
    const task = this.#adopt({
      ...row,
      userTaskId: this.#freshId(),
      startMs: this.#deps.clock.nowMs(),
      status: "Active",
      answer: undefined,
    }, isAdmin);
    task.saved = false;
    if (isAdmin) this.#save(task);
    void this.#work(task, work);
    return ok(task);
  }

  /** The task of an id, or undefined. */
  get(userTaskId: string): UserTaskView | undefined {
    return this.#tasks.get(userTaskId);
  }

  /** All tasks in the order they began. */
  all(): UserTaskView[] {
    return [...this.#tasks.values()];
  }

  /** The caller was told to come back for it: from now on a restart must not forget it. */
  handedOut(userTaskId: string): void {
    const task = this.#tasks.get(userTaskId);
    if (task !== undefined && !task.saved) this.#save(task);
  }

  /** An execution ended. */
  executionEnded(summary: ExecutionSummary): void {
    this.#ended.set(summary.executionUuid, summary);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= ENDED_MAX) break;
      this.#ended.delete(oldest);
    }
    const task = this.#tasks.get(summary.executionUuid);
    if (task === undefined) return;
    if (task.status === "InExecution" || task.unresolved) {
      task.unresolved = false;
      this.#change(task, statusAfter(summary));
    }
  }

  /** Forgets finished tasks that are too old or too many of their kind, and writes what is not written yet. */
  sweep(nowMs: number): void {
    const finished = [...this.#tasks.values()].filter((task) =>
      task.status === "Completed" || task.status === "CompletedWithError"
    ).reverse();
    const counts = new Map<TaskType, number>();
    const gone: Task[] = [];
    for (const task of finished) {
      const type = this.#deps.typeOf(task.endpoint);
      const count = (counts.get(type) ?? 0) + 1;
      counts.set(type, count);
      const keep = this.#deps.retention[type];
      if (count > keep.count || nowMs - task.startMs > keep.ms) gone.push(task);
    }
    for (const task of gone) this.#tasks.delete(task.userTaskId);
    const stored = gone.filter((task) => task.saved).map((task) => task.userTaskId);
    if (stored.length > 0) this.#report(this.#deps.store.remove(stored));
    this.flush();
  }

  /** Writes finished tasks that the store does not have yet, in one transaction. */
  flush(): void {
    const dirty = [...this.#tasks.values()].filter((task) =>
      !task.saved && (task.status !== "Active" || task.isAdmin)
    );
    if (dirty.length === 0) return;
    if (this.#report(this.#deps.store.save(dirty.map((task) => this.#stored(task))))) {
      for (const task of dirty) task.saved = true;
    }
  }

  /** The source of ids starts over at a restart, and a clock under test may stand still meanwhile. */
  #freshId(): string {
    for (;;) {
      const id = this.#deps.newId();
      if (!this.#tasks.has(id)) return id;
    }
  }

  #adopt(row: UserTaskRow, isAdmin = row.executes): Task {
    assert(!this.#tasks.has(row.userTaskId), `User task ${row.userTaskId} exists twice`);
    const { promise, resolve } = Promise.withResolvers<void>();
    const task: Task = {
      ...row,
      isAdmin,
      steps: [],
      saved: true,
      unresolved: false,
      done: promise,
      settle: resolve,
    };
    if (row.answer !== undefined && row.status !== "Active") task.settle();
    this.#tasks.set(row.userTaskId, task);
    return task;
  }

  async #work(task: Task, work: (task: TaskHandle) => Promise<TaskOutcome>): Promise<void> {
    const handle: TaskHandle = {
      userTaskId: task.userTaskId,
      step: (step, description) =>
        void task.steps.push({ step, description, startedMs: this.#deps.clock.nowMs() }),
      prepared: (answer) => {
        task.answer = answer;
        this.#save(task);
      },
    };
    let outcome: TaskOutcome | undefined;
    let reason = "";
    try {
      outcome = await work(handle);
    } catch (error) {
      reason = failureFrom(error, `Cannot finish ${task.requestUrl}`).message;
      this.#deps.log.error("A request failed in a way that nobody foresaw", {
        task: task.userTaskId,
        reason,
      });
    }
    task.answer = outcome ?? this.#deps.lost(rowOf(task), reason);
    const isFine = outcome !== undefined && outcome.httpStatus < 400;
    const ended = this.#ended.get(task.userTaskId);
    if (isFine && outcome!.inExecution) {
      this.#change(task, ended === undefined ? "InExecution" : statusAfter(ended));
    } else {
      this.#change(task, isFine ? "Completed" : "CompletedWithError");
    }
  }

  #interrupt(task: Task): void {
    task.answer = this.#deps.lost(rowOf(task), RESTARTED);
    this.#change(task, "CompletedWithError");
  }

  #change(task: Task, status: UserTaskStatus): void {
    task.status = status;
    task.saved = false;
    if (task.answer === undefined) task.answer = this.#deps.lost(rowOf(task), RESTARTED);
    if (task.isAdmin) this.#save(task);
    task.settle();
  }

  #save(task: Task): void {
    if (this.#report(this.#deps.store.save([this.#stored(task)]))) task.saved = true;
  }

  #stored(task: Task): UserTaskRow {
    const row = rowOf(task);
    const isLarge = (row.answer?.body.length ?? 0) > STORED_CHARACTERS_MAX;
    return isLarge ? { ...row, answer: this.#deps.lost(row, TOO_LARGE) } : row;
  }

  /** A store that refuses costs the memory over a restart, not the request. */
  #report(result: Result<void>): boolean {
    // Tried again at every sweep, said once.
    if (!result.ok && !this.#isRefused) {
      this.#deps.log.error("User tasks are not kept over a restart for now", {
        reason: result.failure.message,
      });
    } else if (result.ok && this.#isRefused) {
      this.#deps.log.info("User tasks are kept over a restart again");
    }
    this.#isRefused = !result.ok;
    return result.ok;
  }
}

function statusAfter(summary: ExecutionSummary): UserTaskStatus {
  return summary.outcome === "completed" ? "Completed" : "CompletedWithError";
}

function rowOf(task: Task): UserTaskRow {
  const { userTaskId, endpoint, matchKey, requestUrl, clientIdentity, startMs } = task;
  return {
    userTaskId,
    endpoint,
    matchKey,
    requestUrl,
    clientIdentity,
    startMs,
    status: task.status,
    executes: task.executes,
    wantsJson: task.wantsJson,
    answer: task.answer === undefined
      ? undefined
      : { httpStatus: task.answer.httpStatus, body: task.answer.body },
  };
}
