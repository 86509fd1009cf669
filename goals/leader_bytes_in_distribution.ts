/**
 * No broker's leaders receive far more than the mean (Cruise Control, LeaderBytesInDistributionGoal). It has no
 * lower limit and no margin.
 *
 * @module
 */
import { AXIS_LEADER_IN } from "../model/cluster_model.ts";
import { NW_IN } from "../model/metrics.ts";
import { prepareAxisGoal, UNDECIDED } from "./axis_goal.ts";
import type { Goal } from "./goal.ts";
import { balanceWidth } from "./width.ts";

/** See the file's head. */
export const leaderBytesInDistributionGoal: Goal = {
  name: "LeaderBytesInDistributionGoal",
  hard: false,
  resources: [NW_IN],
  widths: [balanceWidth(NW_IN)],
  prepare(context) {
    const { model, constraint, allowed } = context;
    const mean = allowed.length > 0 ? context.totals[AXIS_LEADER_IN]! / allowed.length : 0;
    const upper = new Float64Array(model.brokerCount);
    for (let b = 0; b < model.brokerCount; b++) {
      upper[b] = Math.max(
        mean * constraint.balanceThreshold[NW_IN]!,
        constraint.lowUtilizationThreshold[NW_IN]! * model.input.brokers[b]!.capacity[NW_IN]!,
      );
    }
    return prepareAxisGoal(context, {
      name: "LeaderBytesInDistributionGoal",
      hard: false,
      limits: { axis: AXIS_LEADER_IN, upper, lower: new Float64Array(model.brokerCount) },
      infeasible: () => undefined,
      provision: () => UNDECIDED,
    });
  },
};
