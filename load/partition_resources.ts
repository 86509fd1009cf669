/**
 * Loads of leader and follower replicas by resource, from the windows of a partition's metrics.
 *
 * @module
 */
import {
  CPU,
  CPU_USAGE,
  DISK,
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  NW_IN,
  NW_OUT,
  PARTITION_METRIC_COUNT,
  REPLICATION_BYTES_IN_RATE,
  RESOURCE_COUNT,
  RESOURCES,
} from "../model/metrics.ts";
import { type CpuWeights, followerCpu } from "../model/follower_load.ts";
import type { LoadWindows } from "../model/cluster_input.ts";

/** The part of a load snapshot that a model is built from (`LoadSnapshot` of the messages has it). */
export interface PartitionLoads {
  /** Generation of the topology whose rows are used. */
  readonly generation: number;
  /** Length W, newest first. */
  readonly windowEndsMs: Float64Array;
  /** Length P: 1 = valid. */
  readonly valid: Uint8Array;
  /** W x P x PARTITION_METRIC_COUNT, window-major then partition row; NaN = not known. */
  readonly metrics: Float32Array;
  /** Length R (or 0): MB of each replica, NaN = not known. */
  readonly replicaMb: Float32Array;
}

/** Loads by model partition. */
export interface PartitionResources {
  /** N x 4: cpu %, nwIn KB/s, nwOut KB/s, disk MB; 0 where not known. */
  readonly leaderLoad: Float64Array;
  /** The same of each follower. */
  readonly followerLoad: Float64Array;
  /** By resource id: partitions whose load is not known. */
  readonly missing: readonly number[];
}

/** A resource that is not known for more than this share of the partitions is off for the whole cluster. */
export const UNKNOWN_SHARE_MAX = 0.05;

const REASONS = [
  "CPU load is not known: no source of broker CPU is configured, CPU goals are off",
  "Inbound network load is not known: offsets or log sizes cannot be read",
  "Outbound network load is not known: committed offsets of consumer groups cannot be read",
  "Disk load is not known: the brokers do not tell the sizes of their logs",
] as const;

/** The resources that are not known for too many of `partitions`, with the reason. */
export function unknownResources(
  missing: readonly number[],
  partitions: number,
): ReadonlyMap<number, string> {
  const unknown = new Map<number, string>();
  for (let resource = 0; resource < RESOURCES.length; resource++) {
    const count = missing[resource]!;
    if (count === 0 || count <= UNKNOWN_SHARE_MAX * partitions) continue;
    const some = count < partitions ? ` (${count} of ${partitions} partitions)` : "";
    unknown.set(resource, `${REASONS[resource]}${some}`);
  }
  return unknown;
}

/** Loads looked at between two steps: a few milliseconds. */
const LOADS_A_STEP = 50_000;

/** Loads of the partitions in `rows`, in steps. `replicaStart` is that of the model, length N + 1. O(W x N). */
export function* partitionResourceSteps(
  load: PartitionLoads,
  options: { rows: Int32Array; replicaStart: Int32Array; weights: CpuWeights },
): Generator<void, PartitionResources, void> {
  const { rows, replicaStart, weights } = options;
  const windows = load.windowEndsMs.length;
  const partitions = load.valid.length;
  const { metrics } = load;
  const leaderLoad = new Float64Array(rows.length * RESOURCE_COUNT);
  const followerLoad = new Float64Array(rows.length * RESOURCE_COUNT);
  const missing = [0, 0, 0, 0];
  const partitionsAStep = Math.ceil(LOADS_A_STEP / windows);
  for (let p = 0; p < rows.length; p++) {
    if (p % partitionsAStep === 0) yield;
    const followers = replicaStart[p + 1]! - replicaStart[p]! - 1;
    let disk = NaN;
    let inSum = 0, inCount = 0, outSum = 0, outCount = 0;
    let cpuSum = 0, followerCpuSum = 0, cpuCount = 0;
    for (let w = 0; w < windows; w++) {
      const at = (w * partitions + rows[p]!) * PARTITION_METRIC_COUNT;
      const produced = metrics[at + LEADER_BYTES_IN]!;
      const copied = metrics[at + REPLICATION_BYTES_IN_RATE]!;
      const consumed = metrics[at + LEADER_BYTES_OUT]!;
      const cpu = metrics[at + CPU_USAGE]!;
      // Windows are newest first: the first size found is the latest.
      if (Number.isNaN(disk)) disk = metrics[at + DISK_USAGE]!;
      if (Number.isNaN(produced)) continue;
      const inbound = produced + (copied > 0 ? copied : 0);
      inSum += inbound;
      inCount++;
      if (Number.isNaN(consumed)) continue;
      const outbound = consumed + produced * followers;
      outSum += outbound;
      outCount++;
      if (Number.isNaN(cpu)) continue;
      cpuSum += cpu;
      followerCpuSum += followerCpu(inbound, outbound, cpu, weights);
      cpuCount++;
    }
    const at = p * RESOURCE_COUNT;
    if (cpuCount === 0) missing[CPU]!++;
    if (inCount === 0) missing[NW_IN]!++;
    if (outCount === 0) missing[NW_OUT]!++;
    if (Number.isNaN(disk)) missing[DISK]!++;
    leaderLoad[at + CPU] = mean(cpuSum, cpuCount);
    leaderLoad[at + NW_IN] = mean(inSum, inCount);
    leaderLoad[at + NW_OUT] = mean(outSum, outCount);
    leaderLoad[at + DISK] = disk > 0 ? disk : 0;
    followerLoad[at + CPU] = mean(followerCpuSum, cpuCount);
    followerLoad[at + NW_IN] = leaderLoad[at + NW_IN]!;
    followerLoad[at + DISK] = leaderLoad[at + DISK]!;
  }
  return { leaderLoad, followerLoad, missing };
}

/**
 * Loads of the partitions in `rows` window by window, in steps. Where a window does not know one, it is what stands for
 * all windows in `usual`. `replicaStart` is that of the model, length N + 1. O(W x N).
 */
export function* partitionWindowSteps(
  load: PartitionLoads,
  options: {
    rows: Int32Array;
    replicaStart: Int32Array;
    weights: CpuWeights;
    usual: Pick<PartitionResources, "leaderLoad" | "followerLoad">;
  },
): Generator<void, LoadWindows, void> {
  const { rows, replicaStart, weights, usual: { leaderLoad, followerLoad } } = options;
  const count = load.windowEndsMs.length;
  const partitions = load.valid.length;
  const { metrics } = load;
  const loads = new Float64Array(rows.length * count * RESOURCE_COUNT);
  const followers = new Float64Array(rows.length * count);
  const partitionsAStep = Math.ceil(LOADS_A_STEP / count);
  for (let p = 0; p < rows.length; p++) {
    if (p % partitionsAStep === 0) yield;
    const usual = p * RESOURCE_COUNT;
    const copies = replicaStart[p + 1]! - replicaStart[p]! - 1;
    for (let w = 0; w < count; w++) {
      const at = (w * partitions + rows[p]!) * PARTITION_METRIC_COUNT;
      const copied = metrics[at + REPLICATION_BYTES_IN_RATE]!;
      const produced = metrics[at + LEADER_BYTES_IN]!;
      const inbound = produced + (copied > 0 ? copied : 0);
      const outbound = metrics[at + LEADER_BYTES_OUT]! + produced * copies;
      const cpu = metrics[at + CPU_USAGE]!;
      // They come newest first, and are kept oldest first.
      const place = p * count + count - 1 - w;
      const to = place * RESOURCE_COUNT;
      loads[to + CPU] = known(cpu, leaderLoad[usual + CPU]!);
      loads[to + NW_IN] = known(inbound, leaderLoad[usual + NW_IN]!);
      loads[to + NW_OUT] = known(outbound, leaderLoad[usual + NW_OUT]!);
      loads[to + DISK] = known(metrics[at + DISK_USAGE]!, leaderLoad[usual + DISK]!);
      const followerUsual = followerLoad[usual + CPU]!;
      followers[place] = known(followerCpu(inbound, outbound, cpu, weights), followerUsual);
    }
  }
  return { count, loads, followerCpu: followers };
}

function known(value: number, otherwise: number): number {
  return value >= 0 ? value : otherwise;
}

/** Rates below 0 do not exist: rounding in a window's sum is not to make one. */
function mean(sum: number, count: number): number {
  return count > 0 && sum > 0 ? sum / count : 0;
}
