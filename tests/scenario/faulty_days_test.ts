/**
 * Simulated days with faults. EVENKEEL_SEEDS=500 sets how many seeds (50 unless told), EVENKEEL_FIRST_SEED=17 where they begin: a
 * failing seed is printed and replayed with EVENKEEL_FIRST_SEED=<seed> EVENKEEL_SEEDS=1.
 */
import { assert, assertEquals } from "@std/assert";
import { digest } from "../../cluster/sim/truth.ts";
import { runFaultyDay, smallSpec } from "./faulty_day.ts";
import { createWorld, HOUR_MS } from "./world.ts";

const SEEDS = Number(Deno.env.get("EVENKEEL_SEEDS") ?? 50);
const FIRST_SEED = Number(Deno.env.get("EVENKEEL_FIRST_SEED") ?? 1);

Deno.test(`faulty days ${FIRST_SEED} to ${FIRST_SEED + SEEDS - 1} hold every invariant`, async () => {
  let executions = 0;
  const failures: string[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      executions += (await runFaultyDay(seed)).executions;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  assertEquals(failures, []);
  assert(
    executions > SEEDS,
    `only ${executions} executions in ${SEEDS} days: the days test nothing`,
  );
});

Deno.test("faulty day of one seed gives the same trace twice", async () => {
  assertEquals((await runFaultyDay(4711)).trace, (await runFaultyDay(4711)).trace);
});

Deno.test("a day of one seed gives the same bytes twice", async () => {
  const bytes = async () => {
    const world = await createWorld({ seed: 12, spec: smallSpec(12) });
    await world.run(6 * HOUR_MS);
    await world.rebalance();
    await world.run(18 * HOUR_MS);
    const result = digest(world.cluster.state);
    await world.close();
    return result;
  };
  assertEquals(await bytes(), await bytes());
});
