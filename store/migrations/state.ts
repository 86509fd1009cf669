/**
 * The schema of state.db, as numbered steps forward. Version 1 is the execution journal, version 2 belongs to the user
 * tasks, version 3 to the detector.
 *
 * @module
 */
import type { Migration } from "./migration.ts";

/** Every step, ascending. */
export const STATE_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "journal of executions",
    sql: `
      -- One row an execution. state is the executor's phase; ended_ms is null until everything is cleaned up.
      CREATE TABLE execution (
        uuid TEXT PRIMARY KEY,
        operation TEXT NOT NULL,
        reason TEXT NOT NULL,
        user_triggered INTEGER NOT NULL,
        state TEXT NOT NULL,
        stop_requested INTEGER NOT NULL DEFAULT 0,
        stop_reason TEXT,
        -- The options as requested and the limits that followed from them, JSON.
        options TEXT NOT NULL,
        limits TEXT NOT NULL,
        throttle_bytes_per_sec INTEGER,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL,
        ended_ms INTEGER,
        outcome TEXT,
        explanation TEXT,
        moved_mb REAL NOT NULL DEFAULT 0
      ) STRICT, WITHOUT ROWID;
      -- Frozen input. Replicas are JSON lists of {brokerId, logDir?} in Kafka's order.
      CREATE TABLE proposal (
        execution_uuid TEXT NOT NULL REFERENCES execution (uuid),
        seq INTEGER NOT NULL,
        topic TEXT NOT NULL,
        topic_id TEXT NOT NULL,
        partition INTEGER NOT NULL,
        size_mb REAL NOT NULL,
        old_leader INTEGER NOT NULL,
        old_replicas TEXT NOT NULL,
        new_replicas TEXT NOT NULL,
        reasons TEXT NOT NULL,
        PRIMARY KEY (execution_uuid, seq)
      ) STRICT, WITHOUT ROWID;
      -- Write-ahead log of task states. SUBMITTING: the request may or may not have reached Kafka.
      CREATE TABLE task (
        execution_id INTEGER PRIMARY KEY,
        execution_uuid TEXT NOT NULL REFERENCES execution (uuid),
        proposal_seq INTEGER NOT NULL,
        type TEXT NOT NULL,
        broker_id INTEGER,
        state TEXT NOT NULL CHECK (state IN
          ('PENDING', 'SUBMITTING', 'IN_PROGRESS', 'ABORTING', 'ABORTED', 'DEAD', 'COMPLETED')),
        attempt INTEGER NOT NULL DEFAULT 0,
        submitted_ms INTEGER,
        start_ms INTEGER,
        end_ms INTEGER,
        -- What an ABORTING task becomes when it is rolled back.
        abort_as TEXT,
        reason TEXT
      ) STRICT;
      CREATE INDEX task_by_execution ON task (execution_uuid, execution_id);
      -- How to undo each throttle that we set. Written before the change, done after the restored value was read back.
      CREATE TABLE throttle_undo (
        resource_type TEXT NOT NULL,
        resource_name TEXT NOT NULL,
        key TEXT NOT NULL,
        execution_uuid TEXT NOT NULL REFERENCES execution (uuid),
        -- The dynamic value that was there before, null = there was none.
        original_value TEXT,
        -- The rates that we wrote, separated by commas, the latest last; null for lists.
        written_value TEXT,
        -- JSON list of the entries that we added to a list; [] for rates.
        entries_added TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('open', 'done')),
        updated_ms INTEGER NOT NULL,
        PRIMARY KEY (resource_type, resource_name, key)
      ) STRICT, WITHOUT ROWID;
      -- Brokers that were demoted or removed; start_ms 0 = never forgotten.
      CREATE TABLE broker_history (
        kind TEXT NOT NULL CHECK (kind IN ('demoted', 'removed')),
        broker_id INTEGER NOT NULL,
        start_ms INTEGER NOT NULL,
        PRIMARY KEY (kind, broker_id)
      ) STRICT, WITHOUT ROWID;
    `,
  },
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
    name: "anomalies",
    sql: `
      -- One row from when a condition was first seen until it is gone. At most one of a kind is open.
      CREATE TABLE anomaly (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        condition TEXT NOT NULL,        -- JSON, see AnomalyCondition
        detected_ms INTEGER NOT NULL,
        status TEXT NOT NULL,
        reason TEXT NOT NULL,
        status_ms INTEGER NOT NULL,
        ended_ms INTEGER,               -- null while the condition lasts
        alerted_ms INTEGER,
        alerted TEXT NOT NULL,          -- JSON list: the parts of the condition that somebody was told of
        would_do TEXT,                  -- JSON, see HealingPlan; null when nothing was planned
        would_do_for TEXT,              -- the condition that would_do was planned for
        failures INTEGER NOT NULL,      -- fixes in a row that did not heal the condition as it is
        retry_ms INTEGER                -- no fix before, null = no need to wait
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX anomaly_by_kind ON anomaly (kind, detected_ms);
      CREATE UNIQUE INDEX anomaly_open ON anomaly (kind) WHERE ended_ms IS NULL;
      CREATE TABLE anomaly_transition (
        anomaly_id TEXT NOT NULL REFERENCES anomaly (id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        status TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (anomaly_id, seq)
      ) STRICT, WITHOUT ROWID;
      -- Attempts to heal. Written before the executor is asked for anything: a restart finds what may be underway.
      CREATE TABLE healing (
        execution_uuid TEXT PRIMARY KEY,
        anomaly_id TEXT NOT NULL REFERENCES anomaly (id) ON DELETE CASCADE,
        begun_ms INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('planning', 'executing', 'ended')),
        plan TEXT,                      -- JSON, see HealingPlan
        ended_ms INTEGER,
        outcome TEXT
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX healing_by_anomaly ON healing (anomaly_id, begun_ms);
      CREATE UNIQUE INDEX healing_open ON healing ((1)) WHERE state <> 'ended';
      -- Brokers that host replicas and are not alive, and since when.
      CREATE TABLE failed_broker (
        broker_id INTEGER PRIMARY KEY,
        since_ms INTEGER NOT NULL
      ) STRICT;
      -- What people switched while running; void once the configured value is another one.
      CREATE TABLE self_healing_switch (
        kind TEXT PRIMARY KEY,
        enabled INTEGER NOT NULL,
        configured INTEGER NOT NULL,
        changed_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      -- Totals over all lives.
      CREATE TABLE healing_total (
        name TEXT PRIMARY KEY,
        value REAL NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 4,
    name: "models of the classifier",
    sql: `
      -- One row a model that was trained. JSON columns are lists of feature names, the meaning of states, scores.
      CREATE TABLE classifier_model (
        version INTEGER PRIMARY KEY AUTOINCREMENT,
        created_ms INTEGER NOT NULL,
        trained_from_ms INTEGER NOT NULL,
        trained_to_ms INTEGER NOT NULL,
        features TEXT NOT NULL,
        rules TEXT NOT NULL,
        scores TEXT NOT NULL,
        change_share REAL NOT NULL,
        good INTEGER NOT NULL,          -- 1 when it beat the baselines
        verdict TEXT NOT NULL,
        forest BLOB NOT NULL
      ) STRICT;
    `,
  },
  {
    version: 5,
    name: "imported files",
    sql: `
      -- Files of Cruise Control that were taken over: each once, they do not change any more.
      CREATE TABLE imported_file (
        path TEXT PRIMARY KEY,
        imported_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    version: 6,
    name: "groups of proposals",
    sql: `
      -- Proposals of an execution with the same number fit together only. From here on stop_requested = 2 means that
      -- groups are cut short as well.
      ALTER TABLE proposal ADD COLUMN group_number INTEGER;
    `,
  },
];
