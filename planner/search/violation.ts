/**
 * How far brokers are outside the joined limits, as one number that has a slope: squared relative distances.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { gradientAt, type Search } from "./state.ts";

/** Squared relative distance of one sum from its limits; `i` = broker x axis. */
export function outsideSquared(search: Search, i: number, sum: number): number {
  const high = search.upper[i]!;
  const size = search.target[i]!;
  if (sum > high) return size > 0 ? ((sum - high) / size) ** 2 : 1;
  const low = search.lower[i]!;
  return sum < low ? ((low - sum) / size) ** 2 : 0;
}

/** Whether a broker is above any of these upper limits, B x 8 as in the model. */
export function isOver(
  { model, upper }: Pick<Search, "model" | "upper">,
  broker: number,
): boolean {
  const end = (broker + 1) << 3;
  for (let i = broker << 3; i < end; i++) if (model.sums[i]! > upper[i]!) return true;
  return false;
}

/** Summed over the axes of a broker. */
export function violationOf(search: Search, broker: number): number {
  const { sums } = search.model;
  let total = 0;
  for (let i = broker << 3; i < (broker + 1) << 3; i++) {
    total += outsideSquared(search, i, sums[i]!);
  }
  return total;
}

/** The same if `change` were added to the broker's sums. */
export function violationWith(search: Search, broker: number, change: Float64Array): number {
  const { sums } = search.model;
  const at = broker << 3;
  let total = 0;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    total += outsideSquared(search, at | axis, sums[at | axis]! + change[axis]!);
  }
  return total;
}

/**
 * Of two brokers together, if `change` went from the one to the other. In one loop, as nine of ten looks of the repair are at this and
 * each number that a function gives is allocated.
 */
export function violationOfPair(
  { upper, lower, target, model: { sums } }: Search,
  { from, to }: { readonly from: number; readonly to: number },
  change: Float64Array,
): number {
  let total = 0;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const moved = change[axis]!;
    for (let side = 0; side < 2; side++) {
      const i = (side === 0 ? from : to) << 3 | axis;
      const sum = side === 0 ? sums[i]! - moved : sums[i]! + moved;
      const high = upper[i]!;
      const low = lower[i]!;
      if (sum <= high && sum >= low) continue;
      const size = target[i]!;
      const distance = sum > high ? (size > 0 ? (sum - high) / size : 1) : (low - sum) / size;
      total += distance * distance;
    }
  }
  return total;
}

/** Adds `sign` times what the replica puts on its broker, in its present role, to `change`. */
export function addReplica(
  { model }: Pick<Search, "model">,
  change: Float64Array,
  replica: number,
  sign: number,
): void {
  const { loads, row, leader, partition } = model;
  const at = row[replica]! << 3;
  for (let axis = 0; axis <= AXIS_NW_OUT; axis++) change[axis]! += sign * loads[at | axis]!;
  if (leader[partition[replica]!] !== replica) return;
  // As in `addLeading`, whose call would be most of the work here.
  change[AXIS_CPU]! += sign * loads[at | ROW_LEADER_CPU]!;
  change[AXIS_NW_OUT]! += sign * loads[at | AXIS_POTENTIAL_OUT]!;
  change[AXIS_LEADERS]! += sign;
  change[AXIS_LEADER_IN]! += sign * loads[at | AXIS_NW_IN]!;
}

/**
 * Slope of the violation by axis into `slope`: what one more unit costs. Inside the limits a thousandth of the
 * relative surplus, so that ties are broken towards balance.
 */
export function fillSlope(search: Search, broker: number, slope: Float64Array): void {
  const { upper, lower, target, model } = search;
  const at = broker << 3;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const i = at | axis;
    const sum = model.sums[i]!;
    const size = target[i]!;
    slope[axis] = INSIDE_WEIGHT * gradientAt(search, i);
    if (size <= 0) continue;
    if (sum > upper[i]!) slope[axis]! += 2 * (sum - upper[i]!) / size / size;
    else if (sum < lower[i]!) slope[axis]! -= 2 * (lower[i]! - sum) / size / size;
  }
}

const INSIDE_WEIGHT = 1e-3;
