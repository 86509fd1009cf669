/**
 * Rows of loads for a cluster model: one a partition, and one more for every follower that differs from its leader
 * in something that stays with a replica when leadership moves.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "./metrics.ts";

/** Columns of a row; the meaning of each is in `cluster_model.ts`. */
const ROW = 8;

/** The rows, the row of each replica, and the partition of each replica. O(R). */
export function buildRows(
  input: ClusterInput,
  leader: Int32Array,
): { row: Int32Array; loads: Float64Array; partition: Int32Array } {
  const partitions = input.partitionNumber.length;
  const row = new Int32Array(input.replicaBroker.length);
  const partition = new Int32Array(input.replicaBroker.length);
  const loads = new Float64Array((partitions + countOwnRows(input, leader)) * ROW);
  const { replicaStart, leaderLoad, followerLoad } = input;
  let next = partitions;
  for (let p = 0; p < partitions; p++) {
    const from = p * RESOURCE_COUNT;
    const leaderReplica = leader[p]!;
    writeRow(loads, p * ROW, {
      disk: diskOf(input, leaderReplica, leaderLoad[from + DISK]!),
      nwIn: known(leaderLoad[from + NW_IN]!),
      followerOut: 0,
      input,
      p,
    });
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      partition[r] = p;
      row[r] = p;
      if (r === leaderReplica || !hasOwnRow(input, r, p)) continue;
      row[r] = next;
      writeRow(loads, next++ * ROW, {
        disk: diskOf(input, r, followerLoad[from + DISK]!),
        nwIn: known(followerLoad[from + NW_IN]!),
        followerOut: known(followerLoad[from + NW_OUT]!),
        input,
        p,
      });
    }
  }
  return { row, loads, partition };
}

function countOwnRows(input: ClusterInput, leader: Int32Array): number {
  let count = 0;
  for (let p = 0; p < leader.length; p++) {
    for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
      if (r !== leader[p] && hasOwnRow(input, r, p)) count++;
    }
  }
  return count;
}

function hasOwnRow(input: ClusterInput, replica: number, p: number): boolean {
  const from = p * RESOURCE_COUNT;
  const { leaderLoad, followerLoad } = input;
  if (followerLoad[from + NW_OUT] !== 0 && !Number.isNaN(followerLoad[from + NW_OUT]!)) return true;
  if (known(followerLoad[from + NW_IN]!) !== known(leaderLoad[from + NW_IN]!)) return true;
  const leaderDisk = diskOf(input, input.leaderReplica[p]!, leaderLoad[from + DISK]!);
  return diskOf(input, replica, followerLoad[from + DISK]!) !== leaderDisk;
}

function writeRow(
  loads: Float64Array,
  at: number,
  values: { disk: number; nwIn: number; followerOut: number; input: ClusterInput; p: number },
): void {
  const from = values.p * RESOURCE_COUNT;
  const leaderCpu = known(values.input.leaderLoad[from + CPU]!);
  const followerCpu = known(values.input.followerLoad[from + CPU]!);
  loads[at] = values.disk;
  loads[at + 1] = values.nwIn;
  loads[at + 2] = followerCpu;
  loads[at + 3] = 1;
  loads[at + 4] = known(values.input.leaderLoad[from + NW_OUT]!);
  loads[at + 5] = values.followerOut;
  loads[at + 7] = leaderCpu - followerCpu;
}

function diskOf(input: ClusterInput, replica: number, usual: number): number {
  if (replica < 0 || input.replicaDiskMb.length === 0) return known(usual);
  const own = input.replicaDiskMb[replica]!;
  return Number.isNaN(own) ? known(usual) : own;
}

/** Goals on a resource that is not known are off; its loads must not turn sums into NaN. */
function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
