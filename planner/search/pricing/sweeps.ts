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
import { outsideBy, steepen } from "./market.ts";
import { roundOf, sweepPartitions } from "./priced_partitions.ts";
import { adjust, isKept, type Market, priceBroker, tightened } from "./prices.ts";

/**
 * Sweeps until prices are at their steepest, and at most; from then on it looks after so many whether brokers have come nearer by
 * {@link NEARER}. Half as many leave brokers of three sizes with few topics far from limits. Without a goal they begin a little steeper.
 */
const SWEEPS = { steepening: 20, onward: 4, most: 60, look: 4 };
const NEARER = 0.9;
/** Mean squared distance of a broker from its limits that is little enough, as trades put it right. */
const LITTLE = 2e-5;
/** Part of the partitions that a sweep looks at; with half of them plans move 3 % fewer bytes, for twice the time. */
const PART = 0.2;
/** As in `priced.ts`, from the first sweep to the steepest: what is begun from here is within many limits already. */
const STEEPNESS = { brokers: [2, 20], topics: [0.6, 10] } as const;
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
  goesOn = false,
): Generator<void, void> {
  const { model, context: { alive } } = search;
  const { prices } = market;
  const round = roundOf(prices);
  const count = Math.ceil(model.partitionCount * PART);
  const unit = usualMb(search);
  const units = { brokers: unit * model.replicaCount / alive.length, topics: unit };
  let last = Infinity;
  for (let number = goesOn ? SWEEPS.onward : 0; number < SWEEPS.most; number++) {
    if (search.steps >= search.stepsMax) return;
    const part = Math.min(1, number / SWEEPS.steepening);
    if (part === 1 && number % SWEEPS.look === 0) {
      const left = outsideBy(search, prices.draft.model.sums, ALL_AXES);
      if (left <= LITTLE * alive.length || left > last * NEARER) return;
      last = left;
    }
    steepen(prices, STEEPNESS, { part, unit: units });
    for (const b of alive) priceBroker(prices, b);
    for (let done = 0; done < count; done += CHUNK) {
      sweepPartitions(market, round, Math.min(CHUNK, count - done));
      yield;
    }
    search.steps += count;
    if (isKept(prices)) return;
    adjust(prices);
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
