/**
 * Hands leadership to preferred replicas, and off demoted brokers and log dirs, where that goal is asked for.
 *
 * @module
 */
import { wantsOtherLeader } from "../../../goals/preferred_leader_election.ts";
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { leadingLoad } from "../../../model/replica_axes.ts";
import { LEADER_AXES } from "./leadership.ts";
import { REASON } from "../reasons.ts";
import { promote, type Search } from "../state.ts";
import { mayLead } from "../rules.ts";

/** Partitions looked at between two yields. */
const CHUNK = 20000;

/** One pass over the partitions. Does nothing unless PreferredLeaderElectionGoal is planned for. */
export function* elect(search: Search): Generator<void, void> {
  const { model } = search;
  const goal = search.goals.findIndex(({ name }) => name === "PreferredLeaderElectionGoal");
  if (goal < 0) return;
  const earlier = search.goals.slice(0, goal).filter((other) => !search.hopeless.has(other));
  for (let p = 0; p < model.partitionCount; p++) {
    if (p % CHUNK === CHUNK - 1) yield;
    if (!wantsOtherLeader(search.context, p, { leader: model.leader[p]! })) continue;
    const next = successor(search, p);
    if (next < 0 || earlier.some((other) => other.leadDelta(p, next) > 0)) continue;
    search.reasons.noteLead(p, { goal, kind: REASON.preferred, value: 0 });
    promote(search, p, next);
  }
}

/** The first replica when it may lead; otherwise the one whose broker has most room for leading. -1 = none. */
function successor(search: Search, p: number): number {
  const { model } = search;
  const first = model.replicaStart[p]!;
  if (model.leader[p] !== first && mayLead(search, first)) return first;
  let best = -1;
  let bestScore = Infinity;
  for (let r = first; r < model.replicaStart[p + 1]!; r++) {
    search.steps++;
    if (r === model.leader[p] || !mayLead(search, r)) continue;
    let score = 0;
    for (const axis of LEADER_AXES) {
      const i = model.broker[r]! * AXIS_COUNT + axis;
      const after = model.sums[i]! + leadingLoad(model, r, axis);
      if (search.target[i]! > 0) score += (after / search.target[i]!) ** 2;
    }
    if (score >= bestScore) continue;
    best = r;
    bestScore = score;
  }
  return best;
}
