/**
 * From a request to a plan: checks it, gets the model, runs the planner.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { type BalancingConstraint, constraintOf } from "../../goals/constraint.ts";
import { configuredSets, setsProblem } from "../../goals/broker_sets.ts";
import { ALL_GOAL_NAMES } from "../../goals/catalog.ts";
import { type GoalLists, goalListsOf } from "../../goals/goal_lists.ts";
import { fail, type Failure, ok, type Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { CompletenessRequirements } from "../../messages/aggregator.ts";
import type { PlanRequest } from "../../messages/analyzer.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../planner/previous.ts";
import { placedPlanSteps } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { DISK } from "../../model/metrics.ts";
import { planLoadSteps } from "./broker_load.ts";
import type { HeldAnswer } from "./held_plans.ts";
import { expectedConstraint, expectedInput } from "./expected_load.ts";
import { goalProgress } from "./goal_progress.ts";
import type { ModelSource, SourcedModel } from "./model_source.ts";
import { goalsOf, missingBrokers, needsLogDirs, settingsOf, statesOf } from "./operations.ts";
import type { PlanOrigin } from "./plan_cache.ts";
import { inSlices, type JobControl, runInSlices } from "./plan_jobs.ts";
import { combinedRequirements, type RequirementSettings, weaker } from "./requirements.ts";

/** A plan with what it was made from. */
export interface MadePlan {
  readonly answer: HeldAnswer;
  readonly origin: PlanOrigin;
  /** What the next plan for the same request may start from. */
  readonly next: PreviousPlan;
}

/** The goals and thresholds of the configuration, checked. */
export interface PlanRules {
  readonly lists: GoalLists;
  readonly constraint: BalancingConstraint;
  readonly requirements: RequirementSettings;
  readonly seed: number;
}

/** Reads the rules. Fails with `invalid_argument` when settings contradict each other, `invalid_file` for broker sets. */
export function planRulesOf(config: Config): Result<PlanRules> {
  const lists = goalListsOf(config, ALL_GOAL_NAMES);
  if (!lists.ok) return lists;
  const constraint = constraintOf(config);
  if (!constraint.ok) return constraint;
  const sets = configuredSets(config, (path) => Deno.readTextFileSync(path));
  if (!sets.ok) return sets;
  const { defaults, selfHealing, anomalyDetection } = lists.value;
  const missing = setsProblem([...defaults, ...selfHealing, ...anomalyDetection], sets.value);
  if (!missing.ok) return missing;
  return ok({
    lists: lists.value,
    constraint: { ...constraint.value, ...sets.value },
    requirements: {
      windowCount: config["num.partition.metrics.windows"],
      minValidRatio: config["min.valid.partition.ratio"],
    },
    seed: config["evenkeel.seed"],
  });
}

/** What is wrong with a request before anything is measured; the goals when nothing is. */
export function checkRequest(
  request: PlanRequest,
  rules: PlanRules,
): Result<readonly string[]> {
  const goals = goalsOf(request, rules.lists);
  if (!goals.ok) return goals;
  const missing = setsProblem(goals.value, rules.constraint);
  return missing.ok ? goals : missing;
}

/** Makes the plan. Fails as `make_plan` says, with `hard_goal_unmet` when no plan can meet a hard goal. */
export async function makePlanFor(
  request: PlanRequest,
  options: {
    rules: PlanRules;
    source: ModelSource;
    context: ActorContext;
    control: JobControl;
    /** The last plan for the same request. */
    previous: MadePlan | undefined;
    keeper: Keeper;
    /** Whether somebody will read what would be enough where a hard goal cannot be met. */
    findsEnough: boolean;
    /** Told of every model, as soon as it is there. */
    onModel: (model: SourcedModel) => void;
  },
): Promise<Result<MadePlan>> {
  const { rules, context, control, onModel } = options;
  const goals = checkRequest(request, rules);
  if (!goals.ok) return goals;
  control.progress("WAITING_FOR_CLUSTER_MODEL", 0);
  const model = await modelFor(request, goals.value, options);
  if (!model.ok) return model;
  onModel(model.value);
  const { topology } = model.value;
  const { expected } = request;
  const input = expected === undefined
    ? model.value.input
    : expectedInput(model.value.input, expected.brokers);
  const missing = missingBrokers(request, input);
  // The words are Cruise Control's: clients look for them.
  if (missing.length > 0) {
    return fail("not_found", `Broker [${missing.join(", ")}] does not exist.`);
  }
  const constraint = expected === undefined
    ? rules.constraint
    : expectedConstraint(rules.constraint, expected, input);
  const previous = sameBrokers(options.previous, input) ? options.previous?.next : undefined;
  const settings = plannerSettings(goals.value, constraint, {
    ...settingsOf(request, input, topology),
    previous,
    keeper: options.keeper,
    findsEnough: options.findsEnough,
    seed: rules.seed,
  });
  control.progress("GENERATING_CLUSTER_MODEL", 100);
  const madeAtMs = context.clock.nowMs();
  const say = goalProgress(goals.value, control.progress);
  const steps = placedPlanSteps(input, settings);
  const placed = await runInSlices(steps, context.clock, { ...control, say });
  if (!placed.ok) return { ok: false, failure: withHint(placed.failure, request) };
  const { plan, places } = placed.value;
  const removed = request.operation === "remove_broker" ? request.brokerIds ?? [] : [];
  const loads = await inSlices(planLoadSteps(input, plan, removed), context.clock, control);
  if (!loads.ok) return loads;
  const { windows, validRatio, topologyGeneration, loadGeneration } = model.value;
  return ok({
    answer: {
      plan,
      ...loads.value,
      windows,
      validRatio,
      fromCache: false,
    },
    next: previousOf({ ...plan, places }, previous),
    origin: { topologyGeneration, loadGeneration, fromActiveWindow: windows === 0, madeAtMs },
  });
}

/** Operations that leave most replicas alone cannot mend what was wrong before them: says how to go on. */
function withHint(failure: Failure, { operation }: PlanRequest): Failure {
  const isNarrow = operation === "add_broker" || operation === "topic_configuration";
  if (failure.code !== "hard_goal_unmet" || !isNarrow) return failure;
  const hint =
    `${operation} moves few replicas: what was violated before it needs a rebalance first, or ` +
    "leave the goal out with goals and skip_hard_goal_check=true";
  return { ...failure, details: [...failure.details ?? [], hint] };
}

/** A plan for other brokers is no start: what is new or gone would shape the plan least of all. */
function sameBrokers(previous: MadePlan | undefined, { brokers }: ClusterInput): boolean {
  const known = previous?.answer.before ?? [];
  return known.length === brokers.length &&
    brokers.every((broker, b) =>
      broker.id === known[b]!.brokerId && broker.rack === known[b]!.rack &&
      broker.capacity[DISK] === known[b]!.diskCapacityMb
    );
}

/** The model at the combined requirements of the goals; when there are too few windows, at the same with one. */
export async function modelFor(
  request: PlanRequest,
  goals: readonly string[],
  options: {
    readonly rules: PlanRules;
    readonly source: ModelSource;
    readonly control: Pick<JobControl, "cancelled">;
    /** Log dirs are modelled, whether the plan looks at them or not. */
    readonly withLogDirs?: boolean;
  },
): Promise<Result<SourcedModel>> {
  const { rules, source, control } = options;
  const combined = combinedRequirements(goals, rules.requirements);
  const wanted = request.requirements === undefined
    ? combined
    : weaker(combined, request.requirements);
  const at = (requirements: CompletenessRequirements) =>
    source.model({
      requirements,
      states: statesOf(request),
      withLogDirs: options.withLogDirs === true || needsLogDirs(request, goals),
      topologyGeneration: request.topologyGeneration,
      newest: request.expected !== undefined,
      withWindows: (request.over ?? "mean") !== "mean",
    }, control.cancelled);
  const first = await at(wanted);
  const tooFew = !first.ok && first.failure.code === "not_enough_windows" && wanted.windows > 1;
  return tooFew ? await at({ ...wanted, windows: 1 }) : first;
}
