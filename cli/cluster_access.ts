/**
 * What commands that go to a cluster themselves share: the settings, and what its gateway needs.
 *
 * @module
 */
import { parseConfig } from "../config/parse.ts";
import { parseProperties } from "../config/properties.ts";
import type { Config } from "../config/table.ts";
import type { Clock } from "../lib/clock.ts";
import { failureFrom, ok, type Result } from "../lib/failure.ts";
import { type Log, type LogRecord, logTo } from "../lib/log.ts";
import { createPrng, type Prng } from "../lib/prng.ts";
import type { Io } from "./io.ts";

/** The options that name a cluster. */
export interface ClusterFlags {
  readonly bootstrap?: string;
  readonly config?: string;
  readonly set: ReadonlyMap<string, string>;
}

/** The configuration, the file first, then `--set`, then `--bootstrap`. Unknown keys are named on stderr. */
export async function configOf(flags: ClusterFlags, io: Io): Promise<Result<Config>> {
  let settings = new Map<string, string>();
  if (flags.config !== undefined) {
    try {
      settings = parseProperties(await Deno.readTextFile(flags.config));
    } catch (error) {
      const action = `Cannot read --config ${flags.config}`;
      return { ok: false, failure: failureFrom(error, action, { code: "invalid_file" }) };
    }
  }
  for (const [key, value] of flags.set) settings.set(key, value);
  if (flags.bootstrap !== undefined) settings.set("bootstrap.servers", flags.bootstrap);
  const { config, errors, warnings } = parseConfig(settings);
  for (const { message } of warnings) io.err(`${message}\n`);
  if (config !== undefined) return ok(config);
  const [first, ...rest] = errors.map((error) => error.message);
  return {
    ok: false,
    failure: { code: "invalid_argument", message: first!, retriable: false, details: rest },
  };
}

/** What a gateway to a real cluster needs; warnings and errors of its connections go to stderr, a line each. */
export function kafkaDeps(
  config: Config,
  io: Io,
  name: string,
): { config: Config; clock: Clock; log: Log; prng: Prng } {
  const print = ({ level, message, fields }: LogRecord) => {
    if (level !== "warn" && level !== "error") return;
    const values = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`).join("");
    io.err(`${message}${values}\n`);
  };
  const log = logTo(print, name, { nowMs: () => io.clock.nowMs() });
  return { config, clock: io.clock, log, prng: createPrng(config["evenkeel.seed"]) };
}
