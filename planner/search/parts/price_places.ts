/**
 * Replicas and leaders at the prices of their brokers, where shedding and filling left much: brokers of unequal size, or on racks of unequal
 * size, that have to trade a good part of what they hold on several axes at once. One trade after the other took tens of thousands, each of
 * them found among hundreds, moved a fifth more bytes and ended in corners. Prices weigh all limits and the bytes at the same time: in some
 * twenty sweeps over a fifth of the partitions each nearly all limits are kept, and trades do the rest.
 *
 * @module
 */
import type { PreparedGoal } from "../../../goals/goal.ts";
import {
  ALIVE,
  AXIS_LEADERS,
  AXIS_REPLICAS,
  MAY_LEAD,
  MAY_RECEIVE,
} from "../../../model/cluster_model.ts";
import { isAnnealed, LEADER_WEIGHT } from "../annealing/anneal.ts";
import { placesOf, restore } from "../checkpoint.ts";
import { aimAt, aimsOf } from "../create_search.ts";
import { marketOf, outsideBy } from "../pricing/market.ts";
import { arePriced, costIn } from "../pricing/priced.ts";
import type { Market } from "../pricing/prices.ts";
import { ALL_AXES, FAR, NEAR, roomyLimits, sweep } from "../pricing/sweeps.ts";
import type { AskedPrices, Search } from "../state.ts";
import { noteNewReasons } from "./late_reasons.ts";

/**
 * Mean squared distance of a broker from limits that are not about counts, in parts of targets, from which on brokers are far from limits. Where
 * they are alike trades put less than that right, and counts, in half the time.
 */
const MUCH = 5e-4;
/**
 * The same from all limits, from which on places are priced where brokers differ in size. Sorted by size, brokers have 2e-4 left, and a re-plan begins with a
 * thousandth of that, which is for a few trades.
 */
const SOME = 5e-6;
const BYTES_AXES = ALL_AXES.filter((axis) => axis !== AXIS_REPLICAS && axis !== AXIS_LEADERS);
/**
 * Mean squared distance from all limits from which on goals are given up after prices and trades: of what can be
 * met they left a tenth of it. And with which the rest counts as met, as trades put it right.
 */
const LEFT = 5e-6;
const ENOUGH = 1e-4;
/** Goals that are given up at most. */
const GIVEN_UP_MAX = 3;
/** As in `priced_attempt.ts`: part of what limits of the dearest goal cost, from which on those of another are in the way. */
const IN_THE_WAY = 0.1;
/** Cells of topics and brokers up to which it is worth the memory, of which each takes 20 bytes. */
const CELLS_MAX = 4_000_000;

/** Whether places may be priced: not where annealing follows, nor where it is known that a goal cannot be met, whose limits are only aimed at. */
export function mayPrice(search: Search): boolean {
  const { model, hopeless } = search;
  return !isAnnealed(model.replicaCount) && hopeless.size === 0 && arePriced(search) &&
    model.topicCount * model.brokerCount <= CELLS_MAX;
}

/**
 * Prices where all is and goes where that leads, if that leaves brokers nearer to their limits, where these are left far from them, or are sorted by
 * size with more than a little left. O(sweeps x R).
 */
export function* pricePlaces(search: Search, areSorted = false): Generator<void, void> {
  if (!mayPrice(search)) return;
  const { model: { sums }, context: { alive } } = search;
  const isFar = outsideBy(search, sums, BYTES_AXES) > MUCH * alive.length;
  if (!isFar && !areSorted) return;
  const before = outsideNow(search);
  if (!isFar && before <= SOME * alive.length) return;
  const schedule = isFar ? FAR : NEAR;
  const market = newMarket(search);
  yield* sweep(search, market, schedule);
  const { above, below, topicAbove, topicBelow } = market.prices;
  if (isFar) search.prices = { above, below, topicAbove, topicBelow, before: placesOf(search) };
  if (outsideBy(search, market.prices.draft.model.sums, ALL_AXES) < before) take(search, market);
}

/**
 * Gives up goals that prices and trades have not met, the least important first of those that cost most, until prices meet the rest: prices of
 * goals that cannot be met together rise without end. Where they do not meet it, none is given up, and what prices moved goes back: they weigh
 * all goals alike, while trades from there let the more important ones be met. Not where brokers may not lead or receive: what is missed is
 * missed by these alone.
 */
export function* giveUpGoals(search: Search): Generator<void, void> {
  const { context: { alive }, goals, givenUp, model, prices: before } = search;
  if (before === undefined || givenUp.size > 0) return;
  if (outsideNow(search) <= LEFT * alive.length) return;
  const free = ALIVE | MAY_LEAD | MAY_RECEIVE;
  if (alive.some((b) => (model.flags[b]! & free) !== free)) return;
  const aims = aimsOf(search, goals);
  const aimBack = aimAt(search, aims);
  let prices: AskedPrices = before;
  while (givenUp.size < GIVEN_UP_MAX) {
    const goal = leastInTheWay(search, prices);
    if (goal === undefined) break;
    givenUp.add(goal);
    aims.delete(goal);
    aimAt(search, aims);
    const market = newMarket(search);
    yield* sweep(search, market, FAR, true);
    prices = market.prices;
    if (outsideBy(search, market.prices.draft.model.sums, ALL_AXES) > ENOUGH * alive.length) {
      continue;
    }
    take(search, market);
    return;
  }
  givenUp.clear();
  aimBack();
  restore(search, before.before);
}

function outsideNow(search: Search): number {
  return outsideBy(search, search.model.sums, ALL_AXES);
}

function newMarket(search: Search): Market {
  return marketOf(search, roomyLimits(search), { mbPrice: 1, leader: LEADER_WEIGHT });
}

function take(search: Search, { prices }: Market): void {
  const places = placesOf(prices.draft.search);
  noteNewReasons(search, places);
  restore(search, places);
}

/** The least important of the soft goals whose limits cost most now. */
function leastInTheWay(search: Search, prices: AskedPrices): PreparedGoal | undefined {
  const soft = search.goals.filter((goal) => !goal.hard && !search.givenUp.has(goal));
  const costs = soft.map((goal) => costIn(search, prices, goal));
  const least = Math.max(0, ...costs) * IN_THE_WAY;
  return soft.findLast((_, i) => costs[i]! > 0 && costs[i]! >= least);
}
