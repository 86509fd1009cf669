/**
 * The reference's base clusters, seed 0, against what Cruise Control reached on them (analyzer specification 7.5,
 * default configuration, fast mode).
 */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import {
  BASE_CLUSTER,
  generateCluster,
  type ReplicaDistribution,
} from "../../model/generate_cluster.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { makeOutcome } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { constraintWith } from "./clusters.ts";

interface Reference {
  readonly distribution: ReplicaDistribution;
  /** What Cruise Control moved, MB, leaving three to four goals violated. */
  readonly mb: number;
}

const REFERENCES: readonly Reference[] = [
  { distribution: "linear", mb: 1_289_800 },
  { distribution: "exponential", mb: 1_290_223 },
];

for (const { distribution, mb } of REFERENCES) {
  Deno.test(`makeOutcome() meets all goals with 15 % fewer bytes on ${distribution}`, () => {
    const input = generateCluster({ ...BASE_CLUSTER, distribution, loads: "reference" });
    assert(input.ok);
    const constraint = constraintWith();
    const made = makeOutcome(input.value, plannerSettings(GOAL_NAMES, constraint));
    assert(made.ok, made.ok ? "" : made.failure.message);
    const { summary } = made.value;
    assertEquals(summary.goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name), []);
    assertLessOrEqual(summary.mbToMove, 0.85 * mb);
    assertLessOrEqual(summary.lowerBoundMb, summary.mbToMove);
    const source = { summary, brokers: made.value.brokers, proposals: made.value.proposals() };
    const plan = parsePlan([...planText(source, { wallMs: 0, cpuMs: 0 })].join(""));
    assert(plan.ok);
    const checked = verifyPlan(input.value, plan.value, { goals: GOAL_NAMES, constraint });
    assertEquals(checked.problems, []);
  });
}

Deno.test("makeOutcome() moves little on uniform, where one broker is half as large as the others", () => {
  const input = generateCluster({ ...BASE_CLUSTER, distribution: "uniform", loads: "reference" });
  assert(input.ok);
  const made = makeOutcome(input.value, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(made.ok);
  // Cruise Control moves 308,305 MB and leaves CPU, leader count and leader bytes violated.
  assertLessOrEqual(made.value.summary.mbToMove, 1.06 * 308_305);
  assertEquals(made.value.summary.goals.filter((goal) => goal.violatedAfter), []);
});
