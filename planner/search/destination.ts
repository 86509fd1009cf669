/**
 * Where a replica should go.
 *
 * @module
 */
import { MAY_LEAD } from "../../model/cluster_model.ts";
import { isBlocked } from "./rules.ts";
import type { Search } from "./state.ts";

/** Which limits a destination must keep: those of all goals, of hard goals, or none but racks. */
export type LimitLevel = "joint" | "hard" | "none";

/**
 * Brokers that turn out not to take a replica before all others are asked: where racks are full nearly none takes it, and a look for
 * the next best after each of them costs the square of the brokers.
 */
export const REJECTED_MAX = 8;

/**
 * The broker that takes the replica best: least sum of its loads times the broker's `pull`, within limits, and no
 * other replica of the partition in the way. -1 when there is none. O(B), seldom more than once.
 *
 * `first` are the brokers that are looked at first, all others only when none of these takes it: the emptiest ones are a fraction of the
 * work in a large cluster. What fits least is only found among all, so that the last moves that bring a broker within its limits should look at all.
 */
export function bestDestination(
  search: Search,
  replica: number,
  level: LimitLevel,
  first: Int32Array = search.ranking.brokers,
): number {
  const { rejected, closed } = search;
  const { brokers } = search.ranking;
  const isJoint = level === "joint";
  search.steps++;
  if (isJoint && leavesTopicShort(search, replica)) return -1;
  const upper = isJoint ? search.upper : level === "hard" ? search.hardUpper : search.unlimited;
  const topicMost = isJoint ? topicUpperOf(search, replica) : Infinity;
  let among = first;
  let best = -1;
  let rejections = 0;
  for (;;) {
    best = leastPullWithin(search, replica, upper, among);
    if (best >= 0) {
      if (rejections > REJECTED_MAX || mayTake(search, replica, best, topicMost)) break;
      rejected[best] = 1;
      if (++rejections > REJECTED_MAX) rejectAll(search, replica, topicMost);
    } else if (among === brokers) break;
    else among = brokers;
  }
  if (rejections > 0) rejected.set(closed);
  return best;
}

/** Rejects all brokers that may not take the replica. */
function rejectAll(search: Search, replica: number, topicMost: number): void {
  const { rejected, ranking } = search;
  const from = search.model.broker[replica]!;
  for (const b of ranking.brokers) {
    if (rejected[b] !== 0 || b === from) continue;
    if (!mayTake(search, replica, b, topicMost)) rejected[b] = 1;
  }
}

/**
 * The broker with the least score within limits that was not rejected; -1 when there is none. Nothing but numbers in
 * this loop: with the questions of `mayTake` in it, it ran four times as long.
 */
function leastPullWithin(
  search: Search,
  replica: number,
  upper: Float64Array,
  brokers: Int32Array,
): number {
  const { pull, rejected, model } = search;
  const { sums, loads } = model;
  const from = model.broker[replica]!;
  const at = model.row[replica]! << 3;
  const disk = loads[at]!;
  const nwIn = loads[at | 1]!;
  const potential = loads[at | 4]!;
  let best = -1;
  let least = Infinity;
  for (let place = 0; place < brokers.length; place++) {
    const b = brokers[place]!;
    const o = b << 2;
    const score = disk * pull[o]! + nwIn * pull[o | 1]! + pull[o | 2]! + potential * pull[o | 3]!;
    if (score >= least) continue;
    const i = b << 3;
    if (sums[i]! + disk > upper[i]! || sums[i | 3]! + 1 > upper[i | 3]!) continue;
    if (sums[i | 1]! + nwIn > upper[i | 1]! || sums[i | 4]! + potential > upper[i | 4]!) continue;
    if (rejected[b] !== 0 || b === from) continue;
    best = b;
    least = score;
  }
  return best;
}

/** What a replica weighs on the pull of a broker: how much worse it makes the balance there. As in the loop above. */
export function burdenOn({ pull, model }: Search, replica: number, broker: number): number {
  const { loads, row } = model;
  const at = row[replica]! << 3;
  const o = broker << 2;
  return loads[at]! * pull[o]! + loads[at | 1]! * pull[o | 1]! + pull[o | 2]! +
    loads[at | 4]! * pull[o | 3]!;
}

/** Most replicas of its topic that a broker may hold. */
export function topicUpperOf({ model, topicUpper }: Search, replica: number): number {
  return topicUpper[model.topic[model.partition[replica]!]!]!;
}

/** Whether the broker of a replica would hold too few of the topic without it. */
export function leavesTopicShort(search: Search, replica: number): boolean {
  const { model, topicLower } = search;
  const t = model.topic[model.partition[replica]!]!;
  // Most topics want none on a broker: no look into the large matrix then.
  if (topicLower[t]! <= 0) return false;
  const cell = t * model.brokerCount + model.broker[replica]!;
  return model.topicReplicas[cell]! - 1 < topicLower[t]!;
}

/** Whether rules, topic and other replicas of the partition let a broker take a replica that is not on it. O(RF). */
export function mayTake(search: Search, replica: number, b: number, topicMost: number): boolean {
  const { model } = search;
  const p = model.partition[replica]!;
  if (model.topicReplicas[model.topic[p]! * model.brokerCount + b]! >= topicMost) return false;
  const leads = search.leadersNeedRight && model.leader[p] === replica;
  if (leads && (model.flags[b]! & MAY_LEAD) === 0) return false;
  if (search.hasOffline && model.offline[replica] === 1 && model.home[replica] === b) return false;
  return !isBlocked(search, replica, b) &&
    (search.guards.length === 0 || guardsAccept(search, replica, b));
}

/** Whether the goals that are not in the joined rows accept a move. */
export function guardsAccept(search: Search, replica: number, to: number): boolean {
  return search.guards.every((goal) =>
    goal.mayHold === undefined ? goal.moveDelta(replica, to) <= 0 : goal.mayHold(replica, to)
  );
}
