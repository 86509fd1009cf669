/**
 * The cluster as Kafka's metadata describes it, as arrays that cross threads cheaply.
 *
 * ```
 * array            type          length      index           value
 * brokers          objects       B           broker slot     ids ascending
 * topicNames       string[]      T           topic           ascending by code unit
 * topicIds         string[]      T           topic           Kafka's uuid, "" when the cluster gives none
 * partitionStart   Int32Array    T + 1       topic           first partition row of the topic
 * leader           Int32Array    P           partition row   broker id, NO_LEADER when none
 * leaderEpoch      Int32Array    P           partition row   -1 when unknown
 * replicaStart     Int32Array    P + 1       partition row   first replica row of the partition
 * replicaBroker    Int32Array    R           replica row     broker id, in Kafka's order (first = preferred leader)
 * replicaFlags     Uint8Array    R           replica row     IN_SYNC | OFFLINE
 * ```
 * A topic's partitions are rows `partitionStart[t] .. partitionStart[t + 1] - 1`, and the row's offset in that
 * range is the partition number: Kafka numbers partitions from 0 without gaps.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";

/** No broker leads the partition now. */
export const NO_LEADER = -1;
/** Bit of `replicaFlags`: the replica is in the ISR. */
export const IN_SYNC = 1;
/** Bit of `replicaFlags`: Kafka says the replica is offline (dead broker or failed log dir). */
export const OFFLINE = 2;

/** A broker in the metadata. */
export interface TopologyBroker {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  /** Kafka's rack, undefined when the broker has none. */
  readonly rack: string | undefined;
  /** False for a broker that is registered but fenced (stopped, or not yet caught up). */
  readonly alive: boolean;
}

/** One reading of the metadata. Immutable; a change gives a new one with a higher generation. */
export interface Topology {
  /** Grows by one whenever anything but `observedAtMs` differs from the reading before. Starts at 1. */
  readonly generation: number;
  readonly observedAtMs: number;
  readonly clusterId: string;
  /** Broker id that the cluster names as controller, -1 when it names none. */
  readonly controllerId: number;
  readonly brokers: readonly TopologyBroker[];
  readonly topicNames: readonly string[];
  readonly topicIds: readonly string[];
  readonly partitionStart: Int32Array;
  readonly leader: Int32Array;
  readonly leaderEpoch: Int32Array;
  readonly replicaStart: Int32Array;
  readonly replicaBroker: Int32Array;
  readonly replicaFlags: Uint8Array;
}

/** Number of partition rows. */
export function partitionCount(topology: Topology): number {
  return topology.leader.length;
}

/** Number of replica rows. */
export function replicaCount(topology: Topology): number {
  return topology.replicaBroker.length;
}

/** The topic's index, or -1. O(log T). */
export function findTopic(topology: Topology, name: string): number {
  const names = topology.topicNames;
  let low = 0;
  let high = names.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const candidate = names[middle]!;
    if (candidate === name) return middle;
    if (candidate < name) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The partition's row, or -1 when topic or partition does not exist. O(log T). */
export function findPartition(topology: Topology, topicName: string, partition: number): number {
  const topic = findTopic(topology, topicName);
  if (topic < 0 || partition < 0) return -1;
  const row = topology.partitionStart[topic]! + partition;
  return row < topology.partitionStart[topic + 1]! ? row : -1;
}

/** The topic that owns a partition row. O(log T). */
export function topicOfPartition(
  topology: Pick<Topology, "topicNames" | "partitionStart">,
  row: number,
): number {
  let low = 0;
  let high = topology.topicNames.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (topology.partitionStart[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Broker ids of a partition row's replicas, in order. Allocates: not for hot loops. */
export function replicasOf(topology: Topology, row: number): number[] {
  return Array.from(
    topology.replicaBroker.subarray(topology.replicaStart[row]!, topology.replicaStart[row + 1]!),
  );
}

/** Broker ids of a partition row's in-sync replicas, in replica order. Allocates. */
export function inSyncReplicasOf(topology: Topology, row: number): number[] {
  const ids: number[] = [];
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    if ((topology.replicaFlags[r]! & IN_SYNC) !== 0) ids.push(topology.replicaBroker[r]!);
  }
  return ids;
}

/** One partition as a metadata answer lists it. */
export interface PartitionReading {
  readonly partition: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly offline: readonly number[];
}

/** One topic as a metadata answer lists it. */
export interface TopicReading {
  readonly name: string;
  readonly id: string;
  readonly partitions: readonly PartitionReading[];
}

/**
 * Builds the arrays from a metadata answer, in any order. A topic whose partitions are not numbered 0..n-1 is
 * left out (it is being created or deleted just now) and named in `skippedTopics`.
 */
export function buildTopology(
  head: Pick<Topology, "generation" | "observedAtMs" | "clusterId" | "controllerId" | "brokers">,
  readings: readonly TopicReading[],
): { topology: Topology; skippedTopics: string[] } {
  const skippedTopics: string[] = [];
  const topics = readings.filter((topic) => {
    const complete = isNumberedFromZero(topic.partitions);
    if (!complete) skippedTopics.push(topic.name);
    return complete;
  }).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const sizes = countRows(topics);
  const topology: Topology = {
    ...head,
    brokers: [...head.brokers].sort((a, b) => a.id - b.id),
    topicNames: topics.map((topic) => topic.name),
    topicIds: topics.map((topic) => topic.id),
    partitionStart: new Int32Array(topics.length + 1),
    leader: new Int32Array(sizes.partitions),
    leaderEpoch: new Int32Array(sizes.partitions),
    replicaStart: new Int32Array(sizes.partitions + 1),
    replicaBroker: new Int32Array(sizes.replicas),
    replicaFlags: new Uint8Array(sizes.replicas),
  };
  fillRows(topology, topics);
  return { topology, skippedTopics };
}

function isNumberedFromZero(partitions: readonly PartitionReading[]): boolean {
  const seen = new Set<number>();
  for (const reading of partitions) {
    if (reading.partition < 0 || reading.partition >= partitions.length) return false;
    seen.add(reading.partition);
  }
  return seen.size === partitions.length;
}

function countRows(topics: readonly TopicReading[]): { partitions: number; replicas: number } {
  let partitions = 0;
  let replicas = 0;
  for (const topic of topics) {
    partitions += topic.partitions.length;
    for (const reading of topic.partitions) replicas += reading.replicas.length;
  }
  return { partitions, replicas };
}

function fillRows(topology: Topology, topics: readonly TopicReading[]): void {
  let row = 0;
  let replicaRow = 0;
  for (let t = 0; t < topics.length; t++) {
    topology.partitionStart[t] = row;
    const ordered = [...topics[t]!.partitions].sort((a, b) => a.partition - b.partition);
    for (const reading of ordered) {
      topology.leader[row] = reading.leader;
      topology.leaderEpoch[row] = reading.leaderEpoch;
      topology.replicaStart[row] = replicaRow;
      for (const brokerId of reading.replicas) {
        topology.replicaBroker[replicaRow] = brokerId;
        topology.replicaFlags[replicaRow++] = (reading.inSync.includes(brokerId) ? IN_SYNC : 0) |
          (reading.offline.includes(brokerId) ? OFFLINE : 0);
      }
      row++;
    }
  }
  topology.partitionStart[topics.length] = row;
  topology.replicaStart[row] = replicaRow;
  assert(replicaRow === topology.replicaBroker.length, "Replica rows were counted wrongly");
}

/** Whether two readings describe the same cluster, apart from when and under which generation they were taken. */
export function sameTopology(a: Topology, b: Topology): boolean {
  return a.clusterId === b.clusterId && a.controllerId === b.controllerId &&
    JSON.stringify(a.brokers) === JSON.stringify(b.brokers) &&
    sameTexts(a.topicNames, b.topicNames) && sameTexts(a.topicIds, b.topicIds) &&
    sameNumbers(a.partitionStart, b.partitionStart) && sameNumbers(a.leader, b.leader) &&
    sameNumbers(a.leaderEpoch, b.leaderEpoch) && sameNumbers(a.replicaStart, b.replicaStart) &&
    sameNumbers(a.replicaBroker, b.replicaBroker) && sameNumbers(a.replicaFlags, b.replicaFlags);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function sameNumbers(a: Int32Array | Uint8Array, b: Int32Array | Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
