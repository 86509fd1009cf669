/**
 * Totals that the limits of goals are computed from.
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  type ClusterModel,
  MAY_LEAD,
  MAY_RECEIVE,
} from "../model/cluster_model.ts";
import { RESOURCE_COUNT } from "../model/metrics.ts";
import type { BalancingConstraint } from "./constraint.ts";
import { followsLeadership } from "./axis_goal.ts";
import type { AxisLimits, GoalContext } from "./goal.ts";
import { logDirState } from "./log_dir_state.ts";

/** Computes the context once, before the search. O(R + B). */
export function goalContext(
  model: ClusterModel,
  constraint: BalancingConstraint,
  options: { triggeredByGoalViolation: boolean },
): GoalContext {
  const allowed = brokersWith(model, MAY_RECEIVE);
  const totals = new Float64Array(AXIS_COUNT);
  for (let i = 0; i < model.sums.length; i++) totals[i % AXIS_COUNT]! += model.sums[i]!;
  const allowedCapacity = new Float64Array(RESOURCE_COUNT);
  for (const broker of allowed) {
    for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
      allowedCapacity[resource]! += model.input.brokers[broker]!.capacity[resource]!;
    }
  }
  return {
    model,
    constraint,
    multiplier: options.triggeredByGoalViolation ? constraint.violationMultiplier : 1,
    allowed,
    alive: brokersWith(model, ALIVE),
    totals,
    allowedCapacity,
    logDirs: logDirState(model),
    topicTotals: topicTotals(model),
  };
}

function brokersWith(model: ClusterModel, flag: number): Int32Array {
  const brokers: number[] = [];
  for (let b = 0; b < model.brokerCount; b++) {
    if ((model.flags[b]! & flag) !== 0) brokers.push(b);
  }
  return Int32Array.from(brokers);
}

function topicTotals(model: ClusterModel): Int32Array {
  const { partitionStart } = model.input;
  const totals = new Int32Array(model.topicCount);
  for (let t = 0; t < model.topicCount; t++) {
    totals[t] = model.replicaStart[partitionStart[t + 1]!]! -
      model.replicaStart[partitionStart[t]!]!;
  }
  return totals;
}

/** How far limits are from the average: `(p * k - 1) * 0.9`, Cruise Control's balance margin. */
export function margin(threshold: number, context: GoalContext): number {
  return (threshold * context.multiplier - 1) * BALANCE_MARGIN;
}

/** Limits lie this part of the threshold's distance from the average, so that a plan still holds a while later. */
export const BALANCE_MARGIN = 0.9;

/**
 * What alive brokers that may receive nothing can hold on an axis all the same: what they have, and where leadership can
 * come to them all that their limits allow. Asked with everything at home. Cruise Control counts nothing of it, and
 * refuses plans that there are.
 *
 * @param loadOf what a broker has now, where the usual loads are not meant
 */
export function mayKeep(
  { model, alive }: GoalContext,
  { axis, upper }: Pick<AxisLimits, "axis" | "upper">,
  loadOf: (broker: number) => number = (b) => model.sums[b * AXIS_COUNT + axis]!,
): number {
  let sum = 0;
  for (const b of alive) {
    if ((model.flags[b]! & MAY_RECEIVE) !== 0) continue;
    const mayGrow = followsLeadership(axis) && (model.flags[b]! & MAY_LEAD) !== 0;
    sum += mayGrow ? upper[b]! : Math.min(upper[b]!, loadOf(b));
  }
  return sum;
}
