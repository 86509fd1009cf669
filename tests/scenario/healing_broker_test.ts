/**
 * Failed brokers on the simulator: noticed, told and healed at their stated times when that is on, left alone when it
 * is off. Thresholds are the defaults: told after 15 minutes, healed after 30.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { topicSpec } from "../../cluster/sim/mod.ts";
import { partitionCount, replicasOf, topicOfPartition } from "../../model/topology.ts";
import { smallSpec } from "./faulty_day.ts";
import {
  type HealingWorld,
  healingWorld,
  replicasOn,
  topologyOf,
  untilStarted,
} from "./healing_world.ts";
import { HOUR_MS, MINUTE_MS } from "./world.ts";

const INTERVAL_MS = 5 * MINUTE_MS;
const ALERT_MS = 15 * MINUTE_MS;
const HEAL_MS = 30 * MINUTE_MS;
/** Slow enough that a fix takes minutes, faster than the producers. */
const SLOWLY = { "default.replication.throttle": "2000000" };

/** Lets the load become known and the broker die; gives the time of its death. */
async function kill(h: HealingWorld, brokerId: number): Promise<number> {
  const atMs = h.clock.nowMs();
  h.cluster.inject({ kind: "broker_crash", brokerId }, atMs);
  await h.run(INTERVAL_MS + 2000);
  return atMs;
}

async function until(h: HealingWorld, atMs: number): Promise<void> {
  await h.run(atMs - h.clock.nowMs());
}

for (const seed of [1, 2, 3]) {
  Deno.test(`a failed broker is noticed, told and healed at its stated times, seed ${seed}`, async () => {
    const h = await healingWorld({ seed, healing: true });
    await h.run(HOUR_MS);
    const killedMs = await kill(h, 2);
    const [noticed] = await h.anomalies("BROKER_FAILURE");
    assert(noticed !== undefined, "seen within one interval");
    const sinceMs = noticed.detectedAtMs;
    assert(sinceMs - killedMs <= INTERVAL_MS + 1000, `seen after ${sinceMs - killedMs} ms`);
    assertEquals([noticed.status, noticed.alertedAtMs], ["CHECK_WITH_DELAY", undefined]);
    assertEquals(h.posted("BROKER_FAILURE"), [], "nobody is told before the alert threshold");
    await until(h, sinceMs + ALERT_MS + 1000);
    assertEquals(h.posted("BROKER_FAILURE").map((one) => one.event), ["anomaly_detected"]);
    await until(h, sinceMs + HEAL_MS - 1000);
    assertEquals((await h.anomalies("BROKER_FAILURE"))[0]!.attempts, [], "not before its time");
    await until(h, sinceMs + HEAL_MS + 30_000);
    const [healing] = await h.anomalies("BROKER_FAILURE");
    assertEquals(healing!.attempts.length, 1, healing!.reason);
    await h.untilIdle(HOUR_MS);
    await h.run(MINUTE_MS);
    const [over] = await h.anomalies("BROKER_FAILURE");
    assert(over!.endedAtMs !== undefined, over!.reason);
    assertEquals(await replicasOn(h, 2), 0);
    assertEquals(await h.outOfSync(), 0);
    assertEquals(h.posted("BROKER_FAILURE").map((one) => one.event), [
      "anomaly_detected",
      "fix_started",
      "fix_ended",
      "anomaly_gone",
    ]);
    const state = await h.executorState();
    assertEquals(state.lastExecution?.outcome, "completed");
    assertEquals(state.recentlyRemovedBrokers, [2]);
    await h.close();
  });
}

Deno.test("a topic with more replicas than racks keeps nothing else on a failed broker", async () => {
  const spec = smallSpec(7);
  // Three racks.
  const wide = topicSpec("wide", [[0, 1, 2, 3], [2, 3, 4, 5]]);
  const h = await healingWorld({
    seed: 7,
    healing: true,
    spec: { ...spec, topics: [...spec.topics, wide] },
  });
  await h.run(HOUR_MS);
  await kill(h, 2);
  await untilStarted(h, HOUR_MS);
  const { plan } = (await h.anomalies("BROKER_FAILURE"))[0]!.attempts[0]!;
  assertStringIncludes(plan!.left!, "RackAwareGoal");
  await h.untilIdle(HOUR_MS);
  const topology = await topologyOf(h);
  for (let row = 0; row < partitionCount(topology); row++) {
    const topic = topology.topicNames[topicOfPartition(topology, row)]!;
    if (topic !== "wide") assert(!replicasOf(topology, row).includes(2), topic);
  }
  assertEquals((await h.executorState()).lastExecution?.outcome, "completed");
  await h.close();
});

Deno.test("with self-healing off nothing is done, and what would have been done is on record", async () => {
  const h = await healingWorld({ seed: 4, healing: false });
  await h.run(HOUR_MS);
  const before = await replicasOn(h, 2);
  await kill(h, 2);
  await h.run(3 * HOUR_MS);
  const [anomaly] = await h.anomalies("BROKER_FAILURE");
  assertEquals(anomaly!.status, "IGNORED");
  assertEquals(anomaly!.attempts, []);
  assertEquals(anomaly!.wouldDo?.operation, "remove_broker");
  assert(anomaly!.wouldDo!.interBrokerReplicaMoves >= before, "every replica of it");
  assertStringIncludes(anomaly!.reason, "Self-healing is off; it would do remove_broker");
  assertEquals(await replicasOn(h, 2), before);
  assertEquals((await h.executorState()).lastExecution, undefined, "nothing was ever executed");
  assertEquals(
    h.posted("BROKER_FAILURE").map((one) => one.event),
    ["anomaly_detected", "fix_not_started"],
    "told once, however often it is seen",
  );
  h.cluster.inject({ kind: "broker_return", brokerId: 2 }, h.clock.nowMs());
  await h.run(INTERVAL_MS + 30_000);
  assert((await h.anomalies("BROKER_FAILURE"))[0]!.endedAtMs !== undefined);
  await h.close();
});

Deno.test("switched on while the broker is gone, it is healed at once", async () => {
  const h = await healingWorld({ seed: 5, healing: false });
  await h.run(HOUR_MS);
  await kill(h, 2);
  await h.run(HOUR_MS);
  const switched = await h.settleWithin(
    h.system.request({ kind: "set_self_healing", enable: ["BROKER_FAILURE"], disable: [] }),
    MINUTE_MS,
    "the switch",
  );
  assert(
    switched.ok && switched.value.after.BROKER_FAILURE && !switched.value.before.BROKER_FAILURE,
  );
  await untilStarted(h, MINUTE_MS);
  await h.untilIdle(HOUR_MS);
  assertEquals(await replicasOn(h, 2), 0);
  h.system.kill("detector");
  await h.run(MINUTE_MS);
  const state = await h.detectorState();
  assert(state.detectors.find(({ kind }) => kind === "BROKER_FAILURE")!.selfHealing, "kept");
  await h.close();
});

Deno.test("a broker that is back before the alert threshold costs nobody's sleep", async () => {
  const h = await healingWorld({ seed: 6, healing: true });
  await h.run(HOUR_MS);
  const executions = (await h.executorState()).lastExecution?.executionUuid;
  await kill(h, 2);
  await h.run(5 * MINUTE_MS);
  h.cluster.inject({ kind: "broker_return", brokerId: 2 }, h.clock.nowMs());
  await h.run(2 * HOUR_MS);
  const [anomaly] = await h.anomalies("BROKER_FAILURE");
  assert(anomaly!.endedAtMs !== undefined);
  assertEquals(h.posted("BROKER_FAILURE"), []);
  assertEquals((await h.executorState()).lastExecution?.executionUuid, executions);
  await h.close();
});

Deno.test("killed, back, and killed again: the wait begins anew", async () => {
  const h = await healingWorld({ seed: 7, healing: true });
  await h.run(HOUR_MS);
  await kill(h, 2);
  await h.run(20 * MINUTE_MS);
  h.cluster.inject({ kind: "broker_return", brokerId: 2 }, h.clock.nowMs());
  await h.run(2 * INTERVAL_MS);
  const againMs = await kill(h, 2);
  await until(h, againMs + HEAL_MS - 1000);
  const anomalies = await h.anomalies("BROKER_FAILURE");
  assertEquals(anomalies.length, 2);
  assertEquals(
    anomalies.flatMap(({ attempts }) => attempts),
    [],
    "30 minutes from the second death",
  );
  await until(h, againMs + HEAL_MS + INTERVAL_MS + 30_000);
  await h.untilIdle(HOUR_MS);
  assertEquals(await replicasOn(h, 2), 0);
  await h.close();
});

Deno.test("a broker that comes back while it is healed: the fix ends, nothing is stuck", async () => {
  const h = await healingWorld({ seed: 8, healing: true, settings: SLOWLY });
  await h.run(3 * HOUR_MS);
  await kill(h, 2);
  await untilStarted(h, HOUR_MS);
  await h.run(MINUTE_MS);
  assert((await h.executorState()).phase !== "NO_TASK_IN_PROGRESS", "still being healed");
  h.cluster.inject({ kind: "broker_return", brokerId: 2 }, h.clock.nowMs());
  const ended = await h.untilIdle(6 * HOUR_MS);
  assertEquals(ended.lastExecution?.outcome, "completed", ended.lastExecution?.explanation);
  await h.run(HOUR_MS);
  const [anomaly] = await h.anomalies("BROKER_FAILURE");
  assert(anomaly!.endedAtMs !== undefined);
  assertEquals(anomaly!.attempts.length, 1);
  assertEquals(await h.outOfSync(), 0);
  await h.close();
});

Deno.test("another broker that dies while one is healed is healed after it", async () => {
  const h = await healingWorld({ seed: 9, healing: true, settings: SLOWLY });
  await h.run(3 * HOUR_MS);
  await kill(h, 2);
  await untilStarted(h, HOUR_MS);
  h.cluster.inject({ kind: "broker_crash", brokerId: 4 }, h.clock.nowMs());
  await h.run(12 * HOUR_MS);
  await h.untilIdle(6 * HOUR_MS);
  await h.run(INTERVAL_MS);
  const anomalies = await h.anomalies("BROKER_FAILURE");
  assert(anomalies.every(({ endedAtMs }) => endedAtMs !== undefined), anomalies[0]!.reason);
  assertEquals([await replicasOn(h, 2), await replicasOn(h, 4)], [0, 0]);
  assertEquals(await h.outOfSync(), 0);
  await h.close();
});

Deno.test("too many failed brokers are left to people", async () => {
  const h = await healingWorld({ seed: 10, healing: true });
  await h.run(HOUR_MS);
  const executions = (await h.executorState()).lastExecution?.executionUuid;
  for (const brokerId of [1, 2, 3]) {
    h.cluster.inject({ kind: "broker_crash", brokerId }, h.clock.nowMs());
  }
  await h.run(2 * HOUR_MS);
  const [anomaly] = await h.anomalies("BROKER_FAILURE");
  assertEquals(anomaly!.status, "IGNORED");
  assertStringIncludes(anomaly!.reason, "3 of 6 brokers failed");
  assertEquals(h.posted("BROKER_FAILURE").map((one) => one.event), ["anomaly_detected"]);
  assertEquals((await h.executorState()).lastExecution?.executionUuid, executions);
  await h.close();
});

Deno.test("a fix waits for an execution of people, and begins when that ends", async () => {
  const h = await healingWorld({
    seed: 11,
    healing: true,
    settings: { ...SLOWLY, "self.healing.goal.violation.enabled": "false" },
  });
  await h.run(HOUR_MS);
  const killedMs = await kill(h, 2);
  const planned = await h.rebalance({}, { throttleBytesPerSec: 20_000 });
  assert(planned.ok && planned.value.proposals.length > 0);
  await until(h, killedMs + HEAL_MS + INTERVAL_MS + MINUTE_MS);
  const [waiting] = await h.anomalies("BROKER_FAILURE");
  assertEquals(waiting!.status, "CHECK_WITH_DELAY");
  assertStringIncludes(waiting!.reason, "Waits for the end of the execution");
  assertEquals(waiting!.attempts, []);
  const stopped = await h.settleWithin(
    h.system.request({ kind: "stop_execution", stopExternalAgent: false, reason: "test" }),
    MINUTE_MS,
    "the stop",
  );
  assert(stopped.ok);
  await untilStarted(h, 10 * MINUTE_MS);
  await h.untilIdle(6 * HOUR_MS);
  await h.run(MINUTE_MS);
  assertEquals(await replicasOn(h, 2), 0);
  await h.close();
});
