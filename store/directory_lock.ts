/**
 * One process a data directory: two would both act on the cluster, each by a journal that the other one writes.
 *
 * The lock is the operating system's, on an open file: it ends with the process, however that ends, so nothing has
 * to be cleaned up after kill -9.
 *
 * @module
 */
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";

/** A directory that is ours until released. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the directory, creating it when missing. Fails with `invalid_argument` when another process has it, naming
 * that process, and with `invalid_file` when it cannot be written.
 */
export function lockDirectory(directory: string): Result<DirectoryLock> {
  const path = `${directory}/lock`;
  let file: Deno.FsFile | undefined;
  try {
    Deno.mkdirSync(directory, { recursive: true });
    file = Deno.openSync(path, { create: true, read: true, write: true });
    if (!file.tryLockSync(true)) {
      file.close();
      return fail(
        "invalid_argument",
        `Cannot use evenkeel.data.dir ${directory}: process ${holderOf(path)} is using it; ` +
          "stop that one, or set another directory",
      );
    }
    // For people and for the message above; the lock itself is what counts.
    file.truncateSync(0);
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    file?.close();
    const action = `Cannot use evenkeel.data.dir ${directory}`;
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
  const held = file;
  return ok({ release: () => held.close() });
}

function holderOf(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim() || "of an unknown id";
  } catch {
    return "of an unknown id";
  }
}
