/**
 * Replicas and leaders at the prices of their brokers, where shedding and filling left much: brokers of unequal size, or on racks of unequal
 * size, that have to trade a good part of what they hold on several axes at once. One trade after the other took tens of thousands, each of
 * them found among hundreds, moved a fifth more bytes and ended in corners. Prices weigh all limits and the bytes at the same time: in some
 * twenty sweeps over a fifth of the partitions each nearly all limits are kept, and trades do the rest.
 *
 * @module
 */
import { AXIS_LEADERS, AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import { isAnnealed, LEADER_WEIGHT, usualMb } from "../annealing/anneal.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import { restore } from "../checkpoint.ts";
import { marketOf, outsideBy } from "../pricing/market.ts";
import { arePriced } from "../pricing/priced.ts";
import { roundOf, sweepPartitions } from "../pricing/priced_partitions.ts";
import {
  adjust,
  isKept,
  type Market,
  OF_BROKERS,
  OF_TOPICS,
  priceBroker,
  tightened,
} from "../pricing/prices.ts";
import type { Search } from "../state.ts";
import { noteNewReasons } from "./late_reasons.ts";

/**
 * Mean squared distance of a broker from its limits, in parts of targets, from which on places are priced. Brokers of three sizes and many
 * topics leave a tenth of it, which trades put right in half the time.
 */
const MUCH = 0.002;
/** Cells of topics and brokers up to which it is worth the memory, of which each takes 20 bytes. */
const CELLS_MAX = 4_000_000;
/**
 * Sweeps until prices are at their steepest, and at most; from then on it looks after so many whether brokers have come nearer by
 * {@link NEARER}. Half as many leave brokers of three sizes with few topics far from limits.
 */
const SWEEPS = { steepening: 20, most: 60, look: 4 };
const NEARER = 0.9;
/** Part of the partitions that a sweep looks at; with half of them plans move 3 % fewer bytes, for twice the time. */
const PART = 0.2;
/** As in `priced.ts`, from the first sweep to the steepest: what is begun from here is within many limits already. */
const STEEPNESS = { brokers: [2, 20], topics: [0.6, 10] } as const;
/** Part of limits that is kept free; of those on counts in parts of targets. */
const MARGIN = 0.005;
/** Partitions between two yields. */
const CHUNK = 500;
const ALL_AXES = [0, 1, 2, 3, 4, 5, 6, 7];

/**
 * Prices where all is and goes where that leads, if that leaves brokers nearer to their limits, where these are left far from them. Where
 * annealing follows that does it; where a goal cannot be met, its limits are only aimed at. O(sweeps x R).
 */
export function* pricePlaces(search: Search): Generator<void, void> {
  const { model, context, hopeless } = search;
  if (isAnnealed(model.replicaCount) || hopeless.size > 0 || !arePriced(search)) return;
  if (model.topicCount * model.brokerCount > CELLS_MAX) return;
  const before = outsideBy(search, model.sums, ALL_AXES);
  if (before <= MUCH * context.alive.length) return;
  const market = marketOf(search, roomyLimits(search), { mbPrice: 1, leader: LEADER_WEIGHT });
  yield* sweep(search, market);
  const { sums, broker, leader } = market.prices.draft.model;
  if (outsideBy(search, sums, ALL_AXES) >= before) return;
  noteNewReasons(search, { broker, leader });
  restore(search, { broker, leader });
}

function* sweep(search: Search, market: Market): Generator<void, void> {
  const { model, context: { alive } } = search;
  const { prices } = market;
  const round = roundOf(prices);
  const count = Math.ceil(model.partitionCount * PART);
  const unit = usualMb(search);
  const ofBroker = unit * model.replicaCount / alive.length;
  let last = Infinity;
  for (let number = 0; number < SWEEPS.most && search.steps < search.stepsMax; number++) {
    const part = Math.min(1, number / SWEEPS.steepening);
    if (part === 1 && number % SWEEPS.look === 0) {
      const left = outsideBy(search, prices.draft.model.sums, ALL_AXES);
      if (left === 0 || left > last * NEARER) return;
      last = left;
    }
    prices.steepness[OF_BROKERS] = ofBroker * between(STEEPNESS.brokers, part);
    prices.steepness[OF_TOPICS] = unit * between(STEEPNESS.topics, part);
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

function between([from, to]: readonly [number, number], part: number): number {
  return from * (to / from) ** part;
}

/** Limits of all goals with some room within them. */
function roomyLimits({ upper, lower, topicUpper, topicLower, target }: Search): DraftLimits {
  const limits = tightened({ upper, lower, topicUpper, topicLower }, MARGIN);
  for (const axis of [AXIS_REPLICAS, AXIS_LEADERS]) {
    for (let i = axis; i < upper.length; i += 8) {
      const room = MARGIN * target[i]!;
      limits.upper[i] = Math.max(target[i]!, upper[i]! - room);
      if (lower[i]! > 0) limits.lower[i] = Math.min(target[i]!, lower[i]! + room);
    }
  }
  return limits;
}
