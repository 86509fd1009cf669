import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ConfigEntry, ConfigReading } from "../../cluster/gateway.ts";
import type { Operation } from "../../cluster/kafka/mod.ts";
import type { BrokerFact, DoctorFacts } from "../../cli/doctor_facts.ts";
import type { Finding } from "../../cli/doctor_finding.ts";
import { findingsOf } from "../../cli/doctor_findings.ts";
import { fail, type Failure, ok } from "../../lib/failure.ts";
import { parseCapacityFile } from "../../load/capacity_file.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import { buildTopology, type PartitionReading, type Topology } from "../../model/topology.ts";

const ALL: ReadonlySet<Operation> = new Set(
  [
    "Alter",
    "Describe",
    "DescribeConfigs",
    "AlterConfigs",
  ] as const,
);

const without = (...operations: Operation[]) =>
  new Set([...ALL].filter((operation) => !operations.includes(operation)));

const failure = (code: Failure["code"], message: string) => fail(code, message);

function partition(number: number, replicas: number[], change: Partial<PartitionReading> = {}) {
  return {
    partition: number,
    leader: replicas[0]!,
    leaderEpoch: 0,
    replicas,
    inSync: replicas,
    offline: [],
    ...change,
  };
}

function topologyOf(partitions: PartitionReading[], dead: number[] = []): Topology {
  const brokers = [1, 2, 3].map((id) => ({
    id,
    host: `k${id}`,
    port: 9092,
    rack: `r${id}`,
    alive: !dead.includes(id),
  }));
  return buildTopology(
    { generation: 1, observedAtMs: 0, clusterId: "c", controllerId: 1, brokers },
    [{ name: "t", id: "t", partitions }],
  ).topology;
}

function logDirsOf(change: Partial<LogDirsReading> = {}): LogDirsReading {
  const dir = { path: "/d", alive: true, totalBytes: 1e12, usableBytes: 5e11 };
  return {
    atMs: 0,
    brokers: [1, 2, 3].map((brokerId) => ({ brokerId, dirs: [dir] })),
    replicaBytes: new Float64Array(6),
    replicaLogDir: new Int16Array(6),
    futureReplicas: [],
    strayReplicas: [],
    ...change,
  };
}

function broker(id: number, change: Partial<BrokerFact> = {}): BrokerFact {
  return {
    id,
    address: `k${id}:9092`,
    rack: `r${id}`,
    alive: true,
    reached: ok({ connectMs: 10 * id, unsupported: [] }),
    agent: ok({ missing: [], cores: 4 }),
    ...change,
  };
}

const brokersWith = (changed: number, change: Partial<BrokerFact>) =>
  [1, 2, 3].map((id) => broker(id, id === changed ? change : {}));

function config(type: "broker" | "topic", name: string, entries: ConfigEntry[] = []) {
  return { resource: { type, name }, entries } satisfies ConfigReading;
}

const FILE = parseCapacityFile(
  JSON.stringify({
    brokerCapacities: [1, 2, 3].map((brokerId) => ({
      brokerId,
      capacity: { DISK: 1, CPU: 100, NW_IN: 1, NW_OUT: 1 },
    })),
  }),
  "capacity.json",
);

/** A cluster in which all is well. */
function facts(change: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    bootstrap: [{ address: "k1:9092", reached: ok({ connectMs: 5, unsupported: [] }) }],
    topology: topologyOf([partition(0, [1, 2]), partition(1, [2, 3]), partition(2, [3, 1])]),
    brokers: [1, 2, 3].map((id) => broker(id)),
    clusterPermissions: ok(ALL),
    topicPermissions: ok([{ name: "t", allowed: ALL }]),
    logDirs: ok(logDirsOf()),
    groups: ok({ atMs: 0, groups: [], failures: [] }),
    capacity: FILE,
    networkKbPerSec: 1000,
    cancelsOthers: true,
    brokerConfigs: ok([config("broker", "1"), config("broker", "2"), config("broker", "3")]),
    topicConfigs: ok([config("topic", "t")]),
    reassignments: ok([]),
    ...change,
  };
}

function costs(change: Partial<DoctorFacts>): Finding[] {
  return findingsOf(facts(change)).filter((one) => one.status === "costs");
}

/** The only finding that costs something. */
function cost(change: Partial<DoctorFacts>): Required<Finding> {
  const found = costs(change);
  assertEquals(found.length, 1, JSON.stringify(found, null, 2));
  assert(found[0]!.cost !== undefined, "It must say what it costs");
  assert(found[0]!.fix !== undefined, "It must say what to change");
  return found[0] as Required<Finding>;
}

Deno.test("findingsOf() finds all fine in a healthy cluster, and says so for each thing", () => {
  const findings = findingsOf(facts());
  assertEquals(findings.filter((one) => one.status !== "fine"), []);
  assertEquals(findings.map((one) => one.check), [
    "bootstrap.servers",
    "brokers",
    "Kafka version",
    "replicas",
    "permissions",
    "consumer groups",
    "agents",
    "capacity",
    "racks",
    "log dirs",
    "auto.leader.rebalance.enable",
    "reassignments",
    "throttles",
  ]);
  assertStringIncludes(findings[1]!.what, "connected in 10 to 30 ms");
});

Deno.test("findingsOf() tells a broker that is down from one that this machine cannot reach", () => {
  const reached = failure("cluster_unreachable", "Cannot reach broker k3:9092: refused");
  const hidden = cost({ brokers: brokersWith(3, { reached }) });
  assertStringIncludes(hidden.what, "broker 3 is in the cluster and does not answer at k3:9092");
  assertStringIncludes(hidden.cost, "load of its 2 replicas is unknown");
  const down = costs({
    brokers: brokersWith(3, { reached, alive: false, agent: undefined }),
    topology: topologyOf([
      partition(0, [1, 2]),
      partition(1, [2, 3], { inSync: [2], offline: [3] }),
      partition(2, [3], { leader: -1, inSync: [], offline: [3] }),
    ], [3]),
  });
  assertEquals(down.map((one) => one.check), ["brokers", "replicas"]);
  assertStringIncludes(down[0]!.what, "broker 3 at k3:9092 is down");
  assertStringIncludes(down[1]!.what, "2 of 3 partitions");
  assertStringIncludes(down[1]!.what, "1 of them have no leader");
});

Deno.test("findingsOf() names the broker that is too old, and the request", () => {
  const unsupported = ["DescribeLogDirs 4 (it offers 0-2)"];
  const old = cost({ brokers: brokersWith(2, { reached: ok({ connectMs: 1, unsupported }) }) });
  assertStringIncludes(old.what, "broker 2 does not support DescribeLogDirs 4 (it offers 0-2)");
  assertStringIncludes(old.fix, "3.3");
});

Deno.test("findingsOf() says what each missing operation on the cluster costs, and how to grant it", () => {
  for (const operation of ["Alter", "AlterConfigs", "DescribeConfigs"] as const) {
    const found = cost({ clusterPermissions: ok(without(operation)) });
    assertStringIncludes(found.what, `${operation} is not allowed`);
    assertStringIncludes(found.fix, `--operation ${operation} --cluster`);
  }
  const none = findingsOf(facts({ clusterPermissions: ok(new Set()) }));
  const said = none.filter((one) => one.check === "permissions on the cluster");
  // Configurations of brokers were read, so DescribeConfigs is there.
  assertEquals(said.map((one) => [one.status, one.what.split(" ")[0]]), [
    ["costs", "Describe"],
    ["costs", "Alter"],
    ["unknown", "whether"],
  ]);
});

Deno.test("findingsOf() finds topics that our user cannot see by their replicas, and those that it may not throttle", () => {
  const strayReplicas = ["secret", "secret", "t"].map((topic, i) => ({
    brokerId: 1,
    topic,
    partition: i,
    sizeBytes: 1,
  }));
  const hidden = cost({ logDirs: ok(logDirsOf({ strayReplicas })) });
  assertStringIncludes(hidden.what, "1 topic with replicas cannot be seen: secret");
  const fixed = cost({
    topicPermissions: ok([
      { name: "t", allowed: ALL },
      { name: "locked", allowed: without("AlterConfigs") },
    ]),
  });
  assertStringIncludes(fixed.what, "AlterConfigs is not allowed on 1 of 2 topics: locked");
});

Deno.test("findingsOf() says which goals are off when the progress of consumers cannot be read", () => {
  const refused = failure("authorization_failed", "refused").failure;
  const all = cost({
    groups: ok({ atMs: 0, groups: [], failures: [{ groupId: "g", failure: refused }] }),
  });
  assertStringIncludes(all.what, "offsets of 1 of 1 groups cannot be read: g");
  assertStringIncludes(all.cost, "NetworkOutboundCapacityGoal");
  const group = { groupId: "h", partitions: new Int32Array(0), offsets: new Float64Array(0) };
  const some = cost({
    groups: ok({ atMs: 0, groups: [group], failures: [{ groupId: "g", failure: refused }] }),
  });
  assertEquals(some.cost, "what these groups read is missing in bytes out");
});

Deno.test("findingsOf() says that CPU goals are off without agents, and when too much is led by brokers without", () => {
  const none = costs({ brokers: [1, 2, 3].map((id) => broker(id, { agent: undefined })) });
  assertEquals(none.map((one) => one.check), ["agents"]);
  assertStringIncludes(none[0]!.cost!, "CpuCapacityGoal");
  const agent = failure("deadline_exceeded", "Cannot read metrics of broker 2");
  const leading = cost({ brokers: brokersWith(2, { agent }) });
  assertEquals(
    leading.cost,
    "CPU, memory and latencies of broker 2 are unknown; 1 of 3 partitions are led without known " +
      "CPU: CPU goals are off",
  );
  // A broker that leads nothing: its CPU is missing, the goals go on.
  const topology = topologyOf([partition(0, [1, 2]), partition(1, [3, 2])]);
  const following = cost({ topology, brokers: brokersWith(2, { agent }) });
  assertEquals(following.cost, "CPU, memory and latencies of broker 2 are unknown");
  const partly = cost({
    brokers: brokersWith(1, { agent: ok({ missing: ["heapUsedFraction"], cores: 4 }) }),
  });
  assertStringIncludes(partly.what, "the agent of broker 1 has no heapUsedFraction");
});

Deno.test("findingsOf() finds capacities that are guessed, missing or unreadable", () => {
  const guessed = cost({ capacity: ok(undefined) });
  assertStringIncludes(guessed.what, "guessed for brokers 1, 2, 3");
  assertStringIncludes(guessed.what, "1000 KB/s");
  assert(FILE.ok);
  const incomplete = cost({ capacity: ok(new Map([...FILE.value].filter(([id]) => id !== 3))) });
  assertStringIncludes(incomplete.what, "broker 3 is not listed");
  const broken = cost({ capacity: failure("invalid_file", "Cannot read capacity.config.file") });
  assertStringIncludes(broken.cost, "does not plan");
});

Deno.test("findingsOf() finds missing and useless racks", () => {
  const racks = (...names: (string | undefined)[]) =>
    cost({ brokers: names.map((rack, i) => broker(i + 1, { rack })) });
  assertEquals(racks(undefined, undefined, undefined).what, "no broker has a rack");
  assertEquals(racks("a", undefined, "b").what, "without a rack: brokers 2");
  assertEquals(racks("a", "a", "a").what, "all brokers are in rack a");
});

Deno.test("findingsOf() finds Kafka's own elections, reassignments under way and throttles that somebody left", () => {
  const set = (key: string, value: string, source: ConfigEntry["source"]) => ({
    key,
    value,
    source,
  });
  const auto = cost({
    brokerConfigs: ok([
      config("broker", "2", [set("auto.leader.rebalance.enable", "true", "default")]),
    ]),
  });
  assertStringIncludes(auto.what, "true on brokers 2");
  const ongoing = { topic: "t", partition: 1, replicas: [1, 2, 3], adding: [3], removing: [1] };
  const moving = cost({ reassignments: ok([ongoing]) });
  assertStringIncludes(moving.what, "under way for 1 partition: t-1");
  assertStringIncludes(moving.cost, "auto.stop.external.agent");
  const rate = "leader.replication.throttled.rate";
  const onBroker = cost({
    brokerConfigs: ok([config("broker", "1", [set(rate, "1000", "dynamic_broker")])]),
  });
  assertStringIncludes(onBroker.what, `1 ${rate}=1000`);
  assertStringIncludes(onBroker.cost, "somebody left them");
  const list = "follower.replication.throttled.replicas";
  const onTopic = cost({
    topicConfigs: ok([config("topic", "t", [set(list, "0:1", "dynamic_topic")])]),
  });
  assertStringIncludes(onTopic.fix, `--entity-name t --delete-config ${list}`);
  // What stands in server.properties, or is empty, throttles nothing that was left over.
  assertEquals(
    costs({
      brokerConfigs: ok([config("broker", "1", [set(rate, "9", "default")])]),
      topicConfigs: ok([config("topic", "t", [set(list, "", "dynamic_topic")])]),
    }),
    [],
  );
});

Deno.test("findingsOf() names failed log dirs", () => {
  const dirs = [{ path: "/bad", alive: false, totalBytes: -1, usableBytes: -1 }];
  const failed = cost({ logDirs: ok(logDirsOf({ brokers: [{ brokerId: 2, dirs }] })) });
  assertStringIncludes(failed.what, "/bad of broker 2 has failed");
});
