/**
 * Simulated days with faults. EVENKEEL_SEEDS=500 sets how many seeds (4 unless told), EVENKEEL_FIRST_SEED=17 where they begin: a
 * failing seed is printed and replayed with EVENKEEL_FIRST_SEED=<seed> EVENKEEL_SEEDS=1. Two files take every second seed,
 * so that two cores share them.
 */
import { assert, assertEquals } from "@std/assert";
import { runFaultyDay } from "./faulty_day.ts";

const SEEDS = Number(Deno.env.get("EVENKEEL_SEEDS") ?? 4);
const FIRST_SEED = Number(Deno.env.get("EVENKEEL_FIRST_SEED") ?? 1);

/** Registers the test of the first, third, ... seed (`from` 0) or of the second, fourth, ... (`from` 1). */
export function testFaultyDays(from: 0 | 1): void {
  const seeds = Array.from({ length: SEEDS }, (_, i) => FIRST_SEED + i)
    .filter((_, i) => i % 2 === from);
  if (seeds.length === 0) return;
  Deno.test(`faulty days ${seeds[0]} to ${seeds.at(-1)} by twos hold every invariant`, async () => {
    let executions = 0;
    const failures: string[] = [];
    for (const seed of seeds) {
      try {
        executions += (await runFaultyDay(seed)).executions;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    assertEquals(failures, []);
    assert(
      executions > seeds.length,
      `only ${executions} executions in ${seeds.length} days: the days test nothing`,
    );
  });
}
