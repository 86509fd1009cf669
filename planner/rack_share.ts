/**
 * What racks can hold at all. A rack that may have one replica of each partition cannot take more than one share of
 * everything, however large its brokers are; then the others cannot stay under the limits of a goal that counts by
 * capacity. Found before the search, and answered with limits that fit what racks can hold.
 *
 * @module
 */
import { resourceOfAxis, shortNumber } from "../goals/axis_goal.ts";
import type { AxisLimits, GoalContext, Infeasible, PreparedGoal } from "../goals/goal.ts";
import { FACTOR_AXES, FACTOR_COLUMNS } from "../model/fill_model.ts";

/** Why racks make a goal impossible, and the nearest limits that they allow. */
export interface RackShare {
  readonly infeasible: Infeasible;
  readonly aim: AxisLimits;
}

/** By replication factor, the load of one replica of every partition with that factor; `column` is one of the census. */
function loadByFactor({ model }: GoalContext, column: number): Float64Array {
  const { byFactor } = model.census;
  const load = new Float64Array(byFactor.length / FACTOR_COLUMNS);
  for (let factor = 0; factor < load.length; factor++) {
    load[factor] = byFactor[factor * FACTOR_COLUMNS + column]!;
  }
  return load;
}

/** Most that `count` racks together can hold: of a partition as many replicas as there are racks. */
function mostOf(load: Float64Array, count: number): number {
  return load.reduce((sum, amount, factor) => sum + amount * Math.min(factor, count), 0);
}

/** Least that `count` of `racks` racks together must hold: what the others cannot. */
function leastOf(load: Float64Array, count: number, racks: number): number {
  return load.reduce(
    (sum, amount, factor) => sum + amount * Math.max(0, factor - (racks - count)),
    0,
  );
}

/** Sums of the allowed brokers' limits by rack, for racks that have any. */
function byRack(context: GoalContext, limit: Float64Array): Map<number, number> {
  const sums = new Map<number, number>();
  for (const b of context.allowed) {
    const rack = context.model.rack[b]!;
    sums.set(rack, (sums.get(rack) ?? 0) + limit[b]!);
  }
  return sums;
}

/** Whether racks make a goal impossible; undefined when they do not, or it is no question of racks. O(B log B). */
export function rackShare(context: GoalContext, goal: PreparedGoal): RackShare | undefined {
  const limits = goal.axisLimits;
  const column = limits === undefined ? -1 : FACTOR_AXES.indexOf(limits.axis);
  if (limits === undefined || column < 0) return undefined;
  const load = loadByFactor(context, column);
  const lower = [...byRack(context, limits.lower)].sort((a, b) => b[1] - a[1]);
  const upper = [...byRack(context, limits.upper)].sort((a, b) => a[1] - b[1]);
  const text = (amount: number) => amountText(goal, amount);
  let wanted = 0;
  let room = 0;
  for (let k = 1; k <= upper.length; k++) {
    wanted += lower[k - 1]![1];
    room += upper[k - 1]![1];
    const most = mostOf(load, k);
    const least = leastOf(load, k, upper.length);
    if (wanted > most * (1 + ROUNDING)) {
      const reason =
        `the largest ${named(context, lower.slice(0, k))} would have to hold ${text(wanted)}, ` +
        `but can hold ${text(most)}: one replica of a partition a rack`;
      const recommendation = "Give racks capacity that is more alike, or widen its threshold.";
      return { infeasible: { reason, recommendation }, aim: aimOf(context, limits, load) };
    }
    if (least > room * (1 + ROUNDING)) {
      const reason =
        `the smallest ${named(context, upper.slice(0, k))} must hold ${text(least)}, ` +
        `but may hold ${text(room)}: the other racks cannot take more replicas`;
      // A hard limit is a limit for each broker all the same.
      const aim = goal.hard ? limits : aimOf(context, limits, load);
      return { infeasible: { reason, ...remedy(goal, least - room) }, aim };
    }
  }
  return undefined;
}

/** "250000 MB", as far as the goal has a unit. */
function amountText({ amount }: PreparedGoal, sum: number): string {
  return amount === undefined ? shortNumber(sum) : `${shortNumber(sum)} ${amount.unit}`;
}

/** Racks named one by one. */
const NAMED_MAX = 5;

/** "rack r1", "2 racks (r1, r2)". */
function named(context: GoalContext, racks: readonly (readonly [number, number])[]): string {
  const { model } = context;
  const names = racks.map(([rack]) => model.input.brokers[model.rack.indexOf(rack)]!.rack);
  if (names.length === 1) return `rack ${names[0]}`;
  const more = names.length > NAMED_MAX ? ", ..." : "";
  return `${names.length} racks (${names.slice(0, NAMED_MAX).join(", ")}${more})`;
}

function remedy(goal: PreparedGoal, missing: number): { recommendation?: string } {
  if (!goal.hard) {
    return { recommendation: "Give racks capacity that is more alike, or widen its threshold." };
  }
  return {
    recommendation: `Add brokers on these racks, or a rack, that may hold ${
      amountText(goal, missing)
    } more.`,
  };
}

/** Sums in another order differ by this part at most. */
const ROUNDING = 1e-9;

/**
 * Limits around what each rack can hold: racks that would get more than one replica of everything are cut to that,
 * the rest is shared out among the others by capacity, again and again.
 */
function aimOf(context: GoalContext, limits: AxisLimits, load: Float64Array): AxisLimits {
  const weights = byRack(context, weightOf(context, limits));
  const cap = mostOf(load, 1);
  const share = new Map<number, number>();
  let left = context.totals[limits.axis]!;
  let open = [...weights.keys()];
  for (let changed = true; changed && open.length > 0;) {
    const weight = open.reduce((sum, rack) => sum + weights.get(rack)!, 0);
    const full = open.filter((rack) => left * weights.get(rack)! >= cap * weight);
    changed = full.length > 0;
    for (const rack of full) {
      share.set(rack, cap);
      left -= cap;
    }
    open = open.filter((rack) => !full.includes(rack));
  }
  const weight = open.reduce((sum, rack) => sum + weights.get(rack)!, 0);
  for (const rack of open) share.set(rack, weight > 0 ? left * weights.get(rack)! / weight : 0);
  return scaled(context, limits, { weights, share });
}

/** What a broker's part of its rack is measured by. */
function weightOf(context: GoalContext, limits: AxisLimits): Float64Array {
  const resource = resourceOfAxis(limits.axis);
  return Float64Array.from(
    context.model.input.brokers,
    (broker) => resource < 0 ? 1 : broker.capacity[resource]!,
  );
}

function scaled(
  context: GoalContext,
  limits: AxisLimits,
  racks: { weights: ReadonlyMap<number, number>; share: ReadonlyMap<number, number> },
): AxisLimits {
  const { model, totals } = context;
  const totalWeight = [...racks.weights.values()].reduce((sum, weight) => sum + weight, 0);
  const upper = limits.upper.slice();
  const lower = limits.lower.slice();
  for (const b of context.allowed) {
    const rack = model.rack[b]!;
    const fair = totals[limits.axis]! * racks.weights.get(rack)! / totalWeight;
    const factor = fair > 0 ? racks.share.get(rack)! / fair : 1;
    upper[b]! *= factor;
    lower[b]! *= factor;
  }
  return { axis: limits.axis, upper, lower };
}
