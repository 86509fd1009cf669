/**
 * Actors killed at any point of a healing. Whatever dies, and however often: one attempt at a time, and in the end the
 * broker is empty, everything is in sync and the anomaly is over. EVENKEEL_HEALING_SEEDS sets the number of seeds,
 * EVENKEEL_FIRST_SEED where they begin.
 */
import { assert, assertEquals } from "@std/assert";
import { createPrng } from "../../lib/prng.ts";
import type { ActorName } from "../../messages/actor.ts";
import type { HealingAttempt } from "../../model/anomaly.ts";
import { healingWorld, replicasOn } from "./healing_world.ts";
import { HOUR_MS, MINUTE_MS } from "./world.ts";

const SEEDS = Number(Deno.env.get("EVENKEEL_HEALING_SEEDS") ?? 16);
const FIRST_SEED = Number(Deno.env.get("EVENKEEL_FIRST_SEED") ?? 1);
const HEAL_MS = 30 * MINUTE_MS;

/** What dies together: the detector alone, with another, or all as when the process is killed. */
const VICTIMS: readonly (readonly ActorName[])[] = [
  ["detector"],
  ["detector"],
  ["detector", "executor"],
  ["detector", "analyzer"],
  ["executor"],
  ["analyzer"],
  ["sampler"],
  ["detector", "executor", "analyzer", "aggregator", "sampler"],
];

function assertApart(attempts: readonly HealingAttempt[]): void {
  for (const [i, attempt] of attempts.entries()) {
    const next = attempts[i + 1];
    if (next === undefined) continue;
    const { endedAtMs } = attempt;
    assert(endedAtMs !== undefined && endedAtMs <= next.begunAtMs, JSON.stringify(attempts));
  }
}

/** Gives the states that the attempt was in when something died. */
async function healWhileKilling(seed: number): Promise<string[]> {
  const prng = createPrng(seed).fork("kills");
  const h = await healingWorld({
    seed,
    healing: true,
    settings: {
      "default.replication.throttle": "2000000",
      "self.healing.goal.violation.enabled": "false",
    },
  });
  const hit: string[] = [];
  await h.run(HOUR_MS);
  h.cluster.inject({ kind: "broker_crash", brokerId: 2 }, h.clock.nowMs());
  await h.run(5 * MINUTE_MS + 2000);
  const sinceMs = (await h.anomalies("BROKER_FAILURE"))[0]!.detectedAtMs;
  await h.run(sinceMs + HEAL_MS - 500 - h.clock.nowMs());
  for (let kills = 1 + prng.below(4); kills > 0; kills--) {
    // Most of a plan's making takes milliseconds of simulated time, a fix some minutes.
    await h.run(prng.below(2) === 0 ? prng.below(700) : prng.below(120_000));
    const { healing } = await h.detectorState();
    hit.push(healing?.state ?? "none");
    for (const name of VICTIMS[prng.below(VICTIMS.length)]!) h.system.kill(name);
    await h.run(2000 + prng.below(10_000));
  }
  const giveUpMs = h.clock.nowMs() + 12 * HOUR_MS;
  while ((await h.anomalies("BROKER_FAILURE"))[0]!.endedAtMs === undefined) {
    const last = (await h.anomalies("BROKER_FAILURE"))[0]!;
    assert(h.clock.nowMs() < giveUpMs, `not healed: ${JSON.stringify(last)}`);
    await h.run(MINUTE_MS);
  }
  const [anomaly] = await h.anomalies("BROKER_FAILURE");
  assertEquals((await h.anomalies("BROKER_FAILURE")).length, 1, "one anomaly over all lives");
  assertEquals(anomaly!.detectedAtMs, sinceMs);
  assertApart(anomaly!.attempts);
  assert(anomaly!.attempts.every(({ state }) => state === "ended"), JSON.stringify(anomaly));
  assertEquals([await replicasOn(h, 2), await h.outOfSync()], [0, 0]);
  assertEquals((await h.executorState()).phase, "NO_TASK_IN_PROGRESS");
  assertEquals(h.journal.unfinishedExecutions(), []);
  assertEquals(h.journal.openUndos(), []);
  assertEquals((await h.detectorState()).healing, undefined);
  await h.close();
  return hit;
}

Deno.test(`actors killed while healing, seeds ${FIRST_SEED} to ${FIRST_SEED + SEEDS - 1}`, async () => {
  const failures: string[] = [];
  const hit = new Map<string, number>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      for (const state of await healWhileKilling(seed)) hit.set(state, (hit.get(state) ?? 0) + 1);
    } catch (error) {
      failures.push(`Seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  assertEquals(failures, []);
  if (SEEDS >= 16) {
    for (const state of ["planning", "executing", "none"]) {
      assert((hit.get(state) ?? 0) > 0, `nothing died while ${state}: ${JSON.stringify([...hit])}`);
    }
  }
});
