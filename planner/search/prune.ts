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
  const moved: number[] = [];
  for (let r = 0; r < model.replicaCount; r++) {
    if (model.broker[r] !== model.home[r]) moved.push(r);
  }
  const mb = (r: number) => model.loads[model.row[r]! * AXIS_COUNT + AXIS_DISK]!;
  moved.sort((a, b) => mb(b) - mb(a) || a - b);
  yield;
  const change = new Float64Array(AXIS_COUNT);
  for (const [i, replica] of moved.entries()) {
    search.steps++;
    change.fill(0);
    addReplica(search, change, { replica, sign: 1 });
    const home = model.home[replica]!;
    if (fits(search, model.broker[replica]!, home, change) && moveIsLegal(search, replica, home)) {
      relocate(search, replica, home);
    }
    if (i % CHUNK === CHUNK - 1) yield;
  }
  yield* pruneLeaders(search);
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
  const { model, upper, lower } = search;
  const old = model.leader[p]!;
  for (const axis of LEADER_AXES) {
    const target = model.broker[replica]! * AXIS_COUNT + axis;
    const source = model.broker[old]! * AXIS_COUNT + axis;
    const less = model.sums[source]! - leadingLoad(model, old, axis);
    if (model.sums[target]! + leadingLoad(model, replica, axis) > upper[target]!) return false;
    if (lower[source]! > 0 && less < lower[source]!) return false;
  }
  return true;
}
