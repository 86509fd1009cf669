/**
 * Goals of Kafka assigner mode (Cruise Control, KafkaAssignerEvenRackAwareGoal and
 * KafkaAssignerDiskUsageDistributionGoal).
 *
 * @module
 */
import { AXIS_DISK, MAY_RECEIVE } from "../model/cluster_model.ts";
import { DISK } from "../model/metrics.ts";
import { prepareAxisGoal, UNDECIDED } from "./axis_goal.ts";
import { BALANCE_MARGIN } from "./context.ts";
import type { AxisLimits, Goal, GoalContext } from "./goal.ts";
import { rackAwareGoal } from "./rack_aware.ts";

/** The goals of Kafka assigner mode, in their order. */
export const KAFKA_ASSIGNER_GOALS = [
  "KafkaAssignerEvenRackAwareGoal",
  "KafkaAssignerDiskUsageDistributionGoal",
] as const;

/** Replicas of a partition are on different racks. */
export const kafkaAssignerEvenRackAwareGoal: Goal = {
  name: KAFKA_ASSIGNER_GOALS[0],
  hard: true,
  resources: [],
  prepare: (context) => ({
    ...rackAwareGoal.prepare(context),
    name: KAFKA_ASSIGNER_GOALS[0],
    provision: () => UNDECIDED,
  }),
};

/** Disk utilization of every alive broker is near that of the cluster. Missing it is no failure of the plan. */
export const kafkaAssignerDiskUsageDistributionGoal: Goal = {
  name: KAFKA_ASSIGNER_GOALS[1],
  hard: true,
  bestEffort: true,
  resources: [DISK],
  prepare: (context) =>
    prepareAxisGoal(context, {
      name: KAFKA_ASSIGNER_GOALS[1],
      hard: false,
      limits: limitsOf(context),
      infeasible: () => undefined,
      provision: () => UNDECIDED,
    }),
};

/** The threshold's multiplier for goal violations does not count here. */
function limitsOf(context: GoalContext): AxisLimits {
  const { model, constraint, totals } = context;
  let capacity = 0;
  for (const b of context.alive) capacity += model.input.brokers[b]!.capacity[DISK]!;
  const mean = capacity > 0 ? totals[AXIS_DISK]! / capacity : 0;
  const distance = (constraint.balanceThreshold[DISK]! - 1) * BALANCE_MARGIN;
  const upper = new Float64Array(model.brokerCount);
  const lower = new Float64Array(model.brokerCount);
  for (const b of context.alive) {
    const own = model.input.brokers[b]!.capacity[DISK]!;
    upper[b] = own * mean * (1 + distance);
    // What may not receive replicas cannot be filled.
    if ((model.flags[b]! & MAY_RECEIVE) !== 0) lower[b] = own * mean * Math.max(0, 1 - distance);
  }
  return { axis: AXIS_DISK, upper, lower };
}
