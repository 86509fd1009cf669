/**
 * The goals of Kafka assigner mode. Vectors from the analyzer specification, 3.21 and 7.5: leaders and followers are
 * evenly spread by place in the list, on top of excluded topics; racks come first.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { BalancingConstraint } from "../../goals/constraint.ts";
import { goalContext } from "../../goals/context.ts";
import { KAFKA_ASSIGNER_GOALS } from "../../goals/kafka_assigner.ts";
import { countPlaces, placeLimits, replicaAtPlace } from "../../goals/list_positions.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Plan } from "../../model/plan.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import {
  arbitraryCluster,
  CLUSTERS,
  constraintWith,
  handInput,
  modelOf,
} from "../planner/clusters.ts";

const [EVEN] = KAFKA_ASSIGNER_GOALS;
const LOAD = [0.1, 1, 1, 100] as const;

/** Partitions of one topic whose lists are all the same. */
function lists(count: number, replicas: readonly number[], topic = "T") {
  return Array.from({ length: count }, (_, id) => ({ topic, id, replicas, load: LOAD }));
}

function brokers(racks: readonly string[]) {
  return racks.map((rack, id) => ({ id, rack }));
}

function planned(
  input: ClusterInput,
  options: Partial<PlannerSettings> = {},
  constraint: BalancingConstraint = constraintWith(),
): Plan {
  const made = makePlan(input, plannerSettings(KAFKA_ASSIGNER_GOALS, constraint, options));
  assert(made.ok, made.ok ? "" : made.failure.message);
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const checked = verifyPlan(input, read.value, {
    goals: KAFKA_ASSIGNER_GOALS,
    constraint,
    excludedForReplicaMove: options.excludedForReplicaMove ?? [],
    excludedForLeadership: options.excludedForLeadership ?? [],
  });
  assertEquals(checked.problems, []);
  return made.value;
}

/** Lists by place, then broker id, once the plan is carried out. */
function placesAfter(input: ClusterInput, plan: Plan): number[][] {
  const changed = new Map(
    plan.proposals.map((p) => [`${p.topic}-${p.partition}`, p.newReplicas.map((r) => r.brokerId)]),
  );
  const counts: number[][] = [];
  for (const [t, topic] of input.topicNames.entries()) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      const old = [...input.replicaBroker.slice(input.replicaStart[p]!, input.replicaStart[p + 1]!)]
        .map((b) => input.brokers[b]!.id);
      const list = changed.get(`${topic}-${input.partitionNumber[p]}`) ?? old;
      for (const [place, id] of list.entries()) {
        counts[place] ??= input.brokers.map(() => 0);
        counts[place][input.brokers.findIndex((broker) => broker.id === id)]! += 1;
      }
    }
  }
  return counts;
}

Deno.test("replicaAtPlace() puts the leader first, in exchange for what was first", () => {
  const input = handInput(brokers(["a", "b", "c"]), [
    { topic: "T", id: 0, replicas: [0, 1, 2], leader: 2, load: LOAD },
  ]);
  const model = modelOf(input);
  const order = [0, 1, 2].map((place) => model.broker[replicaAtPlace(model, 0, place)]);
  assertEquals(order, [2, 1, 0]);
  assertEquals([...countPlaces(model, () => true)], [0, 0, 1, 0, 1, 0, 1, 0, 0]);
});

function limitsOf(input: ClusterInput, isPinned: (t: number) => boolean = () => false) {
  const model = modelOf(input);
  for (let p = 0; p < model.partitionCount; p++) if (isPinned(model.topic[p]!)) model.pinned[p] = 1;
  const context = goalContext(model, constraintWith(), { triggeredByGoalViolation: false });
  const { lower, upper, places } = placeLimits(context);
  const rows = (of: Int32Array) =>
    Array.from({ length: places }, (_, k) => [
      ...of.slice(k * model.brokerCount, (k + 1) * model.brokerCount),
    ]);
  return { lower: rows(lower), upper: rows(upper) };
}

Deno.test("placeLimits() are even where racks allow that, and follow from racks where they do not", () => {
  // Ten lists of two on four brokers: 2.5 each.
  const even = limitsOf(handInput(brokers(["a", "a", "b", "b"]), lists(10, [0, 2])));
  assertEquals(even, {
    lower: [[2, 2, 2, 2], [2, 2, 2, 2]],
    upper: [[3, 3, 3, 3], [3, 3, 3, 3]],
  });
  // Every list has to be on all three racks: what the rack of two has used at places 0 and 1, it cannot use at 2.
  const uneven = limitsOf(handInput(brokers(["a", "b", "c", "c"]), lists(12, [0, 1, 2])));
  assertEquals(uneven.lower, [[3, 3, 3, 3], [3, 3, 3, 3], [6, 6, 0, 0]]);
  assertEquals(uneven.upper, uneven.lower);
});

Deno.test("placeLimits() count excluded topics where they are, and fill up around them", () => {
  const input = handInput(brokers(["a", "b", "c"]), [
    ...lists(6, [0], "stays"),
    ...lists(6, [1], "free"),
  ]);
  const { lower, upper } = limitsOf(input, (t) => t === 0);
  assertEquals([lower, upper], [[[6, 3, 3]], [[6, 3, 3]]]);
});

Deno.test("Kafka assigner goals make clusters rack aware, even out disks and each place of the lists", () => {
  const input = handInput(brokers(["r0", "r1", "r0", "r1"]), lists(40, [0, 2]));
  const plan = planned(input);
  assertEquals(placesAfter(input, plan), [[10, 10, 10, 10], [10, 10, 10, 10]]);
  assertEquals(plan.summary.goals.map((goal) => goal.violatedAfter), [false, false]);
  assertEquals(plan.summary.goals.map((goal) => goal.hard), [true, true]);
});

Deno.test("KafkaAssignerEvenRackAwareGoal turns lists round instead of moving replicas where that is enough", () => {
  const input = handInput(brokers(["a", "b", "c"]), lists(9, [0, 1, 2]));
  const plan = planned(input);
  assertEquals(placesAfter(input, plan), [[3, 3, 3], [3, 3, 3], [3, 3, 3]]);
  const { mbToMove, interBrokerReplicaMoves, leadershipMoves } = plan.summary;
  assertEquals([mbToMove, interBrokerReplicaMoves, leadershipMoves], [0, 0, 6]);
  const why = plan.proposals.flatMap(({ reasons }) => reasons.map((reason) => reason.why));
  assert(why.includes("evens out who is at place 0 of replica lists"), why.join());
});

Deno.test("KafkaAssignerEvenRackAwareGoal spreads three replicas over racks of one, one and two brokers", () => {
  const input = handInput(brokers(["a", "b", "c", "c"]), lists(12, [0, 1, 2]));
  assertEquals(placesAfter(input, planned(input))[0], [3, 3, 3, 3]);
  assertEquals(placesAfter(input, planned(input))[2], [6, 6, 0, 0]);
});

Deno.test("KafkaAssignerEvenRackAwareGoal leaves excluded topics, and fills up around them", () => {
  const input = handInput(brokers(["a", "b", "c"]), [
    ...lists(6, [0], "stays"),
    ...lists(6, [1], "free"),
  ]);
  const excluding = constraintWith({ "topics.excluded.from.partition.movement": "stays" });
  const plan = planned(input, {}, excluding);
  assertEquals(placesAfter(input, plan), [[6, 3, 3]]);
  assert(plan.proposals.every(({ topic }) => topic === "free"));
});

Deno.test("KafkaAssignerEvenRackAwareGoal fails no plan for what cannot be even, but for racks", () => {
  // One broker leads all and the other one may not take any: uneven as it is, and no sign of a small cluster.
  const stuck = planned(handInput(brokers(["a", "b"]), lists(4, [0])), {
    excludedForReplicaMove: [1],
  });
  assertEquals(stuck.proposals, []);
  const [even] = stuck.summary.goals;
  assertEquals([even!.violatedAfter, even!.unit], [true, "replicas out of place"]);
  assertEquals(
    even!.explanation,
    "broker 0: is at place 0 of 4 replica lists, wanted 2 to 2, and 1 more broker",
  );
  assertEquals(stuck.summary.unmet, undefined);
  assertEquals(stuck.summary.provision.status, "UNDECIDED");
  const settings = plannerSettings([EVEN], constraintWith(), { unmetHardGoals: "fail" });
  const failed = makePlan(handInput(brokers(["a", "a"]), lists(1, [0, 1])), settings);
  assert(!failed.ok);
  assertStringIncludes(failed.failure.message, "1 rack is missing");
});

Deno.test("KafkaAssignerEvenRackAwareGoal counts racks among the fewest MB where only evenness is missed", () => {
  const input = handInput(brokers(["a", "a", "b"]), lists(4, [0, 1]));
  const { summary } = planned(input, { excludedForLeadership: [2] });
  assertEquals(summary.goals[0]!.violatedAfter, true);
  assertEquals(summary.unmet, undefined);
  assertEquals([summary.mbToMove, summary.lowerBoundMb], [400, 400]);
});

Deno.test("KafkaAssignerEvenRackAwareGoal moves only what is offline while brokers are dead", () => {
  const plan = planned(CLUSTERS.deadBroker());
  assertEquals(plan.brokers[0]!.after.replicas, 0);
});

Deno.test("KafkaAssignerEvenRackAwareGoal agrees with its twin on any cluster", () => {
  let met = 0;
  fc.assert(
    fc.property(arbitraryCluster(), (input) => {
      const settings = { unmetHardGoals: "report", stepsMax: 50_000 } as const;
      const constraint = constraintWith();
      const made = makePlan(input, plannerSettings([EVEN], constraint, settings));
      assert(made.ok);
      const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
      assert(read.ok);
      const { problems } = verifyPlan(input, read.value, { goals: [EVEN], constraint });
      const unmet = made.value.summary.unmet ?? [];
      assert(problems.length === 0 || unmet.length > 0, problems.join());
      if (made.value.summary.goals[0]!.violatedAfter === false) met++;
    }),
    { seed: 20264, numRuns: 100 },
  );
  assert(met > 50, `only ${met} plans are even`);
});
