import { assert, assertEquals, assertLess } from "@std/assert";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput } from "./clusters.ts";

Deno.test("swapTopics() does not try partners for a replica whose partition is on every other rack", () => {
  // Three racks, three replicas a partition: broker 0 is the only one of its rack and must have one of each.
  const input = handInput(
    Array.from({ length: 9 }, (_, id) => ({
      id,
      rack: id === 0 ? "a" : id < 5 ? "b" : "c",
      capacity: [1e3, 1e6, 1e6, 1e6] as const,
    })),
    Array.from({ length: 300 }, (_, id) => ({
      topic: `T${id % 3}`,
      id,
      replicas: [0, 1 + id % 4, 5 + id % 4],
      load: [0.1, 1, 1, 10] as const,
    })),
  );
  const goals = ["RackAwareGoal", "TopicReplicaDistributionGoal"];
  const made = makePlan(input, plannerSettings(goals, constraintWith()));
  assert(made.ok);
  assertEquals(made.value.summary.goals.map((goal) => goal.violatedAfter), [false, true]);
  assertLess(made.value.summary.steps, 1_000_000);
});
