/** Topics that get more replicas, or fewer. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import type { FactorWish } from "../../../planner/operations/replication_factor.ts";
import { makePlan } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { constraintWith, handInput } from "../clusters.ts";

const constraint = constraintWith();

function changed(
  input: ClusterInput,
  factor: number,
  topics = "T",
  options: Partial<PlannerSettings> = {},
) {
  return changedAs(input, [{ topics, factor }], options);
}

function changedAs(
  input: ClusterInput,
  wishes: readonly FactorWish[],
  options: Partial<PlannerSettings> = {},
) {
  return makePlan(
    input,
    plannerSettings(GOAL_NAMES, constraint, {
      ...options,
      operation: "topic_replication_factor",
      factorChange: { wishes, skipRackCheck: false },
    }),
  );
}

function cluster(factor: number): ClusterInput {
  return handInput(
    [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: `r${id % 3}` })),
    ["T", "other"].flatMap((topic) =>
      Array.from({ length: 12 }, (_, id) => ({
        topic,
        id,
        replicas: [0, 1, 2].slice(0, factor).map((k) => (id + k) % 6),
        load: [0.5, 100, 100, 1000] as const,
      }))
    ),
  );
}

Deno.test("topic_replication_factor beyond the racks leaves the rack goal, and verify calls that valid", () => {
  const input = cluster(2);
  const made = makePlan(
    input,
    plannerSettings(GOAL_NAMES, constraint, {
      operation: "topic_replication_factor",
      unmetHardGoals: "report",
      factorChange: { wishes: [{ topics: "T", factor: 4 }], skipRackCheck: true },
    }),
  );
  assert(made.ok, made.ok ? "" : made.failure.message);
  assertEquals(
    made.value.proposals.map(({ newReplicas }) => newReplicas.length),
    Array(12).fill(4),
  );
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const settings = { goals: GOAL_NAMES, constraint };
  const checked = (factor: number) =>
    verifyPlan(input, read.value, {
      ...settings,
      factorOf: (topic) => topic === "T" ? factor : undefined,
    });
  assertEquals(checked(4).problems, []);
  assert(checked(4).left.some((one) => one.startsWith("RackAwareGoal")), checked(4).left.join());
  // Room for some of five is better than none: the plan says that it leaves something. More than were asked for is wrong.
  assertEquals([checked(5).problems.length, checked(3).problems.length > 0], [0, true]);
});

Deno.test("topic_replication_factor adds replicas on other racks and moves nothing else", () => {
  const input = cluster(2);
  const made = changed(input, 3);
  assert(made.ok, made.ok ? "" : made.failure.message);
  assertEquals(made.value.proposals.length, 12);
  assertEquals(made.value.summary.mbToMove, 12_000);
  assertEquals(made.value.brokers.map((broker) => broker.id), [0, 1, 2, 3, 4, 5]);
  for (const { topic, oldReplicas, newReplicas, reasons } of made.value.proposals) {
    assertEquals([topic, oldReplicas.length, newReplicas.length], ["T", 2, 3]);
    for (const old of oldReplicas) {
      assert(newReplicas.some((replica) => replica.brokerId === old.brokerId));
    }
    assertEquals(reasons[0]!.why, "the replication factor grows");
  }
  // Twelve new replicas on six brokers.
  assertEquals(made.value.brokers.map((broker) => broker.after.replicas), [10, 10, 10, 10, 10, 10]);
  const { statisticsAfter } = made.value.summary;
  // Replicas to add wait on a broker that is none: statistics do not count it.
  assertEquals([statisticsAfter.brokers, statisticsAfter.min.replicas], [6, 10]);
  assertEquals([statisticsAfter.min.leaderReplicas, statisticsAfter.min.topicReplicas], [4, 4]);
  const read = parsePlan([...planText(made.value, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  const settings = { goals: GOAL_NAMES, constraint };
  const factorOf = (topic: string) => topic === "T" ? 3 : undefined;
  assertEquals(verifyPlan(input, read.value, { ...settings, factorOf }).problems, []);
  const without = verifyPlan(input, read.value, settings).problems;
  assertEquals(without.length, 12);
});

Deno.test("topic_replication_factor deletes replicas, never the leader, and keeps racks apart", () => {
  const input = handInput([0, 1, 2, 3].map((id) => ({ id, rack: `r${id % 2}` })), [
    { topic: "T", id: 0, replicas: [0, 2, 1], leader: 2, load: [1, 1, 1, 10] },
  ]);
  const made = changed(input, 2);
  assert(made.ok, made.ok ? "" : made.failure.message);
  const [proposal] = made.value.proposals;
  // Brokers 0 and 2 share a rack: the one that does not lead goes, although it is first.
  assertEquals(proposal!.newReplicas, [{ brokerId: 2 }, { brokerId: 1 }]);
  assertEquals(proposal!.oldReplicas, [{ brokerId: 0 }, { brokerId: 2 }, { brokerId: 1 }]);
  assertEquals(made.value.summary.mbToMove, 0);
});

Deno.test("topic_replication_factor refuses what cannot be and says why", () => {
  const cases: [ReturnType<typeof changed>, string][] = [
    [changed(cluster(2), 2), "all matching topics have 2 replicas already"],
    [changed(cluster(2), 4), "4 replicas need 4 racks, 3 have alive brokers"],
    [changed(cluster(2), 7), "7 replicas need 7 brokers, 6 are alive"],
    [changed(cluster(2), 3, "none"), 'no topic matches "none"'],
  ];
  const both = [{ topics: "T", factor: 3 }, { topics: "T|other", factor: 1 }];
  cases.push([changedAs(cluster(2), both), "topic T is to have 3 and 1 replicas at once"]);
  for (const [made, message] of cases) {
    assert(!made.ok);
    assertStringIncludes(made.failure.message, message);
  }
});

/** Broker 2 is out of the request, so a third replica has no broker: it is new, and nothing in the cluster is offline. */
Deno.test("topic_replication_factor says of replicas that find no place that they are new", () => {
  const input = handInput([0, 1, 2].map((id) => ({ id, rack: `r${id}` })), [
    { topic: "T", id: 0, replicas: [0, 1], load: [1, 1, 1, 10] },
  ]);
  const made = changed(input, 3, "T", { excludedForReplicaMove: [2] });
  assert(!made.ok);
  assertStringIncludes(made.failure.message, "Cannot place 1 new replica: no alive broker may");
  assertEquals(
    made.failure.details?.[0],
    "a new replica of T-0: 2 of the 3 replicas of its partition can be on different alive brokers at most; broker 2 may receive no replicas",
  );
});

Deno.test("topic_replication_factor raises some topics and lowers others in one plan", () => {
  const made = changedAs(cluster(2), [{ topics: "T", factor: 3 }, { topics: "o.*", factor: 1 }]);
  assert(made.ok, made.ok ? "" : made.failure.message);
  const sizes = new Set(made.value.proposals.map((p) => `${p.topic} ${p.newReplicas.length}`));
  assertEquals(sizes, new Set(["T 3", "other 1"]));
  assertEquals(made.value.proposals.length, 24);
});
