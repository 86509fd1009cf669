import { assertAlmostEquals, assertEquals } from "@std/assert";
import { explainAxis } from "../../goals/axis_goal.ts";
import { balancednessCosts, balancednessOf } from "../../goals/balancedness.ts";
import { goalNamed, GOALS } from "../../goals/catalog.ts";
import { goalContext } from "../../goals/context.ts";
import { countLimits } from "../../goals/count_distribution.ts";
import { brokersOut, totalPenalty } from "../../goals/goal.ts";
import { aggregate, recommendationText, validatedVote } from "../../goals/provision.ts";
import { usageLimits } from "../../goals/resource_distribution.ts";
import { topicLimits } from "../../goals/topic_replica_distribution.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { AXIS_DISK, AXIS_REPLICAS } from "../../model/cluster_model.ts";
import { moveLeadership, moveReplica } from "../../model/model_actions.ts";
import { CLUSTERS, constraintWith, handInput, modelOf } from "../planner/clusters.ts";

function contextOf(input: ClusterInput, overrides = {}) {
  return goalContext(modelOf(input), constraintWith(overrides), {
    triggeredByGoalViolation: false,
  });
}

/** `count` brokers on racks of their own with `partitions` single replicas each. */
function evenCluster(count: number, partitions: number): ClusterInput {
  return handInput(
    Array.from({ length: count }, (_, id) => ({ id, rack: `r${id}` })),
    Array.from({ length: count * partitions }, (_, i) => ({
      topic: "T",
      id: i,
      replicas: [i % count],
      load: [1, 10, 10, 10] as const,
    })),
  );
}

Deno.test("countLimits() rounds the noisy product, as the reference does", () => {
  // 100 replicas a broker at 1.10: the margin is 0.09000000000000008, so the upper limit is 110 and not 109.
  const context = contextOf(evenCluster(3, 100));
  const limits = countLimits(context, AXIS_REPLICAS, 1.1);
  assertEquals([limits.upper[0], limits.lower[0]], [110, 90]);
});

Deno.test("usageLimits() follows capacity, and drops the lower limit at low utilization", () => {
  const usual = usageLimits(contextOf(CLUSTERS.small()), AXIS_DISK);
  const mean = 570 / 900000;
  assertAlmostEquals(usual.upper[0]!, 300000 * mean * (1 + 0.1 * 0.9), 1e-9);
  assertAlmostEquals(usual.lower[0]!, 300000 * mean * (1 - 0.1 * 0.9), 1e-9);
  const low = usageLimits(
    contextOf(CLUSTERS.small(), { "disk.low.utilization.threshold": "0.5" }),
    AXIS_DISK,
  );
  assertEquals(low.lower[0], 0);
  assertAlmostEquals(low.upper[0]!, 300000 * 0.5 * 0.9);
});

Deno.test("a broker that lost all it had lacks nothing where the lower limit is 0, whatever was rounded", () => {
  const context = contextOf(CLUSTERS.small());
  const goal = goalNamed("DiskCapacityGoal")!.prepare(context);
  context.model.sums[AXIS_DISK] = -1e-12;
  assertEquals(goal.penalty(0), 0);
  assertEquals(brokersOut(goal, context), []);
});

Deno.test("topicLimits() keeps limits between the least and the greatest gap", () => {
  const few = topicLimits(contextOf(evenCluster(3, 2)));
  assertEquals([few.upper[0], few.lower[0]], [6, 0]);
  const many = topicLimits(contextOf(evenCluster(3, 1000)));
  assertEquals([many.upper[0], many.lower[0]], [1040, 960]);
});

Deno.test("topicLimits() has none for a topic that stays where it is, however its replicas are spread", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    ["T", "stays"].flatMap((topic) =>
      Array.from({ length: 300 }, (_, id) => ({
        topic,
        id,
        replicas: [0],
        load: [0, 0, 0, 0] as const,
      }))
    ),
  );
  const model = modelOf(input);
  model.pinned.fill(1, 300);
  const context = goalContext(model, constraintWith(), { triggeredByGoalViolation: false });
  const { upper, lower } = topicLimits(context);
  assertEquals([...lower], [60, 0]);
  assertEquals([upper[0], upper[1]], [140, 2 ** 31 - 1]);
  const goal = goalNamed("TopicReplicaDistributionGoal")!.prepare(context);
  assertEquals([0, 1, 2].map((broker) => goal.penalty(broker)), [160, 60, 60]);
});

Deno.test("balancednessCosts() agrees with the reference for the default goals", () => {
  const costs = balancednessCosts(GOALS, { priorityWeight: 1.1, strictnessWeight: 1.5 });
  const expected = [
    [13.2935, 12.085, 10.9864, 9.9876, 9.0796, 8.2542, 7.5038, 4.5478],
    [4.1343, 3.7585, 3.4168, 3.1062, 2.8238, 2.5671, 2.3337, 2.1216],
  ].flat();
  for (const [i, cost] of costs.entries()) assertAlmostEquals(cost, expected[i]!, 5e-5);
});

Deno.test("every goal judges an action as recomputing the penalty does", () => {
  const model = modelOf(CLUSTERS.medium());
  const context = goalContext(
    model,
    constraintWith({
      "max.replicas.per.broker": "4",
      "overprovisioned.max.replicas.per.broker": "4",
    }),
    { triggeredByGoalViolation: false },
  );
  for (const goal of GOALS) {
    const prepared = goal.prepare(context);
    for (let r = 0; r < model.replicaCount; r++) {
      const from = model.broker[r]!;
      const p = model.partition[r]!;
      for (let to = 0; to < 3; to++) {
        const others = [0, 1].map((i) => model.broker[model.replicaStart[p]! + i]);
        if (others.includes(to)) continue;
        const before = totalPenalty(prepared, context);
        const delta = prepared.moveDelta(r, to);
        moveReplica(model, r, to);
        assertAlmostEquals(totalPenalty(prepared, context) - before, delta, 1e-9, goal.name);
        moveReplica(model, r, from);
      }
      const leader = model.leader[p]!;
      if (leader === r) continue;
      const before = totalPenalty(prepared, context);
      const delta = prepared.leadDelta(p, r);
      moveLeadership(model, p, r);
      assertAlmostEquals(totalPenalty(prepared, context) - before, delta, 1e-9, goal.name);
      moveLeadership(model, p, leader);
    }
  }
});

Deno.test("MinTopicLeadersPerBrokerGoal counts leaders of its topics alone", () => {
  const context = contextOf(CLUSTERS.small(), { "topics.with.min.leaders.per.broker": "T2" });
  // The test's model counts no leaders unless told; an idle goal is met whatever happens.
  const goal = goalNamed("MinTopicLeadersPerBrokerGoal")!.prepare(context);
  assertEquals(goal.idle, true);
  assertEquals(brokersOut(goal, context), []);
});

Deno.test("RackAwareGoal names the racks that are missing", () => {
  const context = contextOf(CLUSTERS.rackAwareUnsatisfiable());
  const found = goalNamed("RackAwareGoal")!.prepare(context).infeasible();
  assertEquals(
    found?.reason,
    "the highest replication factor is 3, but only 2 racks have alive brokers; 1 rack is missing",
  );
  assertEquals(found?.recommendation, "Add at least 1 rack with brokers.");
});

Deno.test("capacity goals say how many brokers are missing", () => {
  const context = contextOf(CLUSTERS.small(), { "cpu.capacity.threshold": "0.3" });
  const found = goalNamed("CpuCapacityGoal")!.prepare(context).infeasible();
  assertEquals(
    found?.recommendation,
    "Add at least 1 broker with the same cpu capacity (100.00) as broker-0.",
  );
});

Deno.test("aggregate() follows the reference's table of votes", () => {
  const vote = (status: "OVER_PROVISIONED" | "UNDER_PROVISIONED") => ({
    goal: "G",
    vote: { status, recommendation: { brokers: 2 } },
  });
  const right = { goal: "R", vote: { status: "RIGHT_SIZED" as const } };
  assertEquals(aggregate([vote("OVER_PROVISIONED"), right]), {
    status: "RIGHT_SIZED",
    recommendations: [],
  });
  assertEquals(aggregate([right, vote("UNDER_PROVISIONED")]).recommendations, [
    "[G] Add at least 2 brokers.",
  ]);
  assertEquals(aggregate([vote("OVER_PROVISIONED"), vote("OVER_PROVISIONED")]), {
    status: "OVER_PROVISIONED",
    recommendations: ["[G] Remove at least 2 brokers.", "[G] Remove at least 2 brokers."],
  });
  assertEquals(aggregate([]), { status: "UNDECIDED", recommendations: [] });
});

Deno.test("validatedVote() never recommends fewer brokers than replicas need", () => {
  const over = { status: "OVER_PROVISIONED" as const, recommendation: { brokers: 9 } };
  assertEquals(validatedVote(over, contextOf(CLUSTERS.small())), {
    status: "OVER_PROVISIONED",
    recommendation: { brokers: 1 },
  });
  assertEquals(
    recommendationText("OVER_PROVISIONED", { racks: 2 }),
    "Remove at least 2 racks with brokers.",
  );
});

Deno.test("explainAxis() tells by how much where an amount and its limit read alike", () => {
  const limits = { axis: AXIS_DISK, upper: Float64Array.of(60_000), lower: Float64Array.of(100) };
  const told = (sum: number) => explainAxis(limits, 0, sum);
  assertEquals(told(68_673), "disk 68673 MB is above 60000 MB");
  assertEquals(told(60_000.3), "disk 60000 MB is above 60000 MB by 0.3 MB");
  assertEquals(told(60_000.000_01), "disk 60000 MB is above 60000 MB by less than 0.001 MB");
  assertEquals(told(99.99), "disk 100 MB is below 100 MB by 0.01 MB");
  assertEquals(told(60_000), "disk 60000 MB, at most 60000 MB wanted");
  assertEquals(told(7000), "disk 7000 MB, at least 100 MB wanted");
});

Deno.test("balancednessOf() is exactly 0 when no goal is met, and exactly 100 when all are", () => {
  for (let count = 1; count <= 20; count++) {
    const goals = Array.from({ length: count }, (_, i) => ({ hard: i < count / 3 }));
    const costs = balancednessCosts(goals, { priorityWeight: 1.1, strictnessWeight: 1.5 });
    assertEquals(balancednessOf(costs, () => true), 0);
    assertEquals(balancednessOf(costs, () => false), 100);
  }
});
