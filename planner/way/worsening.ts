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
    // A leader may cost less CPU than a follower where loads were given so: then it has to be measured.
    if (loads[load | ROW_LEADER_CPU]! < 0) return true;
    if ((moves || r === old) && falls(loads, sums, band, load, from, moves, r === old)) return true;
    if ((moves || r === next) && rises(loads, sums, band, load, to, moves, r === next)) return true;
  }
  return false;
}

/** Whether a broker without the row of a replica, or without leading it, is below a limit. */
function falls(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  at: number,
  moves: boolean,
  leads: boolean,
): boolean {
  let cpu = sums[at | AXIS_CPU]!;
  let out = sums[at | AXIS_NW_OUT]!;
  if (moves) {
    cpu -= loads[load | AXIS_CPU]!;
    out -= loads[load | AXIS_NW_OUT]!;
    if (isBelow(sums, band, at | AXIS_DISK, loads[load]!)) return true;
    if (isBelow(sums, band, at | AXIS_NW_IN, loads[load | AXIS_NW_IN]!)) return true;
    if (isBelow(sums, band, at | AXIS_REPLICAS, 1)) return true;
    if (isBelow(sums, band, at | AXIS_POTENTIAL_OUT, loads[load | AXIS_POTENTIAL_OUT]!)) {
      return true;
    }
  }
  if (leads) {
    cpu -= loads[load | ROW_LEADER_CPU]!;
    out -= loads[load | AXIS_POTENTIAL_OUT]!;
    if (isBelow(sums, band, at | AXIS_LEADERS, 1)) return true;
    if (isBelow(sums, band, at | AXIS_LEADER_IN, loads[load | AXIS_NW_IN]!)) return true;
  }
  return (cpu < band[(at | AXIS_CPU) << 1]! && cpu !== sums[at | AXIS_CPU]) ||
    (out < band[(at | AXIS_NW_OUT) << 1]! && out !== sums[at | AXIS_NW_OUT]);
}

/** Whether a broker with the row of a replica, or leading it, is above a limit. */
function rises(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  at: number,
  moves: boolean,
  leads: boolean,
): boolean {
  let cpu = sums[at | AXIS_CPU]!;
  let out = sums[at | AXIS_NW_OUT]!;
  if (moves) {
    cpu += loads[load | AXIS_CPU]!;
    out += loads[load | AXIS_NW_OUT]!;
    if (isAbove(sums, band, at | AXIS_DISK, loads[load]!)) return true;
    if (isAbove(sums, band, at | AXIS_NW_IN, loads[load | AXIS_NW_IN]!)) return true;
    if (isAbove(sums, band, at | AXIS_REPLICAS, 1)) return true;
    if (isAbove(sums, band, at | AXIS_POTENTIAL_OUT, loads[load | AXIS_POTENTIAL_OUT]!)) {
      return true;
    }
  }
  if (leads) {
    cpu += loads[load | ROW_LEADER_CPU]!;
    out += loads[load | AXIS_POTENTIAL_OUT]!;
    if (isAbove(sums, band, at | AXIS_LEADERS, 1)) return true;
    if (isAbove(sums, band, at | AXIS_LEADER_IN, loads[load | AXIS_NW_IN]!)) return true;
  }
  return (cpu > band[((at | AXIS_CPU) << 1) | 1]! && cpu !== sums[at | AXIS_CPU]) ||
    (out > band[((at | AXIS_NW_OUT) << 1) | 1]! && out !== sums[at | AXIS_NW_OUT]);
}

function isBelow(sums: Float64Array, band: Float64Array, at: number, less: number): boolean {
  return less > 0 && sums[at]! - less < band[at << 1]!;
}

function isAbove(sums: Float64Array, band: Float64Array, at: number, more: number): boolean {
  return more > 0 && sums[at]! + more > band[(at << 1) | 1]!;
}
