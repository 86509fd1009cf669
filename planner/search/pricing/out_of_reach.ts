/**
 * Goals that no placement meets whatever becomes of all others: one partition is larger than any broker may hold, large ones are too
 * many or too few for brokers, or a broker that may lead nothing more lacks what only leaders bring.
 *
 * @module
 */
import type { PreparedGoal } from "../../../goals/goal.ts";
import { followsLeadership } from "../../../goals/axis_goal.ts";
import { MAY_LEAD } from "../../../model/cluster_model.ts";
import { followingLoad, leadingLoad } from "../../../model/replica_axes.ts";
import { areTooFewOrMany } from "./few_large.ts";
import type { Search } from "../state.ts";

/** Whether the goal is proven to be out of reach by partitions or a broker alone. O(R), and what large ones take. */
export function isOutOfReach(search: Search, goal: PreparedGoal): boolean {
  const limits = goal.axisLimits;
  return hasTooLarge(search, goal) || lacksLeaders(search, goal) ||
    (limits !== undefined && areTooFewOrMany(search, limits));
}

/**
 * Whether some replica, or the least burdensome leader of some partition, is above the goal's limits on every broker
 * that is alive.
 */
function hasTooLarge(search: Search, goal: PreparedGoal): boolean {
  const { model, context } = search;
  const limits = goal.axisLimits;
  if (limits === undefined) return false;
  let highest = -Infinity;
  for (const b of context.alive) highest = Math.max(highest, limits.upper[b]!);
  const { axis } = limits;
  for (let p = 0; p < model.partitionCount; p++) {
    let leastLeader = Infinity;
    const end = model.replicaStart[p + 1]!;
    for (let r = model.replicaStart[p]!; r < end; r++) {
      const load = followingLoad(model, r, axis);
      if (load > highest) return true;
      leastLeader = Math.min(leastLeader, load + leadingLoad(model, r, axis));
    }
    if (followsLeadership(axis) && leastLeader > highest) return true;
  }
  return false;
}

/** A broker has to lack more than this part of its limit: sums round away less. */
const LACK = 1e-6;

/**
 * Whether a broker that keeps the leaders it has and gets no other stays below the goal's lower limit, even with a
 * follower of every partition.
 */
function lacksLeaders({ model, context }: Search, goal: PreparedGoal): boolean {
  const limits = goal.axisLimits;
  if (limits === undefined || !followsLeadership(limits.axis)) return false;
  const { flags, partitionCount, replicaStart, home, homeLeader } = model;
  const { axis, lower } = limits;
  for (const b of context.alive) {
    if ((flags[b]! & MAY_LEAD) !== 0 || !(lower[b]! > 0)) continue;
    let most = 0;
    for (let p = 0; p < partitionCount; p++) {
      const leads = home[homeLeader[p]!] === b;
      let load = 0;
      for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
        const leading = leads ? leadingLoad(model, r, axis) : 0;
        load = Math.max(load, followingLoad(model, r, axis) + leading);
      }
      most += load;
    }
    if (most < lower[b]! * (1 - LACK)) return true;
  }
  return false;
}
