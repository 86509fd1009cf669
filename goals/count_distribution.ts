/**
 * Limits of goals that spread a number of things evenly over the allowed brokers.
 *
 * @module
 */
import { MAY_RECEIVE } from "../model/cluster_model.ts";
import { margin } from "./context.ts";
import type { AxisLimits, GoalContext } from "./goal.ts";

/** `ceil(avg * (1 + m))` and `floor(avg * max(0, 1 - m))`; brokers that may not receive have no lower limit. */
export function countLimits(
  context: GoalContext,
  axis: number,
  threshold: number,
): AxisLimits {
  const { model, allowed, totals } = context;
  const mean = allowed.length > 0 ? totals[axis]! / allowed.length : 0;
  const distance = margin(threshold, context);
  const highest = Math.ceil(mean * (1 + distance));
  const lowest = Math.floor(mean * Math.max(0, 1 - distance));
  const upper = new Float64Array(model.brokerCount).fill(highest);
  const lower = new Float64Array(model.brokerCount);
  for (let b = 0; b < model.brokerCount; b++) {
    if ((model.flags[b]! & MAY_RECEIVE) !== 0) lower[b] = lowest;
  }
  return { axis, upper, lower };
}
