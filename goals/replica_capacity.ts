/**
 * A broker holds at most `max.replicas.per.broker` replicas (Cruise Control, ReplicaCapacityGoal).
 *
 * @module
 */
import { AXIS_REPLICAS } from "../model/cluster_model.ts";
import { prepareAxisGoal, UNDECIDED } from "./axis_goal.ts";
import type { Goal, GoalContext, Infeasible } from "./goal.ts";
import { recommendationText } from "./provision.ts";

/** See the file's head. */
export const replicaCapacityGoal: Goal = {
  name: "ReplicaCapacityGoal",
  hard: true,
  resources: [],
  prepare(context) {
    const { brokerCount } = context.model;
    const most = context.constraint.maxReplicasPerBroker;
    return prepareAxisGoal(context, {
      name: "ReplicaCapacityGoal",
      hard: true,
      limits: {
        axis: AXIS_REPLICAS,
        upper: new Float64Array(brokerCount).fill(most),
        lower: new Float64Array(brokerCount),
      },
      infeasible: () => tooMany(context),
      provision: () => UNDECIDED,
    });
  },
};

function tooMany(context: GoalContext): Infeasible | undefined {
  const most = context.constraint.maxReplicasPerBroker;
  const total = context.totals[AXIS_REPLICAS]!;
  const brokers = context.allowed.length;
  if (total <= most * brokers) return undefined;
  const reason =
    `${total} replicas are more than ${brokers} allowed brokers x ${most} (max.replicas.per.broker), ${
      total - most * brokers
    } too many`;
  if (most === 0) return { reason };
  const missing = Math.ceil(total / most) - brokers;
  return { reason, recommendation: recommendationText("UNDER_PROVISIONED", { brokers: missing }) };
}
