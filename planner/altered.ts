/**
 * What a plan makes of the one that it started from. Little is another than there, so that the rest is taken over instead of looking at each
 * partition again.
 *
 * @module
 */
import type { ClusterModel } from "../model/cluster_model.ts";
import { DISK, RESOURCE_COUNT } from "../model/metrics.ts";
import type { Changes, MoveTotals } from "./changes.ts";
import type { Places } from "./places.ts";
import { isElsewhere, placesAtHome } from "./search/checkpoint.ts";

/** Replicas looked at between two yields. */
const CHUNK = 200_000;

/** Partitions that are not as in the plan before, ascending. */
export interface Altered {
  /** In another place, or led by another replica. */
  readonly moved: Int32Array;
  /** These, and those whose loads changed. */
  readonly any: Int32Array;
}

/**
 * Compares with the plan before. O(R).
 *
 * @param resized partitions whose loads changed since, ascending
 */
export function* alteredSteps(
  model: ClusterModel,
  places: Places,
  resized: Int32Array,
): Generator<void, Altered, void> {
  const { replicaCount, partitionCount } = model;
  const found: number[] = [];
  for (let from = 0; from < replicaCount; from += CHUNK) {
    findMoved(model, places, { found, from, to: Math.min(from + CHUNK, replicaCount) });
    yield;
  }
  const led: number[] = [];
  for (let p = 0; p < partitionCount; p += CHUNK) {
    findLed(model, places, { found: led, from: p, to: Math.min(p + CHUNK, partitionCount) });
    yield;
  }
  const moved = merged(Int32Array.from(found), Int32Array.from(led));
  return { moved, any: merged(moved, resized) };
}

interface Finding {
  readonly found: number[];
  readonly from: number;
  readonly to: number;
}

function findMoved(
  { broker, partition }: ClusterModel,
  places: Places,
  { found, from, to }: Finding,
): void {
  const was = places.broker;
  for (let r = from; r < to; r++) {
    if (broker[r] === was[r]) continue;
    const p = partition[r]!;
    if (found.length === 0 || found[found.length - 1] !== p) found.push(p);
  }
}

function findLed({ leader }: ClusterModel, places: Places, { found, from, to }: Finding): void {
  const was = places.leader;
  for (let p = from; p < to; p++) if (leader[p] !== was[p]) found.push(p);
}

/** 1 for each index of a list. */
export function marked(count: number, list: Int32Array): Uint8Array {
  const marks = new Uint8Array(count);
  for (let i = 0; i < list.length; i++) marks[list[i]!] = 1;
  return marks;
}

/** What two ascending lists hold, ascending, each once. */
function merged(a: Int32Array, b: Int32Array): Int32Array {
  const all = new Int32Array(a.length + b.length);
  let count = 0;
  for (let i = 0, k = 0; i < a.length || k < b.length; count++) {
    const next = k >= b.length || (i < a.length && a[i]! <= b[k]!) ? a[i]! : b[k]!;
    if (a[i] === next) i++;
    if (b[k] === next) k++;
    all[count] = next;
  }
  return all.subarray(0, count);
}

/**
 * What the model as it is now changes at home, from what the plan before changed. The MB take a rounding for each that was altered, as do the
 * sums that are carried along (`carried.ts`). O(partitions that change).
 *
 * @param places with what that plan changed
 */
export function changesAfter(
  model: ClusterModel,
  places: Places,
  altered: Altered,
): Changes {
  const { partitionCount } = model;
  const known = places.changes!;
  const home = placesAtHome(model);
  const isMoved = marked(partitionCount, altered.moved);
  const all = merged(known.partitions, altered.moved);
  const partitions = new Int32Array(all.length);
  let count = 0;
  for (let i = 0; i < all.length; i++) {
    const p = all[i]!;
    if (isMoved[p] === 0 || isElsewhere(model, p, model, home)) partitions[count++] = p;
  }
  return {
    partitions: partitions.subarray(0, count),
    totals: totalsAfter(model, places, known, altered),
  };
}

function totalsAfter(
  model: ClusterModel,
  places: Places,
  { totals }: Changes,
  { any }: Altered,
): MoveTotals {
  const { loads, broker } = model;
  const home = placesAtHome(model);
  const before = places.loads?.leaderLoad;
  let moves = totals.interBrokerReplicaMoves;
  let leaders = totals.leadershipMoves;
  let mb = totals.mbToMove;
  for (let i = 0; i < any.length; i++) {
    const p = any[i]!;
    const size = loads[p << 3]!;
    // What has no size has not changed it: such sums are not carried along.
    const was = before?.[p * RESOURCE_COUNT + DISK] ?? NaN;
    const left = arrivals(model, p, places.broker);
    const come = arrivals(model, p, broker);
    moves += come - left;
    mb += come * size - left * (was >= 0 ? was : size);
    if (left === 0 && isElsewhere(model, p, places, home)) leaders--;
    if (come === 0 && isElsewhere(model, p, model, home)) leaders++;
  }
  return {
    ...totals,
    interBrokerReplicaMoves: moves,
    leadershipMoves: leaders,
    mbToMove: moves > 0 ? mb : 0,
  };
}

/** Replicas of a partition on brokers where it has none at home. O(RF^2). */
function arrivals({ home, replicaStart }: ClusterModel, p: number, broker: Int32Array): number {
  const start = replicaStart[p]!;
  const end = replicaStart[p + 1]!;
  let count = 0;
  for (let r = start; r < end; r++) {
    let known = start;
    while (known < end && home[known] !== broker[r]) known++;
    if (known === end) count++;
  }
  return count;
}
