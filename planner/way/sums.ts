/**
 * Sums of the brokers on the way from home to the plan, proposal by proposal.
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
  type ClusterModel,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";

/** Whether the proposal changes what the replica puts on its broker. */
export function changesReplica(model: ClusterModel, p: number, r: number): boolean {
  if (model.home[r] !== model.broker[r]) return true;
  return (model.homeLeader[p] === r) !== (model.leader[p] === r);
}

/** Adds what a partition's proposal changes to `sums`, or takes it off again with `sign` -1. O(RF). */
export function addProposal(
  model: ClusterModel,
  sums: Float64Array,
  p: number,
  sign: number,
): void {
  const { broker, home, replicaStart, leader, homeLeader } = model;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) {
    if (!changesReplica(model, p, r)) continue;
    addReplica(model, sums, r, home[r]!, homeLeader[p] === r, -sign);
    addReplica(model, sums, r, broker[r]!, leader[p] === r, sign);
  }
}

function addReplica(
  model: ClusterModel,
  sums: Float64Array,
  replica: number,
  broker: number,
  leads: boolean,
  sign: number,
): void {
  const { loads, row } = model;
  const at = row[replica]! * AXIS_COUNT;
  const o = broker * AXIS_COUNT;
  for (let axis = 0; axis <= AXIS_NW_OUT; axis++) sums[o + axis]! += sign * loads[at + axis]!;
  if (!leads) return;
  sums[o + AXIS_CPU]! += sign * loads[at + ROW_LEADER_CPU]!;
  sums[o + AXIS_NW_OUT]! += sign * loads[at + AXIS_POTENTIAL_OUT]!;
  sums[o + AXIS_LEADERS]! += sign;
  sums[o + AXIS_LEADER_IN]! += sign * loads[at + AXIS_NW_IN]!;
}
