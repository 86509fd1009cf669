/**
 * What a plan makes of the one that it started from. Little is another than there, so that the rest is taken over instead of looking at each
 * partition again.
 *
 * @module
 */
import type { ClusterModel } from "../../model/cluster_model.ts";
import { movedSince } from "../../model/counted.ts";
import { DISK, RESOURCE_COUNT } from "../../model/metrics.ts";
import type { Changes, MoveTotals } from "../proposals/changes.ts";
import type { Places } from "./places.ts";
import { isElsewhere, placesAtHome } from "../search/checkpoint.ts";

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
 * Compares with the plan before. O(P), and O(R) after many moves.
 *
 * @param movesThen how many moves the model had made when all was as in that plan
 * @param resized partitions whose loads changed since, ascending
 */
export function* alteredSteps(
  model: ClusterModel,
  places: Places,
  { movesThen, resized }: { movesThen: number; resized: Int32Array },
): Generator<void, Altered, void> {
  const { replicaCount, partitionCount } = model;
  const found: number[] = [];
  const touched = movedSince(model, movesThen);
  if (touched !== undefined) findMovedAmong(model, places, touched, found);
  for (let from = 0; from < replicaCount && touched === undefined; from += CHUNK) {
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

/** The same of some replicas, ascending. */
function findMovedAmong(
  { broker, partition }: ClusterModel,
  places: Places,
  replicas: Int32Array,
  found: number[],
): void {
  for (const r of replicas) {
    if (broker[r] !== places.broker[r] && found.at(-1) !== partition[r]!) found.push(partition[r]!);
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
  return exchanged(a, b, () => true);
}

/**
 * An ascending list with those of `some`, ascending as well, that belong to it and without the others of them. What lies between them is copied
 * as it is.
 */
function exchanged(
  list: Int32Array,
  some: Int32Array,
  belongs: (p: number) => boolean,
): Int32Array {
  const all = new Int32Array(list.length + some.length);
  let count = 0;
  let from = 0;
  for (let i = 0; i < some.length; i++) {
    const p = some[i]!;
    const to = placeIn(list, p, from);
    all.set(list.subarray(from, to), count);
    count += to - from;
    from = list[to] === p ? to + 1 : to;
    if (belongs(p)) all[count++] = p;
  }
  all.set(list.subarray(from), count);
  return all.subarray(0, count + list.length - from);
}

/** The first place from there on whose value is not below `value`. O(log n). */
function placeIn(list: Int32Array, value: number, from: number): number {
  let low = from;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What the model as it is now changes at home, from what the plan before changed. The MB take a rounding for each that was altered, as do the
 * sums that are carried along (`carried.ts`). A copy, and O(RF^2) a partition that is not as there.
 *
 * @param places with what that plan changed
 */
export function changesAfter(
  model: ClusterModel,
  places: Places,
  altered: Altered,
): Changes {
  const known = places.changes!;
  const home = placesAtHome(model);
  const isChanged = (p: number) => isElsewhere(model, p, model, home);
  return {
    partitions: exchanged(known.partitions, altered.moved, isChanged),
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

/** Changed partitions of topics of which any is not as before, ascending. */
export function ofAlteredTopics(model: ClusterModel, moved: Int32Array): Int32Array {
  const { partitionStart } = model.input;
  const home = placesAtHome(model);
  const found: number[] = [];
  let latest = -1;
  for (let i = 0; i < moved.length; i++) {
    const t = model.topic[moved[i]!]!;
    if (t === latest) continue;
    latest = t;
    for (let p = partitionStart[t]!; p < partitionStart[t + 1]!; p++) {
      if (isElsewhere(model, p, model, home)) found.push(p);
    }
  }
  return Int32Array.from(found);
}
