/**
 * Leaders at the prices of their brokers, where transfers one by one find nothing more: a broker that has to lead more bytes in and may
 * lead no more bytes out has to take leaders of the one kind and give away such of the other, of several brokers at a time. Costs no bytes.
 *
 * @module
 */
import { createPrng } from "../../../lib/prng.ts";
import { isAnnealed, usualMb } from "../annealing/anneal.ts";
import { marketOf, outsideBy } from "../pricing/market.ts";
import { sweepLeaders } from "../pricing/priced_leaders.ts";
import { adjust, type Market, OF_BROKERS, priceBroker, tightened } from "../pricing/prices.ts";
import { promote, type Search } from "../state.ts";
import { violationOf } from "../violation.ts";
import { LEADER_AXES, noteLeadReason } from "./leadership.ts";

/** Sweeps at most, and since the last that came nearer by {@link NEARER}. In 30 half of what can be met is. */
const SWEEPS = { most: 50, idle: 12 };
const NEARER = 0.95;
/** Part of limits that is kept free: what ends just beyond that is within them. */
const MARGIN = 0.001;
/** What a target beyond the limit costs, in usual replicas for each replica of a broker. Half or twice of it comes to as much. */
const STEEPNESS = 5;
/** Usual replicas that a changed leader counts as: none changes for nothing. */
const CHANGED = 1e-4;

/** Part of all that brokers are outside, squared, that leaders have to be able to put right. */
const OF_LEADERS = 0.2;

/**
 * {@link leadByPrice} where it is the leaders that are left: with much else to do, what they gain gets lost again. Where annealing
 * follows, leaders are exchanged there; where a goal cannot be met, its limits are only aimed at.
 */
export function* priceLeaders(search: Search): Generator<void, void> {
  const { model, hopeless, context } = search;
  if (isAnnealed(model.replicaCount) || hopeless.size > 0) return;
  const all = context.alive.reduce((sum, b) => sum + violationOf(search, b), 0);
  if (outsideBy(search, model.sums, LEADER_AXES) > OF_LEADERS * all) yield* leadByPrice(search);
}

/**
 * Takes the leaders that leave brokers least far outside the limits that leadership changes, if that is less than now. Does nothing
 * where rules say who may lead, or goals have more to say of it than limits do. O(sweeps x R).
 */
export function* leadByPrice(search: Search): Generator<void, void> {
  const { model, context, guards, windows } = search;
  let least = outsideBy(search, model.sums, LEADER_AXES);
  if (least === 0 || guards.length > 0 || windows !== undefined) return;
  const market = leaderMarket(search);
  const { prices } = market;
  const { draft } = prices;
  if (draft.restricted) return;
  let leaders: Int32Array | undefined;
  let look = least * NEARER;
  for (let sweep = 0, idle = 0; sweep < SWEEPS.most && idle < SWEEPS.idle; sweep++, idle++) {
    if (search.steps >= search.stepsMax) break;
    for (const b of context.alive) priceBroker(prices, b);
    sweepLeaders(market);
    search.steps += model.partitionCount;
    const left = outsideBy(search, draft.model.sums, LEADER_AXES);
    if (left < least) {
      least = left;
      leaders = draft.model.leader.slice();
      if (left === 0) break;
      if (left < look) {
        look = left * NEARER;
        idle = 0;
      }
    }
    adjust(prices);
    yield;
  }
  if (leaders !== undefined) take(search, leaders);
}

/** Draws of its own, though leaders take none: others keep theirs. */
function leaderMarket(search: Search): Market {
  const { model, context, upper, lower, topicUpper, topicLower } = search;
  const must = tightened({ upper, lower, topicUpper, topicLower }, MARGIN);
  const own = { ...search, prng: createPrng(0) };
  const market = marketOf(own, must, { mbPrice: 0, leader: CHANGED });
  market.prices.steepness[OF_BROKERS] = STEEPNESS * usualMb(search) * model.replicaCount /
    Math.max(1, context.alive.length);
  return market;
}

function take(search: Search, leaders: Int32Array): void {
  const { model } = search;
  for (let p = 0; p < model.partitionCount; p++) {
    const next = leaders[p]!;
    if (next === model.leader[p]) continue;
    noteLeadReason(search, p, next);
    promote(search, p, next);
  }
}
