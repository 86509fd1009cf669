/** Small clusters and batches for the aggregator's tests. */
import { PARTITION_METRIC_COUNT } from "../../../model/metrics.ts";
import { buildTopology, partitionCount, type Topology } from "../../../model/topology.ts";
import type { SamplesCollected } from "../../../messages/sampler.ts";

/** A topic of a test cluster; every partition is led by broker 1 and followed by broker 2 unless told. */
export interface TestTopic {
  readonly name: string;
  readonly partitions: number;
  readonly id?: string;
  readonly leader?: number;
}

/** A topology of two brokers. */
export function testTopology(
  generation: number,
  topics: readonly TestTopic[],
  observedAtMs = 0,
): Topology {
  const head = {
    generation,
    observedAtMs,
    clusterId: "test",
    controllerId: 1,
    brokers: [1, 2].map((id) => ({
      id,
      host: `host${id}`,
      port: 9092,
      rack: undefined,
      alive: true,
    })),
  };
  return buildTopology(
    head,
    topics.map((topic) => ({
      name: topic.name,
      id: topic.id ?? `id-${topic.name}`,
      partitions: Array.from({ length: topic.partitions }, (_, partition) => ({
        partition,
        leader: topic.leader ?? 1,
        leaderEpoch: 0,
        replicas: [1, 2],
        inSync: [1, 2],
        offline: [],
      })),
    })),
  ).topology;
}

/** A batch with one sample of each partition: metric m of row r is `value(r, m)`. */
export function testBatch(
  topology: Topology,
  atMs: number,
  value: (row: number, metric: number) => number,
  overrides: Partial<SamplesCollected> = {},
): SamplesCollected {
  const count = partitionCount(topology);
  const metrics = new Float32Array(count * PARTITION_METRIC_COUNT);
  for (let i = 0; i < metrics.length; i++) {
    metrics[i] = value(Math.floor(i / PARTITION_METRIC_COUNT), i % PARTITION_METRIC_COUNT);
  }
  return {
    kind: "samples_collected",
    atMs,
    generation: topology.generation,
    partitions: Int32Array.from({ length: count }, (_, row) => row),
    leaders: topology.leader.slice(),
    metrics,
    replicaMb: new Float32Array(0),
    brokerIds: new Int32Array(0),
    brokerMetrics: new Float64Array(0),
    ...overrides,
  };
}
