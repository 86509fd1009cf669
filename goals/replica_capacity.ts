/**
 * A broker holds at most `max.replicas.per.broker` replicas (Cruise Control, ReplicaCapacityGoal).
 *
 * @module
 */
import { AXIS_REPLICAS } from "../model/cluster_model.ts";
import { mayKeep } from "./context.ts";
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
    const upper = new Float64Array(brokerCount).fill(most);
    return prepareAxisGoal(context, {
      name: "ReplicaCapacityGoal",
      hard: true,
      limits: { axis: AXIS_REPLICAS, upper, lower: new Float64Array(brokerCount) },
      infeasible: () => tooMany(context, mayKeep(context, { axis: AXIS_REPLICAS, upper })),
      provision: () => UNDECIDED,
    });
  },
};

/** `kept`: replicas that brokers keep which may receive none. */
function tooMany(context: GoalContext, kept: number): Infeasible | undefined {
  const most = context.constraint.maxReplicasPerBroker;
  const total = context.totals[AXIS_REPLICAS]!;
  const brokers = context.allowed.length;
  const surplus = total - most * brokers - kept;
  if (surplus <= 0) return undefined;
  const others = kept > 0 ? ` and ${kept} that others may keep` : "";
  const reason =
    `${total} replicas are more than ${brokers} allowed brokers x ${most} (max.replicas.per.broker)${others}, ${surplus} too many`;
  if (most === 0) return { reason };
  const missing = Math.ceil(surplus / most);
  return { reason, recommendation: recommendationText("UNDER_PROVISIONED", { brokers: missing }) };
}
