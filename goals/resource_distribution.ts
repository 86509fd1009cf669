/**
 * Soft goals that keep a broker's utilization of a resource near the cluster's (Cruise Control,
 * ResourceDistributionGoal).
 *
 * @module
 */
import { AXIS_COUNT, MAY_RECEIVE } from "../model/cluster_model.ts";
import { prepareAxisGoal, resourceOfAxis, UNDECIDED } from "./axis_goal.ts";
import { margin } from "./context.ts";
import type { AxisLimits, Goal, GoalContext, ProvisionVote } from "./goal.ts";
import { balanceWidth } from "./width.ts";

/** Part of the low utilization threshold that stays a limit: Cruise Control's balance margin. */
const LOW_MARGIN = 0.9;

/** The distribution goal of the resource behind an axis. */
export function usageDistributionGoal(name: string, axis: number): Goal {
  const resource = resourceOfAxis(axis);
  return {
    name,
    hard: false,
    resources: [resource],
    widths: [balanceWidth(resource)],
    prepare(context) {
      const limits = usageLimits(context, axis);
      return prepareAxisGoal(context, {
        name,
        hard: false,
        limits,
        infeasible: () =>
          context.allowed.length === 0
            ? { reason: "no broker is alive and allowed to receive replicas" }
            : undefined,
        provision: (met) => vote(context, limits, met),
      });
    },
  };
}

/** Mean utilization of the allowed capacity; 0 / 0 counts as 0. */
function meanUtilization(context: GoalContext, axis: number): number {
  const capacity = context.allowedCapacity[resourceOfAxis(axis)]!;
  return capacity > 0 ? context.totals[axis]! / capacity : 0;
}

function isLow(context: GoalContext, axis: number): boolean {
  const low = context.constraint.lowUtilizationThreshold[resourceOfAxis(axis)]!;
  return meanUtilization(context, axis) <= low;
}

/** Limits by broker: capacity times the mean utilization, a margin up and down. */
export function usageLimits(context: GoalContext, axis: number): AxisLimits {
  const { model, constraint } = context;
  const resource = resourceOfAxis(axis);
  const mean = meanUtilization(context, axis);
  const distance = margin(constraint.balanceThreshold[resource]!, context);
  const low = isLow(context, axis);
  const floor = constraint.lowUtilizationThreshold[resource]! * LOW_MARGIN;
  const upperFraction = low ? Math.max(mean * (1 + distance), floor) : mean * (1 + distance);
  const lowerFraction = low ? 0 : mean * Math.max(0, 1 - distance);
  const upper = new Float64Array(model.brokerCount);
  const lower = new Float64Array(model.brokerCount);
  for (let b = 0; b < model.brokerCount; b++) {
    const capacity = model.input.brokers[b]!.capacity[resource]!;
    upper[b] = capacity * upperFraction;
    const mayReceive = (model.flags[b]! & MAY_RECEIVE) !== 0;
    lower[b] = mayReceive ? capacity * lowerFraction : 0;
  }
  return { axis, upper, lower };
}

function vote(context: GoalContext, limits: AxisLimits, met: boolean): ProvisionVote {
  const { axis, upper } = limits;
  if (!isLow(context, axis)) return met ? { status: "RIGHT_SIZED" } : UNDECIDED;
  const { model, constraint } = context;
  for (const b of context.alive) {
    if (model.sums[b * AXIS_COUNT + axis]! > upper[b]!) return UNDECIDED;
  }
  const resource = resourceOfAxis(axis);
  let typical = 0;
  for (const b of context.allowed) {
    typical = Math.max(typical, model.input.brokers[b]!.capacity[resource]!);
  }
  const low = constraint.lowUtilizationThreshold[resource]!;
  const needed = low > 0 && typical > 0 ? Math.trunc(context.totals[axis]! / low / typical) : 0;
  return {
    status: "OVER_PROVISIONED",
    recommendation: { brokers: Math.max(1, context.allowed.length - needed) },
  };
}
