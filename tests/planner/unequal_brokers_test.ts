import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { drain } from "../../lib/steps.ts";
import { BASE_CLUSTER, generateCluster } from "../../model/generate_cluster.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { makeOutcome, makePlan, placedPlanSteps } from "../../planner/plan.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../planner/previous.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { constraintWith } from "./clusters.ts";
import { changedLoads } from "./replan/replans.ts";

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
    assertLess(mbToMove / lowerBoundMb, 1.02, `seed ${seed}`);
  }
});

Deno.test("re-plans of brokers of three sizes bring few replicas elsewhere than the plan before", () => {
  const keeper: Keeper = { kept: undefined };
  let input = syntheticCluster({ ...UNEQUAL, seed: 1 });
  let previous: PreviousPlan | undefined;
  let before: Int32Array | undefined;
  const elsewhere: number[] = [];
  for (let turn = 0; turn < 10; turn++) {
    const settings = plannerSettings(GOAL_NAMES, constraintWith(), { previous, keeper });
    const made = drain(placedPlanSteps(input, settings));
    assert(made.ok);
    const { plan, places } = made.value;
    const { broker } = places!;
    if (before !== undefined) elsewhere.push(broker.filter((b, r) => b !== before![r]).length);
    before = broker.slice();
    previous = previousOf({ ...plan, places }, previous);
    input = changedLoads(input, turn);
  }
  const mean = elsewhere.reduce((sum, count) => sum + count, 0) / elsewhere.length;
  assertLess(mean, input.replicaBroker.length / 600, elsewhere.join(" "));
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
  const limits = { uniform: 1.035, skewed: 1.002 };
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

/** Largest step that proposals are joined to before steps of all sizes are allowed. */
const STEP_MAX = 32;

Deno.test("makePlan() lets full brokers trade in small steps, none of which leaves anything worse", () => {
  for (const seed of [1, 4]) {
    const input = evenCluster("uniform", seed);
    const constraint = constraintWith();
    const made = makePlan(input, plannerSettings(GOAL_NAMES, constraint));
    assert(made.ok);
    const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
    assert(read.ok);
    const { partitions } = read.value;
    const sizes = new Map<number, number>();
    for (const { group } of partitions) {
      if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    }
    // Large brokers are full of small replicas, and small ones of large ones: hardly any can go first.
    assert(sizes.size > 100, `seed ${seed}: ${sizes.size} groups`);
    assertLessOrEqual(Math.max(...sizes.values()), STEP_MAX, `seed ${seed}`);
    const grouped = partitions.filter(({ group }) => group !== undefined).length;
    assertLess(grouped / sizes.size, 4, `seed ${seed}: mean size of a group`);
    const checked = verifyPlan(input, read.value, { goals: GOAL_NAMES, constraint });
    assertEquals(checked.problems, [], `seed ${seed}`);
  }
});
