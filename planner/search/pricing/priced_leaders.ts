/**
 * Leaders at the prices of their brokers: which replica of each partition leads for the least.
 *
 * @module
 */
import { addLoad, fillLeading, leadingCost, loadCost, type Market, type Prices } from "./prices.ts";
import { mayLeadAgain } from "../rules.ts";

/** Looks at all partitions once; gives how many leaders it changed. */
export function sweepLeaders(market: Market): number {
  const { model } = market.prices.draft;
  let changes = 0;
  for (let p = 0; p < model.partitionCount; p++) {
    if (leadForLess(market, p)) changes++;
  }
  return changes;
}

/** Lets the partition be led where that costs least; whether that changes anything. */
export function leadForLess(market: Market, p: number): boolean {
  const { draft } = market.prices;
  if (draft.restricted && draft.model.pinned[p] === 1) return false;
  const next = cheapestLeader(market, p);
  if (next < 0 || !leadsCheaper(market, p, next)) return false;
  handOver(market.prices, p, next);
  return true;
}

/** The replica that leads the partition for the least by slopes; -1 when it does so already. */
function cheapestLeader(market: Market, p: number): number {
  const { draft } = market.prices;
  const { model, search } = draft;
  const old = model.leader[p]!;
  let next = -1;
  let least = costOf(market, p, old) - market.gainMin;
  const end = model.replicaStart[p + 1]!;
  for (let r = model.replicaStart[p]!; r < end; r++) {
    if (r === old) continue;
    const cost = costOf(market, p, r);
    if (cost >= least || (draft.restricted && !mayLeadAgain(search, r))) continue;
    least = cost;
    next = r;
  }
  return next;
}

/** What leading costs where the replica is, by slopes. */
function costOf({ prices, leaderMb }: Market, p: number, r: number): number {
  const { slope, draft } = prices;
  const { loads, row, broker, homeLeader } = draft.model;
  const cost = leadingCost(slope, broker[r]! << 3, loads, row[r]! << 3);
  return cost + (r === homeLeader[p] ? 0 : leaderMb);
}

function leadsCheaper({ prices, leaderMb, gainMin }: Market, p: number, next: number): boolean {
  const { broker, leader, homeLeader } = prices.draft.model;
  const old = leader[p]!;
  let cost = next === homeLeader[p] ? -leaderMb : old === homeLeader[p] ? leaderMb : 0;
  fillLeading(prices, old);
  cost += loadCost(prices, broker[old]!, -1);
  fillLeading(prices, next);
  cost += loadCost(prices, broker[next]!, 1);
  return cost < -gainMin;
}

function handOver(prices: Prices, p: number, next: number): void {
  const { broker, leader } = prices.draft.model;
  const old = leader[p]!;
  fillLeading(prices, old);
  addLoad(prices, broker[old]!, -1);
  fillLeading(prices, next);
  addLoad(prices, broker[next]!, 1);
  leader[p] = next;
}
