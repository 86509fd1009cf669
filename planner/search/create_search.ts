/**
 * Makes a search: joins the limits of all goals into one row a broker, and says where balance is.
 *
 * @module
 */
import {
  type AxisLimits,
  type GoalContext,
  NO_LIMIT,
  type PreparedGoal,
} from "../../goals/goal.ts";
import { aliveRacks } from "../../goals/rack_aware.ts";
import { resourceOfAxis } from "../../goals/axis_goal.ts";
import type { Prng } from "../../lib/prng.ts";
import {
  AXIS_COUNT,
  AXIS_LEADERS,
  AXIS_REPLICAS,
  type ClusterModel,
  IS_NEW,
  MAY_RECEIVE,
} from "../../model/cluster_model.ts";
import type { WindowSums } from "./window_sums.ts";
import { createRanking } from "./ranking.ts";
import { type Conflicts, openOnly, PULL_COUNT, type Search, updatePulls } from "./state.ts";
import { ReasonBook } from "./reasons.ts";

/** Limits are aimed at with this relative margin, so that sums added up in another order are still within. */
const ROUNDING_MARGIN = 1e-9;

/** What {@link createSearch} is told by the settings. */
export interface SearchOptions {
  readonly goals: readonly PreparedGoal[];
  readonly hopeless: ReadonlySet<PreparedGoal>;
  /** Limits to aim at for some of the hopeless goals. */
  readonly aims: Map<PreparedGoal, AxisLimits>;
  readonly aimsNow: ReadonlyMap<PreparedGoal, () => AxisLimits>;
  /** Brokers that alone may receive replicas; empty = all that may. */
  readonly requestedDestinations: readonly number[];
  readonly onlyImmigrants: boolean;
  readonly strictImmigrants: boolean;
  readonly windows: WindowSums | undefined;
  readonly conflicts: Conflicts;
  readonly prng: Prng;
  readonly stepsMax: number;
}

/** Joins the goals' limits. O(B x goals). */
export function createSearch(context: GoalContext, options: SearchOptions): Search {
  const { model } = context;
  const size = model.brokerCount * AXIS_COUNT;
  const aimed = options.goals.filter((goal) => !options.hopeless.has(goal));
  const topic = joinedTopicLimits(model, aimed);
  const { requestedDestinations } = options;
  const onlyToNew = requestedDestinations.length === 0 && hasNewBrokers(model);
  const destinations = destinationsOf(context, requestedDestinations);
  const search: Search = {
    model,
    context,
    goals: options.goals,
    hopeless: options.hopeless,
    aims: options.aims,
    aimsNow: options.aimsNow,
    guards: aimed.filter((goal) =>
      goal.idle !== true &&
      (goal.guardsMoves ??
        (goal.axisLimits === undefined && goal.topicLimits === undefined &&
          goal.racksDiffer !== true))
    ),
    upper: new Float64Array(size).fill(Infinity),
    lower: new Float64Array(size),
    hardUpper: new Float64Array(size).fill(Infinity),
    unlimited: new Float64Array(size).fill(Infinity),
    target: new Float64Array(size),
    steepness: new Float64Array(size),
    pull: new Float64Array(model.brokerCount * PULL_COUNT),
    ranking: createRanking(context),
    ...topic,
    // Also when some partition has more replicas than there are racks: the others are kept apart all the same.
    racksDiffer: options.goals.some((goal) => goal.racksDiffer === true),
    rackCount: aliveRacks(context),
    destinations,
    closed: new Uint8Array(model.brokerCount),
    rejected: new Uint8Array(model.brokerCount),
    axisGoals: goalsByAxis(options.goals),
    onlyImmigrants: options.onlyImmigrants,
    strictImmigrants: options.strictImmigrants,
    hasPinned: model.pinned.includes(1),
    hasOffline: model.offlineReplicas.length > 0,
    onlyToNew,
    leadersNeedRight: requestedDestinations.length === 0,
    windows: options.windows,
    conflicts: options.conflicts,
    prng: options.prng,
    reasons: new ReasonBook(model, options.goals),
    stepsMax: options.stepsMax,
    part: { from: 0, to: model.replicaCount },
    passesShared: false,
    racksAreDone: false,
    givenUp: new Set(),
    prices: undefined,
    steps: 0,
  };
  for (const [goal, limits] of aimsOf(search, options.goals)) {
    if (limits !== undefined) joinAxisLimits(search, limits, goal.hard);
  }
  openOnly(search, destinations);
  setTargets(search);
  updatePulls(search);
  return search;
}

function goalsByAxis(goals: readonly PreparedGoal[]): number[][] {
  const byAxis: number[][] = Array.from({ length: AXIS_COUNT }, () => []);
  for (const [index, goal] of goals.entries()) {
    if (goal.axisLimits !== undefined) byAxis[goal.axisLimits.axis]!.push(index);
  }
  return byAxis;
}

/** Brokers that may receive replicas, ascending: those of the request, else new ones, else all that are not excluded. */
export function destinationsOf(context: GoalContext, requested: readonly number[]): Int32Array {
  const { model, alive, allowed } = context;
  if (model.withinBrokers) return new Int32Array(0);
  if (requested.length > 0) return alive.filter((b) => requested.includes(b));
  if (hasNewBrokers(model)) return allowed.filter((b) => (model.flags[b]! & IS_NEW) !== 0);
  return allowed;
}

function hasNewBrokers({ flags }: ClusterModel): boolean {
  return flags.some((flag) => (flag & IS_NEW) !== 0);
}

function joinedTopicLimits(model: ClusterModel, goals: readonly PreparedGoal[]) {
  const limited = goals.filter((goal) => goal.topicLimits !== undefined);
  if (limited.length === 1) {
    const { upper, lower } = limited[0]!.topicLimits!;
    return { topicUpper: upper, topicLower: lower };
  }
  const topicUpper = new Int32Array(model.topicCount).fill(NO_LIMIT);
  const topicLower = new Int32Array(model.topicCount);
  for (const goal of limited) {
    const limits = goal.topicLimits!;
    for (let t = 0; t < model.topicCount; t++) {
      topicUpper[t] = Math.min(topicUpper[t]!, limits.upper[t]!);
      topicLower[t] = Math.max(topicLower[t]!, limits.lower[t]!);
    }
  }
  return { topicUpper, topicLower };
}

function joinAxisLimits(search: Search, limits: AxisLimits, hard: boolean): void {
  const { upper, lower, hardUpper, model } = search;
  const counts = limits.axis === AXIS_REPLICAS || limits.axis === AXIS_LEADERS;
  const rounding = counts ? 0 : ROUNDING_MARGIN;
  for (let b = 0; b < model.brokerCount; b++) {
    const at = b * AXIS_COUNT + limits.axis;
    const high = limits.upper[b]! * (1 - rounding);
    upper[at] = Math.min(upper[at]!, high);
    if (hard) hardUpper[at] = Math.min(hardUpper[at]!, high);
    // An earlier goal's upper limit wins over a later goal's lower one.
    lower[at] = Math.min(upper[at]!, Math.max(lower[at]!, limits.lower[b]! * (1 + rounding)));
  }
}

/** What is aimed at for each of these goals. */
export function aimsOf(
  { aims, hopeless }: Search,
  goals: Iterable<PreparedGoal>,
): Map<PreparedGoal, AxisLimits | undefined> {
  const limits = new Map<PreparedGoal, AxisLimits | undefined>();
  for (const goal of goals) {
    limits.set(goal, hopeless.has(goal) ? aims.get(goal) : goal.axisLimits);
  }
  return limits;
}

/** Aims at these limits alone until the function that it gives is called. O(B x goals). */
export function aimAt(
  search: Search,
  aims: ReadonlyMap<PreparedGoal, AxisLimits | undefined>,
): () => void {
  const { upper, lower } = search;
  const before = { upper: upper.slice(), lower: lower.slice() };
  upper.fill(Infinity);
  lower.fill(0);
  for (const [goal, limits] of aims) {
    if (limits !== undefined) joinAxisLimits(search, limits, goal.hard);
  }
  return () => {
    upper.set(before.upper);
    lower.set(before.lower);
  };
}

/**
 * Aims anew where aims depend on where large replicas are: by now the search has parted those that cannot be together, and what they
 * bring has to be allowed for where they are, not at home. O(B x goals + large replicas).
 */
export function* followLarge(search: Search): Generator<void, void> {
  const { aims, aimsNow } = search;
  const moved = [...aimsNow].filter(([goal]) => aims.has(goal));
  if (moved.length === 0) return;
  for (const [goal, aimNow] of moved) aims.set(goal, aimNow());
  aimAt(search, aimsOf(search, search.goals));
  setTargets(search);
  updatePulls(search);
  yield;
}

function setTargets(search: Search): void {
  const { context, upper, lower, target } = search;
  for (const b of context.alive) {
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      const at = b * AXIS_COUNT + axis;
      const limited = lower[at]! > 0 && upper[at]! < Infinity;
      const wanted = limited ? (upper[at]! + lower[at]!) / 2 : fairShare(context, b, axis);
      target[at] = Math.min(wanted, upper[at]!);
    }
  }
  for (let axis = 0; axis < AXIS_COUNT; axis++) setSteepness(search, axis);
}

/**
 * One MB more must weigh the same on two brokers that are filled to the same part of their targets, however large
 * they are, and axes must be comparable: so one target divides and one mean of targets.
 */
function setSteepness(search: Search, axis: number): void {
  const { model, context, target, steepness } = search;
  let total = 0;
  let count = 0;
  for (const b of context.alive) {
    total += target[b * AXIS_COUNT + axis]!;
    count++;
  }
  for (const b of context.alive) {
    const at = b * AXIS_COUNT + axis;
    const isDestination = (model.flags[b]! & MAY_RECEIVE) !== 0;
    steepness[at] = target[at]! > 0 && isDestination ? count / total / target[at]! : 0;
  }
}

/** The broker's part of the total: by capacity for resources, by head for counts. */
function fairShare(context: GoalContext, broker: number, axis: number): number {
  const resource = resourceOfAxis(axis);
  const total = context.totals[axis]!;
  if (resource < 0) return context.allowed.length > 0 ? total / context.allowed.length : 0;
  const capacity = context.allowedCapacity[resource]!;
  if (capacity <= 0) return 0;
  return total * context.model.input.brokers[broker]!.capacity[resource]! / capacity;
}
