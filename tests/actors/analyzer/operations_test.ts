/** Plans of operations that look at more than brokers: log dirs, replication factors, single partitions. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KeyName } from "../../../config/table.ts";
import { fail, ok } from "../../../lib/failure.ts";
import type { BrokerLoad, PlanRequest } from "../../../messages/analyzer.ts";
import {
  LEADER_BYTES_IN,
  MESSAGE_IN_RATE,
  PARTITION_METRIC_COUNT,
} from "../../../model/metrics.ts";
import { buildTopology, replicaCount } from "../../../model/topology.ts";
import { createRig, evenLoad, plan, type Rig, skewedCluster } from "./rig.ts";

/** Every broker has log dirs a and b of 50 GB each, and every replica is in a. */
async function withLogDirs(settings: Partial<Record<KeyName, string>> = {}): Promise<Rig> {
  const rig = createRig(settings);
  const cluster = skewedCluster(1);
  const bytes = 50 * 1024 ** 3;
  rig.cluster = {
    ...cluster,
    logDirs: cluster.logDirs.map(({ brokerId }) => ({
      brokerId,
      dirs: ["a", "b"].map((name, i) => ({
        path: `/${brokerId}/${name}`,
        alive: true,
        totalBytes: bytes + i * 2 ** 30,
        usableBytes: bytes,
      })),
    })),
    replicaLogDir: new Int16Array(replicaCount(cluster.topology)),
  };
  await rig.actor.start();
  rig.actor.handle(rig.cluster);
  return rig;
}

async function mustPlan(rig: Rig, request: Partial<PlanRequest>) {
  const answer = await plan(rig, request);
  assert(answer.ok, answer.ok ? "" : answer.failure.message);
  return answer.value.plan;
}

Deno.test("rebalance_disk moves replicas between the log dirs of their brokers and nowhere else", async () => {
  const made = await mustPlan(await withLogDirs(), { mode: "rebalance_disk" });
  assertEquals(made.summary.interBrokerReplicaMoves, 0);
  assert(made.summary.intraBrokerReplicaMoves >= 10, `${made.summary.intraBrokerReplicaMoves}`);
  for (const { oldReplicas, newReplicas } of made.proposals) {
    assertEquals(oldReplicas.map((r) => r.brokerId), newReplicas.map((r) => r.brokerId));
  }
});

Deno.test("remove_disks empties the log dir into the others of its broker", async () => {
  const logDirs = [{ brokerId: 2, path: "/2/a" }];
  const made = await mustPlan(await withLogDirs(), { operation: "remove_disks", logDirs });
  assertEquals(made.summary.intraBrokerReplicaMoves, 12);
  for (const { newReplicas } of made.proposals) {
    assertEquals(newReplicas.map((r) => r.logDir), ["/1/a", "/2/b"]);
  }
});

Deno.test("plans between log dirs tell what each of them carries before and after", async () => {
  const logDirs = [{ brokerId: 2, path: "/2/a" }];
  const answer = await plan(await withLogDirs(), { operation: "remove_disks", logDirs });
  assert(answer.ok);
  const of = (loads: readonly BrokerLoad[]) =>
    loads[1]!.logDirs!.map((dir) => [dir.path, dir.usedMb, dir.replicas, dir.leaders]);
  assertEquals(of(answer.value.before), [["/2/a", 12_000, 12, 0], ["/2/b", 0, 0, 0]]);
  assertEquals(of(answer.value.after), [["/2/a", 0, 0, 0], ["/2/b", 12_000, 12, 0]]);
  assertEquals(answer.value.after[0]!.logDirs![0]!.leaders, 12);
});

Deno.test("get_broker_load tells log dirs only to who asks for them", async () => {
  const rig = await withLogDirs();
  const ask = async (withLogDirs: boolean) => {
    const answer = await rig.actor.answers.get_broker_load!({
      kind: "get_broker_load",
      withLogDirs,
    });
    assert(answer.ok);
    return answer.value.brokers[0]!;
  };
  assertEquals((await ask(false)).logDirs, undefined);
  assertEquals((await ask(true)).logDirs!.map((dir) => [dir.path, dir.replicas]), [
    ["/1/a", 12],
    ["/1/b", 0],
  ]);
});

Deno.test("get_broker_load tells capacities and counts before anything was measured", async () => {
  const rig = createRig();
  rig.load = fail("not_enough_windows", "none yet", { retriable: true });
  await rig.actor.start();
  const answer = await rig.actor.answers.get_broker_load!({
    kind: "get_broker_load",
    capacityOnly: true,
  });
  assert(answer.ok);
  const [first] = answer.value.brokers;
  assertEquals([first!.replicas, first!.leaders], [12, 12]);
  assertEquals([first!.diskMb, first!.cpuPct, first!.leaderNwIn], [0, 0, 0]);
  assert(first!.diskCapacityMb > 0);
});

Deno.test("a capacity file that knows no log dirs is named when a plan needs them", async () => {
  const file = await Deno.makeTempFile();
  const capacity = { DISK: "100000", CPU: "100", NW_IN: "10000", NW_OUT: "10000" };
  await Deno.writeTextFile(
    file,
    JSON.stringify({ brokerCapacities: [{ brokerId: "-1", capacity }] }),
  );
  try {
    const rig = await withLogDirs({ "capacity.config.file": file });
    const answer = await plan(rig, { mode: "rebalance_disk" });
    assert(!answer.ok);
    assertStringIncludes(answer.failure.message, "no capacity for /1/a of broker 1");
    assert((await plan(rig)).ok, "other plans need none");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("remove_disks of a broker that does not exist is refused as Cruise Control does", async () => {
  const logDirs = [{ brokerId: 7, path: "/7/a" }];
  const answer = await plan(await withLogDirs(), { operation: "remove_disks", logDirs });
  assert(!answer.ok);
  assertEquals(answer.failure.message, "Broker [7] does not exist.");
});

Deno.test("a plan between log dirs waits until it is known where replicas are", async () => {
  const rig = createRig();
  await rig.actor.start();
  rig.actor.handle(rig.cluster!);
  const answer = await plan(rig, { mode: "rebalance_disk" });
  assert(!answer.ok);
  assert(answer.failure.retriable);
  assertStringIncludes(answer.failure.message, "which replica is where");
});

Deno.test("a plan between log dirs is never taken from the cache", async () => {
  const rig = await withLogDirs();
  await mustPlan(rig, { mode: "rebalance_disk" });
  const again = await plan(rig, { mode: "rebalance_disk" });
  assert(again.ok);
  assertEquals(again.value.fromCache, false);
});

Deno.test("topic_configuration adds a replica to each partition of the topics", async () => {
  const rig = createRig();
  await rig.actor.start();
  const topicFactors = [{ topics: "t", factor: 3 }];
  const made = await mustPlan(rig, { operation: "topic_configuration", topicFactors });
  assertEquals(made.proposals.map((p) => p.newReplicas.length), new Array(12).fill(3));
});

Deno.test("demote_broker leaves partitions alone that are not in sync, unless told otherwise", async () => {
  const rig = createRig();
  const { topology } = skewedCluster(1);
  const { topology: lagging } = buildTopology({ ...topology, generation: 1 }, [{
    name: "t",
    id: "id-t",
    partitions: Array.from({ length: 12 }, (_, partition) => ({
      partition,
      leader: 1,
      leaderEpoch: 0,
      replicas: [1, 2],
      inSync: partition === 0 ? [1] : [1, 2],
      offline: [],
    })),
  }]);
  rig.cluster = { ...skewedCluster(1), topology: lagging };
  await rig.actor.start();
  const careful = await mustPlan(rig, { operation: "demote_broker", brokerIds: [1] });
  assertEquals(careful.proposals.length, 11);
  const all = await mustPlan(rig, {
    operation: "demote_broker",
    brokerIds: [1],
    demoteUnderReplicated: true,
  });
  assertEquals(all.proposals.length, 12);
});

Deno.test("demote_broker takes leadership off a log dir by itself", async () => {
  const rig = await withLogDirs();
  const plan = (path: string) =>
    mustPlan(rig, { operation: "demote_broker", logDirs: [{ brokerId: 1, path }] });
  // All twelve partitions are led from /1/a; nothing is on /1/b.
  assertEquals((await plan("/1/a")).proposals.length, 12);
  assertEquals((await plan("/1/b")).proposals.length, 0);
});

Deno.test("a broker that was removed and has left the cluster does not stand against a plan", async () => {
  const rig = createRig();
  await rig.actor.start();
  const made = await mustPlan(rig, { excludedForReplicaMove: [8], excludedForLeadership: [9] });
  assert(made.proposals.length > 0);
});

Deno.test("kafka_assigner plans with its own goals", async () => {
  const rig = createRig();
  await rig.actor.start();
  const made = await mustPlan(rig, { mode: "kafka_assigner" });
  assertEquals(made.summary.goals.map((goal) => goal.name), [
    "KafkaAssignerEvenRackAwareGoal",
    "KafkaAssignerDiskUsageDistributionGoal",
  ]);
});

Deno.test("get_partition_load sorts, filters and cuts", async () => {
  const rig = createRig();
  const load = evenLoad(rig.cluster!);
  for (let p = 0; p < 12; p++) {
    load.metrics[p * PARTITION_METRIC_COUNT + MESSAGE_IN_RATE] = p;
    load.metrics[p * PARTITION_METRIC_COUNT + 1] = 100 * p;
  }
  rig.load = ok(load);
  await rig.actor.start();
  const ask = async (wish: Record<string, unknown>) => {
    const answer = await rig.actor.answers.get_partition_load!({
      kind: "get_partition_load",
      wish: { sortBy: "disk", entries: 100, choice: "expected", ...wish },
    });
    assert(answer.ok, answer.ok ? "" : answer.failure.message);
    return answer.value;
  };
  const two = await ask({ entries: 2 });
  assertEquals(two.estimatedBrokers, [1, 2, 3]);
  assertEquals(two.partitions.map((p) => [p.partition, p.disk, p.nwIn, p.nwOut, p.messagesIn]), [
    [11, 1100, 1000, 2000, 11],
    [10, 1000, 1000, 2000, 10],
  ]);
  assert(Number.isNaN(two.partitions[0]!.cpu), "no source of CPU");
  assertEquals([two.partitions[0]!.leader, two.partitions[0]!.followers], [1, [2]]);
  assertEquals((await ask({ partitions: { from: 2, to: 4 } })).partitions.length, 3);
  assertEquals((await ask({ brokerIds: [3] })).partitions, []);
  assertEquals((await ask({ topics: "x.*" })).partitions, []);
  assertEquals((await ask({ choice: "max" })).partitions[0]!.nwOut, 2000);
});

Deno.test("an operation that moves few replicas says what to do about goals that it cannot meet", async () => {
  const rig = createRig();
  const cluster = skewedCluster(1);
  const brokers = cluster.topology.brokers.map((one) => ({ ...one, rack: one.id < 3 ? "a" : "b" }));
  rig.cluster = { ...cluster, topology: { ...cluster.topology, brokers } };
  await rig.actor.start();
  // Every partition has both replicas on rack a; another topic cannot be helped by this one's change.
  const topicFactors = [{ topics: "t", factor: 1 }];
  const fine = await plan(rig, { operation: "topic_configuration", topicFactors });
  assert(fine.ok, "one replica is on one rack");
  const tooMany = [{ topics: "t", factor: 3 }];
  const request = { operation: "topic_configuration" as const, skipRackCheck: true };
  const answer = await plan(rig, { ...request, topicFactors: tooMany });
  assert(!answer.ok);
  assertEquals(answer.failure.code, "hard_goal_unmet");
  assertStringIncludes(answer.failure.details!.at(-1)!, "needs a rebalance first");
});

Deno.test("a request that fails for a hard goal is told what would be enough, at the end of its details", async () => {
  const rig = createRig();
  const cluster = skewedCluster(1);
  const brokers = cluster.topology.brokers.map((one) => ({ ...one, rack: "a" }));
  rig.cluster = { ...cluster, topology: { ...cluster.topology, brokers } };
  await rig.actor.start();
  const answer = await plan(rig, {});
  assert(!answer.ok);
  assertEquals(answer.failure.code, "hard_goal_unmet");
  assertStringIncludes(answer.failure.details!.at(-1)!, "Enough for all hard goals");
  assertStringIncludes(answer.failure.details!.at(-1)!, "on a new rack");
  // What heals by itself does what it can and says what is left; nobody reads what would be enough.
  const healing = await mustPlan(rig, { heals: true });
  assertEquals(healing.summary.unmet!.map(({ goal }) => goal), ["RackAwareGoal"]);
  assertEquals(healing.summary.enough, undefined);
});

Deno.test("a plan within a budget moves no more than it allows, and says what it left out and what all would buy", async () => {
  const rig = createRig();
  await rig.actor.start();
  rig.actor.handle(rig.cluster!);
  const whole = await mustPlan(rig, {});
  assert(whole.summary.mbToMove > 2_000, `${whole.summary.mbToMove}`);
  assertEquals([whole.summary.curve, whole.summary.leftOut], [undefined, undefined]);
  const cut = await mustPlan(rig, { budget: { maxMb: 2_000 } });
  assert(cut.summary.mbToMove > 0 && cut.summary.mbToMove <= 2_000, `${cut.summary.mbToMove}`);
  assert(cut.summary.leftOut! > 0);
  assertEquals(cut.summary.curve!.at(-1)!.mb, whole.summary.mbToMove);
  assert(cut.summary.balancednessAfter >= cut.summary.balancednessBefore);
});

Deno.test("a plan over each window keeps limits at the peak, which the mean does not see", async () => {
  const rig = createRig({ "evenkeel.capacity.network.kb.per.sec": "20000" });
  const calm = evenLoad(rig.cluster!);
  // In one of six windows brokers 1 and 2 each take in a fifth more than they may.
  const count = calm.metrics.length;
  const metrics = new Float32Array(6 * count);
  for (let w = 0; w < 6; w++) metrics.set(calm.metrics, w * count);
  for (let i = 2 * count + LEADER_BYTES_IN; i < 3 * count; i += PARTITION_METRIC_COUNT) {
    metrics[i] = 1_600;
  }
  const windowEndsMs = Float64Array.from({ length: 6 }, (_, w) => 360_000 - 60_000 * w);
  rig.load = ok({ ...calm, metrics, windowEndsMs });
  await rig.actor.start();
  rig.actor.handle(rig.cluster!);
  const goals = ["RackAwareGoal", "NetworkInboundCapacityGoal"];
  const wish = { goals, skipHardGoalCheck: true };
  const usual = await mustPlan(rig, wish);
  const peak = await mustPlan(rig, { ...wish, over: "each" });
  const state = (made: typeof usual) => {
    const goal = made.summary.goals.find((one) => one.name === "NetworkInboundCapacityGoal")!;
    return [goal.violatedBefore, goal.violatedAfter];
  };
  assertEquals([state(usual), usual.proposals.length], [[false, false], 0]);
  assertEquals(state(peak), [true, false]);
  assert(peak.summary.interBrokerReplicaMoves > 0);
});
