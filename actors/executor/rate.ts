/**
 * Bytes moved, rate and time left, measured on the brokers that receive replicas. Pure.
 *
 * @module
 */
import { BYTES_PER_MB } from "../../model/metrics.ts";
import { replicasToAdd } from "../../model/proposal.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import type { Topology } from "../../model/topology.ts";
import { futureOf, replicaBytesOf } from "./log_dirs.ts";
import { type Task, taskMb } from "./task.ts";

/** Rates are averaged over this long: "the latest minute". Throttled replication advances in steps of seconds. */
export const RATE_WINDOW_MS = 60_000;

/** Total of bytes moved at a time. */
export interface MovedSample {
  readonly atMs: number;
  readonly bytes: number;
}

/**
 * Bytes that a task's receiving brokers hold by now; undefined when one of them did not say. Elections move nothing.
 */
export function receivedBytes(
  task: Task,
  topology: Topology,
  reading: LogDirsReading,
): number | undefined {
  const { topic, partition } = task.proposal;
  if (task.record.type === "LEADER_ACTION") return 0;
  if (task.record.type === "INTRA_BROKER_REPLICA_ACTION") {
    const future = futureOf(reading, { topic, partition, brokerId: task.record.brokerId! });
    return future?.sizeBytes;
  }
  let total = 0;
  for (const { brokerId } of replicasToAdd(task.proposal)) {
    const bytes = replicaBytesOf(topology, reading, { topic, partition, brokerId });
    if (Number.isNaN(bytes)) return undefined;
    total += bytes;
  }
  return total;
}

/** Bytes of all tasks together: ended ones that reached the target in full, those in flight as last measured. */
export function movedBytes(
  tasks: Iterable<Task>,
  received: ReadonlyMap<number, number>,
): number {
  let bytes = 0;
  for (const task of tasks) {
    const { executionId, state } = task.record;
    const full = taskMb(task) * BYTES_PER_MB;
    if (state === "COMPLETED") bytes += full;
    else if (state === "IN_PROGRESS" || state === "ABORTING" || state === "SUBMITTING") {
      bytes += Math.min(received.get(executionId) ?? 0, full);
    }
  }
  return bytes;
}

/** Bytes that the tasks have to move in all; tasks that ended without reaching their target do not count. */
export function totalBytes(tasks: Iterable<Task>): number {
  let bytes = 0;
  for (const task of tasks) {
    const { state } = task.record;
    if (state !== "ABORTED" && state !== "DEAD") bytes += taskMb(task) * BYTES_PER_MB;
  }
  return bytes;
}

/** The samples with one more, those older than the window dropped except the youngest of them. */
export function withSample(
  samples: readonly MovedSample[],
  sample: MovedSample,
): readonly MovedSample[] {
  const edge = sample.atMs - RATE_WINDOW_MS;
  let from = 0;
  while (from + 1 < samples.length && samples[from + 1]!.atMs <= edge) from++;
  return [...samples.slice(from), sample];
}

/** Bytes/s over the samples, undefined until two samples are apart in time. Never negative. */
export function rateOf(samples: readonly MovedSample[]): number | undefined {
  const first = samples[0];
  const last = samples[samples.length - 1];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  return Math.max(0, (last.bytes - first.bytes) * 1000 / (last.atMs - first.atMs));
}

/** Seconds until everything is moved at this rate; undefined while nothing moves. */
export function secondsLeft(
  remainingBytes: number,
  rateBytesPerSec: number | undefined,
): number | undefined {
  if (remainingBytes <= 0) return 0;
  if (rateBytesPerSec === undefined || rateBytesPerSec <= 0) return undefined;
  return remainingBytes / rateBytesPerSec;
}
