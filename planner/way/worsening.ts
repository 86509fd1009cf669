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
    const moves = home[r] !== broker[r];
    if (!moves && (r === old) === (r === next)) continue;
    const load = row[r]! << 3;
    if ((moves || r === old) && passes(loads, sums, band, load, home[r]!, moves, r === old, LESS)) {
      return true;
    }
    if (
      (moves || r === next) && passes(loads, sums, band, load, broker[r]!, moves, r === next, MORE)
    ) return true;
  }
  return false;
}

/** Which limit of an axis a broker comes nearer to: behind the lower limit of each comes the upper. */
const LESS = 0;
const MORE = 1;

/**
 * Whether a broker that gets the row of a replica, leads it or both, is above a limit then, or below one when it loses
 * that. The CPU and the bytes out of a leader are in two places of its row. Written out for each axis: nearly all of the time of an order is spent here.
 */
function passes(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  broker: number,
  moves: boolean,
  leads: boolean,
  side: typeof LESS | typeof MORE,
): boolean {
  const at = broker << 3;
  const limit = (at << 1) | side;
  const sign = side === MORE ? 1 : -1;
  const nwIn = loads[load | AXIS_NW_IN]!;
  const potential = loads[load | AXIS_POTENTIAL_OUT]!;
  let cpu = 0;
  let out = 0;
  if (moves) {
    const disk = loads[load]!;
    cpu = loads[load | AXIS_CPU]!;
    out = loads[load | AXIS_NW_OUT]!;
    const most = band[limit + 2 * AXIS_POTENTIAL_OUT]!;
    if ((sums[at | AXIS_REPLICAS]! + sign - band[limit + 2 * AXIS_REPLICAS]!) * sign > 0) {
      return true;
    }
    if (disk > 0 && (sums[at]! + sign * disk - band[limit]!) * sign > 0) return true;
    if (
      nwIn > 0 && (sums[at | AXIS_NW_IN]! + sign * nwIn - band[limit + 2 * AXIS_NW_IN]!) * sign > 0
    ) return true;
    if (
      potential > 0 && (sums[at | AXIS_POTENTIAL_OUT]! + sign * potential - most) * sign > 0
    ) return true;
  }
  if (leads) {
    const most = band[limit + 2 * AXIS_LEADER_IN]!;
    cpu += loads[load | ROW_LEADER_CPU]!;
    out += potential;
    if ((sums[at | AXIS_LEADERS]! + sign - band[limit + 2 * AXIS_LEADERS]!) * sign > 0) return true;
    if (nwIn > 0 && (sums[at | AXIS_LEADER_IN]! + sign * nwIn - most) * sign > 0) return true;
  }
  if (
    out > 0 && (sums[at | AXIS_NW_OUT]! + sign * out - band[limit + 2 * AXIS_NW_OUT]!) * sign > 0
  ) return true;
  // A leader may cost less CPU than a follower where loads were given so.
  const change = sign * cpu;
  const sum = sums[at | AXIS_CPU]! + change;
  const most = (at << 1) + 2 * AXIS_CPU;
  return change > 0 ? sum > band[most + 1]! : change < 0 && sum < band[most]!;
}
