/** Plans with a budget: the best first, and never worse than nothing. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { oddCluster } from "../../../bench/exact/instances.ts";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { BrokerState, ClusterInput } from "../../../model/cluster_input.ts";
import type { Plan } from "../../../model/plan.ts";
import { BASE_CLUSTER, generateCluster } from "../../../model/generate_cluster.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import type { Budget } from "../../../model/budget.ts";
import { makePlan } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { arbitraryCluster, constraintWith } from "../clusters.ts";
import { readBack } from "../wide_clusters.ts";

const constraint = constraintWith();
const STEPS_MAX = 200_000;

function spent(input: ClusterInput, budget: Budget): Plan {
  const made = makePlan(
    input,
    plannerSettings(GOAL_NAMES, constraint, {
      unmetHardGoals: "report",
      stepsMax: STEPS_MAX,
      budget,
    }),
  );
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value;
}

function checked(input: ClusterInput, plan: Plan) {
  const read = parsePlan([...planText(plan, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  return verifyPlan(input, read.value, { goals: GOAL_NAMES, constraint });
}

const CLUSTER = syntheticCluster({
  brokers: 12,
  replicas: 3000,
  topics: 60,
  racks: 4,
  seed: 5,
  distribution: "exponential",
});

Deno.test("makePlan() with an endless budget makes the whole plan, with a curve from nothing to all of it", () => {
  const whole = makePlan(CLUSTER, plannerSettings(GOAL_NAMES, constraint, { stepsMax: STEPS_MAX }));
  assert(whole.ok);
  const { summary, proposals } = spent(CLUSTER, {});
  assertEquals(summary.mbToMove, whole.value.summary.mbToMove);
  assertEquals(proposals.length, whole.value.proposals.length);
  const curve = summary.curve!;
  assertEquals([curve[0]!.mb, curve[0]!.balancedness], [0, summary.balancednessBefore]);
  assertEquals(curve.at(-1)!.balancedness, summary.balancednessAfter);
  for (const [i, point] of curve.entries()) {
    assert(point.balancedness >= summary.balancednessBefore);
    assert(i === 0 || point.mb >= curve[i - 1]!.mb);
  }
});

Deno.test("makePlan() keeps each kind of budget and is better the more it may spend", () => {
  const all = spent(CLUSTER, {}).summary;
  let score = all.balancednessBefore;
  for (const share of [0.1, 0.5, 0.9]) {
    const { summary } = spent(CLUSTER, { maxMb: all.mbToMove * share });
    assert(summary.mbToMove <= all.mbToMove * share && summary.mbToMove > 0);
    assert(summary.balancednessAfter >= score, `${summary.balancednessAfter} after ${score}`);
    assert(summary.leftOut! > 0);
    score = summary.balancednessAfter;
  }
  const few = spent(CLUSTER, { maxMoves: 20 });
  assert(few.summary.interBrokerReplicaMoves <= 20 && few.summary.interBrokerReplicaMoves > 0);
  const recomputed = checked(CLUSTER, few).mbToMove;
  assert(Math.abs(recomputed - few.summary.mbToMove) < 1e-6);
});

Deno.test("makePlan() reckons minutes by the busiest broker", () => {
  const plan = spent(CLUSTER, { maxMinutes: 10, bandwidthMbPerSec: 5 });
  const received = new Map<number, number>();
  for (const { oldReplicas, newReplicas, sizeMb } of plan.proposals) {
    for (const { brokerId } of newReplicas) {
      if (oldReplicas.some((old) => old.brokerId === brokerId)) continue;
      received.set(brokerId, (received.get(brokerId) ?? 0) + sizeMb);
    }
  }
  const busiest = Math.max(...received.values());
  assert(busiest <= 10 * 60 * 5 && busiest > 0.5 * 10 * 60 * 5, `${busiest} MB`);
});

const SHARE = fc.double({ min: 0, max: 1, noNaN: true });
const KIND = fc.constantFrom("mb", "moves", "minutes");

/** A part of what the whole plan costs. */
function budgetOf(total: Plan["summary"], share: number, kind: string): Budget {
  if (kind === "mb") return { maxMb: total.mbToMove * share };
  if (kind === "moves") return { maxMoves: total.interBrokerReplicaMoves * share };
  return { maxMinutes: total.mbToMove * share / 4, bandwidthMbPerSec: 1 / 60 };
}

Deno.test("makePlan() with any budget breaks no hard goal and what it leaves of a plan is no worse than nothing", () => {
  fc.assert(
    fc.property(arbitraryCluster(), SHARE, KIND, (input, share, kind) => {
      const total = spent(input, {}).summary;
      assertEquals(total.curve![0]!.balancedness, total.balancednessBefore);
      const plan = spent(input, budgetOf(total, share, kind));
      if (kind === "mb") assert(plan.summary.mbToMove <= total.mbToMove * share * (1 + 1e-9));
      if (kind === "moves") {
        assert(plan.summary.interBrokerReplicaMoves <= total.interBrokerReplicaMoves * share);
      }
      const found = checked(input, plan);
      // Not cut within a step, and in a good order: else "the plan's order is not good".
      assertEquals(found.problems, []);
      for (const goal of found.goals) {
        if (!goal.hard || goal.name === "RackAwareGoal") continue;
        const newly = goal.brokersOutAfter.filter((id) => !goal.brokersOutBefore.includes(id));
        assertEquals(newly, [], goal.name);
      }
      // A whole plan may give up a goal for a more important one; what a budget leaves of it may not.
      if (plan.summary.leftOut !== undefined) {
        assert(plan.summary.balancednessAfter >= plan.summary.balancednessBefore - 1e-9);
      }
    }),
    { seed: 20264, numRuns: 30 },
  );
});

/** A rack for each of 12 brokers, so that racks cost nothing. */
function rackEach(): ClusterInput {
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 12,
    replicas: 3000,
    topics: 60,
    distribution: "linear",
    seed: 3,
  });
  assert(made.ok);
  const brokers = made.value.brokers.map((broker, b) => ({ ...broker, rack: `r${b}` }));
  return { ...made.value, brokers };
}

Deno.test("a budget buys all goals but the one that costs most, and what is left of it goes to that one", () => {
  const input = rackEach();
  const whole = spent(input, {}).summary;
  assertEquals(whole.goals.filter((goal) => goal.violatedAfter).map(({ name }) => name), []);
  const maxMb = whole.mbToMove * 0.75;
  const plan = spent(input, { maxMb });
  const left = plan.summary.goals.filter((goal) => goal.violatedAfter);
  assertEquals(left.map(({ name }) => name), ["DiskUsageDistributionGoal"]);
  assert(left[0]!.amountAfter! < 0.5 * left[0]!.amountBefore!, `${left[0]!.amountAfter} MB`);
  assert(plan.summary.mbToMove > 0.9 * maxMb && plan.summary.mbToMove <= maxMb);
  assertEquals(checked(input, plan).problems, []);
});

Deno.test("a curve comes with cheaper plans, and a budget of their MB buys what they promise", () => {
  const input = rackEach();
  const { mbToMove, curve, cheaper = [] } = spent(input, {}).summary;
  assert(cheaper.length > 0);
  let mb = 0;
  for (const plan of cheaper) {
    assert(plan.mb > mb && plan.mb < mbToMove);
    mb = plan.mb;
    assert(plan.balancedness > curve![0]!.balancedness && plan.without.length > 0);
    const { summary } = spent(input, { maxMb: plan.mb });
    assert(summary.balancednessAfter >= plan.balancedness, JSON.stringify(plan));
    const left = summary.goals.filter((goal) => goal.violatedAfter).map(({ name }) => name);
    assert(left.every((name) => plan.without.includes(name)), left.join());
  }
  assertEquals(spent(input, { maxMb: mb }).summary.cheaper, undefined);
});

Deno.test("a plan with a curve meets most goals with its first bytes, and all for no more bytes than without", () => {
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 20,
    replicas: 12_000,
    topics: 300,
    distribution: "linear",
    seed: 1,
  });
  assert(made.ok);
  const brokers = made.value.brokers.map((broker, b) => ({ ...broker, rack: `r${b % 5}` }));
  const input = { ...made.value, brokers };
  const whole = makePlan(input, plannerSettings(GOAL_NAMES, constraint));
  assert(whole.ok);
  const plan = makePlan(input, plannerSettings(GOAL_NAMES, constraint, { budget: {} }));
  assert(plan.ok);
  const { summary } = plan.value;
  assert(summary.goals.every((goal) => !goal.violatedAfter));
  assert(summary.mbToMove <= 1.01 * whole.value.summary.mbToMove);
  const offer = summary.cheaper!.at(-1)!;
  assert(offer.mb < 0.75 * summary.mbToMove && offer.goalsMet >= GOAL_NAMES.length - 2);
  const early = summary.curve!.filter((point) => point.mb <= offer.mb * (1 + 1e-9));
  assertEquals(early.at(-1)!.goalsMet, offer.goalsMet);
  assertEquals(checked(input, plan.value).problems, []);
});

Deno.test("a goal that is met on the way stays met: where a plan meets all, no point of its curve is below the one before", () => {
  for (const distribution of ["linear", "uniform"] as const) {
    const made = generateCluster({
      ...BASE_CLUSTER,
      brokers: 12,
      replicas: 3000,
      topics: 60,
      racks: 12,
      distribution,
      capacities: "mixed",
      loads: "realistic",
      seed: 11,
    });
    assert(made.ok);
    const { curve, goals } = spent(made.value, {}).summary;
    const given = goals.filter((goal) => goal.violatedAfter).map(({ name }) => name);
    assertEquals(given, [], distribution);
    for (const [i, point] of curve!.entries()) {
      assert(
        i === 0 || point.goalsMet >= curve![i - 1]!.goalsMet,
        `${distribution}, ${point.mb} MB`,
      );
    }
  }
});

Deno.test("where the first stage of a plan with a curve ends, nothing is worse: what would be waits for the rest", () => {
  // The first stage gave up a goal that was met on the way, or passed a hard limit, until its last proposals made one step.
  for (const seed of [254, 281]) {
    const { input } = oddCluster(seed);
    assertEquals(checked(input, spent(input, {})).problems, [], `seed ${seed}`);
  }
});

Deno.test("what a budget leaves undone asks for no broker", () => {
  const whole = spent(CLUSTER, {}).summary;
  const { summary } = spent(CLUSTER, { maxMb: whole.mbToMove * 0.02 });
  assert(summary.goals.some((goal) => goal.hard && goal.violatedAfter));
  assert(summary.provision.status !== "UNDER_PROVISIONED", summary.provision.recommendations[0]);
});

Deno.test("topics that stay where they are make up for nothing on the way of a plan that a budget cut", () => {
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 23,
    replicas: 6460,
    topics: 4,
    racks: 23,
    replicationFactor: 2,
    distribution: "linear",
    rackAware: false,
    capacities: "mixed",
    utilization: 0.75,
    seed: 3285,
  });
  assert(made.ok);
  const excluded = { ...constraint, excludedTopics: "(T0|T1).*" };
  const states: Partial<Record<number, BrokerState>> = { 6: "new", 19: "demoted" };
  const brokers = made.value.brokers.map((broker) => ({
    ...broker,
    state: states[broker.id] ?? broker.state,
  }));
  const gone = [0, 1];
  const settings = plannerSettings(GOAL_NAMES, excluded, {
    operation: "remove_broker",
    unmetHardGoals: "report",
    excludedTopics: excluded.excludedTopics,
    seed: 2,
    brokerIds: gone,
    destinationBrokerIds: [...gone, 7],
    budget: { maxMb: 79_931.3 },
  });
  const plan = makePlan({ ...made.value, brokers }, settings);
  assert(plan.ok);
  const left = brokers.map((broker) =>
    gone.includes(broker.id) ? { ...broker, state: "dead" as const } : broker
  );
  const { problems } = verifyPlan({ ...made.value, brokers: left }, readBack(plan.value), settings);
  assertEquals(problems.filter((problem) => problem.includes("order")), []);
});
