import { assert, assertEquals, assertLess } from "@std/assert";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { BASE_CLUSTER, generateCluster } from "../../../model/generate_cluster.ts";
import { makePlan } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

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

/** Topics of a thousand replicas, of which each broker must hold some. */
function fewLargeTopics(options: Partial<typeof BASE_CLUSTER>) {
  const made = generateCluster({
    ...BASE_CLUSTER,
    topics: 30,
    loads: "realistic",
    utilization: 0.4,
    ...options,
  });
  assert(made.ok);
  return made.value;
}

Deno.test("makePlan() brings replicas of large topics to brokers that hold too few of them", () => {
  const input = fewLargeTopics({
    brokers: 30,
    replicas: 30_000,
    racks: 5,
    distribution: "exponential",
    seed: 6052,
  });
  const made = makePlan(input, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(made.ok);
  const { summary, proposals } = made.value;
  assertEquals(summary.goals.filter((goal) => goal.violatedAfter), []);
  const said = proposals.flatMap(({ reasons }) => reasons.map(({ why }) => why));
  assert(
    said.some((why) => /^\d+ replicas of topic T\d+ on broker \d+, at least \d+ wanted$/.test(why)),
  );
});

Deno.test("makePlan() spreads topics beside goals that no plan can meet", () => {
  // The smallest rack has to hold more than its part: three replicas, three racks.
  const input = fewLargeTopics({
    brokers: 30,
    replicas: 30_000,
    racks: 3,
    distribution: "skewed",
    rackAware: true,
    utilization: 0.5,
    seed: 5057,
  });
  const made = makePlan(input, plannerSettings(GOAL_NAMES, constraintWith()));
  assert(made.ok);
  const left = made.value.summary.goals.filter((goal) => goal.violatedAfter);
  assert(left.some((goal) => goal.name === "ReplicaDistributionGoal"));
  assert(left.every((goal) => goal.name !== "TopicReplicaDistributionGoal"), `${left.length}`);
});
