/**
 * What all parts of the search share: the model, the limits of all goals joined into one row a broker, and a record
 * of why each replica moved.
 *
 * ```
 * array        type           length   index           value
 * upper        Float64Array   B x 8    broker, axis    least upper limit of all goals that can be met; Infinity = none
 * lower        Float64Array   B x 8    broker, axis    greatest lower limit; 0 = none
 * hardUpper    Float64Array   B x 8    broker, axis    the same of hard goals alone
 * unlimited    Float64Array   B x 8    broker, axis    Infinity
 * target       Float64Array   B x 8    broker, axis    where the sum would be in perfect balance
 * steepness    Float64Array   B x 8    broker, axis    1 / target / mean target of the axis; 0 where the target is 0
 * pull         Float64Array   B x 4    broker, axis    how much worse one more unit makes the balance; PULL_AXES only
 * closed       Uint8Array     B        broker          1 = not one of `destinations`
 * axisGoals    number[][]     8        axis            goals with limits on it, by index
 * topicUpper   Int32Array     T        topic           most replicas of the topic on one broker
 * topicLower   Int32Array     T        topic           fewest
 * ```
 *
 * @module
 */
import {
  type AxisLimits,
  type GoalContext,
  NO_LIMIT,
  type PreparedGoal,
} from "../../goals/goal.ts";
import { aliveRacks, replicasOnRack } from "../../goals/rack_aware.ts";
import { resourceOfAxis } from "../../goals/axis_goal.ts";
import type { Prng } from "../../lib/prng.ts";
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_LEADERS,
  AXIS_REPLICAS,
  type ClusterModel,
  IS_NEW,
  MAY_LEAD,
  MAY_RECEIVE,
} from "../../model/cluster_model.ts";
import { moveLeadership, moveReplica } from "../../model/model_actions.ts";
import type { WindowSums } from "./window_sums.ts";
import { createRanking, type Ranking, rankOnly } from "./ranking.ts";
import { ReasonBook } from "./reasons.ts";

/**
 * Columns of `pull`: disk, incoming bytes, count and potential outgoing bytes, which only moving a replica changes;
 * the other axes follow leadership. Half a cache line a broker: looking at all brokers takes a third of the time that
 * it takes with rows of all axes.
 */
export const PULL_COUNT = 4;

/** Limits are aimed at with this relative margin, so that sums added up in another order are still within. */
const ROUNDING_MARGIN = 1e-9;

/** See the table above. */
export interface Search {
  readonly model: ClusterModel;
  readonly context: GoalContext;
  /** Goals that are planned for, most important first. */
  readonly goals: readonly PreparedGoal[];
  /** Goals that no plan can meet; they are not aimed at, only not made worse for nothing. */
  readonly hopeless: ReadonlySet<PreparedGoal>;
  /** Limits that are aimed at for some of the hopeless goals. */
  readonly aims: ReadonlyMap<PreparedGoal, AxisLimits>;
  /** Goals whose limits are not in the joined rows; asked about each action. */
  readonly guards: readonly PreparedGoal[];
  readonly upper: Float64Array;
  readonly lower: Float64Array;
  readonly hardUpper: Float64Array;
  readonly unlimited: Float64Array;
  readonly target: Float64Array;
  readonly steepness: Float64Array;
  readonly pull: Float64Array;
  /** Brokers that may receive replicas in the order of `pull`. */
  readonly ranking: Ranking;
  readonly topicUpper: Int32Array;
  readonly topicLower: Int32Array;
  /** Whether replicas of a partition must be on different racks. */
  readonly racksDiffer: boolean;
  /** Racks with alive brokers; a partition with more replicas than that is spread as evenly as they allow. */
  readonly rackCount: number;
  /** Brokers that may receive replicas, ascending. */
  readonly destinations: Int32Array;
  /** By broker: 1 = may not receive replicas. */
  readonly closed: Uint8Array;
  /** Work space: brokers that may not take the replica in question; as `closed` between questions. */
  readonly rejected: Uint8Array;
  readonly axisGoals: readonly (readonly number[])[];
  /** Whether only replicas that already moved, or must, may move for soft goals. */
  readonly onlyImmigrants: boolean;
  /** Whether that holds for hard goals as well. */
  readonly strictImmigrants: boolean;
  /** Whether any partition has to stay where it is. */
  readonly hasPinned: boolean;
  /** Whether any replica has to leave its home. */
  readonly hasOffline: boolean;
  /** Whether replicas may only go to new brokers or home. */
  readonly onlyToNew: boolean;
  /** Whether brokers excluded from leadership may not receive leaders either. */
  readonly leadersNeedRight: boolean;
  /** Loads by window, where limits hold in each. */
  readonly windows: WindowSums | undefined;
  /** Goals that are proven not to be met beside more important ones, by whoever looked for them; for all searches of a plan. */
  readonly conflicts: Conflicts;
  readonly prng: Prng;
  readonly reasons: ReasonBook;
  readonly stepsMax: number;
  /** Replicas among which is looked for what may be shed, and for what may go home: all, unless little changed since an earlier plan. */
  part: Part;
  /** Whether racks are mended as far as they can be: from then on what shares a rack may move within it. */
  racksAreDone: boolean;
  /** Actions looked at so far. */
  steps: number;
}

/** By goal the more important ones that it cannot be met together with; undefined where nobody looked for them. */
export interface Conflicts {
  found: ReadonlyMap<PreparedGoal, readonly PreparedGoal[]> | undefined;
}

/** Replicas `[from, to)`. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** Whether nothing is left for the plans to come. */
export function looksAtAll({ part, model }: Search): boolean {
  return part.to - part.from === model.replicaCount;
}

/** What {@link createSearch} is told by the settings. */
export interface SearchOptions {
  readonly goals: readonly PreparedGoal[];
  readonly hopeless: ReadonlySet<PreparedGoal>;
  /** Limits to aim at for some of the hopeless goals. */
  readonly aims: ReadonlyMap<PreparedGoal, AxisLimits>;
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
    racksAreDone: false,
    steps: 0,
  };
  for (const goal of options.goals) {
    const limits = options.hopeless.has(goal) ? options.aims.get(goal) : goal.axisLimits;
    if (limits !== undefined) joinAxisLimits(search, limits, goal.hard);
  }
  openOnly(search, destinations);
  setTargets(search);
  updatePulls(search);
  return search;
}

/** From now on these brokers alone receive replicas. */
export function openOnly({ closed, rejected, ranking }: Search, destinations: Int32Array): void {
  closed.fill(1);
  for (const b of destinations) closed[b] = 0;
  rejected.set(closed);
  rankOnly(ranking, destinations);
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

/** How much worse one more unit makes the balance; `i` = broker x axis. */
export function gradientAt(search: Search, i: number): number {
  return (search.model.sums[i]! - search.target[i]!) * search.steepness[i]!;
}

/** Recomputes all of `pull` after many moves past {@link relocate}. O(B). */
export function updatePulls(search: Search): void {
  for (let b = 0; b < search.model.brokerCount; b++) updatePull(search, b);
  search.ranking.movesLeft = 0;
}

/** Recomputes a broker's row of `pull` after its sums changed. O(1). */
function updatePull(search: Search, broker: number): void {
  const { pull, target, steepness } = search;
  const { sums } = search.model;
  const i = broker << 3;
  const into = broker << 2;
  pull[into] = (sums[i]! - target[i]!) * steepness[i]!;
  pull[into | 1] = (sums[i | 1]! - target[i | 1]!) * steepness[i | 1]!;
  pull[into | 2] = (sums[i | 3]! - target[i | 3]!) * steepness[i | 3]!;
  pull[into | 3] = (sums[i | 4]! - target[i | 4]!) * steepness[i | 4]!;
}

/** Moves a replica and keeps what follows from sums up to date. */
export function relocate(search: Search, replica: number, to: number): void {
  const from = search.model.broker[replica]!;
  moveReplica(search.model, replica, to);
  search.windows?.move(replica, from, to);
  updatePull(search, from);
  updatePull(search, to);
  search.ranking.movesLeft--;
}

/** Changes a leader; nothing that `pull` knows depends on it. */
export function promote(search: Search, partition: number, replica: number): void {
  const { model } = search;
  const old = model.broker[model.leader[partition]!]!;
  moveLeadership(model, partition, replica);
  search.windows?.lead(partition, old, model.broker[replica]!);
}

/** Whether a replica may move at all for the sake of a soft goal. */
export function mayMove(search: Search, replica: number): boolean {
  // Two random reads of large arrays less where nothing is restricted (a fifth of all time at 2,800,000 replicas).
  if (!search.hasPinned && !search.onlyImmigrants) return true;
  const { model } = search;
  if (model.pinned[model.partition[replica]!] === 1) return false;
  return !search.onlyImmigrants || model.broker[replica] !== model.home[replica];
}

/** Whether the rules about brokers allow a replica on one; goals and other replicas are not asked. */
export function mayGoTo(search: Search, replica: number, broker: number): boolean {
  const { model } = search;
  const flags = model.flags[broker]!;
  const home = model.home[replica] === broker;
  if ((flags & ALIVE) === 0) return false;
  if (home && search.hasOffline && model.offline[replica] === 1) return false;
  if (!home && search.closed[broker] === 1) return false;
  if (home && search.onlyToNew && bringsHome(model, replica)) return false;
  // Requested destinations receive leaders whatever is excluded; what comes home only gets leadership.
  if ((flags & MAY_LEAD) !== 0 || (!home && !search.leadersNeedRight)) return true;
  const p = model.partition[replica]!;
  // A leader may come back to where it led, but not bring leadership that it got elsewhere.
  return model.leader[p] !== replica || (home && model.homeLeader[p] === replica);
}

/** Whether a replica would come back to an old broker with leadership that it got on a new one. */
function bringsHome(model: ClusterModel, replica: number): boolean {
  const { homeLeader, leader, partition, flags, home, offline } = model;
  const p = partition[replica]!;
  const led = homeLeader[p]!;
  return leader[p] === replica && led !== replica && (flags[home[replica]!]! & IS_NEW) === 0 &&
    led >= 0 && offline[led] === 0;
}

/** Whether the rules allow a replica to become leader. */
export function mayLead(search: Search, replica: number): boolean {
  const { model } = search;
  const broker = model.broker[replica]!;
  const flags = model.flags[broker]!;
  if ((flags & ALIVE) === 0 || (flags & MAY_LEAD) === 0) return false;
  if (model.offline[replica] === 1 && broker === model.home[replica]) return false;
  if (search.context.logDirs?.isDemoted(replica) === true) return false;
  if (search.onlyToNew && (flags & IS_NEW) === 0) {
    return model.homeLeader[model.partition[replica]!] === replica;
  }
  return true;
}

/** {@link mayLead}, or leads in the real cluster: what the search has taken away may come back wherever that is. */
export function mayLeadAgain(search: Search, replica: number): boolean {
  if (mayLead(search, replica)) return true;
  const { homeLeader, partition, broker, home, flags, offline } = search.model;
  const b = broker[replica]!;
  return homeLeader[partition[replica]!] === replica && b === home[replica] &&
    (flags[b]! & ALIVE) !== 0 && offline[replica] === 0 &&
    search.context.logDirs?.isDemoted(replica) !== true;
}

/**
 * Whether another replica of the partition sits on the rack of `broker`, or on the broker itself, or has its home
 * there. Taking the place that another one left would move nothing on the real brokers: it is the other one that
 * should go home. And where it had to leave, because a log dir is dead, no replica of the partition may go. Where there
 * are more replicas than racks, none leaves a rack for one that holds more of them. O(RF).
 */
export function isBlocked(search: Search, replica: number, broker: number): boolean {
  const { broker: brokerOf, replicaStart, partition, rack, home, flags } = search.model;
  const p = partition[replica]!;
  const wanted = rack[broker]!;
  const { racksDiffer } = search;
  const end = replicaStart[p + 1]!;
  let onRack = 0;
  for (let r = replicaStart[p]!; r < end; r++) {
    if (r === replica) continue;
    const other = brokerOf[r]!;
    if (other === broker || home[r] === broker) return true;
    if (racksDiffer && rack[other] === wanted) onRack++;
  }
  if (onRack === 0) return false;
  const from = brokerOf[replica]!;
  const isFull = onRack >= mostPerRack(search, end - replicaStart[p]!);
  if (!isFull) {
    return (flags[from]! & ALIVE) !== 0 && onRack > replicasOnRack(search.model, replica, from);
  }
  return !search.racksAreDone || rack[from] !== wanted;
}

/** Replicas of a partition that one rack may hold: 1, or an even share where there are fewer racks than replicas. */
export function mostPerRack(search: Search, replicas: number): number {
  return replicas <= search.rackCount ? 1 : Math.ceil(replicas / search.rackCount);
}
