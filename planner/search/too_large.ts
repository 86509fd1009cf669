/**
 * Goals that one partition alone makes impossible: it is larger than any broker may hold.
 *
 * @module
 */
import type { PreparedGoal } from "../../goals/goal.ts";
import { followsLeadership } from "../../goals/axis_goal.ts";
import { AXIS_COUNT, AXIS_NW_OUT } from "../../model/cluster_model.ts";
import { leadingLoad } from "../../model/replica_axes.ts";
import type { Search } from "./state.ts";

/**
 * Whether some replica, or the least burdensome leader of some partition, is above the goal's limits on every broker
 * that is alive. O(R).
 */
export function hasTooLarge(search: Search, goal: PreparedGoal): boolean {
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
      const load = axis <= AXIS_NW_OUT ? model.loads[model.row[r]! * AXIS_COUNT + axis]! : 0;
      if (load > highest) return true;
      leastLeader = Math.min(leastLeader, load + leadingLoad(model, r, axis));
    }
    if (followsLeadership(axis) && leastLeader > highest) return true;
  }
  return false;
}
