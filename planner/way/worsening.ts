/**
 * Whether a proposal may make anything worse, told from sums and limits alone: nearly none of a plan does, and what
 * only makes things better need not be measured goal by goal.
 *
 * @module
 */
import {
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type ClusterModel,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";

/**
 * False when no broker that loses load by the proposal comes below a limit, and none that gets load above one. O(RF).
 *
 * @param sums of the brokers before the proposal, B x 8 as in the model
 * @param band between what sums pass no limit of a goal: lower, upper of each
 */
export function mayWorsen(
  model: ClusterModel,
  sums: Float64Array,
  band: Float64Array,
  p: number,
): boolean {
  const { broker, home, replicaStart, leader, homeLeader, loads, row } = model;
  const old = homeLeader[p]!;
  const next = leader[p]!;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) {
    const from = home[r]! << 3;
    const to = broker[r]! << 3;
    const moves = from !== to;
    if (!moves && (r === old) === (r === next)) continue;
    const load = row[r]! << 3;
    const led = r === old;
    const leads = r === next;
    if ((moves || led) && falls(loads, sums, band, load, from, moves, led)) return true;
    if ((moves || leads) && rises(loads, sums, band, load, to, moves, leads)) return true;
  }
  return false;
}

/**
 * Whether a broker that gets the row of a replica, or leads it, is above a limit. The CPU and the bytes out of a leader are in two
 * places of its row. Written out for each axis, as is {@link falls}: nearly all of the time of an order is spent here.
 */
function rises(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  at: number,
  moves: boolean,
  leads: boolean,
): boolean {
  // Behind the lower limit of each axis comes the upper.
  const upper = (at << 1) | 1;
  const nwIn = loads[load | AXIS_NW_IN]!;
  const potential = loads[load | AXIS_POTENTIAL_OUT]!;
  let cpu = 0;
  let out = 0;
  if (moves) {
    const disk = loads[load]!;
    cpu = loads[load | AXIS_CPU]!;
    out = loads[load | AXIS_NW_OUT]!;
    if (sums[at | AXIS_REPLICAS]! + 1 > band[upper + 2 * AXIS_REPLICAS]!) return true;
    if (disk > 0 && sums[at]! + disk > band[upper]!) return true;
    if (nwIn > 0 && sums[at | AXIS_NW_IN]! + nwIn > band[upper + 2 * AXIS_NW_IN]!) return true;
    const potentially = sums[at | AXIS_POTENTIAL_OUT]! + potential;
    if (potential > 0 && potentially > band[upper + 2 * AXIS_POTENTIAL_OUT]!) return true;
  }
  if (leads) {
    cpu += loads[load | ROW_LEADER_CPU]!;
    out += potential;
    if (sums[at | AXIS_LEADERS]! + 1 > band[upper + 2 * AXIS_LEADERS]!) return true;
    const led = sums[at | AXIS_LEADER_IN]! + nwIn;
    if (nwIn > 0 && led > band[upper + 2 * AXIS_LEADER_IN]!) return true;
  }
  if (out > 0 && sums[at | AXIS_NW_OUT]! + out > band[upper + 2 * AXIS_NW_OUT]!) return true;
  return cpuPasses(sums, band, at | AXIS_CPU, cpu);
}

/** Whether a broker that loses the row of a replica, or its leadership, is below a limit. */
function falls(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  at: number,
  moves: boolean,
  led: boolean,
): boolean {
  const lower = at << 1;
  const nwIn = loads[load | AXIS_NW_IN]!;
  const potential = loads[load | AXIS_POTENTIAL_OUT]!;
  let cpu = 0;
  let out = 0;
  if (moves) {
    const disk = loads[load]!;
    cpu = loads[load | AXIS_CPU]!;
    out = loads[load | AXIS_NW_OUT]!;
    if (sums[at | AXIS_REPLICAS]! - 1 < band[lower + 2 * AXIS_REPLICAS]!) return true;
    if (disk > 0 && sums[at]! - disk < band[lower]!) return true;
    if (nwIn > 0 && sums[at | AXIS_NW_IN]! - nwIn < band[lower + 2 * AXIS_NW_IN]!) return true;
    const potentially = sums[at | AXIS_POTENTIAL_OUT]! - potential;
    if (potential > 0 && potentially < band[lower + 2 * AXIS_POTENTIAL_OUT]!) return true;
  }
  if (led) {
    cpu += loads[load | ROW_LEADER_CPU]!;
    out += potential;
    if (sums[at | AXIS_LEADERS]! - 1 < band[lower + 2 * AXIS_LEADERS]!) return true;
    const leads = sums[at | AXIS_LEADER_IN]! - nwIn;
    if (nwIn > 0 && leads < band[lower + 2 * AXIS_LEADER_IN]!) return true;
  }
  if (out > 0 && sums[at | AXIS_NW_OUT]! - out < band[lower + 2 * AXIS_NW_OUT]!) return true;
  return cpuPasses(sums, band, at | AXIS_CPU, -cpu);
}

/** Whether a sum passes a limit by a change in its direction: a leader may cost less CPU than a follower where loads were given so. */
function cpuPasses(sums: Float64Array, band: Float64Array, at: number, change: number): boolean {
  const sum = sums[at]! + change;
  return change > 0 ? sum > band[(at << 1) | 1]! : change < 0 && sum < band[at << 1]!;
}
