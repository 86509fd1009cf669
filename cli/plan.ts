/**
 * `evenkeel plan`: the moves that would balance the cluster, each with its reason.
 *
 * @module
 */
import type { Command } from "commander";
import type { Result } from "../lib/failure.ts";
import { type GoalOutcome, recommendationsOf } from "../model/plan.ts";
import {
  diskMoves,
  mbToMove,
  type Proposal,
  type ProposalReason,
  replicasToAdd,
} from "../model/proposal.ts";
import { type BudgetOptions, budgetQuery, leftOutRow, withBudgetOptions } from "./budget.ts";
import type { Client, Query } from "./client.ts";
import { curveChart } from "./curve.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { figuresText } from "./moves.ts";
import { overOption, overQuery } from "./over.ts";
import { progressView } from "./progress.ts";
import { type ClientOptions, type RunClient, withClientOptions } from "./remote.ts";
import { labelled, table } from "./tables.ts";
import { countOf } from "../lib/count_of.ts";
import { megabytes, share } from "./units.ts";
import { brokerIdsOf, goalNamesOf, patternOf } from "./values.ts";
import type { MadePlan } from "./wire.ts";

/** Moves that are shown unless all are asked for. */
export const MOVES_SHOWN = 20;

/** The sentence before the figures names the limit that matters. */
const NO_LIMITS = new Map();

/** Options of commands that make a plan. */
export interface PlanOptions extends ClientOptions, BudgetOptions {
  readonly goals?: readonly string[];
  readonly excludeTopics?: string;
  readonly destinations?: readonly number[];
  readonly disks: boolean;
  readonly all: boolean;
  readonly over: string;
}

/** Adds the options that say what kind of plan is wanted. */
export function withPlanOptions(command: Command): Command {
  return withBudgetOptions(withClientOptions(command))
    .option("--goals <names>", "goals in order of priority, separated by commas", goalNamesOf)
    .option(
      "--exclude-topics <pattern>",
      "regular expression of topics that stay where they are",
      patternOf,
    )
    .option("--destinations <ids>", "only these brokers may receive replicas", brokerIdsOf)
    .addOption(overOption("the windows of load"))
    .option("--disks", "between the log dirs of each broker only", false)
    .option("--all", `show every move, not only the first ${MOVES_SHOWN}`, false);
}

/** The plan options as parameters. */
export function planQuery(options: PlanOptions): Query {
  return {
    goals: options.goals,
    excluded_topics: options.excludeTopics,
    destination_broker_ids: options.destinations,
    rebalance_disk: options.disks ? true : undefined,
    ...overQuery(options.over),
    ...budgetQuery(options),
  };
}

function goalState(goal: GoalOutcome): string {
  if (goal.off !== undefined && goal.off !== null) return `off: ${goal.off}`;
  if (goal.violatedAfter && !goal.violatedBefore) return "VIOLATED by the plan";
  if (goal.violatedAfter) {
    return goal.conflictsWith === undefined ? "still violated" : "cannot be met";
  }
  return goal.violatedBefore ? "fixed" : "satisfied";
}

function goalsTable(goals: readonly GoalOutcome[]): string {
  return table(
    [
      { title: "Goal" },
      { title: "Kind" },
      { title: "Brokers out before", align: "right" },
      { title: "after", align: "right" },
      { title: "Result" },
    ],
    goals.map((goal) => [
      goal.name,
      goal.hard ? "hard" : "soft",
      goal.brokersOutBefore,
      goal.brokersOutAfter,
      goalState(goal),
    ]),
  );
}

function placements(replicas: Proposal["oldReplicas"]): string {
  return replicas.map((replica) =>
    replica.logDir === undefined || replica.logDir === null
      ? String(replica.brokerId)
      : `${replica.brokerId}:${replica.logDir}`
  ).join(",");
}

function figuresOf(reason: ProposalReason): string {
  return reason.figures === undefined ? "" : `; ${figuresText(reason, NO_LIMITS)}`;
}

function reasonOf(proposal: Proposal): string {
  const [first, ...more] = proposal.reasons;
  if (first === undefined) return "";
  return `${first.goal}: ${first.why}${figuresOf(first)}${
    more.length === 0 ? "" : ` (+${more.length} more)`
  }`;
}

function copiedText(proposal: Proposal): string {
  // A replica without a byte moves as well.
  if (replicasToAdd(proposal).length > 0) return megabytes(mbToMove(proposal));
  const onBrokers = diskMoves(proposal).length;
  return onBrokers === 0 ? "leadership" : megabytes(onBrokers * proposal.sizeMb);
}

function movesTable(proposals: readonly Proposal[], all: boolean): string {
  const shown = all ? proposals : proposals.slice(0, MOVES_SHOWN);
  const rows = shown.map((proposal) => [
    `${proposal.topic}-${proposal.partition}`,
    placements(proposal.oldReplicas),
    placements(proposal.newReplicas),
    copiedText(proposal),
    reasonOf(proposal),
  ]);
  const rest = proposals.length - shown.length;
  return table([
    { title: "Partition" },
    { title: "Replicas now" },
    { title: "then" },
    { title: "Moves", align: "right" },
    { title: "Because" },
  ], rows) + (rest > 0 ? `... and ${countOf(rest, "move")} more, see --all or --json\n` : "");
}

/** The plan for people. */
export function planScreen(made: MadePlan, options: { all: boolean }): string {
  const { summary, proposals } = made.plan;
  const bound = summary.lowerBoundMb > 0
    ? `; any plan must move ${megabytes(summary.lowerBoundMb)}`
    : "";
  const head = labelled([
    [
      "Moves",
      `${countOf(summary.interBrokerReplicaMoves, "replica")} between brokers, ${
        summary.intraBrokerReplicaMoves === 0
          ? ""
          : `${countOf(summary.intraBrokerReplicaMoves, "replica")} between log dirs, `
      }${countOf(summary.leadershipMoves, "leadership change")}`,
    ],
    ["Data", `${megabytes(summary.mbToMove)}${bound}${dataOnBrokers(proposals)}`],
    [
      "Balancedness",
      `${summary.balancednessBefore.toFixed(1)} before, ${
        summary.balancednessAfter.toFixed(1)
      } after (of 100)`,
    ],
    ...leftOutRow(summary.leftOut),
    [
      "Based on",
      `${countOf(made.windows, "window")}, ${share(made.validRatio, 1)} of the partitions`,
    ],
    ["Brokers", provisionText(summary)],
  ]);
  const moves = proposals.length === 0
    ? "Nothing to move: every goal that can be met is met.\n"
    : movesTable(proposals, options.all);
  const curve = summary.curve === undefined ? "" : `\n${curveChart(summary.curve, summary)}`;
  return `${head}\n${goalsTable(summary.goals)}\n${moves}${curve}${unmetText(summary)}${
    explanations(summary.goals)
  }`;
}

/** Hard goals and offline replicas that the plan leaves: who heals must not take them for healed. */
function unmetText({ unmet = [] }: MadePlan["plan"]["summary"]): string {
  const lines = unmet.flatMap(({ message, details }) => [message, ...details.map((d) => `  ${d}`)]);
  return lines.length === 0 ? "" : `\nNot healed\n${lines.join("\n")}\n`;
}

/** What is copied between log dirs, where that is planned. */
function dataOnBrokers(proposals: readonly Proposal[]): string {
  const mb = proposals.reduce((sum, one) => sum + diskMoves(one).length * one.sizeMb, 0);
  return mb === 0 ? "" : `; ${megabytes(mb)} between log dirs`;
}

function provisionText(summary: MadePlan["plan"]["summary"]): string {
  const status = summary.provision.status.toLowerCase().replaceAll("_", " ");
  return [status, ...recommendationsOf(summary)].join("; ");
}

function explanations(goals: readonly GoalOutcome[]): string {
  const lines = goals.filter((goal) => goal.violatedAfter && goal.explanation)
    .map((goal) => `${goal.name}: ${goal.explanation}\n`);
  return lines.length === 0 ? "" : `\nStill violated\n${lines.join("")}`;
}

/** Asks for a plan, and shows the steps of making it meanwhile. */
export async function askForPlan(
  client: Client,
  io: Io,
  asked: { method: "GET" | "POST"; endpoint: string; query: Query },
): Promise<Result<MadePlan>> {
  const view = progressView(io, "Planning");
  const made = await client.call<MadePlan>(asked.method, asked.endpoint, {
    query: asked.query,
    onProgress(steps) {
      const last = steps.at(-1);
      if (last !== undefined) view.update(last.completionPercentage / 100, last.step);
    },
  });
  view.stop();
  return made;
}

/** Makes a plan and prints it. */
export async function runPlan(client: Client, io: Io, options: PlanOptions): Promise<number> {
  const query = planQuery(options);
  const made = await askForPlan(client, io, { method: "GET", endpoint: "plan", query });
  if (!made.ok) return reportFailure(io, made.failure);
  if (options.json) printJson(io, made.value);
  else io.out(planScreen(made.value, options));
  return EXIT.done;
}

/** Adds the command. */
export function registerPlan(program: Command, run: RunClient): void {
  withPlanOptions(program.command("plan").alias("proposals"))
    .description("Make a plan and show its moves with their reasons; nothing is executed")
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel plan\n  evenkeel plan --goals RackAwareGoal,DiskUsageDistributionGoal --all\n" +
        "  evenkeel plan --exclude-topics '__.*' --json\n  evenkeel plan --max-mb 50000 --curve\n",
    )
    .action(run(runPlan));
}
