import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { ClusterInput } from "../../model/cluster_input.ts";
import {
  BASE_CLUSTER,
  generateCluster,
  type GenerateOptions,
} from "../../model/generate_cluster.ts";

function generate(options: Partial<GenerateOptions>): ClusterInput {
  const made = generateCluster({ ...BASE_CLUSTER, ...options });
  if (!made.ok) throw new Error(made.failure.message);
  return made.value;
}

/** What the reference's base cluster is known by. */
function facts(input: ClusterInput) {
  const replicas = new Array<number>(input.brokers.length).fill(0);
  const leaders = new Array<number>(input.brokers.length).fill(0);
  let sharingRack = 0;
  for (let p = 0; p + 1 < input.replicaStart.length; p++) {
    const racks = new Set<string>();
    for (let r = input.replicaStart[p]!; r < input.replicaStart[p + 1]!; r++) {
      replicas[input.replicaBroker[r]!]!++;
      racks.add(input.brokers[input.replicaBroker[r]!]!.rack);
    }
    leaders[input.replicaBroker[input.leaderReplica[p]!]!]!++;
    if (racks.size < input.replicaStart[p + 1]! - input.replicaStart[p]!) sharingRack++;
  }
  return {
    range: [Math.min(...replicas), Math.max(...replicas)],
    some: [0, 1, 20, 39].map((b) => replicas[b]),
    leaders: [leaders[0], leaders[39]],
    sharingRack,
  };
}

function totals(input: ClusterInput): number[] {
  const sums = [0, 0, 0, 0];
  for (let p = 0; p + 1 < input.replicaStart.length; p++) {
    const followers = input.replicaStart[p + 1]! - input.replicaStart[p]! - 1;
    for (let k = 0; k < 4; k++) {
      sums[k]! += input.leaderLoad[p * 4 + k]! + followers * input.followerLoad[p * 4 + k]!;
    }
  }
  return sums;
}

const reference = { loads: "reference" } as const;

Deno.test("generateCluster() draws the reference's racks, topics and loads", () => {
  const input = generate(reference);
  assertEquals(
    input.brokers.slice(10).map((broker) => broker.rack).join(","),
    "7,3,3,8,2,7,5,1,4,9,7,3,6,2,9,5,8,4,9,5,8,4,1,7,0,6,4,9,2,8",
  );
  assertEquals([input.partitionNumber.length, input.replicaBroker.length], [16_707, 50_081]);
  const counts = Array.from(
    { length: 10 },
    (_, t) => input.partitionStart[t + 1]! - input.partitionStart[t]!,
  );
  assertEquals(counts, [8, 6, 7, 9, 10, 8, 9, 12, 12, 10]);
  assertEquals(input.topicNames.at(-1), "TopicWithOneLeaderPerBroker");
  const [cpu, nwIn, nwOut, disk] = totals(input);
  assertAlmostEquals(cpu!, 478.67, 0.005);
  assertEquals([nwIn, nwOut, disk].map(Math.round as (x?: number) => number), [
    4_768_436,
    1_585_479,
    4_821_697,
  ]);
  const sizes = input.replicaDiskMb.reduce((sum, size) => sum + size, 0);
  assertAlmostEquals(sizes, disk!, 1e-3);
  assertEquals(input.brokers[1]!.capacity, [100, 150_000, 150_000, 150_000]);
});

Deno.test("generateCluster() places replicas where the reference does", () => {
  assertEquals(facts(generate(reference)), {
    range: [1248, 1255],
    some: [1253, 1252, 1253, 1252],
    leaders: [316, 458],
    sharingRack: 2857,
  });
  assertEquals(facts(generate({ ...reference, rackAware: true })), {
    range: [840, 1428],
    some: [1391, 1338, 1373, 1020],
    leaders: [316, 458],
    sharingRack: 0,
  });
  assertEquals(facts(generate({ ...reference, distribution: "linear" })), {
    range: [66, 2358],
    some: [66, 141, 1344, 2358],
    leaders: [17, 821],
    sharingRack: 5561,
  });
  assertEquals(facts(generate({ ...reference, distribution: "exponential" })), {
    range: [29, 2455],
    some: [29, 95, 1279, 2455],
    leaders: [5, 810],
    sharingRack: 3732,
  });
});

Deno.test("generateCluster() makes realistic loads: followers like leaders, utilization as wanted", () => {
  const input = generate({ brokers: 20, replicas: 6000, topics: 300, utilization: 0.3, seed: 9 });
  const capacity = [100, 300_000, 200_000, 300_000];
  totals(input).forEach((sum, k) => {
    const utilization = sum / capacity[k]! / 20;
    // Three replicas: a broker that led all it hosts would send 1.5 times the wanted utilization.
    const wanted = k === 2 ? 0.15 : 0.3;
    assert(
      utilization > wanted * 0.85 && utilization <= wanted * 1.004,
      `resource ${k}: ${utilization}`,
    );
  });
  for (let p = 0; p < input.partitionNumber.length; p++) {
    const [cpu, nwIn, nwOut, disk] = input.followerLoad.subarray(p * 4, p * 4 + 4);
    assertEquals([nwIn, nwOut, disk], [
      input.leaderLoad[p * 4 + 1],
      0,
      input.leaderLoad[p * 4 + 3],
    ]);
    assert(cpu! <= input.leaderLoad[p * 4]!);
  }
});

Deno.test("generateCluster() gives the same arrays for the same seed, others for another", () => {
  const small = { brokers: 6, racks: 3, topics: 20, replicas: 300 };
  const first = generate({ ...small, seed: 5 });
  const again = generate({ ...small, seed: 5 });
  assertEquals(again, first);
  const other = generate({ ...small, seed: 6 });
  assert(other.replicaBroker.some((broker, r) => broker !== first.replicaBroker[r]));
});

Deno.test("generateCluster() keeps replicas apart, in racks too when asked, for every distribution", () => {
  for (const distribution of ["uniform", "linear", "exponential"] as const) {
    const input = generate({
      brokers: 9,
      racks: 3,
      topics: 30,
      replicas: 900,
      distribution,
      rackAware: true,
    });
    for (let p = 0; p < input.partitionNumber.length; p++) {
      const list = Array.from(
        input.replicaBroker.subarray(input.replicaStart[p]!, input.replicaStart[p + 1]!),
      );
      assertEquals(new Set(list.map((b) => input.brokers[b]!.rack)).size, 3);
    }
  }
});

Deno.test("generateCluster() refuses what does not fit, naming value and allowed range", () => {
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 2,
    racks: 4,
    topics: 50,
    replicas: 100,
  });
  assert(!made.ok);
  assertEquals(made.failure.code, "invalid_argument");
  assertEquals([made.failure.message, ...made.failure.details ?? []], [
    "Cannot generate a cluster: racks must be 1 to brokers (2), got 4",
    "replication factor must be 1 to brokers (2), got 3",
    "replicas must be >= topics x replication factor (150), got 100",
  ]);
  const huge = generateCluster({ ...BASE_CLUSTER, brokers: 2e9, replicas: 2e9 });
  assert(!huge.ok);
  assertEquals([huge.failure.message, ...huge.failure.details ?? []], [
    "Cannot generate a cluster: brokers must be 1 to 40000, got 2000000000",
    "replicas must be <= 20000000, got 2000000000",
  ]);
});

Deno.test("generateCluster() puts four fifths on the first fifth of the brokers when skewed", () => {
  const input = generate({ distribution: "skewed", replicas: 30_000, replicationFactor: 1 });
  const hot = input.replicaBroker.filter((broker) => broker < 8).length / 30_000;
  // And a fifth of what is spread over all.
  assertAlmostEquals(hot, 0.84, 0.01);
  assertEquals(Math.max(...input.replicaBroker), 39);
});

Deno.test("generateCluster() draws brokers of three sizes and keeps the mean utilization", () => {
  const input = generate({ capacities: "mixed", utilization: 0.3, distribution: "exponential" });
  const disks = [...new Set(input.brokers.map(({ capacity }) => capacity[3]))].sort((a, b) =>
    a - b
  );
  assertEquals(disks.length, 3);
  assertAlmostEquals(disks[1]! / disks[0]!, 2);
  assertAlmostEquals(disks[2]! / disks[0]!, 4);
  const capacity = input.brokers.reduce((sum, broker) => sum + broker.capacity[3], 0);
  assertAlmostEquals(totals(input)[3]! / capacity, 0.3, 0.01);
});
