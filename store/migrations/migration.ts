/**
 * What a migration is and how a file is brought up to date.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { Connection } from "../sqlite.ts";

/** One step forward. Never edited after a release: a change is a new migration. */
export interface Migration {
  /** From 1, ascending in the list. */
  readonly version: number;
  /** A few words, kept in the file for people. */
  readonly name: string;
  /** Statements, run in one transaction with all other missing migrations. */
  readonly sql: string;
}

/** The newest version that a list knows, 0 for an empty list. Asserts that the list ascends. */
export function newestVersion(migrations: readonly Migration[]): number {
  let newest = 0;
  for (const migration of migrations) {
    assert(migration.version > newest, `Migration ${migration.version} is out of order`);
    newest = migration.version;
  }
  return newest;
}

/** The newest version that was applied to the file. */
export function fileVersion(connection: Connection): number {
  return Number(connection.pragma("user_version")[0]!["user_version"]);
}

/**
 * Applies what the file lacks, in order, in one transaction; does nothing when there is nothing to do. Another worker
 * may do the same at the same time: the second one waits and then finds the work done. Throws SQLite's refusals.
 */
export function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  options: { nowMs: number },
): void {
  const newest = newestVersion(migrations);
  const before = appliedVersions(connection);
  if (migrations.every((migration) => before.has(migration.version))) return;
  connection.exec("BEGIN IMMEDIATE");
  try {
    connection.exec(
      `CREATE TABLE IF NOT EXISTS schema_migration (
        version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL
      ) STRICT`,
    );
    const applied = appliedVersions(connection);
    const note = connection.prepare("INSERT INTO schema_migration VALUES (?, ?, ?)");
    for (const migration of migrations) {
      if (applied.has(migration.version)) continue;
      connection.exec(migration.sql);
      note.run(migration.version, migration.name, options.nowMs);
    }
    connection.exec(`PRAGMA user_version = ${newest}`);
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function appliedVersions(connection: Connection): Set<number> {
  const known = connection.prepare(
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'",
  ).get();
  if (known === undefined) return new Set();
  const rows = connection.prepare("SELECT version FROM schema_migration").all();
  return new Set(rows.map((row) => Number(row["version"])));
}
