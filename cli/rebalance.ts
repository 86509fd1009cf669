/**
 * `evenkeel rebalance`: makes a plan and, with `--execute`, carries it out.
 *
 * @module
 */
import type { Command } from "commander";
import type { Client } from "./client.ts";
import {
  executeOperation,
  type ExecuteOptions,
  sayNothingExecuted,
  withExecuteOptions,
} from "./execute.ts";
import { EXIT } from "./exit_codes.ts";
import type { Io } from "./io.ts";
import { type PlanOptions, planQuery, runPlan, withPlanOptions } from "./plan.ts";
import type { RunClient } from "./remote.ts";

type RebalanceOptions = PlanOptions & ExecuteOptions;

async function runRebalance(client: Client, io: Io, options: RebalanceOptions): Promise<number> {
  if (options.execute) {
    const query = planQuery(options);
    return await executeOperation(client, io, { endpoint: "rebalance", query, options });
  }
  const code = await runPlan(client, io, options);
  if (code === EXIT.done && !options.json) sayNothingExecuted(io);
  return code;
}

/** Adds the command. */
export function registerRebalance(program: Command, run: RunClient): void {
  withExecuteOptions(withPlanOptions(program.command("rebalance")))
    .description("Make a plan and, with --execute, carry it out")
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel rebalance\n  evenkeel rebalance --execute --throttle 20M --watch\n" +
        "  evenkeel rebalance --disks --execute\n" +
        "  evenkeel rebalance --max-mb 50000 --execute\n" +
        "  evenkeel rebalance --execute --reason 'new broker 7' --stop-ongoing\n",
    )
    .action(run(runRebalance));
}
