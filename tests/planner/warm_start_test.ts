/** Re-plans that start from the plan before: as good as a plan from home, and much of it the same. */
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import { syntheticCluster, type SyntheticOptions } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { withOtherTopics } from "../../bench/pieces.ts";
import { createPrng } from "../../lib/prng.ts";
import { drain } from "../../lib/steps.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { BASE_CLUSTER, generateCluster } from "../../model/generate_cluster.ts";
import type { HeldPlan, Plan } from "../../model/plan.ts";
import { readSnapshotFile } from "../../model/snapshot_read.ts";
import { type Changes, changesOf } from "../../planner/proposals/changes.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../planner/previous.ts";
import { makePlan, placedPlanSteps } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { constraintWith } from "./clusters.ts";
import { changedLoads, problemsOf } from "./replan/replans.ts";
import { textOf } from "./wide_clusters.ts";

const constraint = constraintWith();
const SNAPSHOT = new URL("../fixtures/snapshots/twelve_brokers.json.gz", import.meta.url);
const SEEDS = [1, 2, 3, 4];

/** Small clusters in which goals are in each other's way, or no plan can meet some of the hard ones. */
const CRAMPED: readonly SyntheticOptions[] = [
  {
    brokers: 13,
    replicas: 164,
    topics: 17,
    racks: 4,
    distribution: "exponential",
    hetero: true,
    seed: 5,
  },
  { brokers: 5, replicas: 4401, topics: 17, racks: 3, distribution: "exponential", seed: 13 },
  { brokers: 9, replicas: 113, topics: 53, racks: 5, distribution: "exponential", seed: 41 },
];

function clusterOf(seed: number): ClusterInput {
  const shape = { brokers: 20, replicas: 24_000, topics: 600, racks: 5 };
  return syntheticCluster({ ...shape, distribution: "exponential", seed });
}

function planOf(input: ClusterInput, previous?: PreviousPlan): Plan {
  const settings: PlannerSettings = plannerSettings(GOAL_NAMES, constraint, { previous });
  const plan = makePlan(input, settings);
  if (!plan.ok) throw new TypeError(plan.failure.message);
  return plan.value;
}

/** What a cluster is when the plan has been carried out. */
function carriedOut(input: ClusterInput, plan: Plan): ClusterInput {
  const replicaBroker = input.replicaBroker.slice();
  const leaderReplica = input.leaderReplica.slice();
  const rows = new Map<string, number>();
  for (let t = 0; t < input.topicNames.length; t++) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      rows.set(`${input.topicNames[t]}-${input.partitionNumber[p]}`, p);
    }
  }
  for (const { topic, partition, newReplicas } of plan.proposals) {
    const p = rows.get(`${topic}-${partition}`)!;
    for (const [i, { brokerId }] of newReplicas.entries()) {
      replicaBroker[input.replicaStart[p]! + i] = input.brokers.findIndex(({ id }) =>
        id === brokerId
      );
    }
    leaderReplica[p] = input.replicaStart[p]!;
  }
  return { ...input, replicaBroker, leaderReplica };
}

function violatedBy(plan: HeldPlan): string[] {
  return plan.summary.goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name);
}

/** `topic-partition: brokers` of each proposal. */
function placements(plan: Plan): Set<string> {
  return new Set(
    plan.proposals.map(({ topic, partition, newReplicas }) =>
      `${topic}-${partition}: ${newReplicas.map(({ brokerId }) => brokerId)}`
    ),
  );
}

Deno.test("makePlan() from the previous plan meets the goals of one from home with hardly more bytes", () => {
  for (const seed of SEEDS) {
    const input = clusterOf(seed);
    const first = planOf(input);
    const now = changedLoads(input, seed);
    const cold = planOf(now);
    const warm = planOf(now, previousOf(first));
    assertEquals(violatedBy(warm), violatedBy(cold), `seed ${seed}`);
    assertEquals(problemsOf(now, warm, constraint), []);
    assertLess(warm.summary.mbToMove, cold.summary.mbToMove * 1.03, `seed ${seed}`);
    assertLess(warm.summary.steps, cold.summary.steps, `seed ${seed}: less was looked at`);
  }
});

Deno.test("a re-plan of a small cluster meets no fewer goals than a plan from home, where not all can be met either", () => {
  const rules = [constraint, constraintWith({ "topic.replica.count.balance.min.gap": "0" })];
  for (const shape of CRAMPED) {
    const keeper: Keeper = { kept: undefined };
    let input: ClusterInput = syntheticCluster(shape);
    let previous: PreviousPlan | undefined;
    for (let turn = 0; turn < 7; turn++) {
      const rule = rules[turn === 4 ? 1 : 0]!;
      const asked = plannerSettings(GOAL_NAMES, rule, { unmetHardGoals: "report" });
      const cold = drain(placedPlanSteps(input, asked));
      const warm = drain(placedPlanSteps(input, { ...asked, keeper, previous }));
      assert(cold.ok && warm.ok);
      const [met, metFromHome] = [warm, cold].map(({ value }) => standingOf(value.plan));
      assert(met! <= metFromHome!, `seed ${shape.seed}, turn ${turn}: ${met}, not ${metFromHome}`);
      previous = previousOf({ ...warm.value.plan, places: warm.value.places }, previous);
      if (turn === 1 || turn === 4) input = changedLoads(input, turn);
      if (turn === 2 || turn === 5) input = withOtherTopics(input, 1, createPrng(turn));
    }
  }
});

/** Hard goals first, then by priority, 1 = violated: what is less as a text is better. */
function standingOf({ summary: { goals } }: HeldPlan): string {
  const of = (isHard: boolean) => goals.filter(({ hard }) => hard === isHard);
  return [...of(true), ...of(false)].map((goal) => goal.violatedAfter ? "1" : "0").join("");
}

Deno.test("makePlan() from the previous plan keeps what it need not change", () => {
  for (const seed of SEEDS) {
    const input = clusterOf(seed);
    const first = planOf(input);
    const now = changedLoads(input, seed);
    const known = placements(first);
    const kept = (plan: Plan) =>
      [...placements(plan)].filter((placement) => known.has(placement)).length;
    assertGreater(kept(planOf(now, previousOf(first))), 0.8 * known.size, `seed ${seed}`);
  }
});

Deno.test("makePlan() from a plan for the same cluster adds nothing to it", () => {
  for (const seed of SEEDS) {
    const input = clusterOf(seed);
    const first = planOf(input);
    const again = planOf(input, previousOf(first));
    assertEquals(violatedBy(again), violatedBy(first));
    assertLessOrEqual(again.summary.mbToMove, first.summary.mbToMove, `seed ${seed}`);
    assertLessOrEqual(again.proposals.length, first.proposals.length, `seed ${seed}`);
  }
});

Deno.test("makePlan() from a plan that was carried out plans as if there had been none", () => {
  const input = clusterOf(1);
  const first = planOf(input);
  const now = carriedOut(input, first);
  const after = planOf(now, previousOf(first));
  assertEquals(textOf(after), textOf(planOf(now)));
  assertLess(after.proposals.length, 0.01 * first.proposals.length);
});

Deno.test("makePlan() plans as if there had been no plan once a broker has come, until that holds something", () => {
  const input = clusterOf(1);
  const first = planOf(input);
  const brokers = [...input.brokers, { ...input.brokers[0]!, id: 1000 }];
  const more = { ...input, brokers };
  const second = planOf(more, previousOf(first));
  assertEquals(textOf(second), textOf(planOf(more)));
  const third = planOf(changedLoads(more, 1), previousOf(second));
  assertLess(third.summary.steps, second.summary.steps, "the plan before knew the broker");
});

Deno.test("makePlan() from the same plan with the same seed gives the same bytes", () => {
  const input = clusterOf(2);
  const now = changedLoads(input, 2);
  const previous = previousOf(planOf(input));
  assertEquals(textOf(planOf(now, previous)), textOf(planOf(now, previous)));
});

Deno.test("makePlan() takes what the previous plan says about what it still moves", () => {
  const input = clusterOf(3);
  const first = planOf(input);
  const said = new Set(first.proposals.flatMap(({ reasons }) => reasons.map(({ why }) => why)));
  const again = planOf(input, previousOf(first));
  const whys = again.proposals.flatMap(({ reasons }) => reasons.map(({ why }) => why));
  assertEquals(whys.filter((why) => why === ""), []);
  assertGreater(whys.filter((why) => said.has(why)).length, 0.95 * whys.length);
});

Deno.test("makePlan() ignores partitions, brokers and factors of the previous plan that are no more", () => {
  const input = clusterOf(4);
  const first = planOf(input);
  const [one, ...rest] = first.proposals;
  const stale = [
    { ...one!, topic: "gone" },
    { ...one!, partition: 1_000_000 },
    { ...one!, newReplicas: [{ brokerId: 999 }, ...one!.newReplicas.slice(1)] },
    { ...one!, newReplicas: one!.newReplicas.slice(1) },
    ...rest,
  ];
  const plan = planOf(input, { ...previousOf(first), proposals: stale });
  assertEquals(problemsOf(input, plan, constraint), []);
  assertEquals(violatedBy(plan), violatedBy(first));
});

Deno.test("makePlan() searches from home as well when the previous plan is of no use", () => {
  const input = clusterOf(1);
  const first = planOf(input);
  // A plan that piles replicas up where there are too many already, and claims to be at the bound.
  const worse = first.proposals.map((proposal) => ({
    ...proposal,
    newReplicas: [...proposal.oldReplicas.slice(1), { brokerId: input.brokers[0]!.id }],
  })).filter(({ newReplicas }) => new Set(newReplicas.map(({ brokerId }) => brokerId)).size === 3);
  const plan = planOf(input, { proposals: worse, aboveBound: 1 });
  assertEquals(violatedBy(plan), violatedBy(first));
  assertLess(plan.summary.mbToMove, first.summary.mbToMove * 1.02);
});

Deno.test("previousOf() does not let small losses add up from plan to plan", () => {
  const at = (mbToMove: number, earlier?: PreviousPlan) =>
    previousOf({ proposals: [], summary: { mbToMove, lowerBoundMb: 100 } }, earlier).aboveBound;
  assertEquals(at(105), 1.05);
  assertEquals(
    at(106, { proposals: [], aboveBound: 1.05 }),
    1.05,
    "a warm plan is measured by a cold one",
  );
  assertEquals(
    at(120, { proposals: [], aboveBound: 1.05 }),
    1.2,
    "so far above it was searched from home",
  );
  const none = previousOf({ proposals: [], summary: { mbToMove: 0, lowerBoundMb: 0 } });
  assertEquals(none.aboveBound, 1, "nothing had to move");
});

Deno.test("placedPlanSteps() from plan to plan keeps goals and bytes of a plan from home, and counts what it changes", () => {
  for (const [seed, distribution] of [[5, "exponential"], [6, "uniform"]] as const) {
    const shape = { brokers: 20, replicas: 24_000, topics: 600, racks: 5 };
    let input = syntheticCluster({ ...shape, distribution, seed });
    const keeper: Keeper = { kept: undefined };
    let previous: PreviousPlan | undefined;
    for (let turn = 0; turn < 10; turn++) {
      const told = `${distribution}, turn ${turn}`;
      input = changedLoads(input, seed * 100 + turn);
      const settings = plannerSettings(GOAL_NAMES, constraint, { previous, keeper });
      const made = drain(placedPlanSteps(input, settings));
      assert(made.ok);
      const { plan, places } = made.value;
      assertSameChanges(places!.changes!, changesOf(keeper.kept!.model), told);
      assertEquals(plan.proposals.length, places!.changes!.partitions.length, told);
      previous = previousOf({ ...plan, places }, previous);
      if (turn % 4 === 1) assertEquals(problemsOf(input, plan, constraint), [], told);
      if (turn !== 9) continue;
      const cold = planOf(input);
      assertEquals(violatedBy(plan), violatedBy(cold), told);
      assertLess(plan.summary.mbToMove, cold.summary.mbToMove * 1.02, told);
      assertLess(plan.summary.steps, cold.summary.steps * 0.2, told);
    }
  }
});

/** The same but for the order in which MB were added up. */
function assertSameChanges(some: Changes, wanted: Changes, told: string): void {
  assertEquals(some.partitions, wanted.partitions, told);
  const { mbToMove, ...counts } = wanted.totals;
  assertEquals({ ...some.totals, mbToMove: 0 }, { ...counts, mbToMove: 0 }, told);
  assertAlmostEquals(some.totals.mbToMove, mbToMove, 1e-9 * mbToMove, told);
}

/** Small, so that plans from home are annealed, with goals that no plan meets, or none together with more important ones. */
async function unmetCluster(kind: "each by itself" | "together"): Promise<ClusterInput> {
  if (kind === "together") {
    const read = await readSnapshotFile(SNAPSHOT.pathname);
    assert(read.ok);
    return read.value;
  }
  const made = generateCluster({
    ...BASE_CLUSTER,
    brokers: 15,
    replicas: 3000,
    topics: 80,
    racks: 5,
    distribution: "linear",
    loads: "realistic",
    capacities: "mixed",
    rackAware: false,
    seed: 3,
  });
  assert(made.ok);
  return made.value;
}

Deno.test("placedPlanSteps() does not search from home each time where goals cannot be met, but now and then", async () => {
  for (const kind of ["each by itself", "together"] as const) {
    let input = await unmetCluster(kind);
    const keeper: Keeper = { kept: undefined };
    let previous: PreviousPlan | undefined;
    const ages: number[] = [];
    for (let turn = 0; turn < 11; turn++) {
      const told = `${kind}, turn ${turn}`;
      const settings = plannerSettings(GOAL_NAMES, constraint, { previous, keeper });
      const outcome = drain(placedPlanSteps(input, settings));
      assert(outcome.ok);
      const { plan, places } = outcome.value;
      assertGreater(violatedBy(plan).length, 0, told);
      assertEquals(problemsOf(input, plan, constraint), [], told);
      ages.push(places!.age);
      if (turn % 5 === 4) {
        const cold = planOf(input);
        assertEquals(violatedBy(plan), violatedBy(cold), told);
        assertLess(plan.summary.mbToMove, cold.summary.mbToMove * 1.03, told);
        if (places!.age > 0) assertLess(plan.summary.steps, cold.summary.steps * 0.2, told);
      }
      previous = previousOf({ ...plan, places }, previous);
      input = changedLoads(input, 300 + turn);
    }
    assertGreater(ages.filter((age) => age > 0).length, 6, `${kind}: ${ages}`);
    if (kind === "together") {
      assertLessOrEqual(Math.max(...ages), 8);
      assertGreater(ages.filter((age) => age === 0).length, 1, `${ages}`);
    }
  }
});

Deno.test("a goal that could not be met is tried again after the first plan, half as often each time, and when many loads changed", () => {
  const keeper: Keeper = { kept: undefined };
  let input: ClusterInput = syntheticCluster({
    brokers: 7,
    replicas: 16604,
    topics: 471,
    racks: 4,
    distribution: "linear",
    hetero: false,
    seed: 540,
  });
  let previous: PreviousPlan | undefined;
  const ages: number[] = [];
  const plan = () => {
    const settings = plannerSettings(GOAL_NAMES, constraint, { previous, keeper });
    const made = drain(placedPlanSteps(input, settings));
    assert(made.ok);
    ages.push(made.value.places!.age);
    previous = previousOf({ ...made.value.plan, places: made.value.places }, previous);
    return made.value.plan;
  };
  for (let turn = 0; turn < 5; turn++) {
    assertGreater(violatedBy(plan()).length, 0);
    input = changedLoads(input, turn);
  }
  assertEquals(ages, [0, 0, 1, 0, 1]);
  for (let k = 0; k < 10; k++) input = changedLoads(input, 20 + k);
  assert(standingOf(plan()) <= standingOf(planOf(input)));
  assertEquals(ages.at(-1), 0);
});
