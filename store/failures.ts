/**
 * What SQLite's result codes mean for the program.
 *
 * @module
 */
import type { Failure, FailureCode, Result } from "../lib/failure.ts";
import { isSqliteError, type SqliteError } from "./sqlite.ts";

/** Prefixes of SQLite's extended result codes, first match wins. What is not here is a mistake in our SQL. */
const MEANINGS: readonly {
  readonly prefix: string;
  readonly code: FailureCode;
  readonly retriable: boolean;
  readonly advice: string;
}[] = [
  {
    prefix: "SQLITE_FULL",
    code: "store_full",
    retriable: true,
    advice: "free space on its volume or move evenkeel.data.dir; writing goes on by itself then",
  },
  {
    // Before SQLITE_IOERR: a checksum or a short read is damage, not lack of space.
    prefix: "SQLITE_IOERR_CORRUPTFS",
    code: "store_corrupt",
    retriable: false,
    advice: "check the file system",
  },
  {
    // A full volume shows as one of these, too, when a log or shared-memory file cannot grow.
    prefix: "SQLITE_IOERR",
    code: "store_full",
    retriable: true,
    advice: "free space on its volume and check the volume for errors",
  },
  {
    prefix: "SQLITE_CORRUPT",
    code: "store_corrupt",
    retriable: false,
    advice: "restore the file from a copy",
  },
  {
    prefix: "SQLITE_NOTADB",
    code: "store_corrupt",
    retriable: false,
    advice: "restore the file from a copy",
  },
  {
    prefix: "SQLITE_BUSY",
    code: "deadline_exceeded",
    retriable: true,
    advice: "end the other program that holds the file open",
  },
  {
    prefix: "SQLITE_CANTOPEN",
    code: "invalid_file",
    retriable: false,
    advice: "check that evenkeel.data.dir is a directory that this user may write",
  },
  {
    prefix: "SQLITE_READONLY",
    code: "invalid_file",
    retriable: false,
    advice: "check that this user may write the file and its directory",
  },
];

/** The failure that a refusal of SQLite means, or undefined when it is a programmer error (bad SQL, a broken constraint). */
export function storeFailure(error: SqliteError, action: string): Failure | undefined {
  const meaning = MEANINGS.find((entry) => error.code.startsWith(entry.prefix));
  if (meaning === undefined) return undefined;
  return {
    code: meaning.code,
    message: `${action}: ${error.message} (${error.code}); ${meaning.advice}`,
    retriable: meaning.retriable,
  };
}

/** Runs `work`; a refusal in operation becomes a failure, everything else is thrown on. */
export function guarded<T>(action: string, work: () => T): Result<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (!isSqliteError(error)) throw error;
    const failure = storeFailure(error, action);
    if (failure === undefined) throw error;
    return { ok: false, failure };
  }
}
