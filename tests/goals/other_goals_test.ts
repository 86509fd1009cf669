/** Goals that a request has to name: what they mean and that plans meet them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { parseBrokerSets, setOfTopic } from "../../goals/broker_sets.ts";
import type { BalancingConstraint } from "../../goals/constraint.ts";
import { KAFKA_ASSIGNER_GOALS } from "../../goals/kafka_assigner.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Plan } from "../../model/plan.ts";
import { parsePlan, planText } from "../../model/plan_file.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { arbitraryCluster, constraintWith, handInput } from "../planner/clusters.ts";

function planned(
  input: ClusterInput,
  goals: readonly string[],
  options: Partial<PlannerSettings> = {},
  constraint: BalancingConstraint = constraintWith(),
): Plan {
  const made = makePlan(
    input,
    plannerSettings(goals, constraint, { stepsMax: 600_000, ...options }),
  );
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value;
}

function problems(
  input: ClusterInput,
  plan: Plan,
  goals: readonly string[],
  constraint: BalancingConstraint = constraintWith(),
): readonly string[] {
  const read = parsePlan([...planText(plan, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  return verifyPlan(input, read.value, { goals, constraint }).problems;
}

const LOAD = [1, 10, 10, 10] as const;

Deno.test("RackAwareDistributionGoal spreads four replicas over three racks 2, 1, 1", () => {
  const input = handInput(
    [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: `r${id % 3}` })),
    [0, 1, 2, 3].map((id) => ({ topic: "T", id, replicas: [0, 3, 1, 4], load: LOAD })),
  );
  const goals = ["RackAwareDistributionGoal"];
  const plan = planned(input, goals);
  assertEquals(problems(input, plan, goals), []);
  assertEquals(plan.proposals.length, 4);
  for (const { newReplicas } of plan.proposals) {
    const counts = [0, 1, 2].map((rack) =>
      newReplicas.filter((replica) => replica.brokerId % 3 === rack).length
    );
    assertEquals(counts.sort(), [1, 1, 2]);
  }
});

Deno.test("RackAwareDistributionGoal agrees with its twin on any cluster", () => {
  let met = 0;
  fc.assert(
    fc.property(arbitraryCluster(), (input) => {
      const goals = ["RackAwareDistributionGoal", "ReplicaDistributionGoal"];
      const made = makePlan(input, plannerSettings(goals, constraintWith(), { stepsMax: 50_000 }));
      if (!made.ok) return assertEquals(made.failure.code, "hard_goal_unmet");
      met++;
      assertEquals(problems(input, made.value, goals), []);
    }),
    { seed: 20263, numRuns: 100 },
  );
  assert(met > 50, `only ${met} plans`);
});

Deno.test("setOfTopic() maps topics as the reference does", () => {
  const of = (sets: readonly string[]) =>
    ["A", "B", "C", "D"].map((topic) => setOfTopic(topic, sets));
  assertEquals(of(["BS1", "BS2"]), ["BS2", "BS1", "BS1", "BS1"]);
  assertEquals(of(["BS1", "BS2", "BS3"]), ["BS2", "BS1", "BS3", "BS3"]);
});

Deno.test("parseBrokerSets() names what is wrong", () => {
  const cases = [
    ["{}", "brokerSets: must be an array"],
    ['{"brokerSets":[{}]}', "brokerSets[0].brokerSetId"],
    ['{"brokerSets":[{"brokerSetId":"a","brokerIds":[1,1]}]}', "each in one set, got 1"],
    ['{"brokerSets":[{"brokerSetId":"a","brokerIds":[0,-1]}]}', "brokerSets[0].brokerIds[1]: must"],
    ['{"brokerSets":[{"brokerSetId":"a","brokerIds":[1e12]}]}', "brokerSets[0].brokerIds[0]: must"],
    ['{"brokerSets":[{"brokerSetId":"a","brokerIds":["1"]}]}', 'got "1"'],
    [
      '{"brokerSets":[{"brokerSetId":"a","brokerIds":[1]},{"brokerSetId":"a","brokerIds":[2]}]}',
      "brokerSets[1].brokerSetId: must not repeat, got a twice",
    ],
    ["[", "JSON"],
  ] as const;
  for (const [text, message] of cases) {
    const read = parseBrokerSets(text);
    assert(!read.ok);
    assertStringIncludes(read.failure.message, message);
  }
});

Deno.test("BrokerSetAwareGoal brings each topic into its set", () => {
  const sets = parseBrokerSets(
    '{"brokerSets":[{"brokerSetId":"BS1","brokerIds":[0,1,2]},{"brokerSetId":"BS2","brokerIds":[3,4,5]}]}',
  );
  assert(sets.ok);
  const constraint = { ...constraintWith(), brokerSets: sets.value };
  const input = handInput(
    [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: `r${id % 3}` })),
    ["A", "B"].flatMap((topic) =>
      [0, 1, 2].map((id) => ({ topic, id, replicas: [2, 3], load: LOAD }))
    ),
  );
  const goals = ["BrokerSetAwareGoal", "RackAwareGoal", "ReplicaDistributionGoal"];
  const plan = planned(input, goals, {}, constraint);
  assertEquals(problems(input, plan, goals, constraint), []);
  for (const { topic, newReplicas } of plan.proposals) {
    const wanted = topic === "A" ? [3, 4, 5] : [0, 1, 2];
    assert(newReplicas.every((replica) => wanted.includes(replica.brokerId)), topic);
  }
  assertEquals(plan.proposals.length, 6);
  const left = problems(input, { ...plan, proposals: [] }, goals, constraint).join();
  const violated = "hard goal BrokerSetAwareGoal is violated:";
  assertStringIncludes(left, `${violated} A-0 of broker set BS2 is on broker 2 of BS1`);
});

Deno.test("BrokerSetAwareGoal is violated by a topic that is together in another set than its own, as verify says too", () => {
  const brokerSets = new Map([0, 1, 2, 3].map((id) => [id, id < 2 ? "BS1" : "BS2"]));
  const constraint = { ...constraintWith(), brokerSets };
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id % 2}` })),
    [{ topic: "A", id: 0, replicas: [0, 1], load: LOAD }],
  );
  const goals = ["BrokerSetAwareGoal"];
  const plan = planned(input, goals, {}, constraint);
  assertEquals(plan.summary.goals.map((goal) => goal.violatedBefore), [true]);
  assertEquals(problems(input, plan, goals, constraint), []);
});

Deno.test("PreferredLeaderElectionGoal lets the first replica lead, and moves no bytes", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [0, 1, 2].map((id) => ({
      topic: "T",
      id,
      replicas: [id, (id + 1) % 3],
      leader: (id + 1) % 3,
      load: LOAD,
    })),
  );
  const goals = ["PreferredLeaderElectionGoal"];
  const plan = planned(input, goals);
  assertEquals(plan.summary.mbToMove, 0);
  assertEquals(plan.proposals.map((proposal) => proposal.newReplicas[0]!.brokerId), [0, 1, 2]);
  assertEquals(problems(input, plan, goals), []);
  assertEquals(plan.proposals[0]!.reasons[0]!.why, "the first replica is the preferred leader");
});

Deno.test("demote_broker takes all leadership, and gives none to the other demoted broker", () => {
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
    Array.from({ length: 12 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [id % 2, 1 - id % 2, 2 + id % 2],
      load: LOAD,
    })),
  );
  const goals = ["PreferredLeaderElectionGoal"];
  const plan = planned(input, goals, { operation: "demote_broker", brokerIds: [0, 1] });
  assertEquals(plan.summary.mbToMove, 0);
  assertEquals(plan.brokers.map((broker) => broker.after.leaders), [0, 0, 6, 6]);
  for (const { newReplicas } of plan.proposals) {
    assert(newReplicas[0]!.brokerId >= 2 && newReplicas.length === 3);
  }
  assertEquals(plan.proposals[0]!.reasons[0]!.why, "broker 0 is demoted");
  const demoted = {
    ...input,
    brokers: input.brokers.map((b) => (b.id < 2 ? { ...b, state: "demoted" as const } : b)),
  };
  assertEquals(problems(demoted, plan, goals), []);
});

Deno.test("demote_broker leaves leadership where no other broker can take it", () => {
  const input = handInput([{ id: 0, rack: "a" }, { id: 1, rack: "b" }], [
    { topic: "alone", id: 0, replicas: [0], load: LOAD },
    { topic: "T", id: 0, replicas: [0, 1], load: LOAD },
  ]);
  const options = { operation: "demote_broker", brokerIds: [0, 1] } as const;
  assertEquals(planned(input, ["PreferredLeaderElectionGoal"], options).proposals, []);
});

Deno.test("KafkaAssignerDiskUsageDistributionGoal that cannot be reached is no failure", () => {
  const input = handInput([{ id: 0, rack: "a" }, { id: 1, rack: "b" }], [
    { topic: "T", id: 0, replicas: [0], load: [1, 1, 1, 1000] },
  ]);
  const plan = planned(input, KAFKA_ASSIGNER_GOALS);
  assertEquals(plan.summary.goals[1]!.violatedAfter, true);
  assertEquals(problems(input, plan, KAFKA_ASSIGNER_GOALS), []);
});
