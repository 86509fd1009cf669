import { assert, assertEquals, assertLess } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { BASE_CLUSTER, generateCluster } from "../../model/generate_cluster.ts";
import { makeOutcome, makePlan } from "../../planner/plan.ts";
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

/** The same where counts are even at home, as bytes would be if brokers were of one size: only swaps of large and small replicas help. */
function evenCluster(distribution: "uniform" | "skewed", seed: number) {
  const made = generateCluster({
    ...BASE_CLUSTER,
    ...{ brokers: 20, replicas: 24_000, topics: 1500, capacities: "mixed", distribution, seed },
  });
  assert(made.ok);
  return made.value;
}

Deno.test("makePlan() sorts replicas by size over brokers of three sizes and says why", () => {
  const limits = { uniform: 1.065, skewed: 1.01 };
  for (const distribution of ["uniform", "skewed"] as const) {
    for (const seed of [1, 4]) {
      const input = evenCluster(distribution, seed);
      const made = makePlan(input, plannerSettings(GOAL_NAMES, constraintWith()));
      if (!made.ok) throw new TypeError(made.failure.message);
      const { summary: { goals, mbToMove, lowerBoundMb }, proposals } = made.value;
      assertEquals(goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name), []);
      assertLess(mbToMove / lowerBoundMb, limits[distribution], `${distribution}, seed ${seed}`);
      const reasons = proposals.flatMap((proposal) => proposal.reasons);
      const leaning = reasons.filter(({ why }) => why.includes("has to lead more of the bytes in"));
      assert(leaning.length > 0);
      for (const { goal } of leaning) assertEquals(goal, "LeaderBytesInDistributionGoal");
    }
  }
});
