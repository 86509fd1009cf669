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

/** The rows, and which is whose. */
export interface LoadRows {
  readonly loads: Float64Array;
  /** Row of each replica; undefined where all replicas have their partition's. */
  readonly row: Int32Array | undefined;
}

/** Builds them in steps. O(R). `old`: rows that are not needed any more. */
export function* buildRowSteps(
  input: ClusterInput,
  leader: Int32Array,
  old?: Float64Array,
): Generator<void, LoadRows, void> {
  const hasSizes = input.replicaDiskMb.length > 0;
  let own = hasSizes ? countOwnRows(input, leader) : 0;
  yield;
  let loads = roomFor(leader.length + own, old);
  let unlike = 0;
  for (let from = 0; from < leader.length; from += CHUNK) {
    const range = { from, to: Math.min(from + CHUNK, leader.length) };
    unlike += writeLeaderRows(input, loads, range);
    if (hasSizes) writeLeaderDisks(input, loads, { ...range, leader });
    yield;
  }
  // Most clusters have followers like their leaders, and the count is spared.
  if (!hasSizes && unlike > 0) own = countOwnRows(input, leader);
  if (own === 0) return { loads, row: undefined };
  if (loads.length < (leader.length + own) * ROW) {
    const leaders = loads;
    loads = new Float64Array((leader.length + own) * ROW);
    loads.set(leaders);
  }
  const row = new Int32Array(input.replicaBroker.length);
  let next = leader.length;
  for (let from = 0; from < leader.length; from += CHUNK) {
    yield;
    const to = Math.min(from + CHUNK, leader.length);
    next = writeOwnRows(input, { row, loads }, { from, to, leader, next });
  }
  return { loads, row };
}

/** The old array where it has the length. */
function roomFor(rows: number, old: Float64Array | undefined): Float64Array {
  return old?.length === rows * ROW ? old : new Float64Array(rows * ROW);
}

/** Partitions `[from, to)`. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A partition's row has its leader's loads. Goals on a resource that is not known are off; its NaN must not spread.
 * Returns how many partitions have followers that may need rows of their own.
 */
function writeLeaderRows(input: ClusterInput, loads: Float64Array, range: Range): number {
  const { leaderLoad, followerLoad } = input;
  const { from: first, to: end } = range;
  let total = 0;
  let unlike = 0;
  let from = first * RESOURCE_COUNT;
  let at = first * ROW;
  for (let p = first; p < end; p++) {
    const follower = followerLoad[from + CPU]!;
    const nwIn = leaderLoad[from + NW_IN]!;
    const nwOut = leaderLoad[from + NW_OUT]!;
    const disk = leaderLoad[from + DISK]!;
    const leading = leaderLoad[from + CPU]! - follower;
    loads[at] = disk;
    loads[at + 1] = nwIn;
    loads[at + 2] = follower;
    loads[at + 3] = 1;
    loads[at + 4] = nwOut;
    loads[at + 7] = leading;
    total += disk + nwIn + nwOut + leading;
    const alike = followerLoad[from + NW_OUT] === 0 && followerLoad[from + NW_IN] === nwIn &&
      followerLoad[from + DISK] === disk;
    if (!alike) unlike++;
    from += RESOURCE_COUNT;
    at += ROW;
  }
  // One NaN makes the total NaN: a look at it saves a look at each.
  if (Number.isNaN(total)) clearUnknown(loads, range);
  return unlike;
}

/** Writes the rows of some partitions anew, whose loads are known and whose followers are like their leaders. */
export function rewriteRows(
  input: ClusterInput,
  loads: Float64Array,
  partitions: Int32Array,
): void {
  for (let i = 0; i < partitions.length; i++) {
    const from = partitions[i]!;
    writeLeaderRows(input, loads, { from, to: from + 1 });
  }
}

/** The row of one partition with these loads, as the first of `into`. */
export function writeRow(
  { leaderLoad, followerLoad }: Pick<ClusterInput, "leaderLoad" | "followerLoad">,
  p: number,
  into: Float64Array,
): void {
  const from = p * RESOURCE_COUNT;
  const follower = followerLoad[from + CPU]!;
  into[0] = known(leaderLoad[from + DISK]!);
  into[1] = known(leaderLoad[from + NW_IN]!);
  into[2] = known(follower);
  into[3] = 1;
  into[4] = known(leaderLoad[from + NW_OUT]!);
  into[7] = known(leaderLoad[from + CPU]! - follower);
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
  rows: { readonly row: Int32Array; readonly loads: Float64Array },
  range: Range & { readonly leader: Int32Array; readonly next: number },
): number {
  const { replicaStart, leaderLoad, followerLoad } = input;
  const { loads, row } = rows;
  const { leader, to: end } = range;
  let { next } = range;
  for (let p = range.from; p < end; p++) {
    const from = p * RESOURCE_COUNT;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      row[r] = p;
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
