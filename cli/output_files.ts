/**
 * Whether files can be written where the command line says so, looked at before the work that they are for.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { fail, failureFrom, ok, type Result } from "../lib/failure.ts";

/** A file by the option that names it. */
export interface NamedFile {
  /** `--output`. */
  readonly flag: string;
  /** What is written, for messages: `plan`; undefined for files that are read. */
  readonly what?: string;
  readonly path: string | undefined;
}

/**
 * Fails where two options name the same file, of which one is written, with `invalid_argument`; where a file cannot
 * be written, as it is a directory or is in none, with `invalid_file`.
 */
export async function outputProblem(files: readonly NamedFile[]): Promise<Result<void>> {
  const seen = new Map<string, string>();
  for (const { flag, what, path } of files) {
    if (path === undefined) continue;
    const real = await realPath(path);
    const other = real === undefined ? undefined : seen.get(real);
    if (real !== undefined) seen.set(real, flag);
    if (what === undefined) continue;
    if (other !== undefined) {
      const message = `Cannot use ${flag} ${path}: ${other} names the same file`;
      return fail("invalid_argument", message);
    }
    const writable = await placeFor(path, `Cannot write ${what} ${path}`);
    if (!writable.ok) return writable;
  }
  return ok(undefined);
}

async function placeFor(path: string, action: string): Promise<Result<void>> {
  try {
    if ((await statOf(path))?.isDirectory) {
      return fail("invalid_file", `${action}: it is a directory`);
    }
    const folder = dirname(resolve(path));
    if ((await Deno.stat(folder)).isDirectory) return ok(undefined);
    return fail("invalid_file", `${action}: ${folder} is no directory`);
  } catch (error) {
    return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
  }
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Undefined for devices and pipes, which may be named twice: /dev/null, a terminal. */
async function realPath(path: string): Promise<string | undefined> {
  const info = await statOf(path).catch(() => undefined);
  if (info === undefined) return resolve(path);
  return info.isFile ? await Deno.realPath(path) : undefined;
}
