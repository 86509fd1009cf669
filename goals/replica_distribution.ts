/**
 * Brokers hold about the same number of replicas (Cruise Control, ReplicaDistributionGoal).
 *
 * @module
 */
import { AXIS_COUNT, AXIS_REPLICAS } from "../model/cluster_model.ts";
import { prepareAxisGoal } from "./axis_goal.ts";
import { countLimits } from "./count_distribution.ts";
import type { Goal, GoalContext, ProvisionVote } from "./goal.ts";
import { REPLICA_COUNT_WIDTH } from "./width.ts";

/** See the file's head. */
export const replicaDistributionGoal: Goal = {
  name: "ReplicaDistributionGoal",
  hard: false,
  resources: [],
  widths: [REPLICA_COUNT_WIDTH],
  prepare: (context) =>
    prepareAxisGoal(context, {
      name: "ReplicaDistributionGoal",
      hard: false,
      limits: countLimits(context, AXIS_REPLICAS, context.constraint.replicaCountThreshold),
      infeasible: () => undefined,
      provision: () => vote(context),
    }),
};

/** Superfluous are brokers that the rest could do without at `overprovisioned.max.replicas.per.broker` each. */
function vote(context: GoalContext): ProvisionVote {
  const most = context.constraint.overprovisionedMaxReplicasPerBroker;
  const drop = context.allowed.length - Math.floor(context.totals[AXIS_REPLICAS]! / most);
  const crowded = context.alive.some((b) =>
    context.model.sums[b * AXIS_COUNT + AXIS_REPLICAS]! > most
  );
  if (drop > 0 && !crowded) {
    return { status: "OVER_PROVISIONED", recommendation: { brokers: drop } };
  }
  return { status: "RIGHT_SIZED" };
}
