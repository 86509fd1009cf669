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
  const { broker, home, replicaStart, leader, homeLeader, row } = model;
  const old = homeLeader[p]!;
  const next = leader[p]!;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) {
    const from = home[r]!;
    const to = broker[r]!;
    const led = r === old;
    const leads = r === next;
    if (from === to) {
      if (led === leads) continue;
      if (
        passesLeading(model.loads, sums, band, {
          load: row[r]! << 3,
          broker: to,
          side: led ? LESS : MORE,
        })
      ) return true;
      continue;
    }
    if (passesMoving(model.loads, sums, band, row[r]! << 3, from << 3, to << 3, led, leads)) {
      return true;
    }
  }
  return false;
}

/**
 * The same of a replica that moves, and leads on either broker or both, where brokers are given by the first place of their sums. The CPU and the bytes out of a leader
 * are in two places of its row. Written out for each axis: much of the time of an order is spent here.
 */
function passesMoving(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  load: number,
  from: number,
  to: number,
  led: boolean,
  leads: boolean,
): boolean {
  const low = from << 1;
  const high = to << 1 | 1;
  const disk = loads[load]!;
  const nwIn = loads[load | AXIS_NW_IN]!;
  const cpu = loads[load | AXIS_CPU]!;
  const potential = loads[load | AXIS_POTENTIAL_OUT]!;
  const out = loads[load | AXIS_NW_OUT]!;
  const leading = loads[load | ROW_LEADER_CPU]!;
  const outLeft = led ? out + potential : out;
  const outEntered = leads ? out + potential : out;
  const cpuLeft = led ? cpu + leading : cpu;
  const cpuEntered = leads ? cpu + leading : cpu;
  return sums[from | AXIS_REPLICAS]! - 1 < band[low + 2 * AXIS_REPLICAS]! ||
    sums[to | AXIS_REPLICAS]! + 1 > band[high + 2 * AXIS_REPLICAS]! ||
    (disk > 0 && (sums[from]! - disk < band[low]! || sums[to]! + disk > band[high]!)) ||
    (nwIn > 0 && (sums[from | AXIS_NW_IN]! - nwIn < band[low + 2 * AXIS_NW_IN]! ||
      sums[to | AXIS_NW_IN]! + nwIn > band[high + 2 * AXIS_NW_IN]!)) ||
    (potential > 0 &&
      (sums[from | AXIS_POTENTIAL_OUT]! - potential < band[low + 2 * AXIS_POTENTIAL_OUT]! ||
        sums[to | AXIS_POTENTIAL_OUT]! + potential > band[high + 2 * AXIS_POTENTIAL_OUT]!)) ||
    (cpuLeft > 0 && sums[from | AXIS_CPU]! - cpuLeft < band[low + 2 * AXIS_CPU]!) ||
    (cpuEntered > 0 && sums[to | AXIS_CPU]! + cpuEntered > band[high + 2 * AXIS_CPU]!) ||
    (outLeft > 0 && sums[from | AXIS_NW_OUT]! - outLeft < band[low + 2 * AXIS_NW_OUT]!) ||
    (outEntered > 0 && sums[to | AXIS_NW_OUT]! + outEntered > band[high + 2 * AXIS_NW_OUT]!) ||
    (led && (sums[from | AXIS_LEADERS]! - 1 < band[low + 2 * AXIS_LEADERS]! ||
      (nwIn > 0 && sums[from | AXIS_LEADER_IN]! - nwIn < band[low + 2 * AXIS_LEADER_IN]!))) ||
    (leads && (sums[to | AXIS_LEADERS]! + 1 > band[high + 2 * AXIS_LEADERS]! ||
      (nwIn > 0 && sums[to | AXIS_LEADER_IN]! + nwIn > band[high + 2 * AXIS_LEADER_IN]!)));
}

/** Which limit of an axis a broker comes nearer to: behind the lower limit of each comes the upper. */
const LESS = 0;
const MORE = 1;

/** The same of a broker on which a replica begins or ends to lead. */
function passesLeading(
  loads: Float64Array,
  sums: Float64Array,
  band: Float64Array,
  { load, broker, side }: { load: number; broker: number; side: typeof LESS | typeof MORE },
): boolean {
  const at = broker << 3;
  const limit = (at << 1) | side;
  const sign = side === MORE ? 1 : -1;
  const nwIn = loads[load | AXIS_NW_IN]!;
  const out = loads[load | AXIS_POTENTIAL_OUT]!;
  const most = band[limit + 2 * AXIS_LEADER_IN]!;
  if ((sums[at | AXIS_LEADERS]! + sign - band[limit + 2 * AXIS_LEADERS]!) * sign > 0) return true;
  if (nwIn > 0 && (sums[at | AXIS_LEADER_IN]! + sign * nwIn - most) * sign > 0) return true;
  if (
    out > 0 && (sums[at | AXIS_NW_OUT]! + sign * out - band[limit + 2 * AXIS_NW_OUT]!) * sign > 0
  ) return true;
  // A leader may cost less CPU than a follower where loads were given so.
  const change = sign * loads[load | ROW_LEADER_CPU]!;
  const sum = sums[at | AXIS_CPU]! + change;
  const cpu = (at << 1) + 2 * AXIS_CPU;
  return change > 0 ? sum > band[cpu + 1]! : change < 0 && sum < band[cpu]!;
}
