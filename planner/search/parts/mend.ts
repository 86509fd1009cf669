/**
 * Where not everything can be healed: what single moves and changes of leaders can do all the same, looked for one by one within
 * hard limits. Those of the other goals are kept where that is possible.
 *
 * @module
 */
import { replicasOnRack, sharingPartitions } from "../../../goals/rack_aware.ts";
import { AXIS_COUNT, mustLeave } from "../../../model/cluster_model.ts";
import { listsOf } from "../../../model/lists.ts";
import { leadingLoad, replicaLoad } from "../../../model/replica_axes.ts";
import { burdenOn, mayTake } from "../destination.ts";
import { isAboveHard, keepsShared, keepsWithin } from "../legal.ts";
import { guardsAcceptLeader, LEADER_AXES, noteLeadReason } from "./leadership.ts";
import { leavingKind, NO_GOAL, REASON } from "../reasons.ts";
import { amongAllowed, promote, relocate, type Search } from "../state.ts";
import { mayLead } from "../rules.ts";
import { exceededGoal } from "../goal_of_limit.ts";

/** Partitions, or offline replicas, looked at between two yields. */
const CHUNK = 1000;
/** Replicas of a broker in a row that fit nowhere, after which the rest is not asked: where all are full none fits. */
const MISFITS_MAX = 500;

/** Finds a place for what is offline, parts what shares a rack, and relieves brokers above hard limits. */
export function* mend(search: Search): Generator<void, void> {
  const free: Search = { ...search, onlyImmigrants: false };
  // Beside another one on its rack nothing offline is placed, although what is online may move there.
  free.racksAreDone = false;
  yield* placeOffline(free);
  free.racksAreDone = search.racksAreDone;
  yield* partSharing(free);
  for (const b of free.context.alive) {
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      if (!isAboveHard(free, b, axis)) continue;
      if (LEADER_AXES.some((one) => one === axis)) handLeadership(free, b, axis);
      relieve(free, b, axis);
      yield;
    }
  }
  search.steps = free.steps;
}

function* placeOffline(search: Search): Generator<void, void> {
  const { model } = search;
  for (const [i, r] of model.offlineReplicas.entries()) {
    if (i % CHUNK === CHUNK - 1) yield;
    if (!mustLeave(model, r) || model.pinned[model.partition[r]!] === 1) continue;
    if (model.leader[model.partition[r]!] === r) {
      leadElsewhere(search, r, { goal: NO_GOAL, kind: leavingKind(model, r), value: 0 });
    }
    let to = hardDestination(search, r);
    if (to < 0 && search.onlyToNew) {
      to = amongAllowed(search, () => hardDestination(search, r));
    }
    if (to < 0) continue;
    search.reasons.noteMove(r, { goal: 0, kind: leavingKind(model, r), value: 0 });
    relocate(search, r, to);
  }
}

function* partSharing(search: Search): Generator<void, void> {
  if (!search.racksDiffer) return;
  const { model } = search;
  const sharing = sharingPartitions(model);
  for (const [i, p] of sharing.entries()) {
    if (i % CHUNK === CHUNK - 1) yield;
    if (model.pinned[p] === 0) spreadOut(search, p);
  }
}

/** Moves replicas of a partition to racks that hold fewer of it, as far as hard limits allow. */
export function spreadOut(search: Search, p: number): void {
  const { model } = search;
  const goal = search.goals.findIndex((candidate) => candidate.racksDiffer === true);
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    const others = replicasOnRack(model, r, model.broker[r]!);
    if (others === 0) continue;
    const to = hardDestination(search, r, (b) => replicasOnRack(model, r, b) < others);
    if (to < 0) continue;
    search.reasons.noteMove(r, { goal, kind: REASON.rack, value: 0 });
    relocate(search, r, to);
  }
}

/** Lets replicas elsewhere lead what the broker leads, most first, as long as it is above the limit. */
function handLeadership(search: Search, broker: number, axis: number): void {
  const { model } = search;
  const led = replicasOn(search, broker).filter((r) =>
    model.leader[model.partition[r]!] === r && model.pinned[model.partition[r]!] === 0
  );
  const load = (r: number) => leadingLoad(model, r, axis);
  for (const r of led.sort((a, b) => load(b) - load(a) || a - b)) {
    if (load(r) <= 0 || !isAboveHard(search, broker, axis)) return;
    leadElsewhere(search, r);
  }
}

/** Lets another replica lead, within hard limits; the reason follows from limits where none is given. */
function leadElsewhere(
  search: Search,
  leader: number,
  reason?: Parameters<Search["reasons"]["noteLead"]>[1],
): void {
  const { model, hardUpper } = search;
  const p = model.partition[leader]!;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    search.steps++;
    if (r === leader || !mayLead(search, r) || !guardsAcceptLeader(search, p, r)) continue;
    const at = model.broker[r]! * AXIS_COUNT;
    const fits = LEADER_AXES.every((axis) => {
      const load = leadingLoad(model, r, axis);
      return load <= 0 || model.sums[at + axis]! + load <= hardUpper[at + axis]!;
    });
    if (
      !fits ||
      !keepsShared(search, model.broker[r]!, (isDone) => promote(search, p, isDone ? r : leader))
    ) {
      continue;
    }
    if (reason === undefined) noteLeadReason(search, p, r);
    else search.reasons.noteLead(p, reason);
    promote(search, p, r);
    return;
  }
}

/** First what is no more than too much, largest first; then the smallest that brings the broker within its limit. */
function relieve(search: Search, broker: number, axis: number): void {
  const { model, hardUpper } = search;
  const at = broker * AXIS_COUNT + axis;
  const load = (r: number) => replicaLoad(model, r, axis);
  const excess = () => model.sums[at]! - hardUpper[at]!;
  const most = mostRoom(search, axis);
  const own = replicasOn(search, broker).filter((r) =>
    load(r) > 0 && load(r) <= most && model.pinned[model.partition[r]!] === 0
  ).sort((a, b) => load(b) - load(a) || a - b);
  let misfits = 0;
  for (const isLast of [false, true]) {
    for (const r of isLast ? own.reverse() : own) {
      if (excess() <= 0 || misfits > MISFITS_MAX) return;
      if (model.broker[r] !== broker || (load(r) > excess()) !== isLast) continue;
      const to = hardDestination(search, r);
      if (to < 0) {
        misfits++;
        continue;
      }
      misfits = 0;
      const goal = exceededGoal(search, broker, axis);
      search.reasons.noteMove(r, { goal, kind: REASON.sourceOut, value: model.sums[at]! });
      relocate(search, r, to);
    }
  }
}

/** Most that any broker may receive on an axis. */
function mostRoom({ model, hardUpper, ranking }: Search, axis: number): number {
  let most = 0;
  for (const b of ranking.brokers) {
    const at = b * AXIS_COUNT + axis;
    most = Math.max(most, hardUpper[at]! - model.sums[at]!);
  }
  return most;
}

function replicasOn({ model }: Search, broker: number): number[] {
  const { lists, listLength } = listsOf(model);
  return Array.from(lists[broker]!.subarray(0, listLength[broker]!));
}

/**
 * The broker of least pull that takes the replica within all limits, else within hard ones, of what only leaders bring, too; -1 when there
 * is none. O(B).
 */
function hardDestination(
  search: Search,
  replica: number,
  isWanted: (broker: number) => boolean = () => true,
): number {
  const { model, ranking, hardUpper, upper } = search;
  const loads = Float64Array.from(
    { length: AXIS_COUNT },
    (_, axis) => replicaLoad(model, replica, axis),
  );
  const from = model.broker[replica]!;
  const best = { broker: -1, isWithin: false, score: Infinity };
  search.steps++;
  for (const b of ranking.brokers) {
    if (b === from || !keepsWithin(search, hardUpper, b, loads)) continue;
    const isWithin = keepsWithin(search, upper, b, loads);
    if (best.isWithin && !isWithin) continue;
    const score = burdenOn(search, replica, b);
    if (isWithin === best.isWithin && score >= best.score) continue;
    if (!mayTake(search, replica, b, Infinity) || !isWanted(b)) continue;
    if (!keepsShared(search, b, (isDone) => relocate(search, replica, isDone ? b : from))) continue;
    Object.assign(best, { broker: b, isWithin, score });
  }
  return best.broker;
}
