/**
 * Opening the two files of the store: pragmas, migrations, refusal of newer files, recovery.
 *
 * `state.db` must never be lost: it is fsynced at every commit, and a damaged one is left as it is and reported.
 * `samples.db` may be deleted at any time: a damaged one is set aside under a new name and started anew.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Clock } from "../lib/clock.ts";
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";
import type { Log } from "../lib/log.ts";
import { guarded } from "./failures.ts";
import { fileVersion, migrate, type Migration, newestVersion } from "./migrations/migration.ts";
import { SAMPLES_MIGRATIONS } from "./migrations/samples.ts";
import { STATE_MIGRATIONS } from "./migrations/state.ts";
import { connect, type Connection, isSqliteError } from "./sqlite.ts";

/** How long a statement waits for another connection's write before it fails. Writes take milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;

/** A file up to this many bytes is checked page by page at every opening (about 1 ms a MB); a larger one after a crash only. */
const ALWAYS_CHECK_BYTES = 64 * 1024 * 1024;

/** What opening a store needs. */
export interface OpenOptions {
  /** `evenkeel.data.dir`; created when missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Stops callbacks that return promises from compiling. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/** An open file. One connection; do not share it between threads. */
export interface Store {
  readonly path: string;
  readonly connection: Connection;
  /** Where the damaged predecessor of this file was put, undefined when it was sound. */
  readonly setAsideAs: string | undefined;
  /**
   * Runs `work` in one transaction: all of it or nothing. `work` must be synchronous. Refusals in operation
   * (`store_full`, `store_corrupt`, `deadline_exceeded`) come back as failures after the roll-back; what our own code
   * throws is thrown on. `action` begins the failure's message: "Cannot record the execution".
   */
  transaction<T>(action: string, work: () => Synchronous<T>): Result<T>;
  /** Closes the connection. Later calls throw. */
  close(): void;
}

/** Opens state.db. Fails with `store_too_new`, `store_corrupt`, `store_full` or `invalid_file`. */
export function openState(options: OpenOptions): Result<Store> {
  const path = `${options.directory}/state.db`;
  const opened = openFile(path, options, {
    migrations: STATE_MIGRATIONS,
    synchronous: "FULL",
    alwaysCheck: true,
  });
  if (opened.ok || opened.failure.code !== "store_corrupt") return opened;
  return fail("store_corrupt", opened.failure.message, {
    details: [
      `The file was left as it is: ${path}`,
      "It holds the journal of executions. Restore it from a copy together with its -wal file, or save what can be",
      `read with: sqlite3 ${path} .recover`,
      "To start without it, move it away yourself; running reassignments and throttles are then not known any more.",
    ],
  });
}

/**
 * Opens samples.db; a damaged file is renamed and a new one started, which is logged and told in `setAsideAs`.
 * Fails with `store_too_new`, `store_full` or `invalid_file`.
 */
export function openSamples(options: OpenOptions): Result<Store> {
  const opened = openFile(`${options.directory}/samples.db`, options, SAMPLES);
  if (opened.ok || opened.failure.code !== "store_corrupt") return opened;
  return startSamplesAnew(options, opened.failure.message);
}

/**
 * Opens samples.db for one who does not own it: a damaged file is left for its owner to set aside. Fails with
 * `store_too_new`, `store_corrupt`, `store_full` or `invalid_file`.
 */
export function openSamplesAsGuest(options: OpenOptions): Result<Store> {
  return openFile(`${options.directory}/samples.db`, options, SAMPLES);
}

/** Sets a samples.db that nobody has open aside, because of `reason`, and opens a new one. Fails as {@link openSamples}. */
export function startSamplesAnew(options: OpenOptions, reason: string): Result<Store> {
  const path = `${options.directory}/samples.db`;
  const aside = setAside(path, options);
  if (!aside.ok) return aside;
  options.log.error("samples.db was damaged; it was set aside and a new one is started", {
    setAsideAs: aside.value,
    reason,
  });
  const anew = openFile(path, options, SAMPLES);
  return anew.ok ? ok({ ...anew.value, setAsideAs: aside.value }) : anew;
}

/** Renames a file that nobody has open, with its log. Gives the new name. */
function setAside(path: string, options: OpenOptions): Result<string> {
  const aside = `${path}.damaged-${options.clock.nowMs()}`;
  try {
    Deno.renameSync(path, aside);
    for (const suffix of ["-wal", "-shm"]) {
      if (sizeOf(path + suffix) !== undefined) Deno.renameSync(path + suffix, aside + suffix);
    }
    return ok(aside);
  } catch (error) {
    return {
      ok: false,
      failure: failureFrom(error, `Cannot set the damaged ${path} aside as ${aside}`, {
        code: "invalid_file",
      }),
    };
  }
}

interface How {
  readonly migrations: readonly Migration[];
  readonly synchronous: "FULL" | "NORMAL";
  readonly alwaysCheck: boolean;
}

const SAMPLES: How = {
  migrations: SAMPLES_MIGRATIONS,
  synchronous: "NORMAL",
  alwaysCheck: false,
};

function openFile(path: string, options: OpenOptions, how: How): Result<Store> {
  try {
    Deno.mkdirSync(options.directory, { recursive: true });
  } catch (error) {
    return {
      ok: false,
      failure: failureFrom(error, `Cannot create evenkeel.data.dir ${options.directory}`, {
        code: "invalid_file",
      }),
    };
  }
  // A log that was not folded back into the file means that the last owner did not close it.
  const unclean = (sizeOf(`${path}-wal`) ?? 0) > 0;
  const check = how.alwaysCheck || unclean || (sizeOf(path) ?? 0) <= ALWAYS_CHECK_BYTES;
  let connection: Connection | undefined;
  const opened = guarded(`Cannot open ${path}`, (): Result<Store> => {
    connection = connect(path, { busyTimeoutMs: BUSY_TIMEOUT_MS });
    return prepareFile(path, connection, { ...how, check, nowMs: options.clock.nowMs() });
  });
  const result = opened.ok ? opened.value : opened;
  if (!result.ok && connection?.open) connection.close();
  return result;
}

function prepareFile(
  path: string,
  connection: Connection,
  how: How & { check: boolean; nowMs: number },
): Result<Store> {
  const known = newestVersion(how.migrations);
  const found = fileVersion(connection);
  if (found > known) {
    return fail(
      "store_too_new",
      `Cannot open ${path}: it was written by a newer Evenkeel (schema version ${found}, this one knows up to ${known}); run that version, or set evenkeel.data.dir to another directory`,
    );
  }
  if (how.check) {
    const verdict = String(connection.pragma("quick_check(1)")[0]!["quick_check"]);
    if (verdict !== "ok") {
      return fail("store_corrupt", `Cannot open ${path}: it is damaged (${verdict})`);
    }
  }
  connection.pragma("journal_mode = WAL");
  connection.pragma(`synchronous = ${how.synchronous}`);
  connection.pragma("foreign_keys = ON");
  migrate(connection, how.migrations, { nowMs: how.nowMs });
  return ok(storeOn(path, connection));
}

function storeOn(path: string, connection: Connection): Store {
  return {
    path,
    connection,
    setAsideAs: undefined,
    transaction: (action, work) => guarded(action, () => transact(connection, work)),
    close: () => connection.close(),
  };
}

function transact<T>(connection: Connection, work: () => Synchronous<T>): T {
  assert(!connection.inTransaction, "Transactions must not be nested");
  connection.exec("BEGIN IMMEDIATE");
  try {
    const value = work();
    assert(!isPromise(value), "A transaction must not return a promise: it would commit too early");
    connection.exec("COMMIT");
    return value as T;
  } catch (error) {
    // SQLite has rolled back by itself after some refusals (full disk), not after others.
    if (connection.inTransaction) rollBack(connection);
    throw error;
  }
}

/** The first error is the one to report: a refused roll-back is finished by SQLite at the next opening. */
function rollBack(connection: Connection): void {
  try {
    connection.exec("ROLLBACK");
  } catch (error) {
    if (!isSqliteError(error)) throw error;
  }
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}

function sizeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).size;
  } catch {
    return undefined;
  }
}
