/**
 * Limits of goals on axes on the way from home to the plan, widened where the finished plan itself is outside: what the plan
 * leaves undone is no reason to hold back what it does. So nothing is outside at the end.
 *
 * ```
 * array    type           length   index          value
 * limits   Float64Array   B x 2 G  broker, goal   upper, lower; G = goals with limits on an axis
 * weight   Float64Array   G        goal           1 / sum of the axis over all brokers
 * slack    Float64Array   G        goal           amounts that differ by less are the same: rounding
 * axisOf   Int32Array     G        goal           axis
 * goalsOf  Int32Array[]   8        axis           goals with limits on it
 * band     Float64Array   B x 16   broker, axis   lower, upper: where no goal's limit on the axis is passed
 * ```
 *
 * @module
 */
import { ALIVE, AXIS_COUNT, type ClusterModel } from "../../model/cluster_model.ts";
import type { AxisLimits } from "../../goals/goal.ts";
import type { Search } from "../search/state.ts";

/** Amounts that differ by less than this part of the whole are the same. */
const ROUNDING = 1e-10;

/** See the file's head. */
export interface WayLimits {
  readonly goalCount: number;
  /** Hard goals come first. */
  readonly hardCount: number;
  readonly limits: Float64Array;
  readonly weight: Float64Array;
  readonly slack: Float64Array;
  readonly axisOf: Int32Array;
  readonly goalsOf: readonly Int32Array[];
  readonly band: Float64Array;
}

/** Limits of a search whose model is in the state of the finished plan. O(B x G). */
export function wayLimits(search: Search): WayLimits {
  const { model } = search;
  const limited = search.goals.filter((goal) => goal.axisLimits !== undefined);
  const goals = limited.toSorted((a, b) => Number(b.hard) - Number(a.hard));
  const axisOf = Int32Array.from(goals, (goal) => goal.axisLimits!.axis);
  const parts = {
    goalCount: goals.length,
    hardCount: goals.filter((goal) => goal.hard).length,
    limits: new Float64Array(2 * model.brokerCount * goals.length),
    weight: new Float64Array(goals.length),
    slack: new Float64Array(goals.length),
    axisOf,
    goalsOf: byAxis(axisOf),
  };
  for (const [g, goal] of goals.entries()) setLimits(parts, g, model, goal.axisLimits!);
  return { ...parts, band: bandOf(parts, model.brokerCount, () => true) };
}

/** Goals by the axis that they limit. */
function byAxis(axisOf: Int32Array): Int32Array[] {
  const lists = Array.from({ length: AXIS_COUNT }, (): number[] => []);
  for (let g = 0; g < axisOf.length; g++) lists[axisOf[g]!]!.push(g);
  return lists.map((list) => Int32Array.from(list));
}

/** Dead brokers have no limits. */
function setLimits(
  parts: Omit<WayLimits, "band">,
  g: number,
  { brokerCount, flags, sums }: ClusterModel,
  { axis, upper, lower }: AxisLimits,
): void {
  let whole = 0;
  for (let b = 0; b < brokerCount; b++) whole += Math.abs(sums[b * AXIS_COUNT + axis]!);
  const slack = ROUNDING * whole;
  parts.weight[g] = whole > 0 ? 1 / whole : 0;
  parts.slack[g] = slack;
  for (let b = 0; b < brokerCount; b++) {
    const at = 2 * (b * parts.goalCount + g);
    const end = sums[b * AXIS_COUNT + axis]!;
    const isAlive = (flags[b]! & ALIVE) !== 0;
    parts.limits[at] = isAlive ? Math.max(upper[b]!, end + slack) : Infinity;
    parts.limits[at + 1] = isAlive ? Math.min(lower[b]!, end - slack) : -Infinity;
  }
}

/** Between what sums pass no limit of some of the goals: lower, upper by broker and axis. O(B x G). */
export function bandOf(
  parts: Pick<WayLimits, "goalCount" | "limits" | "axisOf">,
  brokerCount: number,
  isAsked: (goal: number) => boolean,
): Float64Array {
  const band = new Float64Array(2 * brokerCount * AXIS_COUNT);
  for (let at = 0; at < band.length; at += 2) {
    band[at] = -Infinity;
    band[at + 1] = Infinity;
  }
  for (let g = 0; g < parts.goalCount; g++) {
    if (!isAsked(g)) continue;
    for (let b = 0; b < brokerCount; b++) {
      const of = 2 * (b * parts.goalCount + g);
      const at = 2 * (b * AXIS_COUNT + parts.axisOf[g]!);
      band[at] = Math.max(band[at]!, parts.limits[of + 1]!);
      band[at + 1] = Math.min(band[at + 1]!, parts.limits[of]!);
    }
  }
  return band;
}
