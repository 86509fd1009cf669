/**
 * Where a command reads, prints and waits: passed in, so that a test can look.
 *
 * @module
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import type { Failure } from "../lib/failure.ts";
import { exitCodeOf } from "./exit_codes.ts";

/** A command's surroundings. */
export interface Io {
  /** Results, for people or programs. */
  out(text: string): void;
  /** Progress, warnings and errors. */
  err(text: string): void;
  /** Whether stderr is a terminal: progress may be drawn over and over. */
  readonly isTerminal: boolean;
  readonly clock: Clock;
  fetch(request: Request): Promise<Response>;
}

function write(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch (error) {
    // `| head` has read enough, or the terminal is gone: nobody misses the rest, and the work itself goes on.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** The process's own streams, clock and network. */
export function processIo(): Io {
  return {
    out: (text) => write(Deno.stdout, text),
    err: (text) => write(Deno.stderr, text),
    isTerminal: Deno.stderr.isTerminal(),
    clock: systemClock(),
    fetch: (request) => fetch(request),
  };
}

/** Prints a failure and gives the exit code it leads to. */
export function reportFailure(io: Io, failure: Failure): number {
  io.err(`${failure.message}\n`);
  for (const detail of failure.details ?? []) io.err(`  ${detail}\n`);
  return exitCodeOf(failure.code);
}

/** Prints a result as JSON for programs. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}
