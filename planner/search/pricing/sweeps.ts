/**
 * Sweeps over the partitions of a cluster of any size at rising prices, until its brokers are next to their limits.
 *
 * @module
 */
import { NO_LIMIT } from "../../../goals/goal.ts";
import { AXIS_COUNT, AXIS_LEADERS, AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import { usualMb } from "../annealing/anneal.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import type { Search } from "../state.ts";
import { outsideBy, steepen, type Steepness } from "./market.ts";
import { roundOf, sweepPartitions } from "./priced_partitions.ts";
import { adjust, isKept, type Market, priceBroker, tightened } from "./prices.ts";

/** How prices rise, and what is looked at for them. */
export interface Schedule {
  /** Sweeps until prices are at their steepest. */
  readonly steepening: number;
  /** As in `priced.ts`, from the first sweep to the steepest. */
  readonly steepness: Steepness;
  /** Brokers looked at for each partition, besides homes and where its replicas are. */
  readonly candidates: number;
  /** Whether prices of topics rise as well while limits are passed. */
  readonly topicsRise: boolean;
}

/**
 * For brokers that are far from limits. Half as many sweeps leave those of three sizes with few topics far from them. What is begun from here is within many
 * limits already, so that prices begin a little steeper than in `priced.ts`. With 24 candidates as much is saved, for a fifth more time.
 */
export const FAR: Schedule = {
  steepening: 20,
  steepness: { brokers: [2, 20], topics: [0.6, 10] },
  candidates: 16,
  topicsRise: true,
};

/**
 * For brokers that are sorted by size: begun as steeply as here, what moves is what serves several limits at once. With twice the sweeps plans of 50,000
 * replicas move 0.1 % fewer bytes, with half as many partitions in each 0.3 % more. Topics are put right after it; to raise their prices took a fifth of the time.
 */
export const NEAR: Schedule = {
  steepening: 6,
  steepness: { brokers: [8, 20], topics: [2.4, 10] },
  candidates: 8,
  topicsRise: false,
};

/** Where a goal is given up sweeps go on from this one, and end after so many. */
const ONWARD = 4;
const SWEEPS_MAX = 60;
/** From the steepest on it looks after so many sweeps whether brokers have come nearer by {@link NEARER}. */
const LOOK = 4;
const NEARER = 0.9;
/** Mean squared distance of a broker from its limits that is little enough, as trades put it right. */
const LITTLE = 2e-5;
/** Part of the partitions that a sweep looks at; with half of them plans move 3 % fewer bytes, for twice the time. */
const PART = 0.2;
/** Part of limits that is kept free; of those on counts in parts of targets. */
const MARGIN = 0.005;
/** Partitions between two yields. */
const CHUNK = 500;

/** All axes of a broker. */
export const ALL_AXES: readonly number[] = Array.from({ length: AXIS_COUNT }, (_, axis) => axis);

/** Leaves the market's draft where its prices lead. `goesOn`: whether it goes on from where prices have been. O(sweeps x R). */
export function* sweep(
  search: Search,
  market: Market,
  { steepening, steepness, candidates, topicsRise }: Schedule,
  goesOn = false,
): Generator<void, void> {
  const { model, context: { alive } } = search;
  const { prices } = market;
  const round = roundOf(prices, candidates);
  const count = Math.ceil(model.partitionCount * PART);
  const unit = usualMb(search);
  const units = { brokers: unit * model.replicaCount / alive.length, topics: unit };
  let last = Infinity;
  for (let number = goesOn ? ONWARD : 0; number < SWEEPS_MAX; number++) {
    if (search.steps >= search.stepsMax) return;
    const part = Math.min(1, number / steepening);
    if (part === 1 && number % LOOK === 0) {
      const left = outsideBy(search, prices.draft.model.sums, ALL_AXES);
      if (left <= LITTLE * alive.length || left > last * NEARER) return;
      last = left;
    }
    steepen(prices, steepness, { part, unit: units });
    for (const b of alive) priceBroker(prices, b);
    for (let done = 0; done < count; done += CHUNK) {
      sweepPartitions(market, round, Math.min(CHUNK, count - done));
      yield;
    }
    search.steps += count;
    if (isKept(prices)) return;
    adjust(prices, topicsRise);
  }
}

/** Limits of all goals that are not given up, with some room within them. O(B + T). */
export function roomyLimits(search: Search): DraftLimits {
  const { upper, lower, target, goals, givenUp } = search;
  const hasTopics = goals.some((goal) => goal.topicLimits !== undefined && !givenUp.has(goal));
  const topicUpper = hasTopics ? search.topicUpper : search.topicUpper.map(() => NO_LIMIT);
  const topicLower = hasTopics ? search.topicLower : search.topicLower.map(() => 0);
  const limits = tightened({ upper, lower, topicUpper, topicLower }, MARGIN);
  for (const axis of [AXIS_REPLICAS, AXIS_LEADERS]) {
    for (let i = axis; i < upper.length; i += AXIS_COUNT) {
      const room = MARGIN * target[i]!;
      limits.upper[i] = Math.max(target[i]!, upper[i]! - room);
      if (lower[i]! > 0) limits.lower[i] = Math.min(target[i]!, lower[i]! + room);
    }
  }
  return limits;
}
