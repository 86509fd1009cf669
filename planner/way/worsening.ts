/**
 * Whether a proposal may make anything worse, told from sums and limits alone: nearly none of a plan does, and what
 * only makes things better need not be measured goal by goal.
 *
 * @module
 */
import {
  AXIS_CPU,
  AXIS_DISK,
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
    if ((moves || led) && passes(loads, sums, band, load, from, -1, moves, led)) return true;
    if ((moves || leads) && passes(loads, sums, band, load, to, 1, moves, leads)) return true;
  }
  return false;
}

/**
 * Whether a broker that gets the row of a replica, or leads it, is above a limit; with `sign` -1 whether one that loses
 * them is below a limit. The CPU and the bytes out of a leader are in two places of its row.
 */
function passes(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  at: number,
  sign: number,
  moves: boolean,
  leads: boolean,
): boolean {
  const potential = loads[load | AXIS_POTENTIAL_OUT]!;
  const nwIn = loads[load | AXIS_NW_IN]!;
  let cpu = 0;
  let out = 0;
  if (moves) {
    cpu = loads[load | AXIS_CPU]!;
    out = loads[load | AXIS_NW_OUT]!;
    if (isBeyond(sums, band, at | AXIS_DISK, sign, loads[load]!)) return true;
    if (isBeyond(sums, band, at | AXIS_NW_IN, sign, nwIn)) return true;
    if (isBeyond(sums, band, at | AXIS_REPLICAS, sign, 1)) return true;
    if (isBeyond(sums, band, at | AXIS_POTENTIAL_OUT, sign, potential)) return true;
  }
  if (leads) {
    cpu += loads[load | ROW_LEADER_CPU]!;
    out += potential;
    if (isBeyond(sums, band, at | AXIS_LEADERS, sign, 1)) return true;
    if (isBeyond(sums, band, at | AXIS_LEADER_IN, sign, nwIn)) return true;
  }
  return isBeyond(sums, band, at | AXIS_CPU, sign, cpu) ||
    isBeyond(sums, band, at | AXIS_NW_OUT, sign, out);
}

/** Whether a sum that changes is outside on the side that it changes to. */
function isBeyond(
  sums: Float64Array,
  band: Float64Array,
  at: number,
  sign: number,
  load: number,
): boolean {
  // A leader may cost less CPU than a follower where loads were given so.
  const change = sign * load;
  const sum = sums[at]! + change;
  return change > 0 ? sum > band[(at << 1) | 1]! : change < 0 && sum < band[at << 1]!;
}
