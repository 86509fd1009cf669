/**
 * What every refusal owes to the person who reads it.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

/** How a command ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Fails when a text shows a stack trace, or the name of a file of ours. */
export function assertNoStack(text: string): void {
  const shown = /^\s+at .+:\d+:\d+\)?$|\bfile:\/\/|\bext:\w+\/|Uncaught|\[object Object\]/m.exec(
    text,
  );
  assert(shown === null, `Shows its insides (${shown?.[0]}): ${text}`);
}

/** Checks the exit code, that nothing is on stdout, no stack on stderr, and that every text in `says` is. */
export function assertRefused(
  ended: Ended,
  wanted: { readonly code: 2 | 3 | 4; readonly says: readonly string[] },
): void {
  assertEquals(ended.code, wanted.code, ended.stderr);
  assertEquals(ended.stdout, "");
  assertNoStack(ended.stderr);
  for (const text of wanted.says) assertStringIncludes(ended.stderr, text);
}

/** Runs `work` with a new directory, which is gone afterwards. */
export async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Whether a process may have mounts of its own here (Linux, user namespaces allowed). */
export function canMount(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const tried = new Deno.Command("unshare", { args: ["-rm", "true"], stderr: "null" });
    return tried.outputSync().success;
  } catch {
    return false;
  }
}
