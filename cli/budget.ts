/**
 * What a plan may cost, as the options of all commands that make one say it.
 *
 * @module
 */
import type { Command } from "commander";
import { type Budget, budgetOf, budgetProblem } from "../model/budget.ts";
import { BYTES_PER_MB } from "../model/metrics.ts";
import type { Query } from "./client.ts";
import { countOf } from "../lib/count_of.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { amountOf, countFrom, rateOf } from "./values.ts";

/** The options, as commander gives them. */
export interface BudgetOptions {
  readonly maxMb?: number;
  readonly maxMoves?: number;
  readonly maxMinutes?: number;
  readonly bandwidth?: number;
  /** Bytes/s, of commands that execute: the bandwidth unless one is given. */
  readonly throttle?: number;
  readonly curve: boolean;
}

/** Adds them. */
export function withBudgetOptions(command: Command): Command {
  return command
    .option("--max-mb <number>", "most MB that the plan may move", amountOf)
    .option("--max-moves <number>", "most replicas that the plan may move", countFrom)
    .option("--max-minutes <number>", "most time that it may take, with --bandwidth", amountOf)
    .option("--bandwidth <number>", "MB/s that a broker may send and receive for it", rateOf)
    .option("--curve", "show what the first bytes of the plan buy", false);
}

/** Fails with `invalid_argument` where one of the options asks for another. */
export function budgetOptionsProblem({ maxMinutes, bandwidth }: BudgetOptions): Result<void> {
  const problem = budgetProblem({ maxMinutes, bandwidth }, {
    maxMinutes: "--max-minutes",
    bandwidth: "--bandwidth",
  });
  return problem === undefined ? ok(undefined) : fail("invalid_argument", problem);
}

/** For the planner. */
export function budgetFrom(options: BudgetOptions): Budget | undefined {
  const { maxMb, maxMoves, maxMinutes, bandwidth: bandwidthMbPerSec, curve } = options;
  return budgetOf({ maxMb, maxMoves, maxMinutes, bandwidthMbPerSec }, curve);
}

/** For the server, which reads the same as parameters. */
export function budgetQuery(options: BudgetOptions): Query {
  return {
    max_mb: options.maxMb,
    max_moves: options.maxMoves,
    max_minutes: options.maxMinutes,
    bandwidth: options.bandwidth ?? bandwidthOf(options),
    curve: options.curve ? true : undefined,
  };
}

/** A plan is the same before and when it is carried out. */
function bandwidthOf({ maxMinutes, throttle }: BudgetOptions): number | undefined {
  return maxMinutes === undefined || throttle === undefined ? undefined : throttle / BYTES_PER_MB;
}

/** What a budget left, as a row of a list of totals; none when nothing was. */
export function leftOutRow(leftOut: number | undefined): readonly (readonly [string, string])[] {
  return leftOut === undefined ? [] : [["Left out by the budget", countOf(leftOut, "partition")]];
}
