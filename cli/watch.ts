/**
 * `evenkeel watch`: follows the running execution to its end.
 *
 * @module
 */
import type { Command } from "commander";
import { sleepUntil } from "../lib/clock.ts";
import type { Client } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { progressView } from "./progress.ts";
import { type ClientOptions, type RunClient, withClientOptions } from "./remote.ts";
import { executionText, lastExecutionText } from "./status.ts";
import type { Execution } from "./wire.ts";

/** Between two looks. */
const LOOK_MS = 1_000;

/** Looks in a row that may fail: the server may be restarted meanwhile, the execution survives that. */
const FAILURES_MAX = 30;

function ratioOf(execution: Execution): number {
  if (execution.totalMb > 0) return execution.movedMb / execution.totalMb;
  const kinds = [execution.interBroker, execution.intraBroker, execution.leadership];
  const total = kinds.reduce((sum, kind) => sum + kind.total, 0);
  const done = kinds.reduce((sum, kind) => sum + kind.completed + kind.aborted + kind.dead, 0);
  return total > 0 ? done / total : 0;
}

/**
 * Follows the execution until nothing runs; `executionUuid` is the one that must have ended well for exit code 0,
 * the latest one when absent.
 */
export async function watchExecution(
  client: Client,
  io: Io,
  options: { json: boolean; executionUuid?: string },
): Promise<number> {
  const view = progressView(io, "Executing");
  let failures = 0;
  for (;;) {
    const got = await client.call<Execution>("GET", "execution");
    const nowMs = io.clock.nowMs();
    if (!got.ok) {
      if (!got.failure.retriable || ++failures > FAILURES_MAX) {
        view.stop();
        return reportFailure(io, got.failure);
      }
    } else {
      failures = 0;
      const execution = got.value;
      if (execution.phase === "NO_TASK_IN_PROGRESS") {
        view.stop();
        return reportEnd(execution, io, options);
      }
      view.update(ratioOf(execution), executionText(execution, nowMs));
    }
    await sleepUntil(io.clock, nowMs + LOOK_MS);
  }
}

function reportEnd(
  execution: Execution,
  io: Io,
  options: { json: boolean; executionUuid?: string },
): number {
  const last = execution.lastExecution;
  if (options.json) printJson(io, last ?? null);
  if (last === undefined || last === null) {
    if (!options.json) io.out("Nothing is executing, and nothing was executed yet.\n");
    return options.executionUuid === undefined ? EXIT.done : EXIT.failed;
  }
  if (!options.json) io.out(`Execution ${lastExecutionText(last)}\n${last.explanation}\n`);
  const isWanted = options.executionUuid === undefined ||
    last.executionUuid === options.executionUuid;
  return isWanted && last.outcome === "completed" ? EXIT.done : EXIT.failed;
}

/** Adds the command. */
export function registerWatch(program: Command, run: RunClient): void {
  withClientOptions(program.command("watch"))
    .description("Follow the running execution to its end; exit code 0 when it completed")
    .addHelpText("after", "\nExamples:\n  evenkeel watch\n  evenkeel watch --json\n")
    .action(
      run((client: Client, io: Io, options: ClientOptions) =>
        watchExecution(client, io, { json: options.json })
      ),
    );
}
