/**
 * Running other programs for the repository's own tools.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** The repository's top folder, with a trailing slash. */
export const TOP = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** Flags of V8 that a task of `deno.json` runs with, as arguments of the runtime. */
export function v8FlagsOf(task: keyof typeof config.tasks): string[] {
  return config.tasks[task].command.split(" ").filter((part) => part.startsWith("--v8-flags="));
}

/** Variables that a task of `deno.json` sets for its program. */
export function environmentOf(task: keyof typeof config.tasks): Record<string, string> {
  const words = config.tasks[task].command.split(" ");
  const set = words.slice(0, words.findIndex((word) => !/^[A-Z_]+=/.test(word)));
  return Object.fromEntries(set.map((word) => word.split("=", 2) as [string, string]));
}

/** How a program ended. */
export interface Ran {
  readonly code: number;
  readonly seconds: number;
  /** stdout and stderr, interleaved as they came. */
  readonly output: string;
}

/**
 * Runs the deno that runs us, at the top of the repository. Passes the output on unless `quiet`. With `idle` it takes
 * only what other programs leave of the processors, where the system can do that.
 */
export async function deno(
  args: readonly string[],
  options: { quiet?: boolean; idle?: boolean; env?: Record<string, string> } = {},
): Promise<Ran> {
  const started = performance.now();
  const words = [
    ...(options.idle === true && Deno.build.os !== "windows" ? ["nice", "-n", "19"] : []),
    ...[Deno.execPath(), ...args],
  ];
  const child = new Deno.Command(words[0]!, {
    args: words.slice(1),
    cwd: TOP,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const parts: string[] = [];
  const drain = async (stream: ReadableStream<Uint8Array>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      parts.push(text);
      if (!options.quiet) await Deno.stderr.write(new TextEncoder().encode(text));
    }
  };
  await Promise.all([drain(child.stdout), drain(child.stderr)]);
  const { code } = await child.status;
  return { code, seconds: (performance.now() - started) / 1000, output: parts.join("") };
}

/** All files below the given folders that end in `ending`, as paths from the top, sorted. */
export function filesBelow(folders: readonly string[], ending: string): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    for (const entry of Deno.readDirSync(TOP + path)) {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory && entry.name !== "node_modules") visit(child);
      else if (entry.isFile && entry.name.endsWith(ending)) found.push(child);
    }
  };
  for (const folder of folders) if (exists(TOP + folder)) visit(folder);
  return found.sort();
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Folders that hold the program itself. */
export const SOURCE_FOLDERS = [
  "actors",
  "cli",
  "cluster",
  "config",
  "goals",
  "lib",
  "load",
  "messages",
  "model",
  "planner",
  "store",
  "workers",
] as const;
