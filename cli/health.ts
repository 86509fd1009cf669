/**
 * `evenkeel health`: whether every part answers, for the probes of service managers. Needs no password.
 *
 * @module
 */
import type { Command } from "commander";
import { failureFrom } from "../lib/failure.ts";
import { baseOf, DEFAULT_URL } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, reportFailure } from "./io.ts";

/** Less than the interval between two probes of any manager. */
const WITHIN_MS = 8000;

/** What `/healthz` answers. */
interface Health {
  readonly ok: boolean;
  readonly actors: readonly { readonly actor: string; readonly ok: boolean }[];
}

async function health(io: Io, url: string): Promise<number> {
  const base = baseOf(url);
  if (!base.ok) return reportFailure(io, base.failure);
  try {
    const target = new Request(new URL("/healthz", base.value), {
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const { ok, actors } = await (await io.fetch(target)).json() as Health;
    const down = actors.filter((one) => !one.ok).map((one) => one.actor);
    io.out(ok ? `all ${actors.length} parts answer\n` : `no answer from ${down.join(", ")}\n`);
    return ok ? EXIT.done : EXIT.failed;
  } catch (error) {
    const what = `Cannot ask ${url} for its health`;
    return reportFailure(io, failureFrom(error, what, { code: "cluster_unreachable" }));
  }
}

/** Adds the command. */
export function registerHealth(
  program: Command,
  { io, finish }: { io: Io; finish: (code: number) => void },
): void {
  program.command("health")
    .description(
      "Whether all parts of a running Evenkeel answer: exit code 0, or 1, or 4 without answer",
    )
    .option("--url <url>", "where Evenkeel runs", DEFAULT_URL)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel health\n  evenkeel health --url http://127.0.0.1:9091\n",
    )
    .action(async ({ url }: { url: string }) => finish(await health(io, url)));
}
