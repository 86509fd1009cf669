/**
 * Places in the replica lists of partitions, and how even brokers can be at each: leaders are at place 0, followers
 * behind them as the list has them (Cruise Control, KafkaAssignerEvenRackAwareGoal).
 *
 * A plan writes leaders first, in exchange for what was first: so a partition's list follows from its replicas in
 * order and its leader.
 *
 * ```
 * array          type         length   index           value
 * counts         Int32Array   P x B    place, broker   lists that have the broker there
 * lower, upper   Int32Array   P x B    place, broker   fewest and most lists wanted
 * ```
 *
 * P = highest replication factor.
 *
 * @module
 */
import type { ClusterModel } from "../model/cluster_model.ts";
import { type GoalContext, NO_LIMIT } from "./goal.ts";

/** Fewest and most lists by place and broker; see the table above. */
export interface PlaceLimits {
  readonly places: number;
  readonly lower: Int32Array;
  readonly upper: Int32Array;
}

/** The replica at a place of a partition's list; `place` is below its replication factor. */
export function replicaAtPlace(model: ClusterModel, p: number, place: number): number {
  const leader = model.leader[p]!;
  const first = model.replicaStart[p]!;
  if (place === 0) return leader;
  return first + place === leader ? first : first + place;
}

/** Highest replication factor, pinned partitions too. O(P). */
export function mostPlaces({ replicaStart, partitionCount }: ClusterModel): number {
  let most = 0;
  for (let p = 0; p < partitionCount; p++) {
    most = Math.max(most, replicaStart[p + 1]! - replicaStart[p]!);
  }
  return most;
}

/** Lists by place and broker, of the partitions that `isCounted` names; see the table above. O(R). */
export function countPlaces(model: ClusterModel, isCounted: (p: number) => boolean): Int32Array {
  const { brokerCount, replicaStart, broker } = model;
  const counts = new Int32Array(mostPlaces(model) * brokerCount);
  for (let p = 0; p < model.partitionCount; p++) {
    if (!isCounted(p)) continue;
    const factor = replicaStart[p + 1]! - replicaStart[p]!;
    for (let place = 0; place < factor; place++) {
      counts[place * brokerCount + broker[replicaAtPlace(model, p, place)]!]! += 1;
    }
  }
  return counts;
}

/**
 * What every broker should have at each place: as even as racks allow, lower places first, on top of the partitions
 * that may not move. Does not depend on where the others are. O(R + P x B).
 */
export function placeLimits(context: GoalContext): PlaceLimits {
  const { model } = context;
  const { brokerCount, replicaStart, pinned } = model;
  const places = mostPlaces(model);
  const fixed = countPlaces(model, (p) => pinned[p] === 1);
  const free = new Int32Array(places);
  for (let p = 0; p < model.partitionCount; p++) {
    if (pinned[p] === 1) continue;
    for (let place = 0; place < replicaStart[p + 1]! - replicaStart[p]!; place++) free[place]! += 1;
  }
  const lower = new Int32Array(places * brokerCount);
  const upper = new Int32Array(places * brokerCount).fill(NO_LIMIT);
  // Of the lists that go on, the part that has a rack at an earlier place already.
  const usedPart = new Map<number, number>();
  for (let place = 0; place < places && free[place]! > 0; place++) {
    const given = (b: number) => fixed[place * brokerCount + b]!;
    const levels = levelByRack(context, { given, lists: free[place]!, usedPart });
    for (const b of context.alive) {
      const rack = model.rack[b]!;
      const share = Math.max(given(b), levels.get(rack)!);
      lower[place * brokerCount + b] = Math.floor(share + ROUNDING);
      upper[place * brokerCount + b] = Math.ceil(share - ROUNDING);
      const part = (share - given(b)) / free[place]!;
      usedPart.set(rack, (usedPart.get(rack) ?? 0) + part);
    }
  }
  return { places, lower, upper };
}

/** Halvings of the range that a level is looked for in: exact to the last bit of a count. */
const HALVINGS = 80;
/** Shares are sums of parts that were divided before. */
const ROUNDING = 1e-6;

/**
 * How high brokers of each rack are filled when `lists` are poured over all of them: one level, but for racks that most
 * lists have used before.
 */
function levelByRack(
  context: GoalContext,
  parts: { given: (b: number) => number; lists: number; usedPart: ReadonlyMap<number, number> },
): Map<number, number> {
  const { given, lists, usedPart } = parts;
  const byRack = new Map<number, number[]>();
  for (const b of context.alive) {
    const rack = context.model.rack[b]!;
    byRack.set(rack, [...(byRack.get(rack) ?? []), given(b)]);
  }
  const taken = (counts: readonly number[], level: number) =>
    counts.reduce((sum, count) => sum + Math.max(0, level - count), 0);
  const most = lists + Math.max(0, ...[...byRack.values()].flat());
  const levels = new Map<number, number>();
  const room = new Map<number, number>();
  for (const [rack, counts] of byRack) {
    const cap = lists * Math.max(0, 1 - (usedPart.get(rack) ?? 0));
    room.set(rack, cap);
    levels.set(rack, levelFor((level) => taken(counts, level), cap, most));
  }
  const common = levelFor(
    (level) =>
      [...byRack].reduce(
        (sum, [rack, counts]) => sum + Math.min(room.get(rack)!, taken(counts, level)),
        0,
      ),
    lists,
    most,
  );
  for (const [rack, level] of levels) levels.set(rack, Math.min(level, common));
  return levels;
}

/** The least level at which `taken`, which rises with it, comes to `wanted`; `most` when none does. */
function levelFor(taken: (level: number) => number, wanted: number, most: number): number {
  let low = 0;
  let high = most;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (taken(middle) < wanted) low = middle;
    else high = middle;
  }
  return high;
}
