/**
 * Where a replica should go.
 *
 * @module
 */
import { AXIS_COUNT, MAY_LEAD } from "../../model/cluster_model.ts";
import { isBlocked, type Search } from "./state.ts";

/** Which limits a destination must keep: those of all goals, of hard goals, or none but racks. */
export type LimitLevel = "joint" | "hard" | "none";

/**
 * The broker that takes the replica best: least sum of its loads times the broker's gradient, within limits, and no
 * other replica of the partition in the way. -1 when there is none. O(destinations).
 *
 * All destinations are looked at each time: short lists of the emptiest ones were measured to lose the swaps that
 * a half-size broker needs, and to gain under 10 %.
 */
export function bestDestination(search: Search, replica: number, level: LimitLevel): number {
  const { model, destinations, gradient, topicUpper, topicLower, guards } = search;
  const { sums, loads, row, topicReplicas, brokerCount, flags, home } = model;
  const from = model.broker[replica]!;
  const at = row[replica]! * AXIS_COUNT;
  const disk = loads[at]!;
  const nwIn = loads[at + 1]!;
  const potential = loads[at + 4]!;
  const upper = level === "joint" ? search.upper : search.hardUpper;
  const limited = level !== "none";
  const p = model.partition[replica]!;
  const needsLead = search.leadersNeedRight && model.leader[p] === replica;
  const cell = model.topic[p]! * brokerCount;
  const topicMost = level === "joint" ? topicUpper[model.topic[p]!]! : 2 ** 31 - 1;
  search.steps++;
  if (level === "joint" && topicReplicas[cell + from]! - 1 < topicLower[model.topic[p]!]!) {
    return -1;
  }
  const noHome = model.offline[replica] === 1 ? home[replica]! : -1;
  let best = -1;
  let bestScore = Infinity;
  for (let i = 0; i < destinations.length; i++) {
    const b = destinations[i]!;
    const o = b * AXIS_COUNT;
    const score = disk * gradient[o]! + nwIn * gradient[o + 1]! + gradient[o + 3]! +
      potential * gradient[o + 4]!;
    if (score >= bestScore || b === from) continue;
    if (limited) {
      if (sums[o]! + disk > upper[o]! || sums[o + 3]! + 1 > upper[o + 3]!) continue;
      if (sums[o + 1]! + nwIn > upper[o + 1]! || sums[o + 4]! + potential > upper[o + 4]!) continue;
      if (topicReplicas[cell + b]! >= topicMost) continue;
    }
    if ((needsLead && (flags[b]! & MAY_LEAD) === 0) || b === noHome) continue;
    if (isBlocked(search, replica, b)) continue;
    if (guards.length > 0 && !guardsAccept(search, replica, b)) continue;
    best = b;
    bestScore = score;
  }
  return best;
}

/** Whether the goals that are not in the joined rows accept a move. */
export function guardsAccept(search: Search, replica: number, to: number): boolean {
  return search.guards.every((goal) =>
    goal.mayHold === undefined ? goal.moveDelta(replica, to) <= 0 : goal.mayHold(replica, to)
  );
}
