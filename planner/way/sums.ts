/**
 * Sums of the brokers on the way from home to the plan, proposal by proposal.
 *
 * @module
 */
import type { ClusterModel } from "../../model/cluster_model.ts";
import { addLeading } from "../../model/replica_axes.ts";

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
  const { broker, home, replicaStart, leader, homeLeader, loads, row } = model;
  const old = homeLeader[p]!;
  const next = leader[p]!;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) {
    const from = home[r]! << 3;
    const to = broker[r]! << 3;
    const load = row[r]! << 3;
    if (from !== to) {
      const disk = sign * loads[load]!;
      const nwIn = sign * loads[load | 1]!;
      const cpu = sign * loads[load | 2]!;
      const potential = sign * loads[load | 4]!;
      const out = sign * loads[load | 5]!;
      sums[from]! -= disk;
      sums[to]! += disk;
      sums[from | 1]! -= nwIn;
      sums[to | 1]! += nwIn;
      sums[from | 2]! -= cpu;
      sums[to | 2]! += cpu;
      sums[from | 3]! -= sign;
      sums[to | 3]! += sign;
      sums[from | 4]! -= potential;
      sums[to | 4]! += potential;
      sums[from | 5]! -= out;
      sums[to | 5]! += out;
    } else if ((old === r) === (next === r)) continue;
    if (old === r) addLeading(sums, from, loads, load, -sign);
    if (next === r) addLeading(sums, to, loads, load, sign);
  }
}
