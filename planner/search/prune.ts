/**
 * Takes back what turned out not to be needed: replicas go home, leaders go home, as long as no limit breaks.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_LEADERS,
  AXIS_REPLICAS,
  type ClusterModel,
} from "../../model/cluster_model.ts";
import { moveIsLegal } from "./legal.ts";
import { guardsAcceptLeader, LEADER_AXES } from "./leadership.ts";
import { mayLead, promote, relocate, type Search } from "./state.ts";
import { leadingLoad } from "../../model/replica_axes.ts";

/** Replicas looked at between two yields. */
const CHUNK = 10_000;
/** Replicas of which only the brokers are looked at between two yields. */
const SCAN_CHUNK = 200_000;

/** Replicas away from home, larger size classes first. All arrays by place in that order. */
interface Away {
  readonly replica: Int32Array;
  /** What the first look at each needs, side by side: from the model it would be read at random. */
  readonly home: Int32Array;
  readonly mb: Float64Array;
}

/** Largest replicas first, then leaders. */
export function* prune(search: Search): Generator<void, void> {
  const away = yield* awayBySize(search);
  yield;
  for (let from = 0; from < away.replica.length; from += CHUNK) {
    pruneMoves(search, away, { from, to: Math.min(from + CHUNK, away.replica.length) });
    yield;
  }
  const { partitionCount } = search.model;
  for (let from = 0; from < partitionCount; from += CHUNK) {
    pruneLeaders(search, changedLeaders(search, from, Math.min(from + CHUNK, partitionCount)));
    yield;
  }
}

function pruneMoves(search: Search, away: Away, range: { from: number; to: number }): void {
  const { upper } = search;
  const { sums } = search.model;
  const { replica, home, mb } = away;
  const { from, to } = range;
  search.steps += to - from;
  for (let i = from; i < to; i++) {
    const at = home[i]! << 3;
    // Most homes are full, by bytes or by count.
    if (sums[at]! + mb[i]! > upper[at]! && mb[i] !== 0) continue;
    if (sums[at | AXIS_REPLICAS]! + 1 > upper[at | AXIS_REPLICAS]!) continue;
    const r = replica[i]!;
    if (fitsAtHome(search, r) && moveIsLegal(search, r, home[i]!)) relocate(search, r, home[i]!);
  }
}

/** Size classes a factor of two: enough to give the large ones the first chance, and no sorting. */
const SIZE_CLASSES = 48;

/** Two passes: one finds and counts in the order of replicas, one puts them in their classes. O(R). */
function* awayBySize({ model }: Search): Generator<void, Away, void> {
  const { replicaCount } = model;
  const found: Found = {
    replica: new Int32Array(replicaCount),
    start: new Int32Array(SIZE_CLASSES + 1),
  };
  let count = 0;
  for (let from = 0; from < replicaCount; from += SCAN_CHUNK) {
    const to = Math.min(from + SCAN_CHUNK, replicaCount);
    count = findAway(model, found, { from, to, count });
    yield;
  }
  for (let i = 0; i < SIZE_CLASSES; i++) found.start[i + 1]! += found.start[i]!;
  const away: Away = {
    replica: new Int32Array(count),
    home: new Int32Array(count),
    mb: new Float64Array(count),
  };
  for (let from = 0; from < count; from += SCAN_CHUNK) {
    putInOrder(model, away, { ...found, from, to: Math.min(from + SCAN_CHUNK, count) });
    yield;
  }
  return away;
}

/** Replicas away from home in their order. Loops over them are functions of their own: V8 does not optimize generators. */
interface Found {
  readonly replica: Int32Array;
  /** By size class, how many there are in the class before; later, the first free place. */
  readonly start: Int32Array;
}

/** Appends the replicas of a range that are away, and counts them by size class; returns how many are found by then. */
function findAway(
  { broker, home, loads, row }: ClusterModel,
  { replica, start }: Found,
  range: { from: number; to: number; count: number },
): number {
  const { to } = range;
  let { count } = range;
  for (let r = range.from; r < to; r++) {
    if (broker[r] === home[r]) continue;
    start[sizeClass(loads[row[r]! << 3]!) + 1]!++;
    replica[count++] = r;
  }
  return count;
}

/** Puts those found from `from` to `to` into their classes. */
function putInOrder(
  { home, loads, row }: ClusterModel,
  away: Away,
  { replica, start, from, to }: Found & { from: number; to: number },
): void {
  for (let i = from; i < to; i++) {
    const r = replica[i]!;
    const mb = loads[row[r]! << 3]!;
    const place = start[sizeClass(mb)]!++;
    away.replica[place] = r;
    away.home[place] = home[r]!;
    away.mb[place] = mb;
  }
}

/** 0 = the largest. */
function sizeClass(mb: number): number {
  return SIZE_CLASSES - 1 - Math.min(SIZE_CLASSES - 1, 32 - Math.clz32(Math.min(mb, 2 ** 31)));
}

/** Home stays under its upper limits and the source above its lower ones. */
function fitsAtHome(search: Search, replica: number): boolean {
  const { upper, lower } = search;
  const { sums, loads, row, leader, partition, broker, home } = search.model;
  const at = row[replica]! << 3;
  const from = broker[replica]! << 3;
  const to = home[replica]! << 3;
  const leads = leader[partition[replica]!] === replica;
  const axes = leads ? AXIS_COUNT : AXIS_LEADERS;
  for (let axis = 0; axis < axes; axis++) {
    let load = axis < AXIS_LEADERS ? loads[at | axis]! : 0;
    if (leads) load += leadingLoad(search.model, replica, axis);
    if (load === 0) continue;
    if (sums[to | axis]! + load > upper[to | axis]!) return false;
    const least = lower[from | axis]!;
    if (least > 0 && sums[from | axis]! - load < least) return false;
  }
  return true;
}

function changedLeaders(search: Search, from: number, to: number): number[] {
  const { leader, homeLeader } = search.model;
  const changed: number[] = [];
  for (let p = from; p < to; p++) if (leader[p] !== homeLeader[p]) changed.push(p);
  return changed;
}

function pruneLeaders(search: Search, changed: readonly number[]): void {
  for (const p of changed) {
    const home = search.model.homeLeader[p]!;
    if (!mayLead(search, home)) continue;
    search.steps++;
    if (leaderFits(search, p, home) && guardsAcceptLeader(search, p, home)) {
      promote(search, p, home);
    }
  }
}

function leaderFits(search: Search, p: number, replica: number): boolean {
  const { model } = search;
  const { broker } = model;
  const old = model.leader[p]!;
  const target = broker[replica]! << 3;
  const source = broker[old]! << 3;
  for (let k = 0; k < LEADER_AXES.length; k++) {
    const axis = LEADER_AXES[k]!;
    // A leader may cost less CPU than a follower where loads were given so: either side may gain.
    if (!keepsLimits(search, target | axis, leadingLoad(model, replica, axis))) return false;
    if (!keepsLimits(search, source | axis, -leadingLoad(model, old, axis))) return false;
  }
  return true;
}

/** Whether a sum stays within the limit that the change moves it to; `i` = broker x axis. */
function keepsLimits(search: Search, i: number, change: number): boolean {
  const sum = search.model.sums[i]! + change;
  if (change > 0) return sum <= search.upper[i]!;
  return change === 0 || search.lower[i]! <= 0 || sum >= search.lower[i]!;
}
