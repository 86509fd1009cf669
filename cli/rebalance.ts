/**
 * `evenkeel rebalance`: makes a plan and, with `--execute`, carries it out.
 *
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";
import type { Client } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { planProgress, planQuery, planScreen, runPlan, withPlanOptions } from "./plan.ts";
import type { PlanOptions } from "./plan.ts";
import type { RunClient } from "./remote.ts";
import { watchExecution } from "./watch.ts";
import type { MadePlan } from "./wire.ts";

interface RebalanceOptions extends PlanOptions {
  readonly execute: boolean;
  readonly watch: boolean;
  readonly throttle?: number;
  readonly reason?: string;
  readonly stopOngoing: boolean;
}

/** Bytes, with K, M or G for powers of 1024. */
export function parseBytes(text: string): number {
  const match = /^(\d+)([KMG]?)$/i.exec(text.trim());
  if (match === null) {
    throw new InvalidArgumentError("must be bytes per second like 10000000 or 10M");
  }
  const power = { "": 0, K: 1, M: 2, G: 3 }[match[2]!.toUpperCase()]!;
  return Number(match[1]) * 1024 ** power;
}

async function runRebalance(client: Client, io: Io, options: RebalanceOptions): Promise<number> {
  if (!options.execute) {
    const code = await runPlan(client, io, options);
    if (code === EXIT.done && !options.json) {
      io.err("Nothing was executed. Add --execute to carry a plan out.\n");
    }
    return code;
  }
  const progress = planProgress(io);
  const made = await client.call<MadePlan>("POST", "rebalance", {
    query: {
      ...planQuery(options),
      dryrun: false,
      replication_throttle: options.throttle,
      reason: options.reason,
      stop_ongoing_execution: options.stopOngoing ? true : undefined,
    },
    onProgress: progress.onProgress,
  });
  progress.stop();
  if (!made.ok) return reportFailure(io, made.failure);
  const isMoving = made.value.plan.proposals.length > 0;
  if (options.json && !options.watch) printJson(io, made.value);
  if (!options.json) io.out(planScreen(made.value, options));
  if (!isMoving) return EXIT.done;
  if (options.watch) return await watchExecution(client, io, options);
  io.err("The execution has started. Follow it with: evenkeel watch\n");
  return EXIT.done;
}

/** Adds the command. */
export function registerRebalance(program: Command, run: RunClient): void {
  withPlanOptions(program.command("rebalance"))
    .description("Make a plan and, with --execute, carry it out")
    .option("--execute", "carry the plan out", false)
    .option("--throttle <bytes>", "replication limit of a broker, bytes/s, e.g. 10M", parseBytes)
    .option("--reason <text>", "why, for the record")
    .option("--stop-ongoing", "stop a running execution first", false)
    .option("--watch", "follow the execution to its end", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel rebalance\n  evenkeel rebalance --execute --throttle 20M --watch\n" +
        "  evenkeel rebalance --execute --reason 'new broker 7' --stop-ongoing\n",
    )
    .action(run(runRebalance));
}
