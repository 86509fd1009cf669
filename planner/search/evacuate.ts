/**
 * Finds a place for every replica that cannot stay: its broker or log dir is dead, or the broker is to be removed.
 *
 * @module
 */
import { AXIS_COUNT, mustLeave } from "../../model/cluster_model.ts";
import { bestDestination } from "./destination.ts";
import { NO_GOAL, REASON } from "./reasons.ts";
import { mayLead, promote, relocate, type Search } from "./state.ts";

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
    let to = bestDestination(search, replica, "joint");
    if (to < 0) to = bestDestination(search, replica, "hard");
    if (to < 0) to = bestDestination(search, replica, "none");
    if (to >= 0) {
      search.reasons.noteMove(replica, { goal: 0, kind: REASON.offline, value: 0 });
      relocate(search, replica, to);
    }
    if (i % CHUNK === CHUNK - 1) yield;
  }
}

function strandedReplicas(search: Search): number[] {
  const { model } = search;
  const stranded: number[] = [];
  for (let r = model.offline.indexOf(1); r >= 0; r = model.offline.indexOf(1, r + 1)) {
    if (mustLeave(model, r)) stranded.push(r);
  }
  return stranded;
}

/** An online follower leads at once; a leader that arrives elsewhere first has to copy everything. */
function handOverLeadership(search: Search, replica: number): void {
  const { model } = search;
  const p = model.partition[replica]!;
  if (model.leader[p] !== replica) return;
  let best = -1;
  let bestLeaders = Infinity;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (r === replica || !mayLead(search, r)) continue;
    const leaders = model.sums[model.broker[r]! * AXIS_COUNT + 6]!;
    if (leaders < bestLeaders) {
      best = r;
      bestLeaders = leaders;
    }
  }
  if (best < 0) return;
  search.reasons.noteLead(p, { goal: NO_GOAL, kind: REASON.offline, value: 0 });
  promote(search, p, best);
}
