/**
 * Hard goals that keep a broker's use of a resource under a part of its capacity (Cruise Control, CapacityGoal).
 *
 * @module
 */
import { RESOURCES } from "../model/metrics.ts";
import { prepareAxisGoal, resourceOfAxis, shortNumber, UNDECIDED } from "./axis_goal.ts";
import { mayKeep } from "./context.ts";
import type { AxisLimits, Goal, GoalContext, Infeasible } from "./goal.ts";
import { recommendationText } from "./provision.ts";

/** The capacity goal of the resource behind an axis. */
export function capacityGoal(name: string, axis: number): Goal {
  const resource = resourceOfAxis(axis);
  return {
    name,
    hard: true,
    resources: [resource],
    prepare(context) {
      const { model, constraint } = context;
      const upper = new Float64Array(model.brokerCount);
      for (let b = 0; b < model.brokerCount; b++) {
        upper[b] = model.input.brokers[b]!.capacity[resource]! *
          constraint.capacityThreshold[resource]!;
      }
      return prepareAxisGoal(context, {
        name,
        hard: true,
        limits: { axis, upper, lower: new Float64Array(model.brokerCount) },
        infeasible: () => tooLittle(context, { axis, upper }),
        provision: () => UNDECIDED,
      });
    },
  };
}

/** The total load against what all allowed brokers together may carry, and others keep. */
function tooLittle(
  context: GoalContext,
  limits: Pick<AxisLimits, "axis" | "upper">,
): Infeasible | undefined {
  const { axis } = limits;
  const resource = resourceOfAxis(axis);
  const threshold = context.constraint.capacityThreshold[resource]!;
  const capacity = context.allowedCapacity[resource]!;
  const load = context.totals[axis]!;
  const kept = mayKeep(context, limits);
  if (load <= threshold * capacity + kept) return undefined;
  const missing = load - threshold * capacity - kept;
  const name = RESOURCES[resource]!;
  const reason = `${name} needs ${shortNumber(load)}, allowed brokers offer ${
    shortNumber(threshold * capacity)
  } (capacity ${shortNumber(capacity)} x ${threshold})${keptText(kept)}, ${
    shortNumber(missing)
  } are missing`;
  return { reason, ...brokersFor(context, resource, missing) };
}

/** ", others may keep 120". */
export function keptText(kept: number): string {
  return kept > 0 ? `, others may keep ${shortNumber(kept)}` : "";
}

/** Recommends brokers like the first that may receive replicas, for so much of a resource; nothing when there is none. */
export function brokersFor(
  context: GoalContext,
  resource: number,
  missing: number,
): Pick<Infeasible, "recommendation"> {
  const typical = context.allowed[0];
  if (typical === undefined) return {};
  const broker = context.model.input.brokers[typical]!;
  const each = broker.capacity[resource]! * context.constraint.capacityThreshold[resource]!;
  if (each <= 0) return {};
  return {
    recommendation: recommendationText("UNDER_PROVISIONED", {
      brokers: Math.ceil(missing / each),
      resource: RESOURCES[resource]!,
      typicalBrokerId: broker.id,
      typicalCapacity: broker.capacity[resource]!,
    }),
  };
}
