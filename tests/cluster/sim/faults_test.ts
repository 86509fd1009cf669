import { assert, assertEquals } from "@std/assert";
import {
  brokerSpec,
  brokerTruth,
  createSimCluster,
  exactSpec,
  partitionTruth,
  replicaTruth,
  simSpec,
  topicSpec,
} from "../../../cluster/sim/mod.ts";
import { cpuOf } from "../../../cluster/sim/loads.ts";
import { findTopic } from "../../../model/topology.ts";
import { fourBrokers, START_MS, valueOf, world } from "./fixture.ts";

Deno.test("broker_crash is seen at the end of the session, and what was missed is copied on return", async () => {
  const w = world(fourBrokers());
  w.cluster.inject({ kind: "broker_crash", brokerId: 1, returnAfterMs: 120_000 }, START_MS + 1000);
  await w.pass(5);
  assertEquals((await w.partition("t", 0)).leader, 1);
  await w.pass(6);
  const fenced = await w.partition("t", 0);
  assertEquals([fenced.leader, fenced.inSync], [2, [2, 3]]);
  const stalled = partitionTruth(w.cluster.state, "t", 0)!.bytesInTotal;
  await w.pass(105);
  const { bytesInTotal } = partitionTruth(w.cluster.state, "t", 0)!;
  const missing = replicaTruth(w.cluster.state, "t", { partition: 0, brokerId: 1 })!.missingBytes;
  assert(bytesInTotal - stalled > 10e6);
  assert(Math.abs(missing - (bytesInTotal - stalled)) < 1e6);
  await w.pass(30);
  const back = await w.partition("t", 0);
  assertEquals([back.replicas, back.leader, back.inSync], [[1, 2, 3], 2, [1, 2, 3]]);
});

Deno.test("a partition whose last replica crashes waits for it without a leader", async () => {
  const w = world(exactSpec({
    brokers: [brokerSpec(1, "a"), brokerSpec(2, "b")],
    topics: [topicSpec("t", [[1]], { initialBytes: 1e6 })],
  }));
  w.cluster.inject({ kind: "broker_crash", brokerId: 1, returnAfterMs: 60_000 });
  await w.pass(20);
  const down = await w.partition("t", 0);
  assertEquals([down.leader, down.inSync], [-1, [1]]);
  await w.pass(60);
  assertEquals((await w.partition("t", 0)).leader, 1);
});

Deno.test("broker_hang costs readings one deadline and gives the others' answers", async () => {
  const w = world(fourBrokers());
  const topology = valueOf(await w.gateway.observe());
  w.cluster.inject({ kind: "broker_hang", brokerId: 2, durationMs: 60_000 });
  const answer = w.gateway.readLogDirs(topology, { deadlineMs: 3000 });
  await w.pass(2);
  let settled = false;
  answer.then(() => settled = true);
  await w.pass(0.5);
  assertEquals(settled, false);
  await w.pass(0.5);
  const reading = valueOf(await answer);
  assertEquals(
    reading.brokers.map((one) => [one.brokerId, one.failure?.code]),
    [[1, undefined], [2, "deadline_exceeded"], [3, undefined], [4, undefined]],
  );
  assert(reading.replicaBytes[0]! > 0);
  assert(Number.isNaN(reading.replicaBytes[1]!));
  await w.pass(60);
  const back = await w.partition("t", 0);
  assertEquals([...back.inSync].sort(), [1, 2, 3]);
});

Deno.test("disk_failure takes replicas offline, moves leaders, and disk_repair brings an empty dir", async () => {
  const w = world(fourBrokers());
  const { logDir } = replicaTruth(w.cluster.state, "t", { partition: 0, brokerId: 1 })!;
  w.cluster.inject({ kind: "disk_failure", brokerId: 1, logDir });
  const topology = valueOf(await w.gateway.observe());
  assertEquals([topology.leader[0], topology.replicaFlags[0]], [2, 2]);
  const reading = valueOf(await w.gateway.readLogDirs(topology));
  const dir = reading.brokers[0]!.dirs.find((one) => one.path === logDir)!;
  assertEquals([dir.alive, dir.totalBytes], [false, -1]);
  assert(Number.isNaN(reading.replicaBytes[0]!));
  const other = logDir === "/data/d0" ? "/data/d1" : "/data/d0";
  const move = (path: string) =>
    w.gateway.alterLogDirs([{ brokerId: 1, topic: "t", partition: 0, logDir: path }]);
  assertEquals(valueOf(await move(other))[0]!.errorCode, 56);
  w.cluster.inject({ kind: "disk_repair", brokerId: 1, logDir });
  await w.pass(1);
  await w.pass(30);
  assertEquals((await w.partition("t", 0)).inSync, [1, 2, 3]);
});

Deno.test("a log dir that runs full fails", async () => {
  const small = { logDirs: [{ path: "/small", totalBytes: 105e6 }] };
  const w = world(exactSpec({
    brokers: [brokerSpec(1, "a", small), brokerSpec(2, "b")],
    topics: [topicSpec("t", [[1, 2]], { initialBytes: 100e6, configs: {} })],
  }));
  await w.pass(120);
  const { leader, inSync } = await w.partition("t", 0);
  assertEquals([leader, inSync], [2, [2]]);
});

Deno.test("lost_responses apply the change and lose the answer, lost_requests do nothing", async () => {
  const w = world(fourBrokers());
  const submit = () =>
    w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [2, 1, 3] }], {
      deadlineMs: 1000,
    });
  w.cluster.inject({ kind: "lost_requests", count: 1, durationMs: 60_000 });
  const first = submit();
  await w.pass(1);
  const lost = await first;
  assertEquals(lost.ok ? "" : lost.failure.code, "deadline_exceeded");
  assertEquals((await w.partition("t", 0)).replicas, [1, 2, 3]);
  w.cluster.inject({ kind: "lost_responses", count: 1, durationMs: 60_000 });
  const second = submit();
  await w.pass(1);
  const unanswered = await second;
  assertEquals(unanswered.ok ? false : unanswered.failure.retriable, true);
  assertEquals((await w.partition("t", 0)).replicas, [2, 1, 3]);
  assertEquals(valueOf(await submit())[0]!.errorCode, 0);
});

Deno.test("controller_change fails what the controller answers for a while, retriable; moves go on", async () => {
  const w = world(fourBrokers());
  const before = valueOf(await w.gateway.observe()).controllerId;
  await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [4, 2, 3] }]);
  w.cluster.inject({ kind: "controller_change", durationMs: 2000 });
  const list = await w.gateway.listReassignments();
  assertEquals(
    list.ok ? [] : [list.failure.code, list.failure.retriable, list.failure.kafkaErrorCode],
    ["kafka_error", true, 41],
  );
  await w.pass(10);
  assertEquals(valueOf(await w.gateway.listReassignments()), []);
  assertEquals((await w.partition("t", 0)).replicas, [4, 2, 3]);
  assert(valueOf(await w.gateway.observe()).controllerId !== before);
});

Deno.test("topic_recreation changes the topic id and starts the log anew", async () => {
  const w = world(fourBrokers());
  const before = valueOf(await w.gateway.observe());
  const again = topicSpec("t", [[4, 3, 2], [1, 2, 3]], { initialBytes: 0 });
  w.cluster.inject({ kind: "topic_recreation", topic: again });
  const after = valueOf(await w.gateway.observe());
  assert(before.topicIds[0] !== after.topicIds[0]);
  assert(after.generation > before.generation);
  assertEquals([...after.leader], [4, 1]);
  assertEquals(partitionTruth(w.cluster.state, "t", 0)!.endOffset, 0);
  w.cluster.inject({ kind: "topic_deletion", topic: "t" });
  assertEquals(findTopic(valueOf(await w.gateway.observe()), "t"), -1);
});

Deno.test("a broker that joins later is empty, and can be given replicas at once", async () => {
  const spec = fourBrokers();
  const w = world({
    ...spec,
    brokers: [...spec.brokers, brokerSpec(9, "r9", { joinsAtMs: START_MS + 60_000 })],
  });
  assertEquals(valueOf(await w.gateway.observe()).brokers.length, 4);
  const submit = async () =>
    valueOf(
      await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [9, 2, 3] }]),
    )[0]!.errorCode;
  assertEquals(await submit(), 39);
  await w.pass(65);
  assertEquals(valueOf(await w.gateway.observe()).brokers.map((one) => one.id), [1, 2, 3, 4, 9]);
  assertEquals(await submit(), 0);
  await w.pass(10);
  assertEquals((await w.partition("t", 0)).replicas, [9, 2, 3]);
});

Deno.test("slow_broker slows its copies and raises its latency", async () => {
  const w = world(fourBrokers());
  const latency = async () => {
    const reading = valueOf(
      await w.gateway.readBrokerMetrics(valueOf(await w.gateway.observe())),
    )!;
    return reading.values[3 * 12 + 8]!;
  };
  const before = await latency();
  w.cluster.inject({ kind: "slow_broker", brokerId: 4, factor: 0.05, durationMs: 600_000 });
  assert(await latency() > 3 * before);
  await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [4, 2, 3] }]);
  await w.pass(5);
  const { bytes } = replicaTruth(w.cluster.state, "t", { partition: 0, brokerId: 4 })!;
  assert(bytes <= 0.05 * 125e6 * 5 * 1.001, `${bytes} bytes`);
});

Deno.test("latencyMs delays the answer and the effect", async () => {
  const w = world(fourBrokers(), { latencyMs: 100 });
  const answer = w.gateway.electPreferredLeaders([{ topic: "t", partition: 0 }]);
  let settled = false;
  answer.then(() => settled = true);
  await w.pass(0.099);
  assertEquals(settled, false);
  await w.pass(0.001);
  assertEquals(valueOf(await answer)[0]!.errorCode, 84);
});

Deno.test("disk_failure of the last log dir stops the broker until a disk is repaired", () => {
  const spec = simSpec({ seed: 5, brokers: 4, topics: 4, partitions: 12 });
  const cluster = createSimCluster({ spec, seed: 5, startMs: 0 });
  for (const { path } of spec.brokers[0]!.logDirs) {
    cluster.inject({ kind: "disk_failure", brokerId: 0, logDir: path });
  }
  cluster.inject({ kind: "broker_return", brokerId: 0 });
  cluster.advanceTo(60_000);
  assertEquals(brokerTruth(cluster.state)[0]!.alive, false);
  cluster.inject({ kind: "disk_repair", brokerId: 0, logDir: spec.brokers[0]!.logDirs[0]!.path });
  cluster.inject({ kind: "broker_return", brokerId: 0 });
  cluster.advanceTo(120_000);
  assertEquals(brokerTruth(cluster.state)[0]!.alive, true);
});

Deno.test("hot_broker lets the traffic of what the broker leads grow, and come back", async () => {
  const w = world(exactSpec({
    brokers: [brokerSpec(1, "a"), brokerSpec(2, "b")],
    topics: [topicSpec("t", [[1], [2]], { workload: { bytesPerSec: 4e6 } })],
  }));
  const rates = () =>
    [0, 1].map((partition) => partitionTruth(w.cluster.state, "t", partition)!.bytesInRate);
  const cpu = () => cpuOf(w.cluster.state, 0);
  const surge = { cpu: 0.6, rampMs: 240_000, durationMs: 600_000 };
  await w.pass(10);
  const before = cpu();
  assert(before > 0.1 && before < 0.3, `${before}`);
  w.cluster.inject({ kind: "hot_broker", brokerId: 1, ...surge });
  await w.pass(130);
  const [half, other] = rates();
  await w.pass(140);
  const [whole] = rates();
  assertEquals(other, 2e6, "what another broker leads stays as it is");
  assert(Math.abs((half! - 2e6) / (whole! - 2e6) - 0.5) < 0.01, "half of the way at half the ramp");
  assert(cpu() > 0.5 && cpu() < 0.65, `${cpu()}`);
  await w.pass(340);
  assertEquals(rates(), [2e6, 2e6]);
});
