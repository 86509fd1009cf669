/**
 * A broker could send the bytes of all its partitions if it led every one (Cruise Control, PotentialNwOutGoal).
 *
 * @module
 */
import { AXIS_POTENTIAL_OUT } from "../model/cluster_model.ts";
import { NW_OUT } from "../model/metrics.ts";
import { prepareAxisGoal, shortNumber, UNDECIDED } from "./axis_goal.ts";
import { mayKeep } from "./context.ts";
import type { Goal, GoalContext, Infeasible } from "./goal.ts";
import { brokersFor } from "./resource_capacity.ts";

/** See the file's head. */
export const potentialNwOutGoal: Goal = {
  name: "PotentialNwOutGoal",
  hard: false,
  resources: [NW_OUT],
  prepare(context) {
    const { model, constraint } = context;
    const upper = new Float64Array(model.brokerCount);
    for (let b = 0; b < model.brokerCount; b++) {
      upper[b] = model.input.brokers[b]!.capacity[NW_OUT]! * constraint.capacityThreshold[NW_OUT]!;
    }
    return prepareAxisGoal(context, {
      name: "PotentialNwOutGoal",
      hard: false,
      limits: { axis: AXIS_POTENTIAL_OUT, upper, lower: new Float64Array(model.brokerCount) },
      infeasible: () => tooLittle(context, mayKeep(context, { axis: AXIS_POTENTIAL_OUT, upper })),
      provision: () => UNDECIDED,
    });
  },
};

/** `kept`: KB/s of brokers that may receive nothing. */
function tooLittle(context: GoalContext, kept: number): Infeasible | undefined {
  const room = kept +
    context.allowedCapacity[NW_OUT]! * context.constraint.capacityThreshold[NW_OUT]!;
  const load = context.totals[AXIS_POTENTIAL_OUT]!;
  if (load <= room) return undefined;
  return {
    reason: `potential bytes out are ${shortNumber(load)} KB/s, brokers may carry ${
      shortNumber(room)
    } KB/s, ${shortNumber(load - room)} KB/s are missing`,
    ...brokersFor(context, NW_OUT, load - room),
  };
}
