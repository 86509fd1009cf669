/**
 * The tasks of one execution: the journal first, then memory.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { Clock } from "../../lib/clock.ts";
import type { TaskCounts } from "../../messages/executor.ts";
import type { Journal, TaskChange } from "../../store/journal.ts";
import type { JournalTask, JournalTaskState, JournalTaskType } from "../../store/journal_rows.ts";
import { must } from "./interrupt.ts";
import { assertTransition, isInExecution, isTerminal } from "./task_state.ts";
import type { Task } from "./task.ts";

/** A wanted step of one task. */
export interface Step {
  readonly task: Task;
  readonly to: JournalTaskState;
  readonly reason?: string;
  readonly abortAs?: "ABORTED" | "DEAD";
}

/** All tasks of an execution, by execution id. */
export class TaskBook {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #uuid: string;
  readonly #tasks: Map<number, Task>;

  /** Reads the tasks of an execution from the journal. */
  constructor(journal: Journal, clock: Clock, uuid: string) {
    this.#journal = journal;
    this.#clock = clock;
    this.#uuid = uuid;
    const proposals = new Map(journal.proposalsOf(uuid).map((entry) => [entry.seq, entry]));
    this.#tasks = new Map(
      journal.tasksOf(uuid).map((record) => {
        const entry = proposals.get(record.proposalSeq);
        assert(entry !== undefined, `Task ${record.executionId} has no proposal in the journal`);
        return [record.executionId, { record, proposal: entry.proposal, topicId: entry.topicId }];
      }),
    );
  }

  /** Every task, ascending by execution id. */
  all(): IterableIterator<Task> {
    return this.#tasks.values();
  }

  /** Tasks of a type in one of the states. */
  of(type: JournalTaskType, ...states: JournalTaskState[]): Task[] {
    return this.#filter((r) => r.type === type && states.includes(r.state));
  }

  /** Tasks of a type that Kafka may be working on. */
  inExecution(type: JournalTaskType): Task[] {
    return this.#filter((r) => r.type === type && isInExecution(r.state));
  }

  /** Whether any task of any type may still be worked on by Kafka. */
  hasInExecution(): boolean {
    for (const task of this.#tasks.values()) if (isInExecution(task.record.state)) return true;
    return false;
  }

  /** Whether tasks of the type are left to do. */
  hasOpen(type: JournalTaskType): boolean {
    return this.#filter((r) => r.type === type && !isTerminal(r.state)).length > 0;
  }

  /**
   * Takes the steps, all or none: written to the journal, then believed. Gives the tasks as they are afterwards.
   * Asserts that every step is allowed. Throws {@link RoundInterrupted} when the journal cannot be written.
   */
  change(steps: readonly Step[]): Task[] {
    if (steps.length === 0) return [];
    const atMs = this.#clock.nowMs();
    const changes = steps.map(({ task, to, reason, abortAs }): TaskChange => {
      const { executionId, state } = task.record;
      assertTransition(state, to);
      return {
        executionId,
        from: state,
        to,
        atMs,
        ...(reason === undefined ? {} : { reason }),
        ...(abortAs === undefined ? {} : { abortAs }),
      };
    });
    const records = must(this.#journal.changeTasks(this.#uuid, changes));
    return records.map((record, i) => {
      const changed: Task = { ...steps[i]!.task, record };
      this.#tasks.set(record.executionId, changed);
      return changed;
    });
  }

  /** Counts of one type. A task whose submission has no known outcome counts as in progress. */
  counts(type: JournalTaskType): TaskCounts {
    const count = (...states: JournalTaskState[]) => this.of(type, ...states).length;
    return {
      pending: count("PENDING"),
      inProgress: count("SUBMITTING", "IN_PROGRESS"),
      aborting: count("ABORTING"),
      aborted: count("ABORTED"),
      dead: count("DEAD"),
      completed: count("COMPLETED"),
      total: this.#filter((r) => r.type === type).length,
    };
  }

  #filter(wanted: (record: JournalTask) => boolean): Task[] {
    const found: Task[] = [];
    for (const task of this.#tasks.values()) if (wanted(task.record)) found.push(task);
    return found;
  }
}
