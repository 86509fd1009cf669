/**
 * The life of an execution task.
 *
 * ```
 *              +--------------------------------------------+
 *              | (never submitted: partition gone, foreign   |
 *              |  reassignment, dead target)                 v
 *  PENDING ----+--> SUBMITTING ----> IN_PROGRESS ----> COMPLETED, ABORTED, DEAD   (terminal)
 *     ^                 |  |              |                  ^
 *     +-----------------+  +--------------|------------------+
 *      (Kafka does not know it)           v                  |
 *                                     ABORTING --------------+
 * ```
 * PENDING, IN_PROGRESS, ABORTING and the terminal states are Cruise Control's. SUBMITTING is written before the
 * request to Kafka: in it nobody knows whether Kafka has the request. ABORTING means that a cancel is wanted; it ends
 * ABORTED or DEAD as recorded in `abortAs`, or COMPLETED when the move won the race.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { JournalTaskState } from "../../store/journal_rows.ts";

const ENDINGS: readonly JournalTaskState[] = ["COMPLETED", "ABORTED", "DEAD"];

/** Allowed next states of each state. */
export const TRANSITIONS: { readonly [S in JournalTaskState]: readonly JournalTaskState[] } = {
  PENDING: ["SUBMITTING", ...ENDINGS],
  SUBMITTING: ["PENDING", "IN_PROGRESS", ...ENDINGS],
  IN_PROGRESS: ["SUBMITTING", "ABORTING", ...ENDINGS],
  ABORTING: ENDINGS,
  ABORTED: [],
  DEAD: [],
  COMPLETED: [],
};

/** Asserts that a task may go from one state to the other. */
export function assertTransition(from: JournalTaskState, to: JournalTaskState): void {
  assert(TRANSITIONS[from].includes(to), `A task must not go from ${from} to ${to}`);
}

/** Whether the task is over. */
export function isTerminal(state: JournalTaskState): boolean {
  return TRANSITIONS[state].length === 0;
}

/** Whether Kafka may be working on the task, as far as we know. */
export function isInExecution(state: JournalTaskState): boolean {
  return state === "SUBMITTING" || state === "IN_PROGRESS" || state === "ABORTING";
}
