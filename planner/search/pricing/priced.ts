/**
 * Where would everything be if brokers asked a price for what they hold beyond their limits? Replica after replica goes
 * where it costs least, its own MB included while it is away from home; then prices follow what is left (`prices.ts`).
 * This finds in a few dozen sweeps which replicas are worth their bytes, all goals at the same time, which chains of
 * random actions would take ten times as long for on clusters of thousands of replicas. It ends a little inside
 * limits, or a little beyond them: annealing does the rest.
 *
 * @module
 */
import { AXIS_COUNT, type ClusterModel } from "../../../model/cluster_model.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { PreparedGoal } from "../../../goals/goal.ts";
import { LEADER_WEIGHT, usualMb } from "../annealing/anneal.ts";
import type { Places } from "../checkpoint.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import { marketOf, steepen } from "./market.ts";
import { sweepLeaders } from "./priced_leaders.ts";
import { carryOver, moveCost } from "./priced_moves.ts";
import {
  adjust,
  fillLoad,
  isKept,
  type Market,
  OF_BROKERS,
  OF_TOPICS,
  priceBroker,
  type Prices,
  tightened,
  topicCost,
} from "./prices.ts";
import { isBlocked, mayGoTo, mayMove } from "../rules.ts";
import type { AskedPrices, Search } from "../state.ts";
import { nextOf, type Walk, walkOf } from "./walk.ts";

/** Sweeps over all replicas. In half as many goals stay unmet, more save next to nothing. */
const SWEEPS = 40;
/**
 * Where that leaves limits passed: further sweeps at most, over which part of the replicas, from which part of the way to
 * the last steepness on, and after how many it looks whether limits are kept.
 */
const MORE = { sweeps: 80, from: 0.3, replicas: 0.7, look: 5 };
/** Part of limits that is kept free, or annealing finds no room to end within them. */
const MARGIN = 0.005;
/**
 * How steep prices are in the first and the last sweep: what a target beyond the limit costs, in usual replicas for
 * each replica of a broker; and what a replica of a topic beyond its limit costs, in usual replicas. Begun more
 * steeply, far too much moves in the first sweep and stays there.
 */
const STEEPNESS = { brokers: [0.5, 20], topics: [0.1, 10] } as const;
/** Looks at a replica without any change after which there will be none, where all limits are kept. */
const QUIET_LOOKS = 2;
/** Brokers looked at for replicas in all sweeps; where that is not enough a sweep takes some replicas at random. */
const LOOKS = 5_000_000;
/** Replicas between two yields. */
const CHUNK = 2000;

/** A pricing that may go on where it came to. */
export interface Pricing {
  readonly search: Search;
  /** The limits that are wanted: prices are made for somewhat tighter ones. */
  readonly must: DraftLimits;
  readonly market: Market;
  /** MB of a usual replica. */
  readonly unit: number;
}

/** Whether limits are all that goals are about, and replicas may move for all of them. */
export function arePriced(
  { goals, hopeless, guards, onlyImmigrants, onlyToNew, windows }: Search,
): boolean {
  return !onlyImmigrants && !onlyToNew && windows === undefined && guards.length === 0 &&
    goals.every((goal) =>
      goal.idle === true || hopeless.has(goal) || goal.axisLimits !== undefined ||
      goal.topicLimits !== undefined || goal.racksDiffer === true
    );
}

/** Begins with the present placement and prices of nothing. O(R + T x B). */
export function beginPricing(search: Search, must: DraftLimits): Pricing {
  const market = marketOf(search, tightened(must, MARGIN), { mbPrice: 1, leader: LEADER_WEIGHT });
  return { search, must, market, unit: usualMb(search) };
}

/**
 * Prices on, and gives where everything is then. The model stays as it is; a step of the budget a replica and sweep.
 * `again`: whether these are further sweeps. O(sweeps x R x B).
 */
export function* priced(
  { search, must, market, unit }: Pricing,
  again = false,
): Generator<void, Places> {
  const { model } = search;
  const { prices } = market;
  const { draft } = prices;
  const units = { brokers: unit * replicasOfBroker(search), topics: unit };
  const most = Math.min(model.replicaCount, Math.ceil(LOOKS / SWEEPS / model.brokerCount));
  const count = again ? Math.ceil(most * MORE.replicas) : most;
  const sweeps = again ? MORE.sweeps : SWEEPS;
  let quiet = 0;
  for (let sweep = 0; sweep < sweeps && search.steps < search.stepsMax; sweep++) {
    const done = sweep / (sweeps - 1);
    const part = again ? MORE.from + (1 - MORE.from) * done : done;
    steepen(prices, STEEPNESS, { part, unit: units });
    for (const b of search.context.alive) priceBroker(prices, b);
    // Leaders first: what they can put right costs nothing.
    let changes = sweepLeaders(market) + sweepLeaders(market);
    const walk = walkOf(draft, model.replicaCount);
    for (let from = 0; from < count; from += CHUNK) {
      changes += sweepReplicas(market, walk, Math.min(CHUNK, count - from));
      yield;
    }
    search.steps += count;
    quiet = changes === 0 ? quiet + count : 0;
    if (quiet >= QUIET_LOOKS * model.replicaCount && isKept(prices)) break;
    if (again && sweep % MORE.look === 0 && isKept({ ...prices, limits: must })) break;
    adjust(prices);
  }
  return { broker: draft.model.broker.slice(), leader: draft.model.leader.slice() };
}

/** What limits of this goal cost all brokers together now, MB. */
export function costOf({ market, search }: Pricing, goal: PreparedGoal): number {
  return costIn(search, market.prices, goal);
}

/** {@link costOf} at these prices. */
export function costIn(search: Search, prices: AskedPrices, goal: PreparedGoal): number {
  const { above, below, topicAbove, topicBelow } = prices;
  const axis = goal.axisLimits?.axis;
  let total = 0;
  if (axis !== undefined) {
    for (let i = axis; i < above.length; i += AXIS_COUNT) total += above[i]! + below[i]!;
    return total;
  }
  if (goal.topicLimits === undefined) return 0;
  for (let i = 0; i < topicAbove.length; i++) total += topicAbove[i]! + topicBelow[i]!;
  // A replica more, as for brokers the whole of a target.
  return total * search.model.replicaCount / Math.max(1, search.context.alive.length);
}

/** How steep prices of {@link freePrices} are, as in {@link priced}. */
const FREE_STEEPNESS = { brokers: 5, topics: 1.5 };

/**
 * Prices that limits alone lead to, whatever has to move for that: they settle in some ten sweeps where a placement
 * within the limits is found, and rise without end where there is none. Yields the prices after each sweep; ends after
 * `sweeps` of them, or when all limits are kept. The model stays as it is. O(sweeps x R x B).
 */
export function* freePrices(
  search: Search,
  must: DraftLimits,
  sweeps: number,
): Generator<Prices, void, void> {
  const { model } = search;
  // Draws of its own: what is proven must not change what is searched.
  const own = { ...search, prng: createPrng(0) };
  const market = marketOf(own, must, { mbPrice: 0, leader: 0 });
  const { prices } = market;
  const { draft } = prices;
  const unit = usualMb(search);
  prices.steepness[OF_BROKERS] = unit * replicasOfBroker(search) * FREE_STEEPNESS.brokers;
  prices.steepness[OF_TOPICS] = unit * FREE_STEEPNESS.topics;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    for (const b of search.context.alive) priceBroker(prices, b);
    sweepLeaders(market);
    sweepReplicas(market, walkOf(draft, model.replicaCount), model.replicaCount);
    sweepLeaders(market);
    if (isKept(prices)) return;
    adjust(prices);
    yield prices;
  }
}

function replicasOfBroker({ model, context }: Search): number {
  return model.replicaCount / Math.max(1, context.alive.length);
}

/** Gives how many moves it made. */
function sweepReplicas(market: Market, walk: Walk, count: number): number {
  const { prices } = market;
  const { draft } = prices;
  const { broker, home } = draft.model;
  let moves = 0;
  for (let i = 0; i < count; i++) {
    const r = nextOf(walk);
    if (draft.restricted && !mayMove(draft.search, r)) continue;
    fillLoad(prices, r);
    const to = cheapest(market, r);
    if (to >= 0 && isCheaper(market, r, to)) {
      carryOver(prices, r, to);
      moves++;
    } else if (broker[r] !== home[r]) {
      const other = onlyOneThere(draft.model, r);
      if (other >= 0 && changePlaces(market, r, other)) moves++;
    }
  }
  return moves;
}

/**
 * The broker where the replica costs least by slopes; -1 when that is where it is. `stays`: whether it may be where it
 * is.
 */
function cheapest(
  { prices, costs, gainMin, mbPrice }: Market,
  replica: number,
  stays = true,
): number {
  const { draft, load } = prices;
  const { model, search } = draft;
  const { destinations } = search;
  const home = model.home[replica]!;
  const from = model.broker[replica]!;
  const t = model.topic[model.partition[replica]!]!;
  const mb = mbPrice * load[0]!;
  const { topicAbove, topicBelow, limits } = prices;
  const lowest = limits.topicLower[t]!;
  const highest = limits.topicUpper[t]!;
  const { topicReplicas } = model;
  const steep = prices.steepness[OF_TOPICS]!;
  const row = t * model.brokerCount;
  fillCosts(prices, costs);
  let to = -1;
  let least = Infinity;
  if (stays) {
    least = costs[from]! - topicCost(prices, t, from, -1) - gainMin;
    if (from !== home) least += mb;
  }
  // Home comes first, whether it takes other replicas or not.
  for (let k = -1; k < destinations.length; k++) {
    const b = k < 0 ? home : destinations[k]!;
    let cost = costs[b]!;
    if (b !== home) cost += mb;
    if (b === from || (k >= 0 && b === home)) continue;
    // Brokers pay for replicas of topics that they lack.
    const pays = lowest > 0 &&
      topicBelow[row + b]! + steep * (lowest - topicReplicas[row + b]!) > 0;
    if (cost >= least && !pays) continue;
    if (pays || topicAbove[row + b]! + steep * (topicReplicas[row + b]! + 1 - highest) > 0) {
      cost += topicCost(prices, t, b, 1);
    }
    if (cost >= least || isBlocked(search, replica, b)) continue;
    if (draft.restricted && !mayGoTo(search, replica, b)) continue;
    least = cost;
    to = b;
  }
  return to;
}

/** By broker what `load` costs there by slopes: in a loop of nothing but numbers, or each of them would be allocated. */
function fillCosts({ slope, load }: Prices, costs: Float64Array): void {
  const disk = load[0]!;
  const nwIn = load[1]!;
  const cpu = load[2]!;
  const count = load[3]!;
  const potential = load[4]!;
  const nwOut = load[5]!;
  const leads = load[6]!;
  const leaderIn = load[7]!;
  if (nwOut === 0 && leads === 0 && leaderIn === 0) {
    // Most replicas are followers that nobody reads from.
    for (let b = 0; b < costs.length; b++) {
      const i = b << 3;
      costs[b] = slope[i]! * disk + slope[i | 1]! * nwIn + slope[i | 2]! * cpu +
        slope[i | 3]! * count + slope[i | 4]! * potential;
    }
    return;
  }
  for (let b = 0; b < costs.length; b++) {
    const i = b << 3;
    costs[b] = slope[i]! * disk + slope[i | 1]! * nwIn + slope[i | 2]! * cpu +
      slope[i | 3]! * count + slope[i | 4]! * potential + slope[i | 5]! * nwOut +
      slope[i | 6]! * leads + slope[i | 7]! * leaderIn;
  }
}

function isCheaper(market: Market, replica: number, to: number): boolean {
  return moveCost(market, replica, to) < -market.gainMin;
}

/** The one other replica of the partition on the rack of the replica's home; -1 when there is none, or several. */
function onlyOneThere(model: ClusterModel, replica: number): number {
  const { broker, home, rack, partition, replicaStart } = model;
  const p = partition[replica]!;
  const wanted = rack[home[replica]!]!;
  const end = replicaStart[p + 1]!;
  let found = -1;
  for (let r = replicaStart[p]!; r < end; r++) {
    if (r === replica || rack[broker[r]!] !== wanted) continue;
    if (found >= 0) return -1;
    found = r;
  }
  return found;
}

/** The replica goes home and the other one leaves that rack, if both together cost less; whether they do. */
function changePlaces(market: Market, replica: number, other: number): boolean {
  const { prices } = market;
  const { broker, home } = prices.draft.model;
  const away = broker[replica]!;
  const { restricted, search } = prices.draft;
  if (restricted && !(mayGoTo(search, replica, home[replica]!) && mayMove(search, other))) {
    return false;
  }
  fillLoad(prices, replica);
  let cost = moveCost(market, replica, home[replica]!);
  carryOver(prices, replica, home[replica]!);
  fillLoad(prices, other);
  const to = cheapest(market, other, false);
  if (to >= 0) cost += moveCost(market, other, to);
  if (to >= 0 && cost < -market.gainMin) {
    carryOver(prices, other, to);
    return true;
  }
  fillLoad(prices, replica);
  carryOver(prices, replica, away);
  return false;
}
