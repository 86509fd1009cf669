/**
 * Finds a place for every replica that cannot stay: its broker or log dir is dead, or the broker is to be removed.
 *
 * @module
 */
import { canLead } from "../../../goals/preferred_leader_election.ts";
import { AXIS_COUNT, mustLeave } from "../../../model/cluster_model.ts";
import { bestDestination } from "../destination.ts";
import { leavingKind, NO_GOAL } from "../reasons.ts";
import { amongAllowed, promote, relocate, type Search } from "../state.ts";

/** Replicas handled between two yields. */
const CHUNK = 2000;

/** Moves them, largest first. What finds no broker at all stays and is reported by the caller. */
export function* evacuate(search: Search): Generator<void, void> {
  const { model } = search;
  const stranded = strandedReplicas(search);
  if (stranded.length === 0) return;
  const disk = (r: number) => model.loads[model.row[r]! * AXIS_COUNT]!;
  stranded.sort((a, b) => disk(b) - disk(a) || a - b);
  for (const [i, replica] of stranded.entries()) {
    handOverLeadership(search, replica);
    let to = destinationOf(search, replica);
    // New brokers come first, but what none of them may take is not left offline for that: other brokers take it.
    if (to < 0 && search.onlyToNew) {
      to = amongAllowed(search, () => destinationOf(search, replica));
    }
    if (to >= 0) {
      search.reasons.noteMove(replica, { goal: 0, kind: leavingKind(model, replica), value: 0 });
      relocate(search, replica, to);
    }
    if (i % CHUNK === CHUNK - 1) yield;
  }
}

function destinationOf(search: Search, replica: number): number {
  for (const level of ["joint", "hard", "none"] as const) {
    const to = bestDestination(search, replica, level);
    if (to >= 0) return to;
  }
  if (!search.passesShared) return -1;
  const guards = search.guards.filter(({ axisLimits }) => axisLimits === undefined);
  return bestDestination({ ...search, guards }, replica, "none");
}

function strandedReplicas(search: Search): number[] {
  const { model } = search;
  const stranded: number[] = [];
  for (const r of model.offlineReplicas) {
    if (mustLeave(model, r)) stranded.push(r);
  }
  return stranded;
}

/** An online follower leads at once, on an old broker too; a leader that arrives elsewhere has to copy everything first. */
function handOverLeadership(search: Search, replica: number): void {
  const { model } = search;
  const p = model.partition[replica]!;
  if (model.leader[p] !== replica) return;
  let best = -1;
  let bestLeaders = Infinity;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (r === replica || !canLead(search.context, r)) continue;
    const leaders = model.sums[model.broker[r]! * AXIS_COUNT + 6]!;
    if (leaders < bestLeaders) {
      best = r;
      bestLeaders = leaders;
    }
  }
  if (best < 0) return;
  search.reasons.noteLead(p, { goal: NO_GOAL, kind: leavingKind(model, replica), value: 0 });
  promote(search, p, best);
}
