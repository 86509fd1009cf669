/**
 * Partition after partition put where it costs least at the prices of now, in clusters that are too large to look at all brokers for each
 * replica: at a few brokers in turns, as those that are alike ask about the same, at the homes of its replicas, and at where these are.
 * What each of those would charge is summed up once for all replicas of a partition.
 *
 * @module
 */
import {
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  ROW_LEADER_CPU,
} from "../../../model/cluster_model.ts";
import { type Draft, drawBelow } from "../annealing/draft.ts";
import { isBlocked, mayGoTo, mayMove } from "../rules.ts";
import { leadForLess } from "./priced_leaders.ts";
import { carryOver, moveCost } from "./priced_moves.ts";
import { fillLoad, type Market, OF_TOPICS, type Prices, topicCost } from "./prices.ts";
import { nextOf, type Walk, walkOf } from "./walk.ts";

/** Which partitions and brokers are next, and work space. */
export interface Round {
  /** Brokers that may receive replicas, at random. */
  readonly order: Int32Array;
  /** How many of them are looked at for each partition. */
  readonly candidates: number;
  /** Place in `order` of the next candidate. */
  next: number;
  /** Partitions. */
  readonly walk: Walk;
  /** Brokers that are looked at for the partition: candidates, then homes, then where replicas are. */
  readonly brokers: Int32Array;
  /** What a replica costs there, and what leading costs beyond that; only for what is in `brokers`. */
  readonly follow: Float64Array;
  readonly lead: Float64Array;
}

/** Begins anywhere, with so many candidates for each partition. O(B). */
export function roundOf({ draft }: Prices, most: number): Round {
  const { search, model } = draft;
  const { partitionCount, brokerCount } = model;
  const order = search.destinations.slice();
  for (let k = order.length - 1; k > 0; k--) {
    const other = drawBelow(draft, k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  const candidates = Math.min(most, order.length);
  return {
    order,
    candidates,
    next: 0,
    walk: walkOf(draft, partitionCount),
    brokers: new Int32Array(candidates + 2 * brokerCount + 2),
    follow: new Float64Array(brokerCount),
    lead: new Float64Array(brokerCount),
  };
}

/** Looks at the next `count` partitions. O(count x RF x candidates). */
export function sweepPartitions(market: Market, round: Round, count: number): void {
  for (let i = 0; i < count; i++) {
    const p = nextOf(round.walk);
    placePartition(market, round, p);
    leadForLess(market, p);
  }
}

function placePartition(market: Market, round: Round, p: number): void {
  const { prices } = market;
  const { draft } = prices;
  const { replicaStart, row, broker } = draft.model;
  fillBrokers(draft, round, p);
  const { candidates } = round;
  const end = replicaStart[p + 1]!;
  const all = candidates + 2 * (end - replicaStart[p]!);
  let filled = -1;
  for (let r = replicaStart[p]!; r < end; r++) {
    if (draft.restricted && !mayMove(draft.search, r)) continue;
    if (row[r] !== filled) fillCosts(prices, round, { row: row[r]!, from: 0, to: all });
    filled = row[r]!;
    const to = cheapest(market, round, r);
    if (to < 0) continue;
    fillLoad(prices, r);
    if (moveCost(market, r, to) >= -market.gainMin) continue;
    round.brokers[all] = broker[r]!;
    round.brokers[all + 1] = to;
    carryOver(prices, r, to);
    fillCosts(prices, round, { row: filled, from: all, to: all + 2 });
  }
}

/** Fills in the brokers that are looked at. */
function fillBrokers({ model }: Draft, round: Round, p: number): void {
  const { order, brokers, candidates } = round;
  const { replicaStart, home, broker } = model;
  let { next } = round;
  for (let k = 0; k < candidates; k++) {
    brokers[k] = order[next]!;
    if (++next === order.length) next = 0;
  }
  round.next = next;
  let k = candidates;
  for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
    brokers[k++] = home[r]!;
    brokers[k++] = broker[r]!;
  }
}

/** What a replica with these loads costs by slopes, on some of the brokers. In a loop of nothing but numbers. */
function fillCosts(
  { slope, draft: { model: { loads } } }: Prices,
  { brokers, follow, lead }: Round,
  { row, from, to }: { row: number; from: number; to: number },
): void {
  const at = row << 3;
  const disk = loads[at]!;
  const nwIn = loads[at | AXIS_NW_IN]!;
  const cpu = loads[at | AXIS_CPU]!;
  const count = loads[at | AXIS_REPLICAS]!;
  const potential = loads[at | AXIS_POTENTIAL_OUT]!;
  const nwOut = loads[at | AXIS_NW_OUT]!;
  const leaderCpu = loads[at | ROW_LEADER_CPU]!;
  for (let k = from; k < to; k++) {
    const b = brokers[k]!;
    const i = b << 3;
    const ofCpu = slope[i | AXIS_CPU]!;
    const out = slope[i | AXIS_NW_OUT]!;
    follow[b] = slope[i]! * disk + slope[i | AXIS_NW_IN]! * nwIn + ofCpu * cpu +
      slope[i | AXIS_REPLICAS]! * count + slope[i | AXIS_POTENTIAL_OUT]! * potential + out * nwOut;
    lead[b] = ofCpu * leaderCpu + out * potential + slope[i | AXIS_LEADERS]! +
      slope[i | AXIS_LEADER_IN]! * nwIn;
  }
}

/** The broker where the replica costs least by slopes; -1 when that is where it is. */
function cheapest(
  { prices, gainMin, mbPrice }: Market,
  { brokers, candidates, follow, lead }: Round,
  replica: number,
): number {
  const { draft, topicAbove, topicBelow, limits } = prices;
  const { model, search, restricted } = draft;
  const { topicReplicas } = model;
  const p = model.partition[replica]!;
  const home = model.home[replica]!;
  const from = model.broker[replica]!;
  const leads = model.leader[p] === replica ? 1 : 0;
  const t = model.topic[p]!;
  const mb = mbPrice * model.loads[model.row[replica]! << 3]!;
  const lowest = limits.topicLower[t]!;
  const highest = limits.topicUpper[t]!;
  const steep = prices.steepness[OF_TOPICS]!;
  const cells = t * model.brokerCount;
  let to = -1;
  let least = follow[from]! + leads * lead[from]! - topicCost(prices, t, from, -1) - gainMin;
  if (from !== home) least += mb;
  // Home comes first, whether it takes other replicas or not.
  for (let k = -1; k < candidates; k++) {
    const b = k < 0 ? home : brokers[k]!;
    if (b === from || (k >= 0 && b === home)) continue;
    let cost = follow[b]! + leads * lead[b]!;
    if (b !== home) cost += mb;
    // Brokers pay for replicas of topics that they lack.
    const pays = lowest > 0 &&
      topicBelow[cells + b]! + steep * (lowest - topicReplicas[cells + b]!) > 0;
    if (cost >= least && !pays) continue;
    if (pays || topicAbove[cells + b]! + steep * (topicReplicas[cells + b]! + 1 - highest) > 0) {
      cost += topicCost(prices, t, b, 1);
    }
    if (cost >= least || isBlocked(search, replica, b)) continue;
    if (restricted && !mayGoTo(search, replica, b)) continue;
    least = cost;
    to = b;
  }
  return to;
}
