/**
 * What the executor holds between messages: who has reserved it, what it executes, what it did last.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { ExecutionSummary, ExecutorPhase, ExecutorState } from "../../messages/executor.ts";
import type { Reservation } from "./beginning.ts";
import { Execution } from "./execution.ts";
import { TaskBook } from "./task_book.ts";
import { ThrottleControl, type ThrottleDeps } from "./throttle_control.ts";
import { idleState, summaryOf } from "./view.ts";

/** The executor's state. */
export class Desk {
  readonly #deps: ThrottleDeps;
  readonly throttles: ThrottleControl;
  execution: Execution | undefined;
  reservation: Reservation | undefined;
  /** Set while a request is being turned into an execution. */
  starting = false;
  last: ExecutionSummary | undefined;

  /** An idle desk. */
  constructor(deps: ThrottleDeps) {
    this.#deps = deps;
    this.throttles = new ThrottleControl(deps);
  }

  /** Takes up the execution that the journal holds unfinished, if any. `found`: it was there at the process's start. */
  takeUp(found: boolean): Execution | undefined {
    const { journal } = this.#deps;
    const unfinished = journal.unfinishedExecutions();
    assert(unfinished.length <= 1, "The journal must not hold two unfinished executions");
    const record = unfinished[0];
    if (record === undefined) return undefined;
    this.execution = new Execution(this.#deps, record, { throttles: this.throttles, found });
    return this.execution;
  }

  /** Reads from the journal how the latest execution ended. */
  noteLast(): void {
    const { journal, clock } = this.#deps;
    const record = journal.lastEndedExecution();
    if (record === undefined) return;
    this.last = summaryOf(record, new TaskBook(journal, clock, record.uuid));
  }

  /** What people see of the executor now. */
  state(options: { withTasks: boolean }): ExecutorState {
    const idle = idleState(this.#idlePhase(), {
      reserved: this.reservation,
      history: this.#deps.journal.brokerHistory(),
      lastExecution: this.last,
    });
    return this.execution === undefined ? idle : this.execution.state(idle, options);
  }

  #idlePhase(): ExecutorPhase {
    if (this.reservation === undefined) return "NO_TASK_IN_PROGRESS";
    return this.starting ? "INITIALIZING_PROPOSAL_EXECUTION" : "GENERATING_PROPOSALS_FOR_EXECUTION";
  }
}
