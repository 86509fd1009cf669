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

/** Partitions between two yields: a few milliseconds. */
const CHUNK = 50_000;

/** The rows, and the row and the partition of each replica: the same array where no replica has a row of its own. */
export interface LoadRows {
  readonly row: Int32Array;
  readonly loads: Float64Array;
  readonly partition: Int32Array;
}

/** Builds them in steps. O(R). `old`: rows of the same topology that are not needed any more. */
export function* buildRowSteps(
  input: ClusterInput,
  leader: Int32Array,
  old?: LoadRows,
): Generator<void, LoadRows, void> {
  const length = (leader.length + countOwnRows(input, leader)) * ROW;
  const fits = old?.loads.length === length;
  yield;
  // Where no follower has a row of its own all replicas have the same row again.
  const hasOwn = length > leader.length * ROW;
  const rows: LoadRows = fits
    ? { row: old.row, loads: old.loads, partition: old.partition }
    : emptyRows(input.replicaBroker.length, { length, hasOwn });
  yield;
  let next = leader.length;
  for (let from = 0; from < leader.length; from += CHUNK) {
    const range = { from, to: Math.min(from + CHUNK, leader.length) };
    if (!fits || hasOwn) fillPartitions(input, rows, range);
    writeLeaderRows(input, rows.loads, range);
    yield;
    if (hasOwn) next = writeOwnRows(input, rows, { ...range, leader, next });
    if (input.replicaDiskMb.length > 0) writeLeaderDisks(input, rows.loads, { ...range, leader });
    yield;
  }
  return rows;
}

function emptyRows(replicas: number, loads: { length: number; hasOwn: boolean }): LoadRows {
  const partition = new Int32Array(replicas);
  const row = loads.hasOwn ? new Int32Array(replicas) : partition;
  return { row, loads: new Float64Array(loads.length), partition };
}

/** Partitions `[from, to)`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function fillPartitions(input: ClusterInput, rows: LoadRows, { from, to }: Range): void {
  const { replicaStart } = input;
  const { row, partition } = rows;
  for (let p = from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      partition[r] = p;
      row[r] = p;
    }
  }
}

/** A partition's row has its leader's loads. Goals on a resource that is not known are off; its NaN must not spread. */
function writeLeaderRows(input: ClusterInput, loads: Float64Array, range: Range): void {
  const { leaderLoad, followerLoad } = input;
  const { from: first, to: end } = range;
  let total = 0;
  let from = first * RESOURCE_COUNT;
  let at = first * ROW;
  for (let p = first; p < end; p++) {
    const follower = followerLoad[from + CPU]!;
    loads[at] = leaderLoad[from + DISK]!;
    loads[at + 1] = leaderLoad[from + NW_IN]!;
    loads[at + 2] = follower;
    loads[at + 3] = 1;
    loads[at + 4] = leaderLoad[from + NW_OUT]!;
    loads[at + 7] = leaderLoad[from + CPU]! - follower;
    total += loads[at]! + loads[at + 1]! + loads[at + 4]! + loads[at + 7]!;
    from += RESOURCE_COUNT;
    at += ROW;
  }
  // One NaN makes the total NaN: a look at it saves a look at each.
  if (Number.isNaN(total)) clearUnknown(loads, range);
}

function clearUnknown(loads: Float64Array, { from, to }: Range): void {
  const end = to * ROW;
  for (let i = from * ROW; i < end; i++) if (Number.isNaN(loads[i]!)) loads[i] = 0;
}

function writeLeaderDisks(
  input: ClusterInput,
  loads: Float64Array,
  { leader, from, to }: Range & { readonly leader: Int32Array },
): void {
  for (let p = from; p < to; p++) {
    loads[p * ROW] = diskOf(input, leader[p]!, input.leaderLoad[p * RESOURCE_COUNT + DISK]!);
  }
}

/** Writes rows from row `next` on; returns the row behind the last. */
function writeOwnRows(
  input: ClusterInput,
  rows: LoadRows,
  range: Range & { readonly leader: Int32Array; readonly next: number },
): number {
  const { replicaStart, leaderLoad, followerLoad } = input;
  const { loads, row } = rows;
  const { leader, to: end } = range;
  let { next } = range;
  for (let p = range.from; p < end; p++) {
    const from = p * RESOURCE_COUNT;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (r === leader[p] || !hasOwnRow(input, r, p)) continue;
      const at = next * ROW;
      const followerLoadCpu = known(followerLoad[from + CPU]!);
      row[r] = next++;
      loads[at] = diskOf(input, r, followerLoad[from + DISK]!);
      loads[at + 1] = known(followerLoad[from + NW_IN]!);
      loads[at + 2] = followerLoadCpu;
      loads[at + 3] = 1;
      loads[at + 4] = known(leaderLoad[from + NW_OUT]!);
      loads[at + 5] = known(followerLoad[from + NW_OUT]!);
      loads[at + 7] = known(leaderLoad[from + CPU]!) - followerLoadCpu;
    }
  }
  return next;
}

/** Without sizes of their own all followers of a partition are alike, so one look at each partition is enough. */
function countOwnRows(input: ClusterInput, leader: Int32Array): number {
  const { replicaStart } = input;
  const alike = input.replicaDiskMb.length === 0;
  let count = 0;
  for (let p = 0; p < leader.length; p++) {
    if (alike) {
      if (followersDiffer(input, p)) {
        count += Math.max(0, replicaStart[p + 1]! - replicaStart[p]! - 1);
      }
      continue;
    }
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      if (r !== leader[p] && hasOwnRow(input, r, p)) count++;
    }
  }
  return count;
}

/** Whether followers differ from the leader in incoming bytes or usual size, or have outgoing bytes. */
function followersDiffer(input: ClusterInput, p: number): boolean {
  const { leaderLoad, followerLoad } = input;
  const from = p * RESOURCE_COUNT;
  const out = followerLoad[from + NW_OUT]!;
  if (out !== 0 && !Number.isNaN(out)) return true;
  return known(followerLoad[from + NW_IN]!) !== known(leaderLoad[from + NW_IN]!) ||
    known(followerLoad[from + DISK]!) !== known(leaderLoad[from + DISK]!);
}

function hasOwnRow(input: ClusterInput, replica: number, p: number): boolean {
  const { leaderLoad, followerLoad } = input;
  if (input.replicaDiskMb.length === 0) return followersDiffer(input, p);
  const from = p * RESOURCE_COUNT;
  if (followerLoad[from + NW_OUT] !== 0 && !Number.isNaN(followerLoad[from + NW_OUT]!)) return true;
  if (known(followerLoad[from + NW_IN]!) !== known(leaderLoad[from + NW_IN]!)) return true;
  const leaderDisk = diskOf(input, input.leaderReplica[p]!, leaderLoad[from + DISK]!);
  return diskOf(input, replica, followerLoad[from + DISK]!) !== leaderDisk;
}

function diskOf(input: ClusterInput, replica: number, usual: number): number {
  if (replica < 0 || input.replicaDiskMb.length === 0) return known(usual);
  const own = input.replicaDiskMb[replica]!;
  return Number.isNaN(own) ? known(usual) : own;
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
