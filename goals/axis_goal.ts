/**
 * What all goals have in common that limit a broker's sum on one axis.
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_DISK,
  AXIS_LEADER_IN,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
} from "../model/cluster_model.ts";
import { CPU, DISK, NW_IN, NW_OUT } from "../model/metrics.ts";
import { type Metric, METRICS } from "../model/proposal.ts";
import { numberText } from "../model/number_text.ts";
import { leadingLoad, replicaLoad } from "../model/replica_axes.ts";
import type { AxisLimits, GoalContext, Infeasible, PreparedGoal, ProvisionVote } from "./goal.ts";

/** What differs between such goals. */
export interface AxisGoalParts {
  readonly name: string;
  readonly hard: boolean;
  readonly limits: AxisLimits;
  readonly infeasible: () => Infeasible | undefined;
  readonly provision: (met: boolean) => ProvisionVote;
}

/** What an axis is called in files. */
export const METRIC_OF_AXIS: readonly Metric[] = [
  "disk",
  "nwIn",
  "cpu",
  "replicas",
  "potentialNwOut",
  "nwOut",
  "leaders",
  "leaderNwIn",
];

/** The resource whose capacity limits an axis, -1 when it is a count. */
export function resourceOfAxis(axis: number): number {
  switch (axis) {
    case AXIS_DISK:
      return DISK;
    case AXIS_NW_IN:
    case AXIS_LEADER_IN:
      return NW_IN;
    case AXIS_CPU:
      return CPU;
    case AXIS_NW_OUT:
    case AXIS_POTENTIAL_OUT:
      return NW_OUT;
    default:
      return -1;
  }
}

/** Whether an axis changes when only leadership moves. */
export function followsLeadership(axis: number): boolean {
  return axis === AXIS_CPU || axis >= AXIS_NW_OUT;
}

/** Makes the goal. Penalties are relative to the mean upper limit, so that what one broker loses another gains. */
export function prepareAxisGoal(context: GoalContext, parts: AxisGoalParts): PreparedGoal {
  const { model } = context;
  const { axis, upper, lower } = parts.limits;
  const { sums, flags } = model;
  const scale = 1 / meanLimit(upper, context.alive);
  const outside = (broker: number, sum: number): number => {
    if ((flags[broker]! & ALIVE) === 0) return 0;
    if (sum > upper[broker]!) return (sum - upper[broker]!) * scale;
    const least = lower[broker]!;
    // A sum from which all was taken may be a rounding error below 0, which is no lack of anything.
    return least > 0 && sum < least ? (least - sum) * scale : 0;
  };
  const shift = (from: number, to: number, load: { out: number; in: number }): number => {
    const source = sums[from * AXIS_COUNT + axis]!;
    const target = sums[to * AXIS_COUNT + axis]!;
    return outside(from, source - load.out) - outside(from, source) +
      outside(to, target + load.in) - outside(to, target);
  };
  return {
    name: parts.name,
    hard: parts.hard,
    axisLimits: parts.limits,
    amount: { unit: unitOf(axis), of: 1 / scale },
    penalty: (broker) => outside(broker, sums[broker * AXIS_COUNT + axis]!),
    moveDelta(replica, to) {
      const load = replicaLoad(model, replica, axis);
      return load === 0 ? 0 : shift(model.broker[replica]!, to, { out: load, in: load });
    },
    leadDelta(partition, replica) {
      if (!followsLeadership(axis)) return 0;
      const old = model.leader[partition]!;
      return shift(model.broker[old]!, model.broker[replica]!, {
        out: leadingLoad(model, old, axis),
        in: leadingLoad(model, replica, axis),
      });
    },
    infeasible: parts.infeasible,
    provision: parts.provision,
    explain: (broker) => explainAxis(parts.limits, broker, sums[broker * AXIS_COUNT + axis]!),
  };
}

/** "MB", "replicas". */
function unitOf(axis: number): string {
  const metric = METRIC_OF_AXIS[axis]!;
  return METRICS[metric].unit.trim() || METRICS[metric].word;
}

function meanLimit(upper: Float64Array, alive: Int32Array): number {
  let total = 0;
  for (const broker of alive) total += upper[broker]!;
  return total > 0 ? total / alive.length : 1;
}

/** "disk 412345 MB is above 330000 MB"; "disk 329000 MB, at most 330000 MB wanted" within limits, of the nearer one. */
export function explainAxis(limits: AxisLimits, broker: number, sum: number): string {
  const { word, unit } = METRICS[METRIC_OF_AXIS[limits.axis]!];
  const side = sideOf(limits, broker, sum);
  const told = side === WITHIN
    ? nearerLimitText(limits, broker, sum)
    : limitText(limits, broker, side) + byText(sum, limitOn(limits, broker, side), unit);
  return `${word} ${shortNumber(sum)}${unit}${told}`;
}

function nearerLimitText({ axis, upper, lower }: AxisLimits, broker: number, sum: number): string {
  const [most, least] = [upper[broker]!, lower[broker]!];
  const isFull = most - sum <= sum - least;
  const { unit } = METRICS[METRIC_OF_AXIS[axis]!];
  return `, at ${isFull ? "most" : "least"} ${shortNumber(isFull ? most : least)}${unit} wanted`;
}

/** " by 0.3 MB", where an amount and its limit would read alike. */
export function byText(amount: number, limit: number, unit: string): string {
  const by = Math.abs(amount - limit);
  if (by === 0 || shortNumber(amount) !== shortNumber(limit)) return "";
  return ` by ${by < 0.001 ? "less than 0.001" : shortNumber(by)}${unit}`;
}

/** Whether an amount beyond a limit reads like it, so that its sentence has to say by how much. */
export function readsAlike(
  limits: AxisLimits,
  broker: number,
  side: Beyond,
  sum: number,
): boolean {
  const limit = limitOn(limits, broker, side);
  // Numbers that are farther apart never do, and nearly all are.
  return Math.abs(sum - limit) <= 1 && shortened(sum) === shortened(limit);
}

/** On which side of a broker's limits an amount is. */
export type Side = 0 | Beyond;
/** The same of an amount outside of them. */
export type Beyond = 1 | 2;
const WITHIN = 0;
const ABOVE = 1;
const BELOW = 2;

/** Where an amount is. */
export function sideOf(limits: AxisLimits, broker: number, sum: number): Side {
  if (sum > limits.upper[broker]!) return ABOVE;
  return sum < limits.lower[broker]! ? BELOW : WITHIN;
}

/** " is above 330000 MB": the same for every amount beyond that limit. */
export function limitText(limits: AxisLimits, broker: number, side: Beyond): string {
  const { unit } = METRICS[METRIC_OF_AXIS[limits.axis]!];
  const limit = shortNumber(limitOn(limits, broker, side));
  return ` is ${side === ABOVE ? "above" : "below"} ${limit}${unit}`;
}

function limitOn({ upper, lower }: AxisLimits, broker: number, side: Beyond): number {
  return (side === ABOVE ? upper : lower)[broker]!;
}

/** Three digits behind the point below 10, none from 1000 on. */
export function shortNumber(value: number): string {
  return numberText(shortened(value));
}

/** The number that {@link shortNumber} shows. */
export function shortened(value: number): number {
  const size = Math.abs(value);
  const parts = size >= 1000 ? 1 : size >= 10 ? 10 : 1000;
  return Math.round(value * parts) / parts;
}

/** A vote that says nothing. */
export const UNDECIDED: ProvisionVote = { status: "UNDECIDED" };
