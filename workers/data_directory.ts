/**
 * The directory of the store, ours alone while we run.
 *
 * @module
 */
import type { Config } from "../config/table.ts";
import { failureFrom, ok, type Result } from "../lib/failure.ts";
import { lockDirectory } from "../store/directory_lock.ts";
import { isSimulated } from "./simulated.ts";

/** A directory that is held. */
export interface DataDirectory {
  /** The configuration with the directory that is really used. */
  readonly config: Config;
  /** Lets others use it. Call it when every actor has stopped. */
  release(): void;
}

/**
 * Takes `evenkeel.data.dir`. A simulated cluster has a store of its own below it, so that no execution of it is ever
 * resumed on a real one, and begins without samples: it is a new cluster each time.
 *
 * Fails with `invalid_argument` when another process has it, and with `invalid_file` when it cannot be written.
 */
export function takeDataDirectory(given: Config): Result<DataDirectory> {
  const base = given["evenkeel.data.dir"];
  const directory = isSimulated(given) ? `${base}/simulated` : base;
  const lock = lockDirectory(directory);
  if (!lock.ok) return lock;
  const { release } = lock.value;
  try {
    if (isSimulated(given)) removeSamples(directory);
  } catch (error) {
    release();
    const action = `Cannot use evenkeel.data.dir ${base}`;
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
  return ok({ config: { ...given, "evenkeel.data.dir": directory }, release });
}

function removeSamples(directory: string): void {
  for (const ending of ["", "-wal", "-shm"]) {
    try {
      Deno.removeSync(`${directory}/samples.db${ending}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
