/**
 * What commands that talk to a running Evenkeel have in common.
 *
 * @module
 */
import type { Command } from "commander";
import { type Client, createClient, DEFAULT_URL } from "./client.ts";
import { type Io, reportFailure } from "./io.ts";

/** Options of every such command. */
export interface ClientOptions {
  readonly url: string;
  readonly json: boolean;
}

/** A command's work; gives the exit code. */
export type ClientWork<O extends ClientOptions> = (
  client: Client,
  io: Io,
  options: O,
) => Promise<number>;

/** Turns work into an action for the option parser. */
export type RunClient = <O extends ClientOptions>(
  work: ClientWork<O>,
) => (options: O) => Promise<void>;

/** Adds `--url` and `--json`. */
export function withClientOptions(command: Command): Command {
  return command
    .option("--url <url>", "where Evenkeel runs, with user:password@ if it asks", DEFAULT_URL)
    .option("--json", "print JSON for programs", false);
}

/** Makes actions that create the client and hand the exit code to `finish`. */
export function clientRunner(io: Io, finish: (code: number) => void): RunClient {
  return (work) => async (options) => {
    const client = createClient(options.url, io);
    finish(
      client.ok ? await work(client.value, io, options) : reportFailure(io, client.failure),
    );
  };
}
