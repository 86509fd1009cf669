/**
 * `evenkeel verify`: checks a plan, ours or another tool's, against a snapshot and the goals.
 *
 * @module
 */
import { Command, Option } from "commander";
import { type BalancingConstraint, topicPattern } from "../goals/constraint.ts";
import { requestedGoals } from "../goals/goal_lists.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { DISK } from "../model/metrics.ts";
import { withDemotedLogDirs } from "../planner/operations/demote_disks.ts";
import { type NamedLogDir, withoutLogDirs } from "../planner/operations/remove_disks.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { type ReadPlan, readPlanFile } from "../model/plan_file.ts";
import type { PlanRequest } from "../model/plan_request.ts";
import { readSnapshotFile } from "../model/snapshot_read.ts";
import { type Verification, verifyPlan, type VerifySettings } from "../planner/verify/verify.ts";
import type { VerifiedGoal } from "../planner/verify/goal_check.ts";
import type { PlannerSettings } from "../planner/settings.ts";
import { countOf } from "../lib/count_of.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { brokerSetsFor, offlineRules } from "./offline.ts";
import {
  clusterNotices,
  clusterProblem,
  flagOf,
  GOALS_OF,
  operationProblem,
  OPERATIONS,
} from "./operation_flags.ts";
import { configOption, setOption } from "./configuration_options.ts";
import { overOption } from "./over.ts";
import { labelled, table } from "./tables.ts";
import { megabytes } from "./units.ts";
import {
  brokerIdsOf,
  factorFrom,
  goalNamesOf,
  logDirsFrom,
  logDirText,
  patternOf,
} from "./values.ts";

/** Options of the command, as commander gives them. */
interface VerifyOptions {
  readonly snapshot: string;
  readonly plan: string;
  readonly goals?: readonly string[];
  readonly config?: string;
  readonly set: ReadonlyMap<string, string>;
  readonly operation: string;
  readonly brokers?: readonly number[];
  readonly brokerSets?: string;
  readonly over: PlannerSettings["over"];
  readonly logDirs?: readonly NamedLogDir[];
  readonly excludeTopics?: string;
  readonly excludeLeadership?: readonly number[];
  readonly excludeMoves?: readonly number[];
  readonly destinations?: readonly number[];
  readonly topics?: string;
  readonly replicationFactor?: number;
  readonly json: boolean;
}

/** Adds the command. */
export function registerVerify(
  program: Command,
  deps: { io: Io; finish: (code: number) => void },
): void {
  program.addCommand(verifyCommand(deps));
}

/** The command by itself; `finish` is told the exit code: 0 good, 1 not, 2 unreadable, 3 valid, but hard goals are left. */
export function verifyCommand(deps: { io: Io; finish: (code: number) => void }): Command {
  return new Command("verify")
    .description("Check a plan against a snapshot and the goals, recomputing everything")
    .requiredOption("--snapshot <file>", "cluster snapshot that the plan was made for")
    .requiredOption("--plan <file>", "plan file, or Kafka's reassignment JSON")
    .option(
      "--goals <names>",
      "goals to check, separated by commas; default.goals unless given",
      goalNamesOf,
    )
    .addOption(configOption())
    .addOption(setOption())
    .addOption(
      new Option("--operation <name>", "what the plan is for")
        .choices(OPERATIONS)
        .default("rebalance"),
    )
    .option("--brokers <ids>", "brokers that are removed or demoted", brokerIdsOf)
    .option("--log-dirs <list>", "log dirs that are removed or demoted", logDirsFrom)
    .option(
      "--exclude-topics <pattern>",
      "regular expression of topics that stay where they are",
      patternOf,
    )
    .option("--exclude-leadership <ids>", "brokers that get no leadership", brokerIdsOf)
    .option("--exclude-moves <ids>", "brokers that get no replicas", brokerIdsOf)
    .option("--destinations <ids>", "only these brokers may receive replicas", brokerIdsOf)
    .option("--topics <pattern>", "topics whose replication factor the plan changes", patternOf)
    .option("--replication-factor <number>", "replicas of their partitions afterwards", factorFrom)
    .addOption(overOption("the snapshot's windows"))
    .option("--broker-sets <file>", "broker sets for BrokerSetAwareGoal, as JSON")
    .option("--json", "print the findings as JSON", false)
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel verify --snapshot cluster.json --plan plan.json\n" +
        "  evenkeel verify --snapshot cluster.json --plan reassignment.json --goals RackAwareGoal\n" +
        "\nWhat a plan file says that it was made for need not be said again: its operation, brokers and what is left out.\n" +
        "Goals and settings do: give --goals, --config and --set as to optimize.\n" +
        "\nExit codes: 0 the plan is good, 1 it is not, 2 usage or unreadable input, \n" +
        "  3 the plan is valid and says what it leaves: hard goals that a budget cut off, that no plan can meet, or that it\n    was not made for\n",
    )
    .action(async (given: VerifyOptions, command: Command) => {
      const isSaid = (name: string) => command.getOptionValueSource(name) === "cli";
      deps.finish(await runVerify(deps.io, given, isSaid));
    });
}

/** What the plan says that it was made for and the command line does not say; nothing where that says another operation. `invalid_file`. */
function takenFrom(
  { request = {} }: ReadPlan,
  { operation, plan }: VerifyOptions,
  isSaid: (name: string) => boolean,
): Result<PlanRequest> {
  if (isSaid("operation") && operation !== request.operation) return ok({});
  const known: readonly string[] = OPERATIONS;
  if (request.operation !== undefined && !known.includes(request.operation)) {
    const wanted = `request.operation: must be one of ${known.join(", ")}`;
    return fail("invalid_file", `Cannot read plan ${plan}: ${wanted}`);
  }
  return ok(Object.fromEntries(Object.entries(request).filter(([name]) => !isSaid(name))));
}

async function runVerify(
  io: Io,
  given: VerifyOptions,
  isSaid: (name: string) => boolean,
): Promise<number> {
  const plan = await readPlanFile(given.plan);
  if (!plan.ok) return reportFailure(io, plan.failure);
  const taken = takenFrom(plan.value, given, isSaid);
  if (!taken.ok) return reportFailure(io, taken.failure);
  const options = { ...given, ...taken.value };
  const rules = await offlineRules(io, options.config, options.set);
  if (!rules.ok) return reportFailure(io, rules.failure);
  const usual = GOALS_OF[options.operation];
  const goals = usual !== undefined && options.goals === undefined
    ? ok(usual)
    : requestedGoals(rules.value.lists, options.goals ?? [], { skipHardGoalCheck: true });
  if (!goals.ok) return reportFailure(io, goals.failure);
  const misused = operationProblem(options);
  if (!misused.ok) return reportFailure(io, misused.failure);
  const input = await readSnapshotFile(options.snapshot);
  if (!input.ok) return reportFailure(io, input.failure);
  const unfit = clusterProblem(options, input.value);
  if (!unfit.ok) return reportFailure(io, unfit.failure);
  for (const notice of clusterNotices(options, input.value)) io.err(`${notice}\n`);
  const sets = await brokerSetsFor(options.brokerSets, goals.value, rules.value.config);
  if (!sets.ok) return reportFailure(io, sets.failure);
  const { excludeTopics: excludedTopics } = options;
  const pattern = topicPattern(excludedTopics ?? "", "--exclude-topics");
  if (!pattern.ok) return reportFailure(io, pattern.failure);
  const constraint = {
    ...rules.value.constraint,
    ...(excludedTopics === undefined ? {} : { excludedTopics }),
  };
  const cluster = forOperation(input.value, options, constraint);
  if (!cluster.ok) return reportFailure(io, cluster.failure);
  const checked = verifyPlan(cluster.value, plan.value, {
    goals: goals.value,
    usualGoals: options.goals === undefined,
    ...factorsOf(options),
    withinBrokers: usual !== undefined,
    excludedForReplicaMove: options.excludeMoves ?? [],
    excludedForLeadership: options.excludeLeadership ?? [],
    destinationBrokerIds: options.destinations ?? [],
    over: options.over,
    constraint: { ...constraint, ...sets.value },
  });
  if (options.json) printJson(io, checked);
  else io.out(`${takenText(taken.value)}${screen(checked)}`);
  if (checked.problems.length > 0) return EXIT.failed;
  return checked.left.length + checked.without.length === 0 ? EXIT.done : EXIT.unplannable;
}

/**
 * Brokers that are removed count as dead: nothing may stay, and averages are over the others. Those that are demoted
 * may lead nothing that another broker could.
 */
function forOperation(
  input: ClusterInput,
  options: VerifyOptions,
  constraint: BalancingConstraint,
): Result<ClusterInput> {
  const { operation, brokers: ids = [] } = options;
  if (operation === "remove_disks") {
    return withoutLogDirs(input, options.logDirs ?? [], constraint.capacityThreshold[DISK]);
  }
  const demoted = operation === "demote_broker"
    ? withDemotedLogDirs(input, options.logDirs ?? [])
    : ok(input);
  if (!demoted.ok) return demoted;
  const state = operation === "remove_broker"
    ? "dead"
    : operation === "demote_broker"
    ? "demoted"
    : undefined;
  if (state === undefined) return ok(input);
  return ok({
    ...demoted.value,
    brokers: demoted.value.brokers.map((broker) =>
      ids.includes(broker.id) ? { ...broker, state } : broker
    ),
  });
}

function factorsOf(options: VerifyOptions): Pick<VerifySettings, "factorOf"> {
  const { topics = "", replicationFactor } = options;
  const matches = topicPattern(topics, "--topics");
  if (!matches.ok || replicationFactor === undefined) return {};
  return { factorOf: (topic) => matches.value(topic) ? replicationFactor : undefined };
}

/** Options that stand for what is taken from the plan, but for what is usual. */
function takenText(taken: PlanRequest): string {
  const usual: PlanRequest = { operation: "rebalance", over: "mean" };
  const options = Object.entries(taken).filter(([name, value]) =>
    value !== usual[name as keyof PlanRequest]
  );
  if (options.length === 0) return "";
  const words = options.map(([name, value]) => `${flagOf(name)} ${valueText(value)}`);
  return `As the plan says: ${words.join(" ")}\n\n`;
}

function valueText(value: PlanRequest[keyof PlanRequest]): string {
  if (typeof value !== "object") return String(value);
  return value.map((item) => typeof item === "object" ? logDirText(item) : item).join(",");
}

function goalState(goal: VerifiedGoal): string {
  if (goal.off !== undefined) return `off: ${goal.off}`;
  if (goal.brokersOutAfter.length > 0) return `violated: ${goal.example}`;
  return goal.brokersOutBefore.length > 0 ? "fixed" : "satisfied";
}

function screen(checked: Verification): string {
  const goals = table(
    [
      { title: "Goal" },
      { title: "Kind" },
      { title: "Brokers out before", align: "right" },
      { title: "after", align: "right" },
      { title: "Result" },
    ],
    checked.goals.map((goal) => [
      goal.name,
      goal.hard ? "hard" : "soft",
      goal.brokersOutBefore.length,
      goal.brokersOutAfter.length,
      goalState(goal),
    ]),
  );
  const totals = labelled([
    ["Partitions in the plan", String(checked.partitions)],
    ["Replicas to move", String(checked.replicasMoved)],
    ["Leader changes alone", String(checked.leadersMoved)],
    ["Data to move", megabytes(checked.mbToMove)],
  ]);
  return `${goals}\n${totals}\n${verdict(checked)}`;
}

function verdict({ problems, left, leftOut, without }: Verification): string {
  const lines = (list: readonly string[]) => list.map((line) => `  ${line}\n`).join("");
  if (problems.length > 0) return `The plan is not good:\n${lines(problems)}`;
  const cut = leftOut === 0 ? "" : `a budget cut it, ${countOf(leftOut, "partition")} left out`;
  if (left.length + without.length === 0) {
    return cut === "" ? "The plan is good.\n" : `The plan is good; ${cut}.\n`;
  }
  const why = cut === "" ? "it leaves what no plan was found for" : cut;
  const parts = [[why, left], ["it was made without them", without]] as const;
  const told = parts.filter(([, list]) => list.length > 0)
    .map(([reason, list]) => `${reason}:\n${lines(list)}`);
  return `The plan is valid, but hard goals are left: ${told.join("And ")}`;
}
