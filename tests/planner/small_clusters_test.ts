/**
 * Annealing of small clusters: what a draft counts is what is there, and plans meet what an exact solver proved
 * (`bench/small_clusters.ts`; what the solver found is written down here, so that no solver has to run).
 */
import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "@std/assert";
import { oddCluster, smallCluster } from "../../bench/exact/instances.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { brokersOut, type PreparedGoal } from "../../goals/goal.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import {
  AXIS_COUNT,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_REPLICAS,
} from "../../model/cluster_model.ts";
import { makeOutcome } from "../../planner/plan.ts";
import { prepare } from "../../planner/prepare.ts";
import { anneal, findOf } from "../../planner/search/annealing/anneal.ts";
import { proposeChain } from "../../planner/search/annealing/anneal_chains.ts";
import { draftOf } from "../../planner/search/annealing/draft.ts";
import { dropChain } from "../../planner/search/annealing/draft_chain.ts";
import { limitsOf } from "../../planner/search/annealing/draft_limits.ts";
import { keepChain, weigh } from "../../planner/search/annealing/draft_weigh.ts";
import { beginWeights, reweigh } from "../../planner/search/annealing/reweigh.ts";
import { MUST } from "../../planner/search/annealing/worth.ts";
import { isOutOfReach } from "../../planner/search/pricing/out_of_reach.ts";
import { goHome, restore } from "../../planner/search/checkpoint.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { drain } from "../../lib/steps.ts";
import { constraintWith, handInput } from "./clusters.ts";

const settings = plannerSettings(GOAL_NAMES, constraintWith());

function searchOf(seed: number) {
  return searchFor(smallCluster(seed));
}

function searchFor(input: ClusterInput) {
  const prepared = prepare(input, settings);
  if (!prepared.ok) throw new TypeError(prepared.failure.message);
  return prepared.value.searchOf(0);
}

Deno.test("dropChain() takes back to the last bit, keepChain() counts what is there", () => {
  const search = searchOf(3);
  const must = limitsOf(search, search.goals);
  const options = { must, may: limitsOf(search, search.goals.slice(9)), passesHard: false };
  const draft = draftOf(search, options);
  const state = () => {
    const { broker, leader, sums, topicReplicas } = draft.search.model;
    return [broker, leader, sums, topicReplicas].map((array) => Array.from(array));
  };
  const prices = new Float64Array(4);
  let dropped = 0;
  let kept = 0;
  for (let k = 0; k < 3000; k++) {
    const before = k % 50 === 0 ? state() : undefined;
    const complete = proposeChain(draft) && weigh(draft, prices, Infinity);
    if (complete && k % 50 !== 0) {
      keepChain(draft);
      kept++;
      continue;
    }
    dropChain(draft);
    dropped++;
    if (before !== undefined) assertEquals(state(), before);
  }
  assert(kept > 100 && dropped > 100, `${kept} kept, ${dropped} dropped`);
  restore(search, draft.search.model);
  const fresh = draftOf(search, options);
  for (const [i, value] of draft.worth.entries()) assertAlmostEquals(value, fresh.worth[i]!, 1e-6);
});

Deno.test("reweigh() makes what is outside weigh more and more, up to a limit, and measures it without weights", () => {
  const search = searchOf(3);
  const must = limitsOf(search, search.goals);
  const draft = draftOf(search, { must, may: undefined, passesHard: true });
  const distance = draft.worth[MUST]!;
  assert(distance > 0);
  const { least } = beginWeights(draft);
  const weights = {
    least,
    even: draftOf(search, { must, may: undefined, passesHard: true }).scale,
  };
  const isOut = (i: number) =>
    draft.model.sums[i]! > must.upper[i]! || draft.model.sums[i]! < must.lower[i]!;
  let last = draft.worth[MUST]!;
  for (let k = 0; k < 60; k++) {
    assertAlmostEquals(reweigh(draft, weights), distance, 1e-9);
    assert(draft.worth[MUST]! >= last);
    last = draft.worth[MUST]!;
  }
  for (const [i, scale] of draft.scale.entries()) {
    assertAlmostEquals(scale, least[i]! * (isOut(i) ? 20 : 1), 1e-9);
  }
});

// Broker 2 is nearly full, and one replica short: which ones it can hold together is found only by passing its limits on the way.
Deno.test("anneal() passes hard limits on the way to a count that a full broker lacks", () => {
  const { input } = oddCluster(40_070);
  const search = searchFor(input);
  const needed = search.goals.filter(({ hard, axisLimits }) =>
    hard || axisLimits?.axis === AXIS_REPLICAS
  );
  const schedule = findOf(search.model.replicaCount);
  const must = limitsOf(search, needed);
  for (let k = 0; k < 3; k++) {
    const { places, left } = drain(anneal(search, { must, may: undefined, schedule }));
    assertAlmostEquals(left, 0, 1e-9);
    restore(search, places!);
    for (const goal of needed) assertEquals(brokersOut(goal, search.context), []);
    goHome(search);
  }
});

Deno.test("isOutOfReach() sees the leader that is above the limit of every broker", () => {
  const usual = searchOf(3);
  const isLeaderIn = ({ axisLimits }: PreparedGoal) => axisLimits?.axis === AXIS_LEADER_IN;
  assertEquals(isOutOfReach(usual, usual.goals.find(isLeaderIn)!), false);
  // The others have room beside it, on whichever broker.
  const largest = 1000;
  const search = searchFor(handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [0, 1, 2, 3, 4].map((id) => ({
      topic: "T",
      id,
      replicas: [id % 3, (id + 1) % 3],
      load: [1, id === 2 ? largest : 10, 10, 10] as const,
    })),
  ));
  const goal = search.goals.find(isLeaderIn)!;
  const { axis, upper, lower } = goal.axisLimits!;
  const limited = (limit: number) => ({
    ...goal,
    axisLimits: { axis, lower, upper: upper.map(() => limit) },
  });
  assertEquals(isOutOfReach(search, limited(largest * 0.999)), true);
  assertEquals(isOutOfReach(search, limited(largest * 1.001)), false);
});

Deno.test("isOutOfReach() sees the demoted broker that lacks what only leaders bring", () => {
  // Broker 1 may lead no more than it does, which others may take away but not add to.
  const input = smallCluster(3);
  const brokers = input.brokers.map((broker, b) =>
    b === 1 ? { ...broker, state: "demoted" as const } : broker
  );
  const search = searchFor({ ...input, brokers });
  const { model } = search;
  const goal = search.goals.find(({ axisLimits }) => axisLimits?.axis === AXIS_LEADERS)!;
  const { axis, upper, lower } = goal.axisLimits!;
  const leads = model.sums[AXIS_COUNT + AXIS_LEADERS]!;
  assert(leads > 0);
  const least = (limit: number, broker: number) => ({
    ...goal,
    axisLimits: { axis, upper, lower: lower.map((_, b) => b === broker ? limit : 0) },
  });
  assertEquals(isOutOfReach(search, least(leads, 1)), false);
  assertEquals(isOutOfReach(search, least(leads + 1, 1)), true);
  assertEquals(isOutOfReach(search, least(leads + 1, 0)), false);
});

// Leaders' bytes on these clusters are balanced only by several leaders, or leaders and replicas, at the same time.
for (
  const { seed, cannot, mb } of [
    { seed: 18, cannot: [], mb: 1866 },
    {
      seed: 1803,
      cannot: [
        "ReplicaDistributionGoal",
        "DiskUsageDistributionGoal",
        "NetworkInboundUsageDistributionGoal",
      ],
      mb: 734,
    },
    { seed: 1900, cannot: ["NetworkInboundUsageDistributionGoal"], mb: 1162 },
    // Bytes in cannot be balanced here, though nothing proves it: what comes after has its looks all the same.
    { seed: 1869, cannot: ["NetworkInboundUsageDistributionGoal"], mb: 2168 },
  ]
) {
  Deno.test(`makeOutcome() meets on small cluster ${seed} what the solver did, near its MB`, () => {
    const made = makeOutcome(smallCluster(seed), settings);
    assert(made.ok);
    const { goals, mbToMove } = made.value.summary;
    assertEquals(goals.filter((goal) => goal.violatedAfter).map(({ name }) => name), cannot);
    assertLessOrEqual(mbToMove, mb * 1.05);
  });
}

// Annealing reaches the placements that meet these goals only from where another search ends.
for (
  const { seed, cannot } of [
    {
      seed: 5150,
      cannot: [
        "ReplicaDistributionGoal",
        "DiskUsageDistributionGoal",
        "NetworkInboundUsageDistributionGoal",
      ],
    },
    { seed: 12_050, cannot: ["NetworkInboundUsageDistributionGoal"] },
    // And these only where what is outside weighs more and more.
    { seed: 20_084, cannot: [] },
    { seed: 20_092, cannot: [] },
  ]
) {
  Deno.test(`makeOutcome() meets on small cluster ${seed} the goals that the solver did`, () => {
    const made = makeOutcome(smallCluster(seed), settings);
    assert(made.ok);
    const { goals } = made.value.summary;
    assertEquals(goals.filter((goal) => goal.violatedAfter).map(({ name }) => name), cannot);
  });
}

// The broker that is left of its rack takes what is offline only once it has given away what is online, beside others that are full.
Deno.test("makeOutcome() heals odd cluster 51106 within hard limits, near the fewest MB", () => {
  const made = makeOutcome(oddCluster(51_106).input, settings);
  assert(made.ok);
  const { goals, mbToMove } = made.value.summary;
  assertEquals(goals.filter(({ hard, violatedAfter }) => hard && violatedAfter), []);
  assertLessOrEqual(mbToMove, 4114 * 1.1);
});

// Where goals cannot be met, the limits of the others leave few placements: plans ended in corners of them, at 1.38 times the fewest MB here.
Deno.test("makeOutcome() finds few bytes where the goals that can be met leave few placements", () => {
  const fewest = new Map([
    [5102, 1324.36],
    [5114, 486.15],
    [5120, 436.52],
    [5137, 103.04],
    [5159, 803.4],
  ]);
  let ratios = 0;
  for (const [seed, mb] of fewest) {
    const made = makeOutcome(smallCluster(seed), settings);
    assert(made.ok);
    ratios += made.value.summary.mbToMove / mb;
  }
  assertLessOrEqual(ratios / fewest.size, 1.15);
});

// Leadership that the search takes from a broker which may get none was lost to it for good, and so were up to four goals;
// and settling that shares the few steps it has there between goals loses one that it would meet.
for (
  const { seed, cannot } of [
    { seed: 1008, cannot: ["DiskUsageDistributionGoal", "NetworkInboundUsageDistributionGoal"] },
    { seed: 89, cannot: ["NetworkOutboundUsageDistributionGoal"] },
    {
      seed: 30115,
      cannot: [
        "DiskUsageDistributionGoal",
        "NetworkInboundUsageDistributionGoal",
        "LeaderReplicaDistributionGoal",
      ],
    },
  ]
) {
  Deno.test(`makeOutcome() meets on odd cluster ${seed} what the solver did`, () => {
    const { input, noLeadership, fixedTopics } = oddCluster(seed);
    const made = makeOutcome(input, {
      ...settings,
      excludedForLeadership: noLeadership,
      excludedTopics: fixedTopics.map((t) => input.topicNames[t]).join("|"),
    });
    assert(made.ok);
    const { goals } = made.value.summary;
    assertEquals(goals.filter((goal) => goal.violatedAfter).map(({ name }) => name), cannot);
  });
}
