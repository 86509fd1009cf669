/**
 * Reading single replicas out of a {@link LogDirsReading}.
 *
 * @module
 */
import type { FutureReplica, LogDirsReading } from "../../model/readings.ts";
import { findPartition, type Topology } from "../../model/topology.ts";

/** One replica by Kafka's names. */
export interface ReplicaName {
  readonly topic: string;
  readonly partition: number;
  readonly brokerId: number;
}

/** The replica's row in the topology, or -1. */
export function replicaRow(topology: Topology, replica: ReplicaName): number {
  const row = findPartition(topology, replica.topic, replica.partition);
  if (row < 0) return -1;
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    if (topology.replicaBroker[r] === replica.brokerId) return r;
  }
  return -1;
}

/** Path of the log dir that holds the replica; undefined when the broker does not say. */
export function logDirOf(
  topology: Topology,
  reading: LogDirsReading | undefined,
  replica: ReplicaName,
): string | undefined {
  if (reading === undefined) return undefined;
  const row = replicaRow(topology, replica);
  const index = row < 0 ? -1 : reading.replicaLogDir[row]!;
  const broker = reading.brokers.find((candidate) => candidate.brokerId === replica.brokerId);
  return index < 0 ? undefined : broker?.dirs[index]?.path;
}

/**
 * Bytes of the replica on its broker, also when the topology does not list it there; NaN when the broker does not say.
 * Strays are searched one by one: O(strays), which are few.
 */
export function replicaBytesOf(
  topology: Topology,
  reading: LogDirsReading,
  replica: ReplicaName,
): number {
  const row = replicaRow(topology, replica);
  if (row >= 0) return reading.replicaBytes[row]!;
  const stray = reading.strayReplicas.find((candidate) => sameReplica(candidate, replica));
  return stray?.sizeBytes ?? NaN;
}

/** The copy of the replica that is under way to another log dir of its broker. */
export function futureOf(
  reading: LogDirsReading,
  replica: ReplicaName,
): FutureReplica | undefined {
  return reading.futureReplicas.find((candidate) => sameReplica(candidate, replica));
}

function sameReplica(a: ReplicaName, b: ReplicaName): boolean {
  return a.brokerId === b.brokerId && a.partition === b.partition && a.topic === b.topic;
}
