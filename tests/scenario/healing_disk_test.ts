/** Failed log dirs on the simulator. A log dir that fails is noticed within one interval and healed at once. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OFFLINE } from "../../model/topology.ts";
import { type HealingWorld, healingWorld, topologyOf, untilStarted } from "./healing_world.ts";
import { HOUR_MS, MINUTE_MS } from "./world.ts";

const INTERVAL_MS = 5 * MINUTE_MS;

/** Fails a log dir of broker 3 that holds replicas; gives its path. */
async function failDisk(h: HealingWorld): Promise<string> {
  const topology = await topologyOf(h);
  const read = await h.settleWithin(h.gateway.readLogDirs(topology), MINUTE_MS, "log dirs");
  assert(read.ok);
  const dirs = read.value.brokers.find(({ brokerId }) => brokerId === 3)!.dirs;
  const held = dirs.map((_, dir) =>
    topology.replicaBroker.filter((id, r) => id === 3 && read.value.replicaLogDir[r] === dir).length
  );
  const path = dirs[held.indexOf(Math.max(...held))]!.path;
  h.cluster.inject({ kind: "disk_failure", brokerId: 3, logDir: path }, h.clock.nowMs());
  return path;
}

async function offline(h: HealingWorld): Promise<number> {
  return (await topologyOf(h)).replicaFlags.filter((flags) => (flags & OFFLINE) !== 0).length;
}

for (const seed of [21, 22, 23]) {
  Deno.test(`a failed log dir is noticed within one interval and evacuated, seed ${seed}`, async () => {
    const h = await healingWorld({ seed, healing: true });
    await h.run(HOUR_MS);
    const failedMs = h.clock.nowMs();
    const path = await failDisk(h);
    await h.run(1000);
    assert(await offline(h) > 0, "the disk held replicas");
    await untilStarted(h, INTERVAL_MS + 10_000);
    const [noticed] = await h.anomalies("DISK_FAILURE");
    assert(noticed!.detectedAtMs - failedMs <= INTERVAL_MS + 1000);
    assert(noticed!.condition.kind === "DISK_FAILURE");
    assertEquals(noticed!.condition.failedDisks.map(({ logDir }) => logDir), [path]);
    await h.untilIdle(HOUR_MS);
    await h.run(INTERVAL_MS + 10_000);
    assertEquals([await offline(h), await h.outOfSync()], [0, 0]);
    const [left] = await h.anomalies("DISK_FAILURE");
    assertEquals(left!.endedAtMs, undefined, "the disk is still broken");
    assertEquals(left!.attempts.length, 1);
    assertEquals(left!.status, "IGNORED");
    assertStringIncludes(left!.reason, "replace the disk");
    h.cluster.inject({ kind: "disk_repair", brokerId: 3, logDir: path }, h.clock.nowMs());
    await h.run(INTERVAL_MS + 10_000);
    assert((await h.anomalies("DISK_FAILURE"))[0]!.endedAtMs !== undefined);
    await h.close();
  });
}

Deno.test("with self-healing off a failed log dir is told once, with what would be done", async () => {
  const h = await healingWorld({ seed: 24, healing: false });
  await h.run(HOUR_MS);
  await failDisk(h);
  await h.run(2 * HOUR_MS);
  const [anomaly] = await h.anomalies("DISK_FAILURE");
  assertEquals([anomaly!.status, anomaly!.attempts.length], ["IGNORED", 0]);
  assertEquals(anomaly!.wouldDo?.operation, "fix_offline_replicas");
  assert(await offline(h) > 0);
  assertEquals((await h.executorState()).lastExecution, undefined);
  assertEquals(h.posted("DISK_FAILURE").map(({ event }) => event), [
    "anomaly_detected",
    "fix_not_started",
  ]);
  await h.close();
});

Deno.test("failed disks wait while brokers are gone: evacuating would empty those too early", async () => {
  const h = await healingWorld({ seed: 25, healing: true });
  await h.run(HOUR_MS);
  h.cluster.inject({ kind: "broker_crash", brokerId: 1 }, h.clock.nowMs());
  await h.run(INTERVAL_MS + 2000);
  await failDisk(h);
  await h.run(2 * INTERVAL_MS);
  const state = await h.detectorState();
  const disks = state.detectors.find(({ kind }) => kind === "DISK_FAILURE");
  assertEquals(disks!.status, "SKIP_HAS_DEAD_BROKERS");
  assertEquals(state.recent.filter(({ condition }) => condition.kind === "DISK_FAILURE"), []);
  await h.run(2 * HOUR_MS);
  await h.untilIdle(HOUR_MS);
  await h.run(INTERVAL_MS);
  assertEquals(await h.outOfSync(), 0, "after the broker, the disk");
  await h.close();
});
