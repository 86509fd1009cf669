/**
 * What prices prove. Each partition is put where it costs least by itself, whatever becomes of limits; all of them
 * together then cost at most what any placement within limits would. Where even that is more than what limits allow
 * for at these prices, no placement is within limits (the dual of the linear program; Farkas 1902).
 *
 * @module
 */
import {
  ALIVE,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type ClusterModel,
  MAY_LEAD,
  ROW_LEADER_CPU,
} from "../../../model/cluster_model.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import type { Search } from "../state.ts";

/** Prices of a proof: as in `prices.ts`, at least 0, none where there is no limit. */
export interface ProofPrices {
  /** By broker and axis, for the whole of a target beyond the upper limit, and below the lower one. */
  readonly above: Float64Array;
  readonly below: Float64Array;
  /** By topic and broker, for a replica too many, and too few. */
  readonly topicAbove: Float64Array;
  readonly topicBelow: Float64Array;
}

/** What a proof is about. */
export interface ProofCase {
  readonly search: Search;
  readonly limits: DraftLimits;
  /** 1 / target by broker and axis. */
  readonly scale: Float64Array;
  /** Whether replicas of a partition have to be on different racks, where there are enough. */
  readonly racksDiffer: boolean;
}

/** A proof has to be larger than this, in parts of all prices: sums round away less. */
const LEAST = 1e-6;

/** Work space of {@link isProof}, by broker. */
interface Costs {
  /** What one more unit costs on each axis, B x 8. */
  readonly slope: Float64Array;
  /** What a replica of the partition in question costs there, and what leading it costs beyond that; Infinity = forbidden. */
  readonly follow: Float64Array;
  readonly lead: Float64Array;
  /** Brokers that cost least on their racks, the cheapest first. */
  readonly order: Int32Array;
}

/** Whether these prices prove that no placement is within the limits. O(P x B). */
export function isProof(of: ProofCase, prices: ProofPrices): boolean {
  const { model } = of.search;
  const limited = limitCosts(of, prices);
  const costs: Costs = {
    slope: prices.above.map((high, i) => (high - prices.below[i]!) * of.scale[i]!),
    follow: new Float64Array(model.brokerCount),
    lead: new Float64Array(model.brokerCount),
    order: new Int32Array(model.brokerCount),
  };
  let total = -limited.cost;
  for (let p = 0; p < model.partitionCount; p++) {
    fillCosts(of.search, prices, { costs, p });
    total += model.pinned[p] === 1 ? costAtHome(model, costs, p) : leastCost(of, costs, p);
  }
  return total > LEAST * limited.prices;
}

/** What a cluster exactly at all limits that have a price would cost, and the prices summed up. O(B + T x B). */
function limitCosts(
  { search: { model }, limits, scale }: ProofCase,
  { above, below, topicAbove, topicBelow }: ProofPrices,
): { cost: number; prices: number } {
  let cost = 0;
  let prices = 0;
  for (let i = 0; i < above.length; i++) {
    const high = above[i]!;
    const low = below[i]!;
    if (high > 0) cost += high * limits.upper[i]! * scale[i]!;
    if (low > 0) cost -= low * limits.lower[i]! * scale[i]!;
    prices += high + low;
  }
  for (let cell = 0; cell < topicAbove.length; cell++) {
    const t = Math.floor(cell / model.brokerCount);
    const high = topicAbove[cell]!;
    const low = topicBelow[cell]!;
    cost += high * limits.topicUpper[t]! - low * limits.topicLower[t]!;
    prices += high + low;
  }
  return { cost, prices };
}

/** Fills in what replicas of a partition, and leading it, cost on each broker. Where they differ, the least. */
function fillCosts(
  { model }: Search,
  { topicAbove, topicBelow }: ProofPrices,
  { costs: { slope, follow, lead }, p }: { costs: Costs; p: number },
): void {
  const { row, loads, replicaStart, brokerCount, topic } = model;
  const cell = topic[p]! * brokerCount;
  const start = replicaStart[p]!;
  const end = replicaStart[p + 1]!;
  follow.fill(Infinity);
  lead.fill(Infinity);
  for (let r = start; r < end; r++) {
    if (r > start && row[r] === row[r - 1]) continue;
    const from = row[r]! << 3;
    const disk = loads[from]!;
    const nwIn = loads[from | AXIS_NW_IN]!;
    const cpu = loads[from | AXIS_CPU]!;
    const count = loads[from | AXIS_REPLICAS]!;
    const potential = loads[from | AXIS_POTENTIAL_OUT]!;
    const nwOut = loads[from | AXIS_NW_OUT]!;
    const leaderCpu = loads[from | ROW_LEADER_CPU]!;
    // Nothing but numbers, and no call: each number that one gives would be allocated.
    for (let b = 0; b < brokerCount; b++) {
      const i = b << 3;
      const out = slope[i | AXIS_NW_OUT]!;
      const cost = topicAbove[cell + b]! - topicBelow[cell + b]! + slope[i]! * disk +
        slope[i | AXIS_NW_IN]! * nwIn + slope[i | AXIS_CPU]! * cpu +
        slope[i | AXIS_REPLICAS]! * count + slope[i | AXIS_POTENTIAL_OUT]! * potential +
        out * nwOut;
      if (cost < follow[b]!) follow[b] = cost;
      const leading = slope[i | AXIS_CPU]! * leaderCpu + out * potential +
        slope[i | AXIS_LEADERS]! + slope[i | AXIS_LEADER_IN]! * nwIn;
      if (leading < lead[b]!) lead[b] = leading;
    }
  }
}

function costAtHome(model: ClusterModel, { follow, lead }: Costs, p: number): number {
  const { home, homeLeader, replicaStart } = model;
  let cost = lead[home[homeLeader[p]!]!]!;
  for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) cost += follow[home[r]!]!;
  return cost;
}

/** The least that a partition costs anywhere that rules about brokers and racks allow; Infinity = nowhere. */
function leastCost({ search, racksDiffer }: ProofCase, costs: Costs, p: number): number {
  const { model } = search;
  const count = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  forbid(search, costs, p);
  const apart = racksDiffer && count <= search.rackCount;
  const { order, follow, lead } = costs;
  const found = cheapestApart(model, costs, apart);
  if (found < count) return Infinity;
  let whole = 0;
  for (let k = 0; k < count; k++) whole += follow[order[k]!]!;
  // The leader takes the place of the replica on its rack, or of the dearest one.
  let least = Infinity;
  for (let b = 0; b < model.brokerCount; b++) {
    if (follow[b] === Infinity || lead[b] === Infinity) continue;
    let instead = order[count - 1]!;
    for (let k = 0; k < count; k++) {
      const other = order[k]!;
      if (other === b || (apart && model.rack[other] === model.rack[b])) instead = other;
    }
    least = Math.min(least, whole - follow[instead]! + follow[b]! + lead[b]!);
  }
  return least;
}

/** Takes away brokers where the partition may have no replica, or may not be led from. */
function forbid({ model, closed }: Search, { follow, lead }: Costs, p: number): void {
  const { flags, home, homeLeader, replicaStart, brokerCount } = model;
  const end = replicaStart[p + 1]!;
  const homeOfLeader = home[homeLeader[p]!]!;
  for (let b = 0; b < brokerCount; b++) {
    if ((flags[b]! & MAY_LEAD) === 0 && b !== homeOfLeader) lead[b] = Infinity;
    let isOpen = (flags[b]! & ALIVE) !== 0;
    if (isOpen && closed[b] === 1) {
      isOpen = false;
      for (let r = replicaStart[p]!; r < end; r++) isOpen ||= home[r] === b;
    }
    if (!isOpen) follow[b] = Infinity;
  }
}

/** Orders the brokers that cost least on their racks, or all brokers, by cost; gives how many there are. */
function cheapestApart(
  { rack, brokerCount }: ClusterModel,
  { follow, order }: Costs,
  apart: boolean,
): number {
  let found = 0;
  for (let b = 0; b < brokerCount; b++) {
    const cost = follow[b]!;
    if (cost === Infinity) continue;
    let k = found;
    if (apart) {
      let same = 0;
      while (same < found && rack[order[same]!] !== rack[b]) same++;
      if (same < found && follow[order[same]!]! <= cost) continue;
      // What was cheapest on the rack makes room.
      k = same;
    }
    if (k === found) found++;
    for (; k > 0 && follow[order[k - 1]!]! > cost; k--) order[k] = order[k - 1]!;
    order[k] = b;
  }
  return found;
}
