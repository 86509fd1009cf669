import { assertEquals } from "@std/assert";
import { BROKER_METRICS } from "../../../model/readings.ts";
import { START_MS, startRig } from "./rig.ts";

Deno.test("createSampler() sends broker metrics with every poll, while replicas move, too", async () => {
  const rig = await startRig({ sim: { brokerMetrics: true } });
  await rig.runTo(20_000);
  rig.progress("INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS");
  await rig.runTo(30_000);
  const facts = rig.facts("broker_metrics_collected");
  assertEquals(facts.map((one) => one.atMs - START_MS), [0, 5000, 10_000, 15_000, 25_000]);
  for (const { brokerIds, brokerMetrics } of facts) {
    assertEquals([...brokerIds], [1, 2, 3]);
    assertEquals(brokerMetrics.length, 3 * BROKER_METRICS.length);
  }
});

Deno.test("createSampler() sends no broker metrics without a source", async () => {
  const rig = await startRig();
  await rig.runTo(20_000);
  assertEquals(rig.facts("broker_metrics_collected"), []);
});
