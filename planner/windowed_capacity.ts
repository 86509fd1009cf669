/**
 * Capacity goals that hold in every window and not only on average.
 *
 * @module
 */
import { resourceOfAxis, shortNumber } from "../goals/axis_goal.ts";
import { mayKeep } from "../goals/context.ts";
import { brokersFor, keptText } from "../goals/resource_capacity.ts";
import type { GoalContext, Infeasible, PreparedGoal } from "../goals/goal.ts";
import { ALIVE } from "../model/cluster_model.ts";
import { RESOURCES } from "../model/metrics.ts";
import type { WindowSums } from "./search/window_sums.ts";

/** Limits are compared with this relative tolerance for rounding. */
const ROUNDING = 1e-9;

/**
 * The goal with its limits held in all windows. The average stays in the joined limits, since it cannot be above the
 * peak; the peaks are asked about each action.
 */
export function windowedCapacity(
  goal: PreparedGoal,
  context: GoalContext,
  windows: WindowSums,
): PreparedGoal {
  const { model } = context;
  const { upper, axis } = goal.axisLimits!;
  const resource = resourceOfAxis(axis);
  const { count } = windows.windows;
  const scale = 1 / Math.max(Number.MIN_VALUE, ...context.alive.map((b) => upper[b]!));
  const over = (broker: number, window: number, change: number): number => {
    const sum = windows.sums[windows.at(broker, window, resource)]! + change;
    const limit = upper[broker]! * (1 + ROUNDING);
    return sum > limit ? (sum - limit) * scale : 0;
  };
  const isAlive = (broker: number) => (model.flags[broker]! & ALIVE) !== 0;
  const shift = (from: number, to: number, loadIn: (window: number) => number): number => {
    let delta = 0;
    for (let w = 0; w < count; w++) {
      const load = loadIn(w);
      if (isAlive(from)) delta += over(from, w, -load) - over(from, w, 0);
      delta += over(to, w, load) - over(to, w, 0);
    }
    return delta;
  };
  return {
    ...goal,
    // Added up over the windows.
    amount: { unit: goal.amount?.unit ?? "", of: 1 / scale },
    guardsMoves: true,
    penalties: undefined,
    penalty(broker) {
      let sum = 0;
      for (let w = 0; w < count && isAlive(broker); w++) sum += over(broker, w, 0);
      return sum;
    },
    moveDelta: (replica, to) =>
      shift(model.broker[replica]!, to, (w) => windows.loadOf(replica, w, resource)),
    leadDelta: (p, replica) =>
      shift(
        model.broker[model.leader[p]!]!,
        model.broker[replica]!,
        (w) => windows.leadingLoad(p, w, resource),
      ),
    infeasible: () => goal.infeasible() ?? tooLittle(context, { windows, resource, axis, upper }),
    explain(broker) {
      let worst = 0;
      const sum = (w: number) => windows.sums[windows.at(broker, w, resource)]!;
      for (let w = 1; w < count; w++) if (sum(w) > sum(worst)) worst = w;
      return `${RESOURCES[resource]} ${shortNumber(sum(worst))} in window ${worst} is above ${
        shortNumber(upper[broker]!)
      }`;
    },
  };
}

function tooLittle(
  context: GoalContext,
  parts: { windows: WindowSums; resource: number; axis: number; upper: Float64Array },
): Infeasible | undefined {
  const { windows, resource, upper } = parts;
  const offered = context.allowed.reduce((sum, b) => sum + upper[b]!, 0);
  for (let w = 0; w < windows.windows.count; w++) {
    const loadOf = (b: number) => windows.sums[windows.at(b, w, resource)]!;
    let load = 0;
    for (let b = 0; b < context.model.brokerCount; b++) load += loadOf(b);
    const kept = mayKeep(context, { axis: parts.axis, upper }, loadOf);
    const room = offered + kept;
    if (load <= room * (1 + ROUNDING)) continue;
    return {
      ...brokersFor(context, resource, load - room),
      reason: `${RESOURCES[resource]} needs ${
        shortNumber(load)
      } in window ${w}, allowed brokers offer ${shortNumber(offered)}${keptText(kept)}, ${
        shortNumber(load - room)
      } are missing`,
    };
  }
  return undefined;
}
