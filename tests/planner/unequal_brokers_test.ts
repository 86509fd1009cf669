import { assertEquals, assertLess } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { makeOutcome } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith } from "./clusters.ts";

/** Brokers of 1x, 2x and 4x capacity: counts are to be equal while bytes are to follow capacity. */
const UNEQUAL = {
  brokers: 20,
  replicas: 24_000,
  topics: 1500,
  racks: 10,
  distribution: "exponential",
  hetero: true,
} as const;

Deno.test("makeOutcome() meets all goals near the fewest bytes on brokers of three sizes", () => {
  for (const seed of [1, 4]) {
    const input = syntheticCluster({ ...UNEQUAL, seed });
    const made = makeOutcome(input, plannerSettings(GOAL_NAMES, constraintWith()));
    if (!made.ok) throw new TypeError(made.failure.message);
    const { goals, mbToMove, lowerBoundMb } = made.value.summary;
    assertEquals(goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name), []);
    assertLess(mbToMove / lowerBoundMb, 1.1, `seed ${seed}`);
  }
});
