/** A command line over a server in memory: no port, no process, no real time. */
import { assert, assertEquals } from "@std/assert";
import { buildProgram, type ProgramDeps } from "../../cli/program.ts";
import type { Io } from "../../cli/io.ts";
import type { StartOptions } from "../../cli/start.ts";
import { eagerClock, type Harness } from "../actors/server/harness.ts";

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line against a server; `fetch` replaces the server where there should be none. */
export async function runCommand(
  args: readonly string[],
  options: {
    server?: Harness;
    fetch?: Io["fetch"];
    start?: (options: StartOptions) => Promise<number>;
    isTerminal?: boolean;
  } = {},
): Promise<Ran> {
  let out = "";
  let err = "";
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    isTerminal: options.isTerminal ?? false,
    clock: eagerClock(),
    fetch: options.fetch ??
      ((request) => options.server!.server.fetch(request, { address: "127.0.0.1" })),
  };
  const deps: ProgramDeps = { start: options.start ?? (() => Promise.resolve(0)), io };
  const code = await (await buildProgram(deps, args[0])).run(args);
  return { code, out, err };
}

/** What a `start` command line asks for; fails on one that is refused. */
export async function startOptionsOf(args: readonly string[]): Promise<StartOptions> {
  let given: StartOptions | undefined;
  const start = (options: StartOptions) => {
    given = options;
    return Promise.resolve(0);
  };
  const { code, err } = await runCommand(args, { start });
  assertEquals(code, 0, err);
  assert(given !== undefined, "the command line starts nothing");
  return given;
}
