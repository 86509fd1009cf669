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
