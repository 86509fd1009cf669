/**
 * The user tasks of the HTTP server in state.db, so that a client's task id stays good over a restart.
 * Written by the server alone.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Result } from "../lib/failure.ts";
import type { Store } from "./open.ts";
import type { SqlRow } from "./sqlite.ts";

/** State of a user task; Cruise Control's names. */
export type UserTaskStatus = "Active" | "InExecution" | "Completed" | "CompletedWithError";

const STATUSES: readonly string[] = [
  "Active",
  "InExecution",
  "Completed",
  "CompletedWithError",
] satisfies UserTaskStatus[];

/** One user task as it is kept. */
export interface UserTaskRow {
  readonly userTaskId: string;
  /** Upper case, `REBALANCE`. */
  readonly endpoint: string;
  /** Method, path and sorted parameters: what a request with this id must equal. */
  readonly matchKey: string;
  /** As people see it: `POST /kafkacruisecontrol/rebalance?dryrun=false`. */
  readonly requestUrl: string;
  readonly clientIdentity: string;
  readonly startMs: number;
  readonly status: UserTaskStatus;
  /** Whether it may start an execution, whose uuid is then the task's id. */
  readonly executes: boolean;
  readonly wantsJson: boolean;
  /** The final answer; undefined while there is none. */
  readonly answer: { readonly httpStatus: number; readonly body: string } | undefined;
}

/** Keeps user tasks. Failures: `store_full`, `store_corrupt`, `deadline_exceeded`. */
export interface UserTaskStore {
  /** Writes the tasks, replacing those with the same id, in one transaction. */
  save(tasks: readonly UserTaskRow[]): Result<void>;
  /** Removes tasks; unknown ids are ignored. */
  remove(userTaskIds: readonly string[]): Result<void>;
  /** Every task, oldest first. */
  list(): Result<UserTaskRow[]>;
}

/** The user tasks in an open state.db. */
export function userTaskStore(store: Store): UserTaskStore {
  const insert = store.connection.prepare(
    "INSERT OR REPLACE INTO user_task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const remove = store.connection.prepare("DELETE FROM user_task WHERE user_task_id = ?");
  const select = store.connection.prepare(
    "SELECT * FROM user_task ORDER BY start_ms, user_task_id",
  );
  return {
    save: (tasks) =>
      store.transaction("Cannot save user tasks", () => {
        for (const task of tasks) insert.run(...valuesOf(task));
      }),
    remove: (ids) =>
      store.transaction("Cannot remove old user tasks", () => {
        for (const id of ids) remove.run(id);
      }),
    list: () => store.transaction("Cannot read user tasks", () => select.all().map(rowOf)),
  };
}

function valuesOf(task: UserTaskRow) {
  assert(STATUSES.includes(task.status), `Status ${task.status} of a user task is unknown`);
  return [
    task.userTaskId,
    task.endpoint,
    task.matchKey,
    task.requestUrl,
    task.clientIdentity,
    task.startMs,
    task.status,
    task.executes ? 1 : 0,
    task.wantsJson ? 1 : 0,
    task.answer?.httpStatus ?? null,
    task.answer?.body ?? null,
  ] as const;
}

function rowOf(row: SqlRow): UserTaskRow {
  const status = String(row["status"]);
  assert(STATUSES.includes(status), `Status ${status} of a stored user task is unknown`);
  return {
    userTaskId: String(row["user_task_id"]),
    endpoint: String(row["endpoint"]),
    matchKey: String(row["match_key"]),
    requestUrl: String(row["request_url"]),
    clientIdentity: String(row["client_identity"]),
    startMs: Number(row["start_ms"]),
    status: status as UserTaskStatus,
    executes: row["executes"] === 1,
    wantsJson: row["wants_json"] === 1,
    answer: row["body"] === null
      ? undefined
      : { httpStatus: Number(row["http_status"]), body: String(row["body"]) },
  };
}
