/**
 * Brokers lead about the same number of partitions (Cruise Control, LeaderReplicaDistributionGoal).
 *
 * @module
 */
import { AXIS_LEADERS } from "../model/cluster_model.ts";
import { prepareAxisGoal, UNDECIDED } from "./axis_goal.ts";
import { countLimits } from "./count_distribution.ts";
import type { Goal } from "./goal.ts";
import { LEADER_COUNT_WIDTH } from "./width.ts";

/** See the file's head. */
export const leaderReplicaDistributionGoal: Goal = {
  name: "LeaderReplicaDistributionGoal",
  hard: false,
  resources: [],
  widths: [LEADER_COUNT_WIDTH],
  prepare: (context) =>
    prepareAxisGoal(context, {
      name: "LeaderReplicaDistributionGoal",
      hard: false,
      limits: countLimits(context, AXIS_LEADERS, context.constraint.leaderCountThreshold),
      infeasible: () => undefined,
      provision: () => UNDECIDED,
    }),
};
