/**
 * Failed brokers on the simulator: noticed, told, healed when that is on, left alone when it is off.
 */
import { assert, assertEquals } from "@std/assert";
import { healingWorld, replicasOn } from "./healing_world.ts";
import { MINUTE_MS } from "./world.ts";

Deno.test("a failed broker is noticed, told and healed at its stated times", async () => {
  const h = await healingWorld({ seed: 1, healing: true });
  await h.run(60 * MINUTE_MS);
  const killedMs = h.clock.nowMs();
  h.cluster.inject({ kind: "broker_crash", brokerId: 2 }, killedMs);
  await h.run(6 * MINUTE_MS);
  const [noticed] = await h.anomalies("BROKER_FAILURE");
  assert(noticed !== undefined, "within one interval");
  assert(noticed.detectedAtMs - killedMs <= 5 * MINUTE_MS + 1000);
  assertEquals(noticed.status, "CHECK_WITH_DELAY");
  assertEquals(noticed.alertedAtMs, undefined);
  const sinceMs = noticed.detectedAtMs;
  await h.run(sinceMs + 15 * MINUTE_MS + 1000 - h.clock.nowMs());
  assertEquals(h.posted("BROKER_FAILURE").map((one) => one.event), ["anomaly_detected"]);
  await h.run(sinceMs + 30 * MINUTE_MS + 30_000 - h.clock.nowMs());
  const [healing] = await h.anomalies("BROKER_FAILURE");
  assertEquals(healing!.status, "FIX_STARTED", healing!.reason);
  await h.untilIdle(60 * MINUTE_MS);
  await h.run(MINUTE_MS);
  const [over] = await h.anomalies("BROKER_FAILURE");
  assert(over!.endedAtMs !== undefined, over!.reason);
  assertEquals(await replicasOn(h, 2), 0);
  await h.close();
});
