/**
 * Takes back what turned out not to be needed: replicas go home, leaders go home, as long as no limit breaks.
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK } from "../../model/cluster_model.ts";
import { moveIsLegal } from "./legal.ts";
import { LEADER_AXES } from "./leadership.ts";
import { mayLead, promote, relocate, type Search } from "./state.ts";
import { addReplica } from "./violation.ts";
import { leadingLoad } from "../../model/replica_axes.ts";

/** Replicas looked at between two yields. */
const CHUNK = 20000;

/** Largest replicas first, then leaders. */
export function* prune(search: Search): Generator<void, void> {
  const { model } = search;
  const moved = movedBySize(search);
  yield;
  const change = new Float64Array(AXIS_COUNT);
  for (const [i, replica] of moved.entries()) {
    search.steps++;
    change.fill(0);
    addReplica(search, change, replica, 1);
    const home = model.home[replica]!;
    if (fits(search, model.broker[replica]!, home, change) && moveIsLegal(search, replica, home)) {
      relocate(search, replica, home);
    }
    if (i % CHUNK === CHUNK - 1) yield;
  }
  yield* pruneLeaders(search);
}

/** Size classes a factor of two: enough to give the large ones the first chance, and no sorting. */
const SIZE_CLASSES = 48;

/** Replicas away from home, larger size classes first. O(R). */
function movedBySize(search: Search): Int32Array {
  const { broker, home, loads, row, replicaCount } = search.model;
  const sizeClass = (r: number) => {
    const mb = loads[row[r]! * AXIS_COUNT + AXIS_DISK]!;
    return SIZE_CLASSES - 1 - Math.min(SIZE_CLASSES - 1, 32 - Math.clz32(Math.min(mb, 2 ** 31)));
  };
  const start = new Int32Array(SIZE_CLASSES + 1);
  for (let r = 0; r < replicaCount; r++) if (broker[r] !== home[r]) start[sizeClass(r) + 1]!++;
  for (let i = 0; i < SIZE_CLASSES; i++) start[i + 1]! += start[i]!;
  const moved = new Int32Array(start[SIZE_CLASSES]!);
  for (let r = 0; r < replicaCount; r++) {
    if (broker[r] !== home[r]) moved[start[sizeClass(r)]!++] = r;
  }
  return moved;
}

/** The destination stays under its upper limits and the source above its lower ones. */
function fits(search: Search, from: number, to: number, change: Float64Array): boolean {
  const { upper, lower, model } = search;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const load = change[axis]!;
    if (load === 0) continue;
    const target = to * AXIS_COUNT + axis;
    const source = from * AXIS_COUNT + axis;
    if (model.sums[target]! + load > upper[target]!) return false;
    if (lower[source]! > 0 && model.sums[source]! - load < lower[source]!) return false;
  }
  return true;
}

function* pruneLeaders(search: Search): Generator<void, void> {
  const { model } = search;
  for (let p = 0; p < model.partitionCount; p++) {
    if (p % CHUNK === CHUNK - 1) yield;
    const home = model.homeLeader[p]!;
    if (model.leader[p] === home || !mayLead(search, home)) continue;
    search.steps++;
    if (!leaderFits(search, p, home)) continue;
    if (search.guards.every((goal) => goal.leadDelta(p, home) <= 0)) promote(search, p, home);
  }
}

function leaderFits(search: Search, p: number, replica: number): boolean {
  const { model } = search;
  const old = model.leader[p]!;
  for (const axis of LEADER_AXES) {
    const target = model.broker[replica]! * AXIS_COUNT + axis;
    const source = model.broker[old]! * AXIS_COUNT + axis;
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
