/**
 * MB that any plan has to move: sound bounds that cost one pass over the replicas. Computed before the search, on the
 * model at home.
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_DISK,
  type ClusterModel,
  mustLeave,
} from "../model/cluster_model.ts";
import { replicaMb } from "../model/replica_axes.ts";
import type { PreparedGoal } from "../goals/goal.ts";
import type { Search } from "./search/state.ts";

/** Partitions looked at between two yields. */
const CHUNK = 50_000;

/** Limits of a broker's disk for a bound, MB; length B. A dead broker's upper limit is 0. */
interface DiskLimits {
  readonly upper: Float64Array;
  readonly lower: Float64Array;
}

/**
 * MB that any plan for the search's goals must move.
 *
 * Sending side: what brokers hold above their limit must leave them, and of n replicas of a partition on one rack
 * n - 1 must leave it; of those, replicas on brokers above the limit may be among what leaves anyway and count 0.
 * Receiving side, alike: what brokers lack must come, and a replica that leaves such a broker makes it lack more.
 */
export function* lowerBoundSteps(search: Search): Generator<void, number, void> {
  // With only some replicas or destinations allowed, soft limits are not what the plan must reach.
  const free = !search.onlyImmigrants && !search.onlyToNew;
  const limits = diskLimits(search, free);
  const racks = search.racksDiffer;
  const sending = yield* send(search, limits, racks);
  if (!free) return sending;
  return Math.max(sending, yield* receive(search, limits, racks));
}

/** MB that any plan must move for one goal alone. */
export function* lowerBoundStepsOf(
  search: Search,
  goal: PreparedGoal,
): Generator<void, number, void> {
  const { model } = search;
  const none = {
    upper: new Float64Array(model.brokerCount).fill(Infinity),
    lower: new Float64Array(model.brokerCount),
  };
  if (goal.racksDiffer === true) return yield* send(search, none, true);
  const limits = goal.axisLimits;
  if (limits === undefined || limits.axis !== AXIS_DISK) return 0;
  return Math.max(yield* send(search, limits, false), yield* receive(search, limits, false));
}

/** The goals' own limits; what is only aimed at for a goal that cannot be met binds no plan. */
function diskLimits(search: Search, withSoft: boolean): DiskLimits {
  const limits = {
    upper: new Float64Array(search.model.brokerCount).fill(Infinity),
    lower: new Float64Array(search.model.brokerCount),
  };
  for (const goal of search.goals) {
    const own = goal.axisLimits;
    if (own === undefined || own.axis !== AXIS_DISK || search.hopeless.has(goal)) continue;
    if (!goal.hard && !withSoft) continue;
    for (let b = 0; b < own.upper.length; b++) {
      limits.upper[b] = Math.min(limits.upper[b]!, own.upper[b]!);
      limits.lower[b] = Math.max(limits.lower[b]!, own.lower[b]!);
    }
  }
  return limits;
}

function diskSum(model: ClusterModel, broker: number): number {
  return model.sums[broker * AXIS_COUNT + AXIS_DISK]!;
}

function* send(
  search: Search,
  limits: DiskLimits,
  racks: boolean,
): Generator<void, number, void> {
  const { model } = search;
  const counted = new Uint8Array(model.brokerCount);
  let total = 0;
  for (let b = 0; b < model.brokerCount; b++) {
    if ((model.flags[b]! & ALIVE) === 0) continue;
    const excess = diskSum(model, b) - limits.upper[b]!;
    if (excess <= 0) continue;
    counted[b] = 1;
    total += excess;
  }
  // One search for a 1 spares three looks at each replica where nothing is offline.
  const anyOffline = model.offline.includes(1);
  for (let r = 0; r < model.replicaCount && anyOffline; r++) {
    // Offline replicas leave in any case; on a broker above its limit they are part of the excess.
    if (mustLeave(model, r) && counted[model.broker[r]!] === 0) total += replicaMb(model, r);
  }
  const cost = (r: number) =>
    counted[model.broker[r]!] === 1 || (anyOffline && mustLeave(model, r))
      ? 0
      : replicaMb(model, r);
  yield;
  return total + (racks ? yield* rackMb(search, cost) : 0);
}

function* receive(
  search: Search,
  limits: DiskLimits,
  racks: boolean,
): Generator<void, number, void> {
  const { model } = search;
  const lacking = new Uint8Array(model.brokerCount);
  let total = 0;
  for (let b = 0; b < model.brokerCount; b++) {
    const deficit = limits.lower[b]! - diskSum(model, b);
    if (deficit <= 0) continue;
    lacking[b] = 1;
    total += deficit;
  }
  const cost = (r: number) => lacking[model.broker[r]!] === 1 ? replicaMb(model, r) : 0;
  return total + (racks ? yield* rackMb(search, cost) : 0);
}

/** For every rack that holds n replicas of a partition, the n - 1 that cost least. O(R x RF). */
function* rackMb(
  search: Search,
  cost: (replica: number) => number,
): Generator<void, number, void> {
  const { model } = search;
  const { replicaStart, rack, broker } = model;
  let total = 0;
  for (let p = 0; p < model.partitionCount; p++) {
    if (p % CHUNK === CHUNK - 1) yield;
    if (model.pinned[p] === 1) continue;
    const end = replicaStart[p + 1]!;
    // With more replicas than racks some stay together in any plan.
    if (end - replicaStart[p]! > search.rackCount) continue;
    for (let r = replicaStart[p]!; r < end; r++) {
      let first = true;
      for (let other = replicaStart[p]!; other < r && first; other++) {
        first = rack[broker[other]!] !== rack[broker[r]!];
      }
      if (!first) continue;
      let dearest = cost(r);
      let sum = dearest;
      let count = 1;
      for (let other = r + 1; other < end; other++) {
        if (rack[broker[other]!] !== rack[broker[r]!]) continue;
        const next = cost(other);
        dearest = Math.max(dearest, next);
        sum += next;
        count++;
      }
      if (count > 1) total += sum - dearest;
    }
  }
  return total;
}
