/**
 * Capacity goals that hold in every window and not only on average.
 *
 * @module
 */
import { resourceOfAxis, shortNumber } from "../goals/axis_goal.ts";
import { mayKeep } from "../goals/context.ts";
import { hostLimits, hostText } from "../goals/host_capacity.ts";
import { brokersFor, keptText } from "../goals/resource_capacity.ts";
import type { GoalContext, Infeasible, PreparedGoal } from "../goals/goal.ts";
import { ALIVE, AXIS_COUNT } from "../model/cluster_model.ts";
import { RESOURCES } from "../model/metrics.ts";
import { leadingLoad, replicaLoad } from "../model/replica_axes.ts";
import type { WindowSums } from "./search/window_sums.ts";

/** Limits are compared with this relative tolerance for rounding. */
const ROUNDING = 1e-9;

/**
 * The goal with its limits held in all windows, those of hosts where brokers share one. The average stays in the joined limits; it is
 * one window more where it may be above the peak. All of them are asked about each action.
 */
export function windowedCapacity(
  goal: PreparedGoal,
  context: GoalContext,
  windows: WindowSums,
): PreparedGoal {
  const { model } = context;
  const { axis, lower } = goal.axisLimits!;
  const own = goal.axisLimits!.upper;
  const { hosts, hostOf, upper } = hostLimits(goal.axisLimits!, context) ?? {
    hosts: [],
    hostOf: new Int32Array(model.brokerCount).fill(-1),
    upper: own,
  };
  const resource = resourceOfAxis(axis);
  const { count } = windows.windows;
  /** The average is the one after the last window. */
  const ends = windows.coversMean(axis) ? count : count + 1;
  const scale = 1 / Math.max(Number.MIN_VALUE, ...context.alive.map((b) => upper[b]!));
  const sumAt = (broker: number, window: number): number =>
    window < count
      ? windows.sums[windows.at(broker, window, resource)]!
      : model.sums[broker * AXIS_COUNT + axis]!;
  const usedAt = (broker: number, window: number): number => {
    const h = hostOf[broker]!;
    if (h < 0) return sumAt(broker, window);
    return hosts[h]!.reduce((sum, b) => sum + sumAt(b, window), 0);
  };
  const over = (broker: number, window: number, change: number): number => {
    const sum = usedAt(broker, window) + change;
    const limit = upper[broker]! * (1 + ROUNDING);
    return sum > limit ? (sum - limit) * scale : 0;
  };
  const isAlive = (broker: number) => (model.flags[broker]! & ALIVE) !== 0;
  const shift = (from: number, to: number, shifted: Shifted): number => {
    const isWithin = hostOf[from]! >= 0 && hostOf[from] === hostOf[to];
    const mean = ends === count ? undefined : shifted.mean();
    let delta = 0;
    for (let w = 0; w < ends; w++) {
      const out = w < count ? shifted.at(w) : mean!.out;
      const more = (w < count ? out : mean!.in) - (isWithin ? out : 0);
      if (!isWithin && isAlive(from)) delta += over(from, w, -out) - over(from, w, 0);
      if (more !== 0) delta += over(to, w, more) - over(to, w, 0);
    }
    return delta;
  };
  return {
    ...goal,
    axisLimits: { axis, upper, lower },
    // Added up over the windows.
    amount: { unit: goal.amount?.unit ?? "", of: 1 / scale },
    guardsMoves: true,
    penalties: undefined,
    penalty(broker) {
      let sum = 0;
      for (let w = 0; w < ends && isAlive(broker); w++) sum += over(broker, w, 0);
      return sum / (hosts[hostOf[broker]!]?.length ?? 1);
    },
    moveDelta(replica, to) {
      const mean = () => {
        const load = replicaLoad(model, replica, axis);
        return { out: load, in: load };
      };
      const at = (w: number) => windows.loadOf(replica, w, resource);
      return shift(model.broker[replica]!, to, { at, mean });
    },
    leadDelta(p, replica) {
      const old = model.leader[p]!;
      return shift(model.broker[old]!, model.broker[replica]!, {
        at: (w) => windows.leadingLoad(p, w, resource),
        mean: () => ({
          out: leadingLoad(model, old, axis),
          in: leadingLoad(model, replica, axis),
        }),
      });
    },
    infeasible: () =>
      goal.infeasible() ?? tooLittle(context, { windows, resource, axis, upper: own }),
    explain(broker) {
      let worst = 0;
      for (let w = 1; w < ends; w++) if (usedAt(broker, w) > usedAt(broker, worst)) worst = w;
      const [used, limit] = [usedAt(broker, worst), upper[broker]!];
      const when = worst < count ? `in window ${worst}` : "on average";
      if (hostOf[broker]! >= 0) {
        return `${when} ${hostText(axis, model.input.brokers[broker]!.host, { used, limit })}`;
      }
      return `${RESOURCES[resource]} ${shortNumber(used)} ${when} is above ${shortNumber(limit)}`;
    },
  };
}

/** What leaves one broker and comes to another: as much in each window, while averages may differ. */
interface Shifted {
  readonly at: (window: number) => number;
  readonly mean: () => { readonly out: number; readonly in: number };
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
