/**
 * Goals of Kafka assigner mode (Cruise Control, KafkaAssignerEvenRackAwareGoal and
 * KafkaAssignerDiskUsageDistributionGoal).
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_DISK,
  AXIS_REPLICAS,
  MAY_RECEIVE,
} from "../model/cluster_model.ts";
import { DISK } from "../model/metrics.ts";
import { prepareAxisGoal, UNDECIDED } from "./axis_goal.ts";
import { BALANCE_MARGIN } from "./context.ts";
import type { AxisLimits, Goal, GoalContext, PreparedGoal } from "./goal.ts";
import { countPlaces, type PlaceLimits, placeLimits } from "./list_positions.ts";
import { rackAwareGoal } from "./rack_aware.ts";
import { balanceWidth } from "./width.ts";

/** The goals of Kafka assigner mode, in their order. */
export const KAFKA_ASSIGNER_GOALS = [
  "KafkaAssignerEvenRackAwareGoal",
  "KafkaAssignerDiskUsageDistributionGoal",
] as const;

/**
 * Replicas of a partition are on different racks, and brokers are in as many lists at each place: as many lead, as many
 * come second. Racks are demanded; evenness is what the goal would rather have.
 */
export const kafkaAssignerEvenRackAwareGoal: Goal = {
  name: KAFKA_ASSIGNER_GOALS[0],
  hard: true,
  resources: [],
  prepare: prepareEvenRackAware,
};

/** Replicas are what the search evens out; `planner/search/parts/positions.ts` then gives each its place, for no bytes. */
function prepareEvenRackAware(context: GoalContext): PreparedGoal {
  const { model } = context;
  const { brokerCount, flags, sums } = model;
  const racks = rackAwareGoal.prepare(context);
  const limits = placeLimits(context);
  const total = totalOf(context, limits);
  const outside = (b: number, value: number) =>
    (flags[b]! & ALIVE) === 0
      ? 0
      : Math.max(0, value - total.upper[b]!) + Math.max(0, total.lower[b]! - value);
  const replicas = (b: number) => sums[b * AXIS_COUNT + AXIS_REPLICAS]!;
  const uneven = (counts: Int32Array, b: number) => {
    let sum = 0;
    for (let at = b; at < counts.length && (flags[b]! & ALIVE) !== 0; at += brokerCount) {
      sum += Math.max(0, counts[at]! - limits.upper[at]!, limits.lower[at]! - counts[at]!);
    }
    return sum;
  };
  const all = () => countPlaces(model, () => true);
  return {
    ...racks,
    name: KAFKA_ASSIGNER_GOALS[0],
    // What is demanded is seen to by `racksDiffer`; limits on counts must not keep replicas from leaving dead brokers.
    hard: false,
    axisLimits: total,
    amount: { unit: "replicas out of place", of: 1 },
    penalty: (b) => racks.penalty(b) + uneven(all(), b),
    penalties(into) {
      racks.penalties!(into);
      const counts = all();
      for (const b of context.alive) into[b]! += uneven(counts, b);
    },
    moveDelta(replica, to) {
      const from = model.broker[replica]!;
      return racks.moveDelta(replica, to) +
        outside(from, replicas(from) - 1) - outside(from, replicas(from)) +
        outside(to, replicas(to) + 1) - outside(to, replicas(to));
    },
    onlyWished: (b) => racks.penalty(b) === 0,
    provision: () => UNDECIDED,
    explain: (b) =>
      racks.penalty(b) > 0 ? racks.explain(b) : explainPlace(all(), limits, { b, brokerCount }),
  };
}

/** Limits of all places together, which replicas that move are held to. */
function totalOf(context: GoalContext, { lower, upper, places }: PlaceLimits): AxisLimits {
  const { brokerCount } = context.model;
  const sum = (of: Int32Array) => {
    const total = new Float64Array(brokerCount);
    for (let i = 0; i < places * brokerCount; i++) total[i % brokerCount]! += of[i]!;
    return total;
  };
  return { axis: AXIS_REPLICAS, upper: sum(upper), lower: sum(lower) };
}

function explainPlace(
  counts: Int32Array,
  { lower, upper, places }: PlaceLimits,
  { b, brokerCount }: { b: number; brokerCount: number },
): string {
  for (let place = 0; place < places; place++) {
    const at = place * brokerCount + b;
    if (counts[at]! >= lower[at]! && counts[at]! <= upper[at]!) continue;
    return `is at place ${place} of ${counts[at]} replica lists, wanted ${lower[at]} to ${
      upper[at]
    }`;
  }
  return "is at each place of as many replica lists as wanted";
}

/** Disk utilization of every alive broker is near that of the cluster. Missing it is no failure of the plan. */
export const kafkaAssignerDiskUsageDistributionGoal: Goal = {
  name: KAFKA_ASSIGNER_GOALS[1],
  hard: true,
  bestEffort: true,
  resources: [DISK],
  widths: [balanceWidth(DISK)],
  prepare: (context) =>
    prepareAxisGoal(context, {
      name: KAFKA_ASSIGNER_GOALS[1],
      hard: false,
      limits: limitsOf(context),
      infeasible: () => undefined,
      provision: () => UNDECIDED,
    }),
};

/** The threshold's multiplier for goal violations does not count here. */
function limitsOf(context: GoalContext): AxisLimits {
  const { model, constraint, totals } = context;
  let capacity = 0;
  for (const b of context.alive) capacity += model.input.brokers[b]!.capacity[DISK]!;
  const mean = capacity > 0 ? totals[AXIS_DISK]! / capacity : 0;
  const distance = (constraint.balanceThreshold[DISK]! - 1) * BALANCE_MARGIN;
  const upper = new Float64Array(model.brokerCount);
  const lower = new Float64Array(model.brokerCount);
  for (const b of context.alive) {
    const own = model.input.brokers[b]!.capacity[DISK]!;
    upper[b] = own * mean * (1 + distance);
    // What may not receive replicas cannot be filled.
    if ((model.flags[b]! & MAY_RECEIVE) !== 0) lower[b] = own * mean * Math.max(0, 1 - distance);
  }
  return { axis: AXIS_DISK, upper, lower };
}
