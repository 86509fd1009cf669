import { assert, assertEquals } from "@std/assert";
import { settle } from "../../../lib/clock.ts";
import { fail, ok } from "../../../lib/failure.ts";
import { CPU_USAGE, PARTITION_METRIC_COUNT } from "../../../model/metrics.ts";
import type { ExecutorState } from "../../../messages/executor.ts";
import { createRig, evenLoad, plan, type Rig, skewedCluster } from "./rig.ts";

async function started(rig: Rig): Promise<Rig> {
  await rig.actor.start();
  rig.actor.handle(rig.cluster!);
  return rig;
}

async function mustPlan(rig: Rig, request = {}, planUuid = "uuid") {
  const answer = await plan(rig, request, planUuid);
  assert(answer.ok, answer.ok ? "" : `${answer.failure.message} ${answer.failure.details}`);
  return answer.value;
}

/** Every step that a waiter was told of, in the order of telling. */
function stepsOf(rig: Rig, planUuid: string): string[] {
  return rig.emitted.flatMap((message) =>
    message.kind === "plan_progressed" && message.planUuid === planUuid
      ? message.steps.map(({ step }) => step)
      : []
  );
}

Deno.test("make_plan spreads a skewed cluster and tells the load before and after", async () => {
  const rig = await started(createRig());
  const answer = await mustPlan(rig);
  assertEquals(answer.fromCache, false);
  assertEquals([answer.windows, answer.validRatio], [1, 1]);
  assertEquals(answer.before.map((b) => b.leaders), [12, 0, 0]);
  assertEquals(answer.before.map((b) => b.replicas), [12, 12, 0]);
  assertEquals(answer.after.map((b) => b.replicas), [8, 8, 8]);
  assertEquals(answer.after.map((b) => b.leaders), [4, 4, 4]);
  assertEquals(answer.before.map((b) => b.cpuPct), [NaN, NaN, NaN], "unknown, not 0");
  assertEquals(answer.before.map((b) => b.leaderNwIn), [12_000, 0, 0]);
  assertEquals(answer.before.map((b) => b.followerNwIn), [0, 12_000, 0]);
  assert(answer.plan.proposals.length > 0);
  assert(answer.plan.proposals.every((proposal) => proposal.reasons.length > 0));
  const off = answer.plan.summary.goals.filter((goal) => goal.off !== undefined);
  assertEquals(off.map((goal) => goal.name), ["CpuCapacityGoal", "CpuUsageDistributionGoal"]);
});

Deno.test("make_plan tells its progress to those who wait", async () => {
  const rig = await started(createRig());
  await mustPlan(rig, {}, "mine");
  const steps = rig.emitted.flatMap((m) =>
    m.kind === "plan_progressed" && m.planUuid === "mine" ? [m.steps.at(-1)!.step] : []
  );
  assertEquals(steps.slice(0, 2), ["WAITING_FOR_CLUSTER_MODEL", "GENERATING_CLUSTER_MODEL"]);
  assert(steps.length > 3, steps.join());
});

Deno.test("make_plan has no cached plan for who has seen a later cluster", async () => {
  // The server asks the sampler for the cluster as it is and then for a plan; the news of it may come here later.
  const rig = await started(createRig());
  await mustPlan(rig);
  rig.cluster = skewedCluster(2);
  rig.load = ok(evenLoad(rig.cluster));
  assertEquals((await mustPlan(rig, { topologyGeneration: 1 })).fromCache, true);
  assertEquals((await mustPlan(rig, { topologyGeneration: 2 })).fromCache, false);
  assertEquals((await mustPlan(rig, { topologyGeneration: 2 })).fromCache, true);
});

Deno.test("make_plan answers from the cache until topology or load change", async () => {
  const rig = await started(createRig());
  await mustPlan(rig);
  assertEquals((await mustPlan(rig)).fromCache, true);
  assertEquals((await mustPlan(rig, { ignoreProposalCache: true })).fromCache, false);

  rig.load = ok(evenLoad(rig.cluster!, { loadGeneration: 2 }));
  rig.actor.handle({ kind: "window_closed", loadGeneration: 2, windowEndMs: 120_000 });
  assertEquals((await mustPlan(rig)).fromCache, false);
  assertEquals((await mustPlan(rig)).fromCache, true);

  rig.cluster = skewedCluster(2);
  rig.load = ok(evenLoad(rig.cluster, { loadGeneration: 2 }));
  rig.actor.handle(rig.cluster);
  assertEquals((await mustPlan(rig)).fromCache, false);
});

Deno.test("make_plan starts from its last plan when load changed, and keeps it where it still fits", async () => {
  const rig = await started(createRig());
  const first = await mustPlan(rig);
  rig.load = ok(evenLoad(rig.cluster!, { loadGeneration: 2 }));
  rig.actor.handle({ kind: "window_closed", loadGeneration: 2, windowEndMs: 120_000 });
  const again = await mustPlan(rig, {}, "again");
  assertEquals(again.fromCache, false);
  assertEquals(again.plan.proposals, first.plan.proposals);
  assert(stepsOf(rig, "again").includes("Taking up the previous plan"));
});

Deno.test("make_plan starts from nothing when the cache is not wanted or brokers came", async () => {
  const rig = await started(createRig());
  await mustPlan(rig);
  await mustPlan(rig, { ignoreProposalCache: true }, "fresh");
  assert(!stepsOf(rig, "fresh").includes("Taking up the previous plan"));
  await mustPlan(rig, { goals: ["ReplicaDistributionGoal"], skipHardGoalCheck: true }, "other");
  assert(!stepsOf(rig, "other").includes("Taking up the previous plan"), "another request");
  rig.cluster = skewedCluster(2, 12, [1, 2, 3, 4]);
  rig.load = ok(evenLoad(rig.cluster, { loadGeneration: 2 }));
  rig.actor.handle(rig.cluster);
  await mustPlan(rig, {}, "grown");
  assert(!stepsOf(rig, "grown").includes("Taking up the previous plan"), "another broker");
});

Deno.test("make_plan tells its progress goal by goal", async () => {
  const rig = await started(createRig());
  const { plan } = await mustPlan(rig, {}, "mine");
  const optimized = [...new Set(stepsOf(rig, "mine"))].filter((step) => /^OPTIMIZING /.test(step));
  assertEquals(
    optimized,
    plan.summary.goals.map(({ name }) => `OPTIMIZING ${name}`),
    "each goal once, in the order of the request",
  );
});

Deno.test("make_plan uses no cache while an execution changes the cluster", async () => {
  const rig = await started(createRig());
  await mustPlan(rig);
  const state = { phase: "STARTING_EXECUTION" } as ExecutorState;
  rig.actor.handle({ kind: "execution_progressed", state });
  assertEquals((await mustPlan(rig)).fromCache, false);
  assertEquals((await mustPlan(rig)).fromCache, false);
  rig.actor.handle({
    kind: "execution_progressed",
    state: { ...state, phase: "NO_TASK_IN_PROGRESS" },
  });
  assertEquals((await mustPlan(rig)).fromCache, true, "what was made before still holds");
});

Deno.test("make_plan marks a plan from the window in progress with 0 windows", async () => {
  const rig = await started(createRig());
  rig.load = ok(evenLoad(rig.cluster!, { fromActiveWindow: true }));
  assertEquals((await mustPlan(rig)).windows, 0);
});

Deno.test("make_plan hands on what the aggregator lacks", async () => {
  const rig = await started(createRig());
  rig.load = fail("not_enough_windows", "Cannot give the load: nothing yet", { retriable: true });
  const answer = await plan(rig);
  assert(!answer.ok);
  assertEquals([answer.failure.code, answer.failure.retriable], ["not_enough_windows", true]);
});

Deno.test("make_plan waits until load and topology are of the same reading", async () => {
  const rig = await started(createRig());
  const next = skewedCluster(2);
  // The aggregator is still at generation 1 when the analyzer has seen generation 2.
  rig.actor.handle(next);
  const answer = plan(rig);
  await rig.clock.advanceTo(rig.clock.nowMs() + 300);
  rig.load = ok(evenLoad(next));
  await rig.clock.advanceTo(rig.clock.nowMs() + 300);
  assert((await answer).ok);
  assert(rig.asked.filter((kind) => kind === "get_load").length > 1);
});

Deno.test("make_plan gives up when load and topology stay apart", async () => {
  const rig = await started(createRig());
  rig.actor.handle(skewedCluster(2));
  const answer = plan(rig);
  await rig.clock.advanceTo(rig.clock.nowMs() + 10_000);
  const outcome = await answer;
  assert(!outcome.ok && outcome.failure.code === "not_enough_windows", JSON.stringify(outcome));
});

Deno.test("make_plan asks the sampler for the cluster after a restart", async () => {
  const rig = createRig();
  await rig.actor.start();
  assert((await plan(rig)).ok);
  assertEquals(rig.asked, ["get_load", "get_cluster"]);
});

Deno.test("make_plan refuses what it cannot plan, naming what it can", async () => {
  const rig = await started(createRig());
  const refusals = [
    { request: { operation: "remove_broker" as const }, says: "no broker named" },
    { request: { goals: ["DiskCapacity"] }, says: "DiskCapacityGoal" },
    { request: { goals: ["RackAwareGoal"] }, says: "hard goals" },
  ];
  for (const { request, says } of refusals) {
    const answer = await plan(rig, request);
    assert(!answer.ok, JSON.stringify(request));
    assertEquals(answer.failure.code, "invalid_argument");
    assert(answer.failure.message.includes(says), answer.failure.message);
  }
  const stranger = await plan(rig, { operation: "remove_broker", brokerIds: [9, 2] });
  assert(!stranger.ok);
  assertEquals(stranger.failure.code, "not_found");
  assertEquals(stranger.failure.message, "Broker [9] does not exist.");
});

Deno.test("make_plan fills a new broker and empties a removed one", async () => {
  const rig = await started(createRig());
  const added = await mustPlan(rig, { operation: "add_broker", brokerIds: [3] });
  assert(added.after[2]!.replicas > 0);
  assertEquals(added.after[2]!.state, "NEW");
  const removed = await mustPlan(rig, { operation: "remove_broker", brokerIds: [2] });
  assertEquals(removed.after.map((b) => b.replicas), [12, 0, 12]);
  assertEquals(removed.after.map((b) => b.state), ["ALIVE", "DEAD", "ALIVE"]);
});

Deno.test("make_plan says which brokers would be enough, but heals without a look at that", async () => {
  const rig = await started(createRig({
    "max.replicas.per.broker": "5",
    "overprovisioned.max.replicas.per.broker": "4",
  }));
  const answer = await plan(rig, {});
  assert(!answer.ok);
  assertEquals(answer.failure.code, "hard_goal_unmet", answer.failure.message);
  // 24 replicas.
  const isSaid = (detail: string) => detail.includes("as a plan with them shows: add 2 brokers");
  assertEquals(answer.failure.details!.filter(isSaid).length, 1);
  const healing = await mustPlan(rig, { heals: true });
  assertEquals(healing.plan.summary.unmet!.map(({ goal }) => goal), ["ReplicaCapacityGoal"]);
  assertEquals(healing.plan.summary.enough, undefined);
});

Deno.test("cancel_plan ends a plan that somebody waits for", async () => {
  const rig = await started(createRig());
  rig.actor.handle(skewedCluster(2)); // load and topology are apart: the plan waits
  const answer = plan(rig, {}, "mine");
  await settle();
  await rig.actor.answers.cancel_plan!({ kind: "cancel_plan", planUuid: "mine" });
  const outcome = await answer;
  assert(!outcome.ok && outcome.failure.code === "cancelled");
  await rig.clock.advanceTo(rig.clock.nowMs() + 1_000);
  await settle();
  rig.actor.handle(skewedCluster(1));
  assert((await plan(rig)).ok, "the next plan has its turn");
});

Deno.test("get_broker_load tells every broker's load", async () => {
  const rig = await started(createRig());
  const answer = await rig.actor.answers.get_broker_load!({ kind: "get_broker_load" });
  assert(answer.ok);
  assertEquals(answer.value.brokers.map((b) => [b.brokerId, b.leaders, b.diskMb]), [
    [1, 12, 12_000],
    [2, 0, 12_000],
    [3, 0, 0],
  ]);
});

Deno.test("get_analyzer_state shows goals that are off and whether a plan is ready", async () => {
  const rig = await started(createRig());
  const state = async () => {
    const answer = await rig.actor.answers.get_analyzer_state!({ kind: "get_analyzer_state" });
    assert(answer.ok);
    return answer.value;
  };
  assertEquals((await state()).isProposalReady, false);
  await rig.actor.tick(rig.clock.nowMs());
  // The plan is made in slices; each gives the thread back once.
  for (let i = 0; i < 50 && !(await state()).isProposalReady; i++) await settle();
  const ready = await state();
  assertEquals(ready.isProposalReady, true);
  assertEquals(ready.goalsOff.map(({ goal }) => goal), [
    "CpuCapacityGoal",
    "CpuUsageDistributionGoal",
  ]);
  assert(ready.goalsOff[0]!.reason.includes("CPU"));
  assert(ready.readyGoals.includes("DiskCapacityGoal"));
  assert(!ready.readyGoals.includes("CpuCapacityGoal"));
});

Deno.test("tick() makes the default plan ahead, again when it does not hold any more", async () => {
  const rig = await started(createRig());
  const began = rig.clock.nowMs();
  assertEquals(await rig.actor.tick(began), began + 30_000);
  for (let i = 0; i < 50; i++) await settle();
  assertEquals((await mustPlan(rig)).fromCache, true);
  assertEquals(rig.asked.filter((kind) => kind === "get_load").length, 1);

  rig.actor.handle({ kind: "window_closed", loadGeneration: 5, windowEndMs: 1 });
  rig.load = ok(evenLoad(rig.cluster!, { loadGeneration: 5 }));
  await rig.clock.advanceTo(began + 30_000);
  await rig.actor.tick(rig.clock.nowMs());
  for (let i = 0; i < 50; i++) await settle();
  assertEquals((await mustPlan(rig)).fromCache, true);
});

Deno.test("tick() makes nothing ahead where the configuration says so", async () => {
  const rig = await started(createRig({ "num.proposal.precompute.threads": "0" }));
  assertEquals(await rig.actor.tick(rig.clock.nowMs()), undefined);
  await settle();
  assertEquals(rig.asked, []);
});

Deno.test("make_plan with an expected load relieves a broker that is within its limits still", async () => {
  const rig = await started(createRig());
  const load = evenLoad(rig.cluster!);
  // Of a core, 3 % each: broker 1 leads all 12 and uses 36 %.
  for (let p = 0; p < 12; p++) load.metrics[p * PARTITION_METRIC_COUNT + CPU_USAGE] = 3;
  rig.load = ok(load);
  const goals = ["CpuCapacityGoal"];
  const calm = await mustPlan(rig, { goals, skipHardGoalCheck: true });
  assertEquals(calm.plan.proposals, [], "36 % is within 70 %");
  const brokers = [{ brokerId: 1, cpu: 0.6 }];
  const forecast = await mustPlan(rig, { expected: { brokers, cpuLimit: 0.45 } });
  assert(Math.abs(forecast.before[0]!.cpuPct - 60) < 0.1, `${forecast.before[0]!.cpuPct}`);
  assert(forecast.after.every(({ cpuPct }) => cpuPct <= 45.001), "nobody is beyond the limit");
  assertEquals(forecast.plan.summary.interBrokerReplicaMoves, 0, "leaders suffice");
  const too = await mustPlan(rig, {
    expected: { brokers: [{ brokerId: 1, cpu: 0.9 }], cpuLimit: 0.2 },
  });
  assert(too.after[0]!.cpuPct < 60, "what can be relieved is, also when not everything can");
});
