/**
 * What one replica, or leading one partition, adds to each axis of its broker.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_DISK,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  type ClusterModel,
  ROW_LEADER_CPU,
} from "./cluster_model.ts";

/** MB of a replica. */
export function replicaMb(model: ClusterModel, replica: number): number {
  return model.loads[model.row[replica]! * AXIS_COUNT + AXIS_DISK]!;
}

/** MB of all replicas that are not at home. O(R). */
export function mbAway(model: ClusterModel): number {
  const { broker, home } = model;
  let mb = 0;
  for (let r = 0; r < broker.length; r++) if (broker[r] !== home[r]) mb += replicaMb(model, r);
  return mb;
}

/** What leading adds to the broker of `replica` on `axis`, beyond following. */
export function leadingLoad(model: ClusterModel, replica: number, axis: number): number {
  return leadingOf(model.loads, model.row[replica]! * AXIS_COUNT, axis);
}

/** The same by the row of `loads` that begins at `from`. */
export function leadingOf(loads: Float64Array, from: number, axis: number): number {
  switch (axis) {
    case AXIS_CPU:
      return loads[from + ROW_LEADER_CPU]!;
    case AXIS_NW_OUT:
      return loads[from + AXIS_POTENTIAL_OUT]!;
    case AXIS_LEADERS:
      return 1;
    case AXIS_LEADER_IN:
      return loads[from + AXIS_NW_IN]!;
    default:
      return 0;
  }
}

/**
 * Adds `sign` times what leading adds beyond following, by the row of `loads` that begins at `from`, to the row of sums that begins at `at`.
 * Arrays instead of models: those are objects of several shapes, which V8 would tell apart at each call.
 */
export function addLeading(
  sums: Float64Array,
  at: number,
  loads: Float64Array,
  from: number,
  sign: number,
): void {
  sums[at | AXIS_CPU]! += sign * loads[from | ROW_LEADER_CPU]!;
  sums[at | AXIS_NW_OUT]! += sign * loads[from | AXIS_POTENTIAL_OUT]!;
  sums[at | AXIS_LEADERS]! += sign;
  sums[at | AXIS_LEADER_IN]! += sign * loads[from | AXIS_NW_IN]!;
}

/** What a replica adds to the axis before it leads. */
export function followingLoad(model: ClusterModel, replica: number, axis: number): number {
  return axis <= AXIS_NW_OUT ? model.loads[model.row[replica]! * AXIS_COUNT + axis]! : 0;
}

/** What `replica` adds to its broker on `axis` in its present role. */
export function replicaLoad(model: ClusterModel, replica: number, axis: number): number {
  const following = followingLoad(model, replica, axis);
  if (model.leader[model.partition[replica]!] !== replica) return following;
  return following + leadingLoad(model, replica, axis);
}
