/**
 * The schema of state.db, as numbered steps forward. Versions 1 and 2 belong to the execution journal and the user
 * tasks.
 *
 * @module
 */
import type { Migration } from "./migration.ts";

/** Every step, ascending. */
export const STATE_MIGRATIONS: readonly Migration[] = [
  {
    version: 2,
    name: "user tasks",
    sql: `
      -- Requests to the HTTP server that somebody may ask for again after a restart.
      CREATE TABLE user_task (
        user_task_id TEXT PRIMARY KEY,
        endpoint TEXT NOT NULL,         -- upper case, as in REBALANCE
        match_key TEXT NOT NULL,        -- method, path and sorted parameters: what a repeated request must equal
        request_url TEXT NOT NULL,      -- as people see it
        client_identity TEXT NOT NULL,
        start_ms INTEGER NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('Active', 'InExecution', 'Completed', 'CompletedWithError')),
        executes INTEGER NOT NULL,      -- 1 when it may start an execution; its uuid is the task's
        wants_json INTEGER NOT NULL,
        http_status INTEGER,            -- of the final answer, NULL while there is none
        body TEXT                       -- the final answer, NULL while there is none
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX user_task_by_start ON user_task (start_ms);
    `,
  },
  {
    version: 3,
    name: "settings and leases",
    sql: `
      -- Small things that must outlive a restart: toggles, marks. value is text, its meaning the reader's.
      CREATE TABLE setting (
        key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      -- Who may act on the cluster. A holder renews before expires_at_ms; anyone may take an expired lease.
      CREATE TABLE lease (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
];
