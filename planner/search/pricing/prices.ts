/**
 * What brokers and topics ask for what they hold beyond limits: an augmented Lagrangian (Hestenes 1969, Powell 1969;
 * for inequalities Rockafellar 1973). Prices rise while a limit is passed and fall while there is room, so that in
 * the end a replica's price is what its place is worth in MB.
 *
 * ```
 * array        type           length   index           value
 * above        Float64Array   B x 8    broker, axis    MB that the whole of a target beyond the upper limit costs, at the limit
 * below        Float64Array   B x 8    broker, axis    the same below the lower limit
 * slope        Float64Array   B x 8    broker, axis    MB that one more unit costs now; negative where some is lacking
 * topicAbove   Float64Array   T x B    topic, broker   MB that a replica of the topic beyond its upper limit costs, at the limit
 * topicBelow   Float64Array   T x B    topic, broker   the same below the lower limit
 * ```
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  ROW_LEADER_CPU,
} from "../../../model/cluster_model.ts";
import { addLeading } from "../../../model/replica_axes.ts";
import type { Draft } from "../annealing/draft.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import { addReplica } from "../violation.ts";

/** See the table above. */
export interface Prices {
  readonly draft: Draft;
  readonly limits: DraftLimits;
  readonly above: Float64Array;
  readonly below: Float64Array;
  readonly slope: Float64Array;
  readonly topicAbove: Float64Array;
  readonly topicBelow: Float64Array;
  /** How much dearer the whole of a target more beyond a limit is, MB; and a replica more beyond a topic's limit. */
  readonly steepness: Float64Array;
  /** Work space: what the replica or leader in question adds to its broker, by axis. */
  readonly load: Float64Array;
}

/** What replicas and leaders are weighed by at these prices. */
export interface Market {
  readonly prices: Prices;
  /** Work space: what a load costs, by broker. */
  readonly costs: Float64Array;
  /** What a MB away from home costs: 1, or 0 where only limits count. */
  readonly mbPrice: number;
  /** MB that a changed leader counts as. */
  readonly leaderMb: number;
  /** MB below which a gain is rounding. */
  readonly gainMin: number;
}

/** Index of {@link Prices.steepness}. */
export const OF_BROKERS = 0;
/** Index of {@link Prices.steepness}. */
export const OF_TOPICS = 1;

/** Prices of nothing for a draft. O(B + T x B). */
export function pricesOf(draft: Draft): Prices {
  const { brokerCount, topicCount } = draft.model;
  const size = brokerCount * AXIS_COUNT;
  return {
    draft,
    limits: draft.must,
    above: new Float64Array(size),
    below: new Float64Array(size),
    slope: new Float64Array(size),
    topicAbove: new Float64Array(topicCount * brokerCount),
    topicBelow: new Float64Array(topicCount * brokerCount),
    steepness: new Float64Array(2),
    load: new Float64Array(AXIS_COUNT),
  };
}

/** Limits that are kept with this relative margin on all axes but counts. */
export function tightened(limits: DraftLimits, margin: number): DraftLimits {
  const upper = limits.upper.slice();
  const lower = limits.lower.slice();
  for (let i = 0; i < upper.length; i++) {
    const axis = i % AXIS_COUNT;
    if (axis === AXIS_REPLICAS || axis === AXIS_LEADERS) continue;
    upper[i]! *= 1 - margin;
    lower[i] = Math.min(upper[i]!, lower[i]! * (1 + margin));
  }
  return { ...limits, upper, lower };
}

/** Computes a broker's slopes anew after its sums changed. */
export function priceBroker(prices: Prices, broker: number): void {
  const { draft, limits, above, below, slope } = prices;
  const { upper, lower } = limits;
  const { scale } = draft;
  const { sums } = draft.model;
  const steepness = prices.steepness[OF_BROKERS]!;
  const end = (broker + 1) * AXIS_COUNT;
  for (let i = broker * AXIS_COUNT; i < end; i++) {
    const sum = sums[i]!;
    const high = above[i]! + steepness * (sum - upper[i]!) * scale[i]!;
    const low = below[i]! + steepness * (lower[i]! - sum) * scale[i]!;
    slope[i] = ((high > 0 ? high : 0) - (low > 0 ? low : 0)) * scale[i]!;
  }
}

/** MB that `load` more (`sign` 1) or less (-1) costs a broker: to the last bit, where slopes are only the begin of it. */
export function loadCost(prices: Prices, broker: number, sign: number): number {
  const { draft, limits, above, below, load } = prices;
  const { scale } = draft;
  const { sums } = draft.model;
  const steepness = prices.steepness[OF_BROKERS]!;
  let total = 0;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const added = sign * load[axis]!;
    if (added === 0) continue;
    const i = broker << 3 | axis;
    const more = steepness * added * scale[i]!;
    const high = above[i]! + steepness * (sums[i]! - limits.upper[i]!) * scale[i]!;
    const low = below[i]! + steepness * (limits.lower[i]! - sums[i]!) * scale[i]!;
    // Written out: a call that gives a number allocates it.
    const higher = high + more;
    const lower = low - more;
    if (higher > 0) total += higher * higher;
    if (high > 0) total -= high * high;
    if (lower > 0) total += lower * lower;
    if (low > 0) total -= low * low;
  }
  return total / (2 * steepness);
}

function squareAbove(value: number): number {
  return value > 0 ? value * value : 0;
}

/**
 * What leading adds at these slopes, by the row of `loads` that begins at `from`, to a broker whose row of slopes begins
 * at `at`. Arrays, as in `addLeading`.
 */
export function leadingCost(
  slope: Float64Array,
  at: number,
  loads: Float64Array,
  from: number,
): number {
  return slope[at | AXIS_CPU]! * loads[from | ROW_LEADER_CPU]! +
    slope[at | AXIS_NW_OUT]! * loads[from | AXIS_POTENTIAL_OUT]! + slope[at | AXIS_LEADERS]! +
    slope[at | AXIS_LEADER_IN]! * loads[from | AXIS_NW_IN]!;
}

/** MB that a replica of topic `t` more (`sign` 1) or less (-1) costs a broker. */
export function topicCost(prices: Prices, t: number, broker: number, sign: number): number {
  const { draft, limits, topicAbove, topicBelow } = prices;
  const { topicReplicas, brokerCount } = draft.model;
  const cell = t * brokerCount + broker;
  const steepness = prices.steepness[OF_TOPICS]!;
  const count = topicReplicas[cell]!;
  const high = topicAbove[cell]! + steepness * (count - limits.topicUpper[t]!);
  const low = topicBelow[cell]! + steepness * (limits.topicLower[t]! - count);
  const more = sign * steepness;
  if (high <= 0 && high + more <= 0 && low <= 0 && low - more <= 0) return 0;
  const total = squareAbove(high + more) - squareAbove(high) + squareAbove(low - more) -
    squareAbove(low);
  return total / (2 * steepness);
}

/** Whether everything is within limits. O(B + T x B). */
export function isKept({ draft, limits }: Prices): boolean {
  const { upper, lower, topicUpper, topicLower } = limits;
  const { scale } = draft;
  const { sums, topicReplicas, topicCount, brokerCount } = draft.model;
  const { alive } = draft.real.context;
  for (let i = 0; i < sums.length; i++) {
    if (scale[i] !== 0 && (sums[i]! > upper[i]! || sums[i]! < lower[i]!)) return false;
  }
  for (let t = 0; t < topicCount; t++) {
    for (const b of alive) {
      const count = topicReplicas[t * brokerCount + b]!;
      if (count > topicUpper[t]! || count < topicLower[t]!) return false;
    }
  }
  return true;
}

/** Prices follow what is beyond limits, or has room within, now; those of topics only where they rise. O(B + T x B). */
export function adjust(prices: Prices, topicsRise = true): void {
  const { draft: { scale, model: { sums } }, limits: { upper, lower }, above, below } = prices;
  const steepness = prices.steepness[OF_BROKERS]!;
  for (let i = 0; i < sums.length; i++) {
    const sum = sums[i]!;
    if (scale[i] === 0) continue;
    above[i] = Math.max(0, above[i]! + steepness * (sum - upper[i]!) * scale[i]!);
    if (lower[i]! <= 0) continue;
    below[i] = Math.max(0, below[i]! + steepness * (lower[i]! - sum) * scale[i]!);
  }
  if (topicsRise) adjustTopics(prices);
}

function adjustTopics(prices: Prices): void {
  const { draft, limits: { topicUpper, topicLower }, topicAbove, topicBelow } = prices;
  const { topicReplicas, topicCount, brokerCount } = draft.model;
  const ofTopics = prices.steepness[OF_TOPICS]!;
  for (let t = 0; t < topicCount; t++) {
    const end = (t + 1) * brokerCount;
    for (let cell = t * brokerCount; cell < end; cell++) {
      const count = topicReplicas[cell]!;
      topicAbove[cell] = Math.max(0, topicAbove[cell]! + ofTopics * (count - topicUpper[t]!));
      if (topicLower[t]! <= 0) continue;
      topicBelow[cell] = Math.max(0, topicBelow[cell]! + ofTopics * (topicLower[t]! - count));
    }
  }
}

/** Fills `load` with what the replica adds to its broker in its present role. */
export function fillLoad({ draft, load }: Prices, replica: number): void {
  load.fill(0);
  addReplica(draft, load, replica, 1);
}

/** Fills `load` with what leading its partition adds to the replica's broker. */
export function fillLeading({ draft, load }: Prices, replica: number): void {
  const { loads, row } = draft.model;
  load.fill(0);
  addLeading(load, 0, loads, row[replica]! << 3, 1);
}

/** Adds `load` to a broker's sums (`sign` 1), or takes it away, and prices the broker anew. */
export function addLoad(prices: Prices, broker: number, sign: number): void {
  const { draft, load } = prices;
  const { sums } = draft.model;
  for (let axis = 0; axis < AXIS_COUNT; axis++) sums[broker << 3 | axis]! += sign * load[axis]!;
  priceBroker(prices, broker);
}
