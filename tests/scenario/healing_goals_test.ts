/**
 * Violated goals on the simulator. The small cluster begins with replicas of a partition on one rack, so RackAwareGoal
 * is violated from the start.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { healingWorld, untilStarted } from "./healing_world.ts";
import { HOUR_MS, MINUTE_MS } from "./world.ts";

Deno.test("a violated goal is noticed and healed, and the score says so", async () => {
  const h = await healingWorld({ seed: 1, healing: true });
  await untilStarted(h, 10 * MINUTE_MS);
  const [noticed] = await h.anomalies("GOAL_VIOLATION");
  assert(noticed!.condition.kind === "GOAL_VIOLATION");
  assertEquals(noticed!.condition, {
    kind: "GOAL_VIOLATION",
    fixable: ["RackAwareGoal"],
    unfixable: [],
  });
  const violated = (await h.detectorState()).balancedness;
  assert(violated > 70 && violated < 73, `RackAwareGoal weighs 28.679, the score is ${violated}`);
  await h.untilIdle(HOUR_MS);
  await h.run(HOUR_MS);
  const [over] = await h.anomalies("GOAL_VIOLATION");
  assert(over!.endedAtMs !== undefined, over!.reason);
  assertEquals((await h.detectorState()).balancedness, 100);
  await h.close();
});

Deno.test("with self-healing off a violated goal stays, planned for once and told once", async () => {
  const h = await healingWorld({ seed: 1, healing: false });
  await h.run(6 * HOUR_MS);
  const [anomaly] = await h.anomalies("GOAL_VIOLATION");
  assertEquals([anomaly!.status, anomaly!.endedAtMs], ["IGNORED", undefined]);
  assert(anomaly!.wouldDo!.goalsMet.includes("RackAwareGoal"));
  assertEquals(anomaly!.transitions.length, 2, "detected, ignored: no line for every look");
  assertEquals(h.posted("GOAL_VIOLATION").map(({ event }) => event), [
    "anomaly_detected",
    "fix_not_started",
  ]);
  assertEquals((await h.executorState()).lastExecution, undefined);
  // People follow the advice.
  assert((await h.rebalance()).ok);
  await h.untilIdle(HOUR_MS);
  await h.run(10 * MINUTE_MS);
  assert((await h.anomalies("GOAL_VIOLATION"))[0]!.endedAtMs !== undefined);
  await h.close();
});

Deno.test("a goal that no plan meets is left to people", async () => {
  const h = await healingWorld({
    seed: 2,
    healing: true,
    // 180 replicas do not fit on 6 brokers.
    settings: { "max.replicas.per.broker": "20", "overprovisioned.max.replicas.per.broker": "20" },
  });
  await h.run(2 * HOUR_MS);
  const [anomaly] = await h.anomalies("GOAL_VIOLATION");
  assert(anomaly!.condition.kind === "GOAL_VIOLATION");
  assertEquals(anomaly!.condition.unfixable, ["ReplicaCapacityGoal"]);
  assertEquals([anomaly!.status, anomaly!.attempts.length], ["IGNORED", 0]);
  assertStringIncludes(anomaly!.reason, "no plan was found for ReplicaCapacityGoal");
  await h.close();
});

for (const seed of [41, 42, 43]) {
  Deno.test(`no false alarm on a day without faults, seed ${seed}`, async () => {
    const h = await healingWorld({ seed, healing: true });
    await h.run(HOUR_MS);
    await h.untilIdle(HOUR_MS);
    const before = (await h.detectorState()).recent.length;
    const executed = (await h.executorState()).lastExecution?.executionUuid;
    await h.run(24 * HOUR_MS);
    const state = await h.detectorState();
    assertEquals(state.recent.length - before, 0, "anomalies on a day without any");
    assertEquals((await h.executorState()).lastExecution?.executionUuid, executed);
    for (const { kind, lastRunAtMs } of state.detectors) {
      assert(h.clock.nowMs() - lastRunAtMs! <= 5 * MINUTE_MS, `${kind} looks on`);
    }
    await h.close();
  });
}
