/** Re-plans of clusters so small that plans are annealed. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { strainedCluster } from "../../../bench/strained_cluster.ts";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import type { HeldPlan } from "../../../model/plan.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../../planner/previous.ts";
import { placedPlanSteps } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../clusters.ts";
import { changedLoads, problemsOf } from "./replans.ts";

const constraint = constraintWith();

function planned(input: ClusterInput, more: { keeper?: Keeper; previous?: PreviousPlan }) {
  const made = drain(placedPlanSteps(input, plannerSettings(GOAL_NAMES, constraint, more)));
  assert(made.ok);
  return made.value;
}

/** Of a chain of re-plans: how many were not searched from home, and steps and MB of these in parts of those of cold plans. */
function chain(first: ClusterInput, turns: number) {
  const keeper: Keeper = { kept: undefined };
  let input = first;
  let previous: PreviousPlan | undefined;
  const warm = { count: 0, steps: 0, mb: 0 };
  const home = { steps: 0, mb: 0 };
  for (let turn = 0; turn < turns; turn++) {
    const { plan, places } = planned(input, { keeper, ...(previous && { previous }) });
    assertEquals(problemsOf(input, plan, constraint), [], `turn ${turn}`);
    previous = previousOf({ ...plan, places }, previous);
    if (places!.age > 0) {
      const { plan: cold } = planned(input, {});
      assertEquals(left(plan), left(cold), `turn ${turn}`);
      warm.count++;
      warm.steps += plan.summary.steps;
      warm.mb += plan.summary.mbToMove;
      home.steps += cold.summary.steps;
      home.mb += cold.summary.mbToMove;
    }
    input = changedLoads(input, 70 + turn);
  }
  return { count: warm.count, steps: warm.steps / home.steps, mb: warm.mb / home.mb };
}

/** Goals that a plan leaves violated. */
function left({ summary }: HeldPlan): string[] {
  return summary.goals.filter((goal) => goal.violatedAfter).map(({ name }) => name);
}

Deno.test("a re-plan is not searched from home each time for a goal of which nobody knows whether it can be met", () => {
  const { input } = strainedCluster("mixed capacities", { replicas: 4000, seed: 1 });
  const { count, steps, mb } = chain(input, 6);
  assertGreater(count, 1);
  assertLess(steps, 0.25);
  assertLess(mb, 1.03);
});

Deno.test("a re-plan is not searched from home each time where no MB have to move for sure", () => {
  const shape = { brokers: 5, replicas: 600, topics: 40, racks: 5, seed: 1 };
  const input = syntheticCluster({ ...shape, distribution: "exponential", hetero: true });
  const { count, steps, mb } = chain(input, 14);
  assertGreater(count, 5);
  assertLess(steps, 0.25);
  assertLess(mb, 1.03);
});

Deno.test("a re-plan that is a little out of limits, or moves a little too much, is annealed before all is searched from home", () => {
  const { input } = strainedCluster("unequal racks", { replicas: 4000, seed: 1 });
  const { count, steps, mb } = chain(input, 8);
  assertGreater(count, 4);
  assertLess(steps, 0.25);
  assertLess(mb, 1.03);
});
