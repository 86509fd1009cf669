/**
 * Violated goals on the simulator. The small cluster begins with replicas of a partition on one rack, so RackAwareGoal
 * is violated from the start.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { SimTopicSpec } from "../../cluster/sim/mod.ts";
import { replicasOf } from "../../model/topology.ts";
import { smallSpec } from "./faulty_day.ts";
import { type HealingWorld, healingWorld, topologyOf, untilStarted } from "./healing_world.ts";
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

Deno.test("one partition that can no longer be rack aware does not keep the others from being healed, once", async () => {
  // Four replicas on three racks: RackAwareGoal is violated for good.
  const spec = smallSpec(1);
  const [{ assignment: [list, ...lists], ...first }, ...topics] = spec.topics as [
    SimTopicSpec,
    ...SimTopicSpec[],
  ];
  const wide = [...list!, spec.brokers.findIndex((_, id) => !list!.includes(id))];
  const h = await healingWorld({
    seed: 1,
    healing: true,
    spec: { ...spec, topics: [{ ...first, assignment: [wide, ...lists] }, ...topics] },
  });
  await untilStarted(h, 10 * MINUTE_MS);
  const [noticed] = await h.anomalies("GOAL_VIOLATION");
  assert(noticed!.condition.kind === "GOAL_VIOLATION");
  assertEquals(noticed!.condition.partly, ["RackAwareGoal"]);
  await h.untilIdle(HOUR_MS);
  const executed = (await h.executorState()).lastExecution?.executionUuid;
  await h.run(12 * HOUR_MS);
  const [left] = await h.anomalies("GOAL_VIOLATION");
  assertEquals(left!.id, noticed!.id);
  assertEquals([left!.status, left!.endedAtMs], ["IGNORED", undefined]);
  assertStringIncludes(left!.reason, "Left to people: no plan was found for RackAwareGoal");
  const [attempt, ...more] = left!.attempts;
  assertEquals(more, []);
  assertStringIncludes(attempt!.plan!.left!, `${first.name}-0 has 4 replicas on 3 racks`);
  assertEquals((await h.executorState()).lastExecution?.executionUuid, executed, "tried again");
  assertEquals(await partitionsOnOneRack(h), [`${first.name}-0`]);
  await h.close();
});

/** Partitions with two replicas on a rack. */
async function partitionsOnOneRack(world: HealingWorld): Promise<string[]> {
  const topology = await topologyOf(world);
  const rackOf = new Map(topology.brokers.map(({ id, rack }) => [id, rack]));
  return topology.topicNames.flatMap((name, t) => {
    const start = topology.partitionStart[t]!;
    const rows = Array.from({ length: topology.partitionStart[t + 1]! - start }, (_, k) => k);
    return rows.filter((k) => {
      const replicas = replicasOf(topology, start + k);
      return new Set(Array.from(replicas, (id) => rackOf.get(id))).size < replicas.length;
    }).map((k) => `${name}-${k}`);
  });
}
