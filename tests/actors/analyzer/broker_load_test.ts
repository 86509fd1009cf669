import { assertEquals } from "@std/assert";
import { brokerLoads } from "../../../actors/analyzer/broker_load.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { NW_OUT } from "../../../model/metrics.ts";

/** Two brokers; partition 0 led by 1 and followed by 2, partition 1 led by 2 alone. */
function input(overrides: Partial<ClusterInput> = {}): ClusterInput {
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

Deno.test("brokerLoads() sums leaders and followers apart, each replica at its own size", () => {
  const [one, two] = brokerLoads(input());
  assertEquals(one, {
    brokerId: 1,
    host: "host1",
    rack: "rack1",
    state: "ALIVE",
    diskMb: 1_000,
    cpuPct: 10,
    leaderNwIn: 100,
    followerNwIn: 0,
    nwOut: 200,
    potentialNwOut: 200,
    replicas: 1,
    leaders: 1,
    diskCapacityMb: 5_000,
    nwInCapacity: 1_000,
    nwOutCapacity: 2_000,
    cores: 4,
    capacityEstimated: false,
  });
  assertEquals(
    [two!.state, two!.diskMb, two!.cpuPct, two!.leaderNwIn, two!.followerNwIn, two!.nwOut],
    ["NEW", 2_900, 21, 300, 100, 400],
  );
  assertEquals([two!.potentialNwOut, two!.replicas, two!.leaders], [600, 2, 1]);
  assertEquals(two!.capacityEstimated, true);
});

Deno.test("brokerLoads() shows a resource that is not known as NaN", () => {
  const [one] = brokerLoads(input({ unknownResources: new Map([[NW_OUT, "no source"]]) }));
  assertEquals([one!.nwOut, one!.potentialNwOut, one!.leaderNwIn], [NaN, NaN, 100]);
});
