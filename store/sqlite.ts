/**
 * The part of better-sqlite3 that the store uses, typed. The only file that imports the package.
 *
 * @module
 */
import Database from "better-sqlite3";

/** A value that can be bound to a parameter. */
export type SqlValue = number | bigint | string | Uint8Array | null;

/** A row as it is read: column name to value. Blobs arrive as a Uint8Array that owns its memory. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** A prepared statement. Prepare once, run often. Positional parameters only. */
export interface Statement {
  /** Runs a statement that gives no rows. */
  run(...values: SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number };
  /** The first row, undefined when there is none. */
  get(...values: SqlValue[]): SqlRow | undefined;
  /** Every row. */
  all(...values: SqlValue[]): SqlRow[];
  /** Row by row. No other statement may run on the connection until the iteration ends. */
  iterate(...values: SqlValue[]): IterableIterator<SqlRow>;
}

/** One connection. Throws {@link SqliteError} when SQLite refuses. */
export interface Connection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
  /** Runs several statements separated by semicolons. */
  exec(sql: string): void;
  /** Runs a pragma and gives its rows. */
  pragma(source: string): readonly SqlRow[];
  close(): void;
}

/** What SQLite answered when it refused: `code` is its extended result code, e.g. `SQLITE_IOERR_WRITE`. */
export interface SqliteError extends Error {
  readonly code: string;
}

/** Opens or creates a file. A writer that finds the file locked waits up to `busyTimeoutMs`. */
export function connect(path: string, options: { busyTimeoutMs: number }): Connection {
  return new Database(path, { timeout: options.busyTimeoutMs }) as Connection;
}

/** Whether something thrown is SQLite's refusal, as opposed to a mistake in our own code. */
export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Database.SqliteError;
}
