/**
 * Clusters taken to pieces and put together again, with other topics or log dirs.
 *
 * @module
 */
import type { Prng } from "../lib/prng.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { DISK, RESOURCE_COUNT } from "../model/metrics.ts";

/** A partition: indices of brokers, place of its leader among them, loads of leader and follower by resource. */
export interface Piece {
  readonly topic: string;
  readonly number: number;
  readonly brokers: readonly number[];
  readonly lead: number;
  readonly leading: readonly number[];
  readonly following: readonly number[];
}

/** All partitions of a cluster, in their order. */
export function piecesOf(input: ClusterInput): Piece[] {
  const pieces: Piece[] = [];
  for (let t = 0; t < input.topicNames.length; t++) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      const [from, end] = [input.replicaStart[p]!, input.replicaStart[p + 1]!];
      const loads = (of: Float64Array) => [
        ...of.subarray(p * RESOURCE_COUNT, (p + 1) * RESOURCE_COUNT),
      ];
      pieces.push({
        topic: input.topicNames[t]!,
        number: input.partitionNumber[p]!,
        brokers: [...input.replicaBroker.subarray(from, end)],
        lead: input.leaderReplica[p]! - from,
        leading: loads(input.leaderLoad),
        following: loads(input.followerLoad),
      });
    }
  }
  return pieces;
}

/** A cluster of these partitions, topics in the order of their names. */
export function clusterWith(input: ClusterInput, pieces: readonly Piece[]): ClusterInput {
  const sorted = pieces.toSorted((a, b) =>
    a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.number - b.number
  );
  const topicNames = [...new Set(sorted.map(({ topic }) => topic))];
  const ends = (counts: readonly number[]) => {
    let end = 0;
    return Int32Array.from([0, ...counts.map((count) => end += count)]);
  };
  const replicaStart = ends(sorted.map(({ brokers }) => brokers.length));
  const sizes = new Map<string, number>();
  for (const { topic } of sorted) sizes.set(topic, (sizes.get(topic) ?? 0) + 1);
  const replicas = replicaStart[sorted.length]!;
  return {
    ...input,
    topicNames,
    partitionStart: ends(topicNames.map((name) => sizes.get(name)!)),
    partitionNumber: Int32Array.from(sorted, ({ number }) => number),
    replicaStart,
    replicaBroker: Int32Array.from(sorted.flatMap(({ brokers }) => brokers)),
    replicaOffline: new Uint8Array(replicas),
    replicaLogDir: new Int16Array(replicas).fill(-1),
    leaderReplica: Int32Array.from(sorted, ({ lead }, p) => replicaStart[p]! + lead),
    leaderLoad: Float64Array.from(sorted.flatMap(({ leading }) => leading)),
    followerLoad: Float64Array.from(sorted.flatMap(({ following }) => following)),
  };
}

/** The same cluster with so many topics gone, and as many new ones that are like others. */
export function withOtherTopics(input: ClusterInput, count: number, prng: Prng): ClusterInput {
  const drawn = () => input.topicNames[prng.below(input.topicNames.length)]!;
  const gone = new Set(Array.from({ length: count }, drawn));
  const copied = new Map<string, string>();
  for (let k = 0; k < count; k++) copied.set(drawn(), `new-${prng.below(2 ** 30)}`);
  const pieces = piecesOf(input);
  const come = pieces.flatMap((piece) => {
    const topic = copied.get(piece.topic);
    return topic === undefined ? [] : [{ ...piece, topic }];
  });
  return clusterWith(input, [...pieces.filter(({ topic }) => !gone.has(topic)), ...come]);
}

/** The same cluster with so many log dirs alike on each broker, and replicas on any of them. */
export function withLogDirs(input: ClusterInput, count: number, prng: Prng): ClusterInput {
  const brokers = input.brokers.map((broker) => ({
    ...broker,
    logDirs: Array.from({ length: count }, (_, d) => ({
      path: `/d${d}`,
      capacityMb: broker.capacity[DISK]! / count,
      alive: true,
    })),
  }));
  return {
    ...input,
    brokers,
    replicaLogDir: Int16Array.from(input.replicaBroker, () => prng.below(count)),
  };
}
