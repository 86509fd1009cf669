/**
 * `evenkeel optimize`: makes a plan for a snapshot file, without a cluster.
 *
 * @module
 */
import { Command, Option } from "commander";
import process from "node:process";
import { type GoalLists, requestedGoals } from "../goals/goal_lists.ts";
import { KAFKA_ASSIGNER_GOALS } from "../goals/kafka_assigner.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { writeTextFile } from "../model/files.ts";
import type { GoalOutcome, PlanSummary } from "../model/plan.ts";
import type { Proposal } from "../model/proposal.ts";
import { planBytes, reassignmentText } from "../model/plan_file.ts";
import { requestFrom } from "../model/plan_request.ts";
import { readSnapshotFile } from "../model/snapshot_read.ts";
import { conflictOf } from "../planner/conflict.ts";
import type { NamedLogDir } from "../planner/operations/remove_disks.ts";
import { outcomeSteps, type PlanOutcome } from "../planner/plan.ts";
import {
  type PlannerOperation,
  type PlannerSettings,
  plannerSettings,
} from "../planner/settings.ts";
import {
  budgetFrom,
  type BudgetOptions,
  budgetOptionsProblem,
  leftOutRow,
  withBudgetOptions,
} from "./budget.ts";
import { curveChart } from "./curve.ts";
import { EXIT } from "./exit_codes.ts";
import { readPrevious } from "./from_plan.ts";
import { interruptible } from "./interrupt.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { brokerSetsFor, offlineRules } from "./offline.ts";
import {
  clusterNotices,
  clusterProblem,
  GOALS_OF,
  operationProblem,
  OPERATIONS,
} from "./operation_flags.ts";
import { outputProblem } from "./output_files.ts";
import { amountText, movesText } from "./moves.ts";
import { overOption } from "./over.ts";
import { type ProgressView, progressView } from "./progress.ts";
import { configOption, setOption } from "./configuration_options.ts";
import { labelled, table } from "./tables.ts";
import { aboveBound, megabytes } from "./units.ts";
import { brokerIdsOf, factorFrom, goalNamesOf, logDirsFrom, patternOf, seedOf } from "./values.ts";

/** Partitions whose moves are shown; the plan file has all. */
const MOVES_SHOWN = 10;

/** Options of the command, as commander gives them. */
interface OptimizeOptions extends BudgetOptions {
  readonly snapshot: string;
  readonly goals?: readonly string[];
  readonly config?: string;
  readonly set: ReadonlyMap<string, string>;
  readonly operation: PlannerOperation;
  readonly brokers?: readonly number[];
  readonly destinations?: readonly number[];
  readonly excludeTopics?: string;
  readonly fromPlan?: string;
  readonly excludeLeadership?: readonly number[];
  readonly excludeMoves?: readonly number[];
  readonly skipHardGoalCheck: boolean;
  readonly kafkaAssigner: boolean;
  readonly logDirs?: readonly NamedLogDir[];
  readonly topics?: string;
  readonly replicationFactor?: number;
  readonly skipRackCheck: boolean;
  readonly onlyImmigrants: boolean;
  readonly brokerSets?: string;
  readonly over: PlannerSettings["over"];
  readonly seed?: number;
  readonly output?: string;
  readonly reassignmentJson?: string;
  readonly json: boolean;
}

/** Adds the command. */
export function registerOptimize(
  program: Command,
  deps: { io: Io; finish: (code: number) => void },
): void {
  program.addCommand(optimizeCommand(deps));
}

/** The command by itself; `finish` is told the exit code. */
export function optimizeCommand(deps: { io: Io; finish: (code: number) => void }): Command {
  const command = new Command("optimize")
    .description("Make a plan for a snapshot file; no cluster is needed")
    .requiredOption("--snapshot <file>", "cluster snapshot, .json or .json.gz")
    .option("--goals <names>", "goals in order of priority, separated by commas", goalNamesOf)
    .addOption(configOption())
    .addOption(setOption())
    .addOption(
      new Option("--operation <name>", "what the plan is for").choices(OPERATIONS)
        .default("rebalance"),
    )
    .option("--brokers <ids>", "brokers that are added, removed or demoted", brokerIdsOf)
    .option(
      "--log-dirs <list>",
      "log dirs that are removed or demoted: 0-/data/a,3-/data/b",
      logDirsFrom,
    )
    .option(
      "--topics <pattern>",
      "topics whose replication factor changes, a regular expression",
      patternOf,
    )
    .option("--replication-factor <number>", "replicas of each of their partitions", factorFrom)
    .option("--skip-rack-check", "allow more replicas than there are racks", false)
    .option(
      "--only-immigrants",
      "move only replicas that move anyway: added or offline ones",
      false,
    )
    .option("--kafka-assigner", "plan for the goals of Kafka assigner mode", false)
    .option("--destinations <ids>", "only these brokers may receive replicas", brokerIdsOf)
    .option(
      "--exclude-topics <pattern>",
      "regular expression of topics that stay where they are",
      patternOf,
    )
    .option("--exclude-leadership <ids>", "brokers that get no leadership", brokerIdsOf)
    .option("--exclude-moves <ids>", "brokers that get no replicas", brokerIdsOf)
    .option("--skip-hard-goal-check", "allow goals without all the hard ones", false)
    .addOption(overOption("the snapshot's windows"))
    .option("--broker-sets <file>", "broker sets for BrokerSetAwareGoal, as JSON")
    .option("--from-plan <file>", "plan made before, to start the search from: saves time")
    .option("--seed <number>", "seed of the search's draws", seedOf)
    .option("--output <file>", "plan file to write, .json or .json.gz")
    .option("--reassignment-json <file>", "the plan as kafka-reassign-partitions reads it")
    .option("--json", "print the summary as JSON", false);
  return withBudgetOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel optimize --snapshot cluster.json --output plan.json\n" +
        "  evenkeel optimize --snapshot cluster.json.gz --operation remove_broker --brokers 3,4 --output plan.json\n" +
        "  evenkeel optimize --snapshot cluster.json --goals RackAwareGoal,DiskCapacityGoal --skip-hard-goal-check --json\n" +
        "\nExit codes: 0 done, 2 usage or unreadable input, \n" +
        "  3 a hard goal cannot be met; the plan heals the rest, stderr says what is left and what would help\n",
    )
    .action(async (given: OptimizeOptions) => deps.finish(await runOptimize(deps.io, given)));
}

async function runOptimize(io: Io, options: OptimizeOptions): Promise<number> {
  const startMs = io.clock.monotonicMs();
  const usable = await usableOptions(options);
  if (!usable.ok) return reportFailure(io, usable.failure);
  const rules = await offlineRules(io, options.config, options.set);
  if (!rules.ok) return reportFailure(io, rules.failure);
  const goals = goalsFor(rules.value.lists, options);
  if (!goals.ok) return reportFailure(io, goals.failure);
  const sets = await brokerSetsFor(options.brokerSets, goals.value, rules.value.config);
  if (!sets.ok) return reportFailure(io, sets.failure);
  const input = await readSnapshotFile(options.snapshot);
  if (!input.ok) return reportFailure(io, input.failure);
  const unfit = clusterProblem(options, input.value);
  if (!unfit.ok) return reportFailure(io, unfit.failure);
  for (const notice of clusterNotices(options, input.value)) io.err(`${notice}\n`);
  const previous = await readPrevious(io, options.fromPlan, input.value);
  if (!previous.ok) return reportFailure(io, previous.failure);
  const settings = settingsOf(
    options,
    plannerSettings(goals.value, { ...rules.value.constraint, ...sets.value }, {
      previous: previous.value,
      seed: options.seed ?? rules.value.config["evenkeel.seed"],
    }),
  );
  const view = progressView(io, "Planning");
  const made = runThrough(outcomeSteps(input.value, settings), view, io);
  view.stop();
  if (!made.ok) return reportFailure(io, made.failure);
  const figures = () => {
    const used = process.cpuUsage();
    return {
      wallMs: Math.round(io.clock.monotonicMs() - startMs),
      cpuMs: Math.round((used.user + used.system) / 1000),
    };
  };
  const written = await interruptible((signal) =>
    writeFiles(made.value, options, { figures, signal })
  );
  if (!written.ok) return reportFailure(io, written.failure);
  if (options.json) printJson(io, made.value.summary);
  else io.out(screen(made.value, options));
  const { unmet = [], enough, wider, leftOut, goals: outcomes } = made.value.summary;
  if (leftOut !== undefined) io.err(leftByBudget(outcomes));
  for (const { goal, message, details } of unmet) {
    io.err(`${message}\n${details.map((detail) => `  ${detail}\n`).join("")}`);
    const conflict = goal === "" ? [] : conflictOf(input.value, settings, goal);
    if (conflict.length > 0) {
      io.err(`  Without any one of these a plan was found that meets it: ${conflict.join("; ")}\n`);
    }
  }
  if (enough !== undefined) io.err(`${enough.text}\n`);
  if (wider !== undefined) io.err(`${wider.text}\n`);
  return unmet.length === 0 ? EXIT.done : EXIT.unplannable;
}

/** Whether the options go together and their files can be written, before anything is read that may be large. */
async function usableOptions(options: OptimizeOptions): Promise<Result<void>> {
  for (const problem of [budgetOptionsProblem(options), operationProblem(options)]) {
    if (!problem.ok) return problem;
  }
  return await outputProblem([
    { flag: "--snapshot", path: options.snapshot },
    { flag: "--output", path: options.output, what: "plan" },
    { flag: "--reassignment-json", path: options.reassignmentJson, what: "reassignment" },
  ]);
}

/** Which hard goals the end of a budget leaves, for who only looks at that; nothing where it leaves none. */
function leftByBudget(goals: readonly GoalOutcome[]): string {
  const left = goals.filter((goal) => goal.hard && goal.violatedAfter);
  if (left.length === 0) return "";
  const names = left.map((goal) =>
    `${goal.name} (${goal.brokersOutBefore} brokers out before, ${goal.brokersOutAfter} after)`
  );
  return `The budget ends before all hard goals are met: ${names.join(", ")}\n`;
}

/** Goals of the operation or mode, else those that are named. */
function goalsFor(lists: GoalLists, options: OptimizeOptions): Result<readonly string[]> {
  const own = options.kafkaAssigner ? KAFKA_ASSIGNER_GOALS : GOALS_OF[options.operation];
  if (own === undefined) return requestedGoals(lists, options.goals ?? [], options);
  if (options.goals === undefined) return ok(own);
  const what = options.kafkaAssigner ? "--kafka-assigner" : `--operation ${options.operation}`;
  return fail(
    "invalid_argument",
    `Cannot plan ${what} for ${options.goals.join(", ")}: it has its own goals, leave --goals out`,
  );
}

function settingsOf(options: OptimizeOptions, usual: PlannerSettings): PlannerSettings {
  const budget = budgetFrom(options);
  return {
    ...usual,
    operation: options.operation,
    onlyMoveImmigrants: options.onlyImmigrants || options.operation === "topic_replication_factor",
    ...factorChangeOf(options),
    ...(budget === undefined ? {} : { budget }),
    over: options.over,
    logDirs: options.logDirs ?? [],
    unmetHardGoals: "report",
    findsEnough: true,
    brokerIds: options.brokers ?? [],
    destinationBrokerIds: options.destinations ?? [],
    excludedTopics: options.excludeTopics ?? "",
    excludedForLeadership: options.excludeLeadership ?? [],
    excludedForReplicaMove: options.excludeMoves ?? [],
  };
}

function factorChangeOf(options: OptimizeOptions): Pick<PlannerSettings, "factorChange"> {
  const { topics, replicationFactor: factor, skipRackCheck } = options;
  if (topics === undefined || factor === undefined) return {};
  return { factorChange: { wishes: [{ topics, factor }], skipRackCheck } };
}

function runThrough(
  steps: ReturnType<typeof outcomeSteps>,
  view: ProgressView,
  io: Io,
): Result<PlanOutcome> {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
    for (const notice of next.value.notices ?? []) io.err(`${notice}\n`);
    view.update(next.value.completionPercentage / 100, next.value.step);
  }
}

async function writeFiles(
  outcome: PlanOutcome,
  options: OptimizeOptions,
  run: { figures: () => { wallMs: number; cpuMs: number }; signal: AbortSignal },
): Promise<Result<void>> {
  const { signal } = run;
  if (options.output !== undefined) {
    const source = {
      request: requestFrom(options),
      summary: outcome.summary,
      brokers: outcome.brokers,
      proposals: outcome.proposals(),
    };
    const bytes = planBytes(source, run.figures());
    const written = await writeTextFile(options.output, bytes, "plan", { signal });
    if (!written.ok) return written;
  }
  if (options.reassignmentJson === undefined) return ok(undefined);
  return await writeTextFile(
    options.reassignmentJson,
    reassignmentText(outcome.proposals()),
    "reassignment",
    { signal },
  );
}

function goalState(goal: GoalOutcome): string {
  if (goal.off !== undefined) return `off: ${goal.off}`;
  if (goal.violatedAfter) {
    const state = goal.violatedBefore ? "still violated" : "VIOLATED by the plan";
    return goal.explanation === undefined ? state : `${state}: ${goal.explanation}`;
  }
  return goal.violatedBefore ? "fixed" : "satisfied";
}

function screen(outcome: PlanOutcome, options: OptimizeOptions): string {
  const { summary } = outcome;
  const goals = table(
    [
      { title: "Goal" },
      { title: "Kind" },
      { title: "Brokers out before", align: "right" },
      { title: "after", align: "right" },
      { title: "Outside before", align: "right" },
      { title: "after", align: "right" },
      { title: "Result" },
    ],
    summary.goals.map((goal) => [
      goal.name,
      goal.hard ? "hard" : "soft",
      goal.off === undefined ? goal.brokersOutBefore : "-",
      goal.off === undefined ? goal.brokersOutAfter : "-",
      amountText(goal, "amountBefore"),
      amountText(goal, "amountAfter"),
      goalState(goal),
    ]),
  );
  const written = options.output === undefined
    ? "Add --output PLAN.json to write the plan.\n"
    : `The plan is in ${options.output}.\n`;
  const curve = summary.curve === undefined ? "" : `${curveChart(summary.curve, summary)}\n`;
  const moves = movesText(firstMoves(outcome), outcome.brokers, outcome.proposalCount);
  return `${goals}\n${totals(summary)}\n${moves}${moves === "" ? "" : "\n"}${curve}${written}`;
}

function firstMoves(outcome: PlanOutcome): Proposal[] {
  const first: Proposal[] = [];
  for (const proposal of outcome.proposals()) {
    first.push(proposal);
    if (first.length >= MOVES_SHOWN) break;
  }
  return first;
}

function totals(summary: PlanSummary): string {
  const { provision } = summary;
  return labelled([
    ["Replicas to move", String(summary.interBrokerReplicaMoves)],
    ["Leader changes alone", String(summary.leadershipMoves)],
    [
      "Data to move",
      `${megabytes(summary.mbToMove)}${aboveBound(summary.mbToMove, summary.lowerBoundMb)}`,
    ],
    ...leftOutRow(summary.leftOut),
    [
      "Balancedness",
      `${summary.balancednessBefore.toFixed(1)} -> ${summary.balancednessAfter.toFixed(1)}`,
    ],
    ["Cluster size", [provision.status, ...provision.recommendations].join(" ")],
    ["Seed, steps", `${summary.seed}, ${summary.steps}`],
  ]);
}
