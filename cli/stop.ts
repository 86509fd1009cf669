/**
 * `evenkeel stop`: ends the running execution.
 *
 * @module
 */
import type { Command } from "commander";
import type { Client } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { type ClientOptions, type RunClient, withClientOptions } from "./remote.ts";

interface StopOptions extends ClientOptions {
  readonly reason?: string;
  readonly keepForeign: boolean;
}

async function runStop(client: Client, io: Io, options: StopOptions): Promise<number> {
  const stopped = await client.call<{ message: string }>("POST", "stop_proposal_execution", {
    query: { reason: options.reason, stop_external_agent: !options.keepForeign },
  });
  if (!stopped.ok) return reportFailure(io, stopped.failure);
  if (options.json) printJson(io, stopped.value);
  else io.out(`${stopped.value.message}\n`);
  return EXIT.done;
}

/** Adds the command. */
export function registerStop(program: Command, run: RunClient): void {
  withClientOptions(program.command("stop"))
    .description("Stop the running execution: nothing new starts, moves under way are cancelled")
    .option("--reason <text>", "why, for the record")
    .option("--keep-foreign", "leave reassignments that other tools started", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel stop\n  evenkeel stop --reason 'disk alarm' --keep-foreign\n",
    )
    .action(run(runStop));
}
