/**
 * Takes back what turned out not to be needed: replicas go home, leaders go home, as long as no limit breaks.
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
  type ClusterModel,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { moveIsLegal } from "./legal.ts";
import { guardsAcceptLeader, LEADER_AXES } from "./leadership.ts";
import { mayLead, promote, relocate, type Search } from "./state.ts";
import { leadingLoad, replicaMb } from "../../model/replica_axes.ts";

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

/** Two passes in the order of replicas. O(R). */
function* awayBySize({ model }: Search): Generator<void, Away, void> {
  const { home, replicaCount } = model;
  const start = new Int32Array(SIZE_CLASSES + 1);
  const found = new Int32Array(replicaCount);
  let count = 0;
  for (let from = 0; from < replicaCount; from += SCAN_CHUNK) {
    const to = Math.min(from + SCAN_CHUNK, replicaCount);
    count = findAway(model, { from, to, found, count, start });
    yield;
  }
  for (let i = 0; i < SIZE_CLASSES; i++) start[i + 1]! += start[i]!;
  const away: Away = {
    replica: new Int32Array(count),
    home: new Int32Array(count),
    mb: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    if (i % CHUNK === CHUNK - 1) yield;
    const r = found[i]!;
    const place = start[sizeClass(model, r)]!++;
    away.replica[place] = r;
    away.home[place] = home[r]!;
    away.mb[place] = replicaMb(model, r);
  }
  return away;
}

/** Appends the replicas of a range that are away, and counts them by size class; returns how many are found by then. */
function findAway(
  model: ClusterModel,
  into: { from: number; to: number; found: Int32Array; count: number; start: Int32Array },
): number {
  const { broker, home } = model;
  const { to, found, start } = into;
  let { count } = into;
  for (let r = into.from; r < to; r++) {
    if (broker[r] === home[r]) continue;
    start[sizeClass(model, r) + 1]!++;
    found[count++] = r;
  }
  return count;
}

/** 0 = the largest. */
function sizeClass(model: ClusterModel, replica: number): number {
  const mb = Math.min(replicaMb(model, replica), 2 ** 31);
  return SIZE_CLASSES - 1 - Math.min(SIZE_CLASSES - 1, 32 - Math.clz32(mb));
}

/** Home stays under its upper limits and the source above its lower ones. */
function fitsAtHome(search: Search, replica: number): boolean {
  const { loads, row, leader, partition, broker, home } = search.model;
  const at = row[replica]! << 3;
  const from = broker[replica]! << 3;
  const to = home[replica]! << 3;
  const leads = leader[partition[replica]!] === replica;
  for (let axis = 0; axis <= AXIS_NW_OUT; axis++) {
    let load = loads[at | axis]!;
    if (leads && axis === AXIS_CPU) load += loads[at | ROW_LEADER_CPU]!;
    if (leads && axis === AXIS_NW_OUT) load += loads[at | AXIS_POTENTIAL_OUT]!;
    if (!shiftFits(search, { from: from | axis, to: to | axis, load })) return false;
  }
  if (!leads) return true;
  const nwIn = loads[at | AXIS_NW_IN]!;
  return shiftFits(search, { from: from | AXIS_LEADERS, to: to | AXIS_LEADERS, load: 1 }) &&
    shiftFits(search, { from: from | AXIS_LEADER_IN, to: to | AXIS_LEADER_IN, load: nwIn });
}

function shiftFits(search: Search, shift: { from: number; to: number; load: number }): boolean {
  const { upper, lower } = search;
  const { sums } = search.model;
  const { from, to, load } = shift;
  if (load === 0) return true;
  if (sums[to]! + load > upper[to]!) return false;
  return lower[from]! <= 0 || sums[from]! - load >= lower[from]!;
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
  const old = model.leader[p]!;
  for (const axis of LEADER_AXES) {
    const target = model.broker[replica]! << 3 | axis;
    const source = model.broker[old]! << 3 | axis;
    // A leader may cost less CPU than a follower where loads were given so: either side may gain.
    if (!keepsLimits(search, target, leadingLoad(model, replica, axis))) return false;
    if (!keepsLimits(search, source, -leadingLoad(model, old, axis))) return false;
  }
  return true;
}

/** Whether a sum stays within the limit that the change moves it to; `i` = broker x axis. */
function keepsLimits(search: Search, i: number, change: number): boolean {
  const sum = search.model.sums[i]! + change;
  if (change > 0) return sum <= search.upper[i]!;
  return change === 0 || search.lower[i]! <= 0 || sum >= search.lower[i]!;
}
