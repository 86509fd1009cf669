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
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { moveIsLegal } from "./legal.ts";
import { guardsAcceptLeader, LEADER_AXES } from "./leadership.ts";
import { mayLead, promote, relocate, type Search } from "./state.ts";
import { leadingLoad } from "../../model/replica_axes.ts";

/** Replicas looked at between two yields. */
const CHUNK = 10_000;

/** Largest replicas first, then leaders. */
export function* prune(search: Search): Generator<void, void> {
  const moved = movedBySize(search);
  yield;
  for (let from = 0; from < moved.length; from += CHUNK) {
    pruneMoves(search, moved.subarray(from, from + CHUNK));
    yield;
  }
  const { partitionCount } = search.model;
  for (let from = 0; from < partitionCount; from += CHUNK) {
    pruneLeaders(search, changedLeaders(search, from, Math.min(from + CHUNK, partitionCount)));
    yield;
  }
}

function pruneMoves(search: Search, moved: Int32Array): void {
  const { model } = search;
  for (let i = 0; i < moved.length; i++) {
    const replica = moved[i]!;
    search.steps++;
    if (fitsAtHome(search, replica) && moveIsLegal(search, replica, model.home[replica]!)) {
      relocate(search, replica, model.home[replica]!);
    }
  }
}

/** Size classes a factor of two: enough to give the large ones the first chance, and no sorting. */
const SIZE_CLASSES = 48;

/** Replicas away from home, larger size classes first. O(R). */
function movedBySize(search: Search): Int32Array {
  const { broker, home, loads, row, replicaCount } = search.model;
  const start = new Int32Array(SIZE_CLASSES + 1);
  const away = new Int32Array(replicaCount);
  const classes = new Uint8Array(replicaCount);
  let count = 0;
  for (let r = 0; r < replicaCount; r++) {
    if (broker[r] === home[r]) continue;
    const mb = Math.min(loads[row[r]! << 3]!, 2 ** 31);
    const size = SIZE_CLASSES - 1 - Math.min(SIZE_CLASSES - 1, 32 - Math.clz32(mb));
    start[size + 1]!++;
    classes[count] = size;
    away[count++] = r;
  }
  for (let i = 0; i < SIZE_CLASSES; i++) start[i + 1]! += start[i]!;
  const moved = new Int32Array(count);
  for (let i = 0; i < count; i++) moved[start[classes[i]!]!++] = away[i]!;
  return moved;
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
