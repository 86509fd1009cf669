/**
 * Goals about the log dirs of single brokers (Cruise Control, IntraBrokerDiskCapacityGoal and
 * IntraBrokerDiskUsageDistributionGoal).
 *
 * @module
 */
import { DISK } from "../model/metrics.ts";
import { byText, shortNumber, UNDECIDED } from "./axis_goal.ts";
import { BALANCE_MARGIN } from "./context.ts";
import type { Goal, GoalContext, PreparedGoal } from "./goal.ts";

/** The goals of balancing log dirs alone, in their order. */
export const INTRA_BROKER_GOALS = [
  "IntraBrokerDiskCapacityGoal",
  "IntraBrokerDiskUsageDistributionGoal",
] as const;

/** MB that a log dir may hold, and must; a dir to be removed may hold nothing. */
export type DirLimits = (broker: number, dir: number) => { upper: number; lower: number };

/** Limits by capacity. */
export function dirCapacityLimits(context: GoalContext): DirLimits {
  return (broker, dir) => ({
    upper: context.model.input.brokers[broker]!.logDirs[dir]!.capacityMb *
      context.constraint.capacityThreshold[DISK]!,
    lower: 0,
  });
}

/** Limits around the broker's mean utilization. */
export function dirBalanceLimits(context: GoalContext): DirLimits {
  const distance = (context.constraint.balanceThreshold[DISK]! - 1) * BALANCE_MARGIN;
  return (broker, dir) => {
    const { capacityMb } = context.model.input.brokers[broker]!.logDirs[dir]!;
    const mean = context.logDirs?.meanUse(broker) ?? 0;
    return {
      upper: capacityMb * mean * (1 + distance),
      lower: capacityMb * mean * Math.max(0, 1 - distance),
    };
  };
}

/** No log dir is filled above `disk.capacity.threshold`, and those to be removed are empty. */
export const intraBrokerDiskCapacityGoal: Goal = {
  name: INTRA_BROKER_GOALS[0],
  hard: true,
  resources: [DISK],
  prepare: (context) =>
    prepareDirs(context, {
      name: INTRA_BROKER_GOALS[0],
      hard: true,
      limits: dirCapacityLimits(context),
    }),
};

/** All log dirs of a broker are filled alike. */
export const intraBrokerDiskUsageDistributionGoal: Goal = {
  name: INTRA_BROKER_GOALS[1],
  hard: false,
  resources: [DISK],
  prepare: (context) =>
    prepareDirs(context, {
      name: INTRA_BROKER_GOALS[1],
      hard: false,
      limits: dirBalanceLimits(context),
    }),
};

function prepareDirs(
  context: GoalContext,
  parts: { name: string; hard: boolean; limits: DirLimits },
): PreparedGoal {
  const { model, logDirs } = context;
  // Capacity is what holds in every window, where windows count.
  const usedOf = (broker: number, dir: number): number =>
    parts.hard ? logDirs!.mostWith(broker, dir) : logDirs!.used[broker]![dir]!;
  const outside = (broker: number, dir: number): number => {
    const { alive, untouched = false } = model.input.brokers[broker]!.logDirs[dir]!;
    if (logDirs === undefined || !alive || untouched) return 0;
    const used = usedOf(broker, dir);
    const { upper, lower } = parts.limits(broker, dir);
    // Replicas of no size count where the dir goes away.
    if (!logDirs.isUsable(broker, dir)) return parts.hard ? logDirs.count[broker]![dir]! : 0;
    return Math.max(0, used - upper, lower - used);
  };
  const penalty = (broker: number) =>
    model.input.brokers[broker]!.logDirs.reduce((sum, _, dir) => sum + outside(broker, dir), 0);
  return {
    name: parts.name,
    hard: parts.hard,
    // Log dirs are chosen when the search is done.
    idle: true,
    amount: { unit: "MB", of: 1 },
    penalty,
    moveDelta: () => 0,
    leadDelta: () => 0,
    infeasible: () => undefined,
    provision: () => UNDECIDED,
    explain(broker) {
      const { logDirs: dirs } = model.input.brokers[broker]!;
      let worst = 0;
      for (let d = 1; d < dirs.length; d++) {
        if (outside(broker, d) > outside(broker, worst)) worst = d;
      }
      const { upper, lower } = parts.limits(broker, worst);
      const used = logDirs === undefined || worst >= dirs.length ? 0 : usedOf(broker, worst);
      const by = outside(broker, worst) > 0
        ? byText(used, used > upper ? upper : lower, " MB")
        : "";
      return `log dir ${dirs[worst]?.path} holds ${shortNumber(used)} MB, allowed ${
        shortNumber(lower)
      } to ${shortNumber(upper)} MB${by && `, outside${by}`}`;
    },
  };
}
