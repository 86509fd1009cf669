import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { BrokerCapacity } from "../../load/capacity_file.ts";
import {
  buildClusterInput,
  type BuildOptions,
  type BuiltInput,
  type PartitionLoads,
} from "../../load/model_builder.ts";
import {
  CPU,
  CPU_USAGE,
  DISK,
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  NW_OUT,
  PARTITION_METRIC_COUNT,
} from "../../model/metrics.ts";
import type { Topology } from "../../model/topology.ts";
import { brokerOf, topologyOf } from "./fixture.ts";

const WEIGHTS = { leaderIn: 0.7, leaderOut: 0.15, followerIn: 0.15 };
const CAPACITY: BrokerCapacity = {
  cpu: 800,
  nwIn: 1000,
  nwOut: 2000,
  diskMb: 5000,
  cores: 8,
  estimated: undefined,
  logDirsMb: undefined,
};

interface Row {
  readonly cpu?: number;
  readonly disk?: number;
  readonly in?: number;
  readonly out?: number;
}

/** Loads of windows, newest first; a partition that is missing from a window is not known in it. */
function loads(
  topology: Topology,
  windows: readonly (readonly (Row | undefined)[])[],
  rest: Partial<PartitionLoads> = {},
): PartitionLoads {
  const partitions = topology.leader.length;
  const metrics = new Float32Array(windows.length * partitions * PARTITION_METRIC_COUNT).fill(NaN);
  windows.forEach((rows, w) =>
    rows.forEach((row, p) => {
      const at = (w * partitions + p) * PARTITION_METRIC_COUNT;
      metrics[at + CPU_USAGE] = row?.cpu ?? NaN;
      metrics[at + DISK_USAGE] = row?.disk ?? NaN;
      metrics[at + LEADER_BYTES_IN] = row?.in ?? NaN;
      metrics[at + LEADER_BYTES_OUT] = row?.out ?? NaN;
    })
  );
  return {
    generation: topology.generation,
    windowEndsMs: Float64Array.from(windows, (_, w) => -w),
    valid: new Uint8Array(partitions).fill(1),
    metrics,
    replicaMb: new Float32Array(topology.replicaBroker.length).fill(NaN),
    ...rest,
  };
}

function build(
  topology: Topology,
  load: PartitionLoads,
  rest: Partial<BuildOptions> = {},
): BuiltInput {
  const capacities = new Map(topology.brokers.map((broker) => [broker.id, CAPACITY]));
  const built = buildClusterInput(topology, load, {
    capacities,
    logDirs: [],
    weights: WEIGHTS,
    includeInvalid: false,
    ...rest,
  });
  assert(built.ok, JSON.stringify(built));
  return built.value;
}

const ONE: Row = { cpu: 42.7907, disk: 10, in: 100, out: 100 };

Deno.test("buildClusterInput() derives leader and follower loads as Cruise Control's worked example", () => {
  // A follower before the leader in the list gets the same as one after it.
  const topology = topologyOf({ t: [{ replicas: [2, 1, 3], leader: 1 }] });
  const { input } = build(topology, loads(topology, [[ONE]]));
  const leader = [...input.leaderLoad];
  assertAlmostEquals(leader[CPU]!, 42.7907, 1e-3);
  assertEquals(leader.slice(1), [100, 300, 10]);
  const follower = [...input.followerLoad];
  assertAlmostEquals(follower[CPU]!, 42.7907 * 15 / (70 + 45), 1e-3);
  assertEquals(follower.slice(1), [100, 0, 10]);
  assertEquals([...input.leaderReplica], [1]);
  assertEquals([...input.replicaBroker], [1, 0, 2]);
  assertEquals(input.replicaDiskMb.length, 0);
  assertEquals(input.unknownResources.size, 0);
});

Deno.test("buildClusterInput() takes the mean of rates and the newest size", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const windows = [[{ in: 30, out: 0 }], [{ in: 10, out: 20, disk: 7 }], [{ disk: 5 }]];
  const { input } = build(topology, loads(topology, windows));
  assertEquals([...input.leaderLoad].slice(1), [20, 10, 7]);
});

Deno.test("buildClusterInput() keeps the windows when asked, oldest first, and the usual load where one knows none", () => {
  const topology = topologyOf({ t: [{ replicas: [1, 2] }, { replicas: [2, 1] }] });
  const windows = [[{ cpu: 4, in: 30, out: 0, disk: 9 }, ONE], [{ in: 10, out: 20, disk: 7 }]];
  const load = loads(topology, windows);
  assertEquals(build(topology, load).input.windows, undefined);
  const { input } = build(topology, load, { withWindows: true });
  assertEquals(input.windows!.count, 2);
  const rows = [0, 1, 2, 3].map((i) => [...input.windows!.loads.slice(i * 4, i * 4 + 4)]);
  const [usual, other] = [input.leaderLoad.slice(0, 4), [...input.leaderLoad.slice(4)]];
  assertEquals(rows, [[usual[CPU], 10, 30, 7], [4, 30, 30, 9], other, other]);
  const mean = (resource: number) => (rows[0]![resource]! + rows[1]![resource]!) / 2;
  assertEquals([mean(1), mean(NW_OUT)], [usual[1], usual[NW_OUT]]);
  const followers = input.windows!.followerCpu!;
  assertEquals(followers[1], 4 * 0.15 * 30 / (0.7 * 30 + 0.15 * 30), "where the load is known");
  assertEquals([followers[0], followers[2]], [
    input.followerLoad[CPU],
    input.followerLoad[4 + CPU],
  ]);
});

Deno.test("buildClusterInput() uses the measured size of each replica in sync", () => {
  const topology = topologyOf({ t: [{ replicas: [1, 2, 3], inSync: [1, 2] }] });
  const replicaMb = Float32Array.of(10, 8, 1);
  const { input } = build(topology, loads(topology, [[ONE]], { replicaMb }));
  assertEquals([...input.replicaDiskMb], [10, 8, NaN]);
});

Deno.test("buildClusterInput() leaves out partitions without leader or valid load, and their topics", () => {
  const one = { replicas: [1, 2] };
  const topology = topologyOf({
    a: [one, { ...one, leader: -1 }, one],
    b: [{ ...one, leader: -1 }],
    c: [one, { ...one, leader: 9 }],
  });
  const valid = Uint8Array.of(1, 1, 0, 1, 1, 1);
  const load = loads(topology, [[ONE, ONE, ONE, ONE, ONE, ONE]], { valid });
  const built = build(topology, load);
  assertEquals(built.input.topicNames, ["a", "c"]);
  assertEquals([...built.input.partitionStart], [0, 1, 2]);
  assertEquals([...built.input.partitionNumber], [0, 0]);
  assertEquals([...built.input.replicaStart], [0, 2, 4]);
  assertEquals([...built.partitionRows], [0, 4]);
  assertEquals([built.leaderless, built.invalid], [3, 1]);
  const all = build(topology, load, { includeInvalid: true });
  assertEquals([...all.partitionRows], [0, 2, 4]);
});

Deno.test("buildClusterInput() says which resources nobody knows, and counts what it took for 0", () => {
  const topology = topologyOf({ t: Array.from({ length: 40 }, () => ({ replicas: [1] })) });
  const rows = Array.from({ length: 40 }, (_, p): Row => ({
    in: 1,
    ...(p === 0 ? {} : { out: 1 }),
    ...(p < 3 ? {} : { disk: 1 }),
  }));
  const built = build(topology, loads(topology, [rows]));
  assertStringIncludes(built.input.unknownResources.get(CPU)!, "CPU goals are off");
  assertStringIncludes(built.input.unknownResources.get(DISK)!, "(3 of 40 partitions)");
  assertEquals([...built.input.unknownResources.keys()], [CPU, DISK]);
  assertEquals([...built.zeroed], [[NW_OUT, 1]]);
});

Deno.test("buildClusterInput() keeps dead brokers that host replicas, and only those", () => {
  const topology = topologyOf({
    t: [{ replicas: [1, 5], offline: [5], inSync: [1] }, { replicas: [1, 3] }],
  }, {
    brokers: [brokerOf(1), brokerOf(3, { alive: false }), brokerOf(4, { alive: false })],
  });
  const { input } = build(topology, loads(topology, [[ONE, ONE]]));
  assertEquals(input.brokers.map((broker) => [broker.id, broker.state]), [
    [1, "alive"],
    [3, "dead"],
    [5, "dead"],
  ]);
  assertEquals([...input.replicaOffline], [0, 1, 0, 1]);
  assertEquals(input.brokers[2]!.rack, "UNKNOWN_HOST-5");
});

Deno.test("buildClusterInput() tells bad disks, states that people decide, racks and estimates", () => {
  const topology = topologyOf({ t: [{ replicas: [1, 2, 3], offline: [2] }] }, {
    brokers: [1, 2, 3, 4].map((id) => brokerOf(id, { rack: id === 4 ? "" : "r" })),
  });
  const guess = { ...CAPACITY, estimated: "a guess" };
  const { input } = build(topology, loads(topology, [[ONE]]), {
    capacities: new Map([[1, CAPACITY], [2, CAPACITY], [3, CAPACITY], [4, guess]]),
    states: new Map([[2, "new"], [4, "new"]]),
    logDirs: [{
      brokerId: 3,
      dirs: [{ path: "/d", alive: false, totalBytes: -1, usableBytes: -1 }],
    }],
  });
  assertEquals(input.brokers.map((broker) => broker.state), [
    "alive",
    "bad_disks",
    "bad_disks",
    "new",
  ]);
  assertEquals(input.brokers.map((broker) => broker.rack), ["r", "r", "r", "h4"]);
  assertEquals(input.brokers[3]!.capacityEstimated, true);
  assertEquals([...input.brokers[0]!.capacity], [800, 1000, 2000, 5000]);
  assertEquals(input.brokers[0]!.cores, 8);
});

Deno.test("buildClusterInput() models log dirs when their replicas are given", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const { input } = build(topology, loads(topology, [[ONE]]), {
    capacities: new Map([[1, { ...CAPACITY, logDirsMb: new Map([["/a", 4000], ["/b", 1000]]) }]]),
    logDirs: [{
      brokerId: 1,
      dirs: [
        { path: "/b", alive: true, totalBytes: 1, usableBytes: 1 },
        { path: "/a", alive: false, totalBytes: 1, usableBytes: 1 },
      ],
    }],
    replicaLogDir: Int16Array.of(1),
  });
  assertEquals(input.brokers[0]!.logDirs, [
    { path: "/b", capacityMb: 1000, alive: true },
    { path: "/a", capacityMb: 0, alive: false },
  ]);
  assertEquals([...input.replicaLogDir], [1]);
});

Deno.test("buildClusterInput() fails when load and topology do not fit, with what to wait for", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] }, { generation: 7 });
  const options: BuildOptions = {
    capacities: new Map([[1, CAPACITY]]),
    logDirs: [],
    weights: WEIGHTS,
    includeInvalid: false,
  };
  const stale = buildClusterInput(topology, loads(topology, [[ONE]], { generation: 6 }), options);
  assert(!stale.ok && stale.failure.retriable);
  assertStringIncludes(stale.failure.message, "generation 6, wanted 7");
  const empty = buildClusterInput(topology, loads(topology, []), options);
  assert(!empty.ok && empty.failure.code === "not_enough_windows");
  const unknown = buildClusterInput(topology, loads(topology, [[ONE]]), {
    ...options,
    capacities: new Map(),
  });
  assert(!unknown.ok);
  assertEquals(unknown.failure.details, ["broker 1"]);
});
