/**
 * Limits of brokers that whole replicas cannot keep: more large replicas than brokers have room for, or fewer than brokers
 * need, with too little in all that is small to make up for them.
 *
 * ```
 * 5 replicas of 40 MB, 4 brokers that may hold 60 MB     one each is all that fits
 * 2 leaders of 90 KB/s and 10 KB/s in all else           the third broker cannot have 20 KB/s
 * ```
 *
 * Totals, and prices (`dual.ts`), see none of that.
 *
 * @module
 */
import type { AxisLimits } from "../../../goals/goal.ts";
import { resourceOfAxis } from "../../../goals/axis_goal.ts";
import { AXIS_LEADER_IN } from "../../../model/cluster_model.ts";
import { followingLoad, leadingLoad } from "../../../model/replica_axes.ts";
import type { Search } from "../state.ts";

/** Replicas smaller than this part of what any broker may hold are no question of whole numbers. */
const LARGE = 1 / 6;
/** On larger clusters what is large mostly has room, and a look at all holds others up. */
const REPLICAS_MAX = 50_000;
/** Sizes that are looked at, of many some. */
const SIZES_MAX = 48;
/** What is missing has to be more than this part: sums round away less. */
const LACK = 1e-6;

/** Whether such replicas put the goal with these limits out of reach, whatever becomes of other goals. O(R + sizes x (P + B)). */
export function areTooFewOrMany(search: Search, limits: AxisLimits): boolean {
  const { axis, upper, lower } = limits;
  if (resourceOfAxis(axis) < 0 && axis !== AXIS_LEADER_IN) return false;
  const alive = Array.from(search.context.alive);
  const above = Math.max(...alive.map((b) => upper[b]!)) * LARGE;
  const { replicaCount, census } = search.model;
  if (replicaCount > REPLICAS_MAX || census.largest[axis]! <= above) return false;
  const loads = loadsOf(search, axis);
  const sizes = sizesOf(loads, above);
  const lowers = alive.map((b) => lower[b]!).filter((low) => low > 0).sort((a, b) => a - b);
  return sizes.some((size) => {
    const { least, most, small } = countsOf(loads, size);
    const fit = alive.reduce((sum, b) => sum + Math.floor(upper[b]! / size * (1 + LACK)), 0);
    if (least > fit) return true;
    // So many brokers have no large one, whoever they are.
    const needed = lowers.slice(0, Math.max(0, lowers.length - most));
    return needed.reduce((sum, low) => sum + low, 0) * (1 - LACK) > small;
  });
}

/** By partition: what replicas weigh as followers, at least and at most, and the one that leads; and how many they are. */
interface Loads {
  readonly follows: readonly (readonly [least: number, most: number])[];
  readonly leads: readonly (readonly [least: number, most: number])[];
  readonly count: readonly number[];
}

function loadsOf({ model }: Search, axis: number): Loads {
  const { partitionCount, replicaStart } = model;
  const follows: [number, number][] = [];
  const leads: [number, number][] = [];
  const count: number[] = [];
  for (let p = 0; p < partitionCount; p++) {
    const follow: [number, number] = [Infinity, 0];
    const lead: [number, number] = [Infinity, 0];
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      const load = followingLoad(model, r, axis);
      widen(follow, load);
      widen(lead, load + leadingLoad(model, r, axis));
    }
    const replicas = replicaStart[p + 1]! - replicaStart[p]!;
    if (replicas === 0) continue;
    follows.push(follow);
    leads.push(lead);
    count.push(replicas);
  }
  return { follows, leads, count };
}

function widen(range: [number, number], value: number): void {
  range[0] = Math.min(range[0], value);
  range[1] = Math.max(range[1], value);
}

function sizesOf({ follows, leads }: Loads, above: number): number[] {
  const found = new Set<number>();
  for (const [least] of [...follows, ...leads]) if (least > above && least > 0) found.add(least);
  const sorted = [...found].sort((a, b) => b - a);
  const each = Math.ceil(sorted.length / SIZES_MAX);
  return sorted.filter((_, i) => i % each === 0 || i === sorted.length - 1);
}

/** Replicas of this size or more, at least and at most; and what all that are smaller add up to at most. */
function countsOf({ follows, leads, count }: Loads, size: number) {
  let least = 0;
  let most = 0;
  let small = 0;
  for (const [i, [lightest, heaviest]] of follows.entries()) {
    const [lead, leadMost] = leads[i]!;
    const others = count[i]! - 1;
    if (lightest >= size) least += others;
    if (lead >= size) least++;
    if (heaviest >= size) most += others;
    if (leadMost >= size) most++;
    if (lightest < size) small += others * Math.min(heaviest, size);
    if (lead < size) small += Math.min(leadMost, size);
  }
  return { least, most, small };
}
