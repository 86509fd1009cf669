/** A cluster of two brokers for tests. */
import type { ClusterInput } from "../../../model/cluster_input.ts";

/** Two brokers; partition 0 led by 1 and followed by 2, partition 1 led by 2 alone. */
export function twoBrokers(overrides: Partial<ClusterInput> = {}): ClusterInput {
  return {
    brokers: [1, 2].map((id) => ({
      id,
      host: `host${id}`,
      rack: `rack${id}`,
      state: id === 1 ? "alive" as const : "new" as const,
      capacity: [100, 1_000, 2_000, 5_000] as const,
      cores: 4,
      capacityEstimated: id === 2,
      logDirs: [],
    })),
    topicNames: ["t"],
    partitionStart: Int32Array.of(0, 2),
    partitionNumber: Int32Array.of(0, 1),
    replicaStart: Int32Array.of(0, 2, 3),
    replicaBroker: Int32Array.of(0, 1, 1),
    replicaLogDir: Int16Array.of(-1, -1, -1),
    replicaOffline: Uint8Array.of(0, 0, 0),
    leaderReplica: Int32Array.of(0, 2),
    leaderLoad: Float64Array.of(10, 100, 200, 1_000, 20, 300, 400, 2_000),
    followerLoad: Float64Array.of(1, 100, 0, 1_000, 2, 300, 0, 2_000),
    replicaDiskMb: Float64Array.of(NaN, 900, NaN),
    unknownResources: new Map(),
    ...overrides,
  };
}
