import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import type { Failure } from "../../../lib/failure.ts";
import {
  CPU_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  PARTITION_METRIC_COUNT,
} from "../../../model/metrics.ts";
import { findPartition } from "../../../model/topology.ts";
import { executorState, ok, type Rig, START_MS, startRig } from "./rig.ts";

const UNREACHABLE: Failure = {
  code: "cluster_unreachable",
  message: "Cannot reach the cluster: no broker answered",
  retriable: true,
};

function samplesAt(rig: Rig): number[] {
  return rig.sent.filter(({ message }) => message.kind === "samples_collected")
    .map(({ atMs }) => atMs - START_MS);
}

function pollsAt(rig: Rig): number[] {
  return rig.calls.filter(({ name }) => name === "observe").map(({ atMs }) => atMs - START_MS);
}

async function ask(rig: Rig, fresh: boolean) {
  return await rig.actor.answers.get_cluster!({ kind: "get_cluster", fresh });
}

Deno.test("createSampler() has three samples of every partition 15 s after the start, and goes on every 10 s", async () => {
  const rig = await startRig();
  await rig.runTo(60_000);
  assertEquals(pollsAt(rig), [0, 5000, 10_000, 15_000, 25_000, 35_000, 45_000, 55_000]);
  const samples = rig.facts("samples_collected");
  // The first poll has sizes only.
  assertEquals(samples.map((one) => one.partitions.length), [0, 6, 6, 6, 6, 6, 6, 6]);
  assertEquals(samples[1]!.atMs, START_MS + 5000);
  const { topology } = rig.facts("cluster_observed")[0]!;
  for (const topic of ["a", "b"]) {
    const at = samples.at(-1)!.partitions.indexOf(findPartition(topology, topic, 1)) *
      PARTITION_METRIC_COUNT;
    const metrics = samples.at(-1)!.metrics;
    const kb = 100_000 / 3 / 1024;
    assertAlmostEquals(metrics[at + LEADER_BYTES_IN]!, kb, 0.01 * kb);
    assertAlmostEquals(metrics[at + LEADER_BYTES_OUT]!, topic === "a" ? kb : 0, 0.05 * kb);
    assertEquals(metrics[at + CPU_USAGE], NaN);
  }
  assertEquals(rig.state().pollsDone, 8);
  assertEquals(rig.state().state, "running");
  assertEquals(rig.state().sources, ["offsets and log dirs", "committed offsets"]);
  await rig.actor.stop();
});

Deno.test("createSampler() polls at Cruise Control's interval when it is set, after the early polls", async () => {
  const rig = await startRig({ config: { "metric.sampling.interval.ms": "60000" } });
  await rig.runTo(200_000);
  assertEquals(pollsAt(rig), [0, 5000, 10_000, 15_000, 75_000, 135_000, 195_000]);
  assertEquals(samplesAt(rig).length, 7);
});

Deno.test("createSampler() tells CPU where the gateway has broker metrics", async () => {
  const rig = await startRig({ sim: { brokerMetrics: true } });
  await rig.runTo(11_000);
  const sample = rig.facts("samples_collected").at(-1)!;
  assertEquals(sample.brokerIds.length, 3);
  assert(sample.metrics[CPU_USAGE]! > 0);
  assert(rig.state().sources.includes("broker metrics"));
});

Deno.test("createSampler() tells the cluster once, then only when it changed", async () => {
  const rig = await startRig();
  await rig.runTo(30_000);
  const [first, ...rest] = rig.facts("cluster_observed");
  assertEquals(rest, []);
  assertEquals(first!.topology.topicNames, ["a", "b"]);
  assertEquals(first!.logDirs.map((one) => one.brokerId), [1, 2, 3]);
  assertEquals(first!.replicaLogDir!.length, 12);
  const [dir] = first!.logDirs[0]!.dirs;
  assert(dir!.replicaBytes! > 0 && dir!.replicaBytes! < dir!.totalBytes);
  rig.cluster.inject({ kind: "disk_failure", brokerId: 2, logDir: "/data/d0" });
  await rig.runTo(60_000);
  const last = rig.facts("cluster_observed").at(-1)!;
  assert(last.topology.generation > first!.topology.generation);
  assert(last.logDirs[1]!.dirs.some((one) => !one.alive));
});

Deno.test("createSampler() goes on when a broker is silent, and says which", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  rig.cluster.inject({ kind: "broker_hang", brokerId: 2, durationMs: 15_000 }, START_MS + 24_000);
  await rig.runTo(33_000);
  assertEquals(rig.state().silentBrokers, [2]);
  assert(rig.state().lastFailure !== undefined);
  // Partitions 1 of a and b are led by broker 2.
  assertEquals(rig.facts("samples_collected").at(-1)!.partitions.length, 4);
  assertEquals(rig.state().pollsFailed, 0);
  await rig.runTo(80_000);
  assertEquals(rig.state().silentBrokers, []);
  assertEquals(rig.state().lastFailure, undefined);
  assertEquals(rig.facts("samples_collected").at(-1)!.partitions.length, 6);
  const told = rig.facts("sampling_state_changed").map((one) => one.state.silentBrokers.join());
  assert(told.includes("2") && told.at(-1) === "");
});

Deno.test("createSampler() repeats failed polls with growing waits, and starts over when they succeed", async () => {
  const rig = await startRig();
  rig.failure = UNREACHABLE;
  await rig.runTo(200_000);
  const waits = pollsAt(rig).map((at, i, all) => i === 0 ? 0 : at - all[i - 1]!).slice(1);
  [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].forEach((wait, i) =>
    assert(waits[i]! >= wait / 2 && waits[i]! <= wait, `wait ${i} is ${waits[i]} ms`)
  );
  assertEquals(rig.state().pollsDone, 0);
  assert(rig.state().pollsFailed >= 8);
  assertEquals(rig.state().lastFailure, UNREACHABLE.message);
  assertEquals(rig.facts("sampling_state_changed").length, 1);
  const answer = await ask(rig, false);
  assert(!answer.ok && answer.failure.code === "cluster_unreachable");
  rig.failure = undefined;
  await rig.runTo(260_000);
  assertEquals(rig.state().lastFailure, undefined);
  assertEquals(rig.facts("sampling_state_changed").length, 2);
  assert(rig.facts("samples_collected").at(-1)!.partitions.length === 6);
});

Deno.test("createSampler() stops polling while paused and takes no pair across the pause", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  const paused = await rig.actor.answers.pause_sampling!({
    kind: "pause_sampling",
    reason: "disks are being replaced",
  });
  assert(paused.ok && paused.value.state === "paused");
  assertEquals(paused.value.reason, "disks are being replaced");
  const before = pollsAt(rig).length;
  await rig.runTo(50_000);
  assertEquals(pollsAt(rig).length, before);
  // The cluster can be seen all the same.
  assert((await ask(rig, true)).ok);
  await rig.actor.answers.resume_sampling!({ kind: "resume_sampling", reason: "done" });
  await rig.runTo(56_000);
  assertEquals(rig.state().state, "running");
  assertEquals(rig.state().reason, "done");
  const lengths = rig.facts("samples_collected").map((one) => one.partitions.length);
  assertEquals(lengths.slice(-2), [0, 6]);
  assertEquals(samplesAt(rig).slice(-2), [50_000, 55_000]);
});

Deno.test("createSampler() keeps partition samples to itself while replicas move", async () => {
  const rig = await startRig({ sim: { brokerMetrics: true } });
  await rig.runTo(20_000);
  rig.progress("INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS");
  await rig.runTo(30_000);
  const during = rig.facts("samples_collected").at(-1)!;
  assertEquals([during.partitions.length, during.replicaMb.length], [0, 0]);
  assertEquals(during.brokerIds.length, 3);
  rig.progress("NO_TASK_IN_PROGRESS");
  await rig.runTo(40_000);
  assertEquals(rig.facts("samples_collected").at(-1)!.partitions.length, 6);
});

Deno.test("createSampler() asks the executor when it has been silent, and stays put without an answer", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  rig.progress("LEADER_MOVEMENT_TASK_IN_PROGRESS");
  await rig.runTo(100_000);
  assertEquals(samplesAt(rig).at(-1), 15_000);
  rig.executor = ok(executorState("NO_TASK_IN_PROGRESS"));
  await rig.runTo(110_000);
  assertEquals(samplesAt(rig).at(-1), 105_000);
});

Deno.test("get_cluster gives the latest look, and a fresh one only when asked", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  const looks = pollsAt(rig).length;
  const latest = await ask(rig, false);
  assert(latest.ok);
  assertEquals(pollsAt(rig).length, looks);
  rig.cluster.inject({ kind: "broker_crash", brokerId: 3 }, START_MS + 20_500);
  await rig.clock.advanceTo(START_MS + 32_000);
  const fresh = await ask(rig, true);
  assert(fresh.ok);
  assert(fresh.value.topology.generation > latest.value.topology.generation);
  // Others hear of it, too.
  assertEquals(
    rig.facts("cluster_observed").at(-1)!.topology.generation,
    fresh.value.topology.generation,
  );
});

Deno.test("get_cluster gives min.insync.replicas of topics when asked for, read at most once a minute", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  const reads = () => rig.calls.filter(({ name }) => name === "readConfigs").length;
  const minInsync = async () => {
    const asked = await rig.actor.answers.get_cluster!({
      kind: "get_cluster",
      fresh: false,
      withMinInsync: true,
    });
    assert(asked.ok);
    return [...asked.value.minInsyncReplicas!];
  };
  const change = async (topic: string, value: string) => {
    const resource = { type: "topic", name: topic } as const;
    await rig.gateway.alterConfigs([{
      resource,
      key: "min.insync.replicas",
      operation: "set",
      value,
    }]);
  };
  await ask(rig, false);
  assertEquals(reads(), 0, "polls do not read settings");
  await change("b", "2");
  assertEquals([await minInsync(), reads()], [[1, 2], 1]);
  await change("a", "2");
  assertEquals([await minInsync(), reads()], [[1, 2], 1]);
  await rig.runTo(90_000);
  assertEquals([await minInsync(), reads()], [[2, 2], 2]);
  rig.failure = UNREACHABLE;
  await rig.runTo(200_000);
  assertEquals([await minInsync(), reads()], [[2, 2], 3], "old ones are better than none");
});

Deno.test("createSampler() says nothing after stop()", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  await rig.actor.stop();
  const before = rig.sent.length;
  await rig.runTo(60_000);
  assertEquals(rig.sent.length, before);
});

Deno.test("createSampler() names the failure of consumer groups and samples without them", async () => {
  const rig = await startRig();
  await rig.runTo(1000);
  const state = rig.state();
  assertEquals(state.lastFailure, undefined);
  rig.cluster.inject({
    kind: "lost_requests",
    count: 100,
    durationMs: 60_000,
    calls: ["readGroupOffsets"],
  });
  await rig.runTo(26_000);
  assert(rig.state().lastFailure !== undefined);
  assertStringIncludes(rig.state().sources.join(), "offsets and log dirs");
  const sample = rig.facts("samples_collected").at(-1)!;
  assertEquals(sample.partitions.length, 6);
  assertEquals(sample.metrics[LEADER_BYTES_OUT], NaN);
});
