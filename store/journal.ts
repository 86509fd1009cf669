/**
 * The executor's journal in state.db: what it was asked to do, how far it is, and how to undo the throttles that it
 * set. Written before every side effect and after every outcome, one transaction a step, so that a crash at any point
 * leaves enough to go on from.
 *
 * Only the executor writes these tables; {@link openJournal} gives the writer, and SQL stays in this file.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Result } from "../lib/failure.ts";
import {
  type JournalExecution,
  type JournalProposal,
  type JournalTask,
  type JournalTaskState,
  readExecution,
  readProposal,
  readTask,
  readUndo,
  type ThrottleUndo,
} from "./journal_rows.ts";
import type { Store } from "./open.ts";

/** A task before it is written for the first time; the journal gives the execution id. */
export type NewTask = Pick<JournalTask, "proposalSeq" | "type" | "brokerId">;

/** An execution before it is written for the first time. */
export type NewExecution = Pick<
  JournalExecution,
  | "uuid"
  | "operation"
  | "reason"
  | "userTriggered"
  | "state"
  | "options"
  | "limits"
  | "throttleBytesPerSec"
  | "createdAtMs"
>;

/** One step of one task. `from` must be what the journal holds. */
export interface TaskChange {
  readonly executionId: number;
  readonly from: JournalTaskState;
  readonly to: JournalTaskState;
  readonly atMs: number;
  readonly abortAs?: "ABORTED" | "DEAD";
  readonly reason?: string;
}

/** A broker that was demoted or removed. */
export interface BrokerHistoryEntry {
  readonly kind: "demoted" | "removed";
  readonly brokerId: number;
  /** Epoch ms; 0 = never forgotten. */
  readonly startedAtMs: number;
}

/** How an execution ended, as written down. */
export interface ExecutionEnd {
  readonly outcome: string;
  readonly explanation: string;
  readonly movedMb: number;
  readonly endedAtMs: number;
}

/**
 * The journal. Reads throw only when the store is broken. Writes are durable when they return ok; a failure
 * (`store_full`, `store_corrupt`) means that nothing of the step was written, and the side effect must not happen.
 */
export interface Journal {
  /** Executions that have not ended, oldest first. */
  unfinishedExecutions(): JournalExecution[];
  /** The execution that ended last. */
  lastEndedExecution(): JournalExecution | undefined;
  proposalsOf(uuid: string): JournalProposal[];
  /** Ascending by execution id. */
  tasksOf(uuid: string): JournalTask[];
  /** Writes a whole execution: row, proposals, tasks. Gives the tasks with their execution ids. */
  beginExecution(
    execution: NewExecution,
    proposals: readonly JournalProposal[],
    tasks: readonly NewTask[],
  ): Result<JournalTask[]>;
  /** All changes or none. Gives the tasks as they are afterwards, in the same order. */
  changeTasks(uuid: string, changes: readonly TaskChange[]): Result<JournalTask[]>;
  setExecutionState(uuid: string, state: string, atMs: number): Result<void>;
  /** Replaces the limits of an execution. */
  setLimits(uuid: string, limits: unknown, atMs: number): Result<void>;
  requestStop(uuid: string, stop: { reason: string; atOnce: boolean }, atMs: number): Result<void>;
  endExecution(uuid: string, end: ExecutionEnd): Result<void>;
  /** Every throttle that is not undone yet, of whatever execution. */
  openUndos(): ThrottleUndo[];
  /** Writes or replaces undo records, by resource and key. */
  putUndos(undos: readonly ThrottleUndo[], atMs: number): Result<void>;
  /** Marks undo records as done. */
  closeUndos(undos: readonly ThrottleUndo[], atMs: number): Result<void>;
  brokerHistory(): BrokerHistoryEntry[];
  putBrokerHistory(entries: readonly BrokerHistoryEntry[]): Result<void>;
  dropBrokerHistory(entries: readonly BrokerHistoryEntry[]): Result<void>;
}

const TASK_COLUMNS =
  "execution_id, proposal_seq, type, broker_id, state, attempt, submitted_ms, start_ms, end_ms, abort_as, reason";

const INSERT_EXECUTION = `INSERT INTO execution (uuid, operation, reason, user_triggered, state,
  options, limits, throttle_bytes_per_sec, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const UPDATE_TASK = `UPDATE task SET state = ?, attempt = attempt + ?,
    submitted_ms = COALESCE(?, submitted_ms), start_ms = COALESCE(start_ms, ?), end_ms = ?,
    abort_as = ?, reason = COALESCE(?, reason)
  WHERE execution_id = ? AND execution_uuid = ? AND state = ? RETURNING ${TASK_COLUMNS}`;

const ENDED_STATES: readonly JournalTaskState[] = ["ABORTED", "DEAD", "COMPLETED"];

const PUT_UNDO =
  `INSERT OR REPLACE INTO throttle_undo (resource_type, resource_name, key, execution_uuid,
  original_value, written_value, entries_added, status, updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?)`;

/** The journal in an open state.db. One writer: the executor. */
export function openJournal(store: Store): Journal {
  return { ...journalReads(store), ...executionWrites(store), ...sideWrites(store) };
}

type Reads =
  | "unfinishedExecutions"
  | "lastEndedExecution"
  | "proposalsOf"
  | "tasksOf"
  | "openUndos"
  | "brokerHistory";

function journalReads(store: Store): Pick<Journal, Reads> {
  const db = store.connection;
  const unfinished = db.prepare(
    "SELECT * FROM execution WHERE ended_ms IS NULL ORDER BY created_ms, uuid",
  );
  const lastEnded = db.prepare(
    "SELECT * FROM execution WHERE ended_ms IS NOT NULL ORDER BY ended_ms DESC, uuid LIMIT 1",
  );
  const proposals = db.prepare("SELECT * FROM proposal WHERE execution_uuid = ? ORDER BY seq");
  const tasks = db.prepare(
    `SELECT ${TASK_COLUMNS} FROM task WHERE execution_uuid = ? ORDER BY execution_id`,
  );
  const undos = db.prepare("SELECT * FROM throttle_undo WHERE status = 'open'");
  const history = db.prepare("SELECT * FROM broker_history ORDER BY kind, broker_id");
  return {
    unfinishedExecutions: () => unfinished.all().map(readExecution),
    lastEndedExecution() {
      const row = lastEnded.get();
      return row === undefined ? undefined : readExecution(row);
    },
    proposalsOf: (uuid) => proposals.all(uuid).map(readProposal),
    tasksOf: (uuid) => tasks.all(uuid).map(readTask),
    openUndos: () => undos.all().map(readUndo),
    brokerHistory: () =>
      history.all().map((row) => ({
        kind: row["kind"] as BrokerHistoryEntry["kind"],
        brokerId: Number(row["broker_id"]),
        startedAtMs: Number(row["start_ms"]),
      })),
  };
}

type ExecutionWrites =
  | "beginExecution"
  | "changeTasks"
  | "setExecutionState"
  | "setLimits"
  | "requestStop"
  | "endExecution";

function executionWrites(store: Store): Pick<Journal, ExecutionWrites> {
  const db = store.connection;
  const updateTask = db.prepare(UPDATE_TASK);
  const setState = db.prepare("UPDATE execution SET state = ?, updated_ms = ? WHERE uuid = ?");
  const setLimits = db.prepare("UPDATE execution SET limits = ?, updated_ms = ? WHERE uuid = ?");
  const stop = db.prepare(
    `UPDATE execution SET stop_requested = MAX(stop_requested, ?), stop_reason = ?, updated_ms = ?
       WHERE uuid = ?`,
  );
  const end = db.prepare(
    `UPDATE execution SET state = 'NO_TASK_IN_PROGRESS', outcome = ?, explanation = ?, moved_mb = ?,
       ended_ms = ?, updated_ms = ? WHERE uuid = ? AND ended_ms IS NULL`,
  );
  return {
    beginExecution: (execution, proposals, tasks) =>
      store.transaction("Cannot record the execution", () => {
        insertExecution(store, execution, proposals);
        return insertTasks(store, execution.uuid, tasks);
      }),
    changeTasks: (uuid, changes) =>
      store.transaction("Cannot record the state of tasks", () =>
        changes.map((change) => {
          const { executionId, from, to, atMs } = change;
          const row = updateTask.get(
            to,
            to === "SUBMITTING" ? 1 : 0,
            to === "SUBMITTING" ? atMs : null,
            to === "IN_PROGRESS" ? atMs : null,
            ENDED_STATES.includes(to) ? atMs : null,
            change.abortAs ?? null,
            change.reason ?? null,
            executionId,
            uuid,
            from,
          );
          assert(row !== undefined, `Task ${executionId} is not ${from}`);
          return readTask(row);
        })),
    setExecutionState: (uuid, state, atMs) =>
      store.transaction("Cannot record the phase", () => {
        setState.run(state, atMs, uuid);
      }),
    setLimits: (uuid, limits, atMs) =>
      store.transaction("Cannot record the limits of the execution", () => {
        setLimits.run(JSON.stringify(limits), atMs, uuid);
      }),
    requestStop: (uuid, { reason, atOnce }, atMs) =>
      store.transaction("Cannot record the request to stop", () => {
        stop.run(atOnce ? 2 : 1, reason, atMs, uuid);
      }),
    endExecution: (uuid, how) =>
      store.transaction("Cannot record the end of the execution", () => {
        const { outcome, explanation, movedMb, endedAtMs } = how;
        const done = end.run(outcome, explanation, movedMb, endedAtMs, endedAtMs, uuid);
        assert(done.changes === 1, `Execution ${uuid} ended twice`);
      }),
  };
}

function insertExecution(
  store: Store,
  execution: NewExecution,
  proposals: readonly JournalProposal[],
): void {
  const { createdAtMs } = execution;
  store.connection.prepare(INSERT_EXECUTION).run(
    execution.uuid,
    execution.operation,
    execution.reason,
    execution.userTriggered ? 1 : 0,
    execution.state,
    JSON.stringify(execution.options),
    JSON.stringify(execution.limits),
    execution.throttleBytesPerSec ?? null,
    createdAtMs,
    createdAtMs,
  );
  const insert = store.connection.prepare(
    "INSERT INTO proposal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  for (const { seq, topicId, proposal } of proposals) {
    insert.run(
      execution.uuid,
      seq,
      proposal.topic,
      topicId,
      proposal.partition,
      proposal.sizeMb,
      proposal.oldLeader,
      JSON.stringify(proposal.oldReplicas),
      JSON.stringify(proposal.newReplicas),
      JSON.stringify(proposal.reasons),
      proposal.group ?? null,
    );
  }
}

function insertTasks(store: Store, uuid: string, tasks: readonly NewTask[]): JournalTask[] {
  const insert = store.connection.prepare(
    `INSERT INTO task (execution_uuid, proposal_seq, type, broker_id, state)
       VALUES (?, ?, ?, ?, 'PENDING') RETURNING ${TASK_COLUMNS}`,
  );
  return tasks.map((task) =>
    readTask(insert.get(uuid, task.proposalSeq, task.type, task.brokerId ?? null)!)
  );
}

type SideWrites = "putUndos" | "closeUndos" | "putBrokerHistory" | "dropBrokerHistory";

function sideWrites(store: Store): Pick<Journal, SideWrites> {
  const db = store.connection;
  const put = db.prepare(PUT_UNDO);
  const close = db.prepare(
    `UPDATE throttle_undo SET status = 'done', updated_ms = ?
       WHERE resource_type = ? AND resource_name = ? AND key = ?`,
  );
  const putHistory = db.prepare("INSERT OR REPLACE INTO broker_history VALUES (?, ?, ?)");
  const dropHistory = db.prepare("DELETE FROM broker_history WHERE kind = ? AND broker_id = ?");
  return {
    putUndos: (undos, atMs) =>
      store.transaction("Cannot record how to undo a throttle", () => {
        for (const undo of undos) {
          put.run(
            undo.resourceType,
            undo.resourceName,
            undo.key,
            undo.executionUuid,
            undo.originalValue ?? null,
            undo.writtenValue ?? null,
            JSON.stringify(undo.entriesAdded),
            atMs,
          );
        }
      }),
    closeUndos: (undos, atMs) =>
      store.transaction("Cannot record that a throttle is undone", () => {
        for (const undo of undos) close.run(atMs, undo.resourceType, undo.resourceName, undo.key);
      }),
    putBrokerHistory: (entries) =>
      store.transaction("Cannot record the history of brokers", () => {
        for (const { kind, brokerId, startedAtMs } of entries) {
          putHistory.run(kind, brokerId, startedAtMs);
        }
      }),
    dropBrokerHistory: (entries) =>
      store.transaction("Cannot record the history of brokers", () => {
        for (const { kind, brokerId } of entries) dropHistory.run(kind, brokerId);
      }),
  };
}
