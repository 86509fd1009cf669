import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import {
  BASE_CLUSTER,
  generateCluster,
  type GenerateOptions,
} from "../../../model/generate_cluster.ts";
import type { HeldPlan } from "../../../model/plan.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../../planner/previous.ts";
import { placedPlanSteps } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../clusters.ts";
import { changedLoads, problemsOf } from "./replans.ts";

const constraint = constraintWith();
const SHAPE = { ...BASE_CLUSTER, brokers: 30, replicas: 9000, topics: 300, racks: 7, seed: 3 };
/** Potential bytes out are more than brokers may carry; bytes in of leaders cannot be even where bytes in follow the size of brokers. */
const CASES: readonly (readonly [goal: string, why: string, GenerateOptions])[] = [
  ["PotentialNwOutGoal", "KB/s are missing", {
    ...SHAPE,
    distribution: "linear",
    utilization: 0.68,
  }],
  ["LeaderBytesInDistributionGoal", "cannot be met beside", {
    ...SHAPE,
    topics: 1500,
    replicationFactor: 1,
    distribution: "linear",
    capacities: "mixed",
    utilization: 0.1,
  }],
];

function planned(input: ClusterInput, more: { keeper?: Keeper; previous?: PreviousPlan }) {
  const made = drain(placedPlanSteps(input, plannerSettings(GOAL_NAMES, constraint, more)));
  assert(made.ok);
  return made.value;
}

function left({ summary }: HeldPlan) {
  return summary.goals.filter((goal) => goal.violatedAfter);
}

Deno.test("a re-plan spends little on goals that no plan meets, keeps what was done for them, and says again why", () => {
  for (const [goal, why, options] of CASES) {
    const drawn = generateCluster(options);
    assert(drawn.ok);
    let input = drawn.value;
    const keeper: Keeper = { kept: undefined };
    let { plan, places } = planned(input, { keeper });
    let previous = previousOf({ ...plan, places });
    const { proofs } = places!;
    assertEquals(proofs.length, why.includes("beside") ? 1 : 0);
    let turns = 0;
    for (let turn = 0; turn < 5; turn++) {
      const told = `${goal}, turn ${turn}`;
      const before = left(plan).map(({ amountAfter }) => amountAfter!);
      input = changedLoads(input, 50 + turn);
      ({ plan, places } = planned(input, { keeper, previous }));
      previous = previousOf({ ...plan, places }, previous);
      assertEquals(left(plan).map(({ name }) => name), [goal], told);
      assertStringIncludes(left(plan)[0]!.explanation!, why, told);
      assertEquals(places!.proofs.length, proofs.length, told);
      if (proofs.length > 0) assertStrictEquals(places!.proofs[0], proofs[0], told);
      assertLess(left(plan)[0]!.amountAfter!, before[0]! * 1.03, told);
      if (places!.age === 0) continue;
      turns++;
      const { plan: cold } = planned(input, {});
      assertEquals(left(cold).map(({ name }) => name), [goal], told);
      assertLess(plan.summary.steps, cold.summary.steps * 0.2, told);
      assertLess(plan.summary.mbToMove, cold.summary.mbToMove * 1.02, told);
      assertEquals(problemsOf(input, plan, constraint), [], told);
    }
    assertGreater(turns, proofs.length > 0 ? 1 : 4, goal);
  }
});
