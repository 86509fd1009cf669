/**
 * Clusters of thousands of replicas: prices add up to what moves change, and plans come near to the fewest bytes. The
 * bounds were found by solving the linear program that `bench/exact/` states, without whole numbers (HiGHS).
 */
import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "@std/assert";
import { drain } from "../../../lib/steps.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { BASE_CLUSTER, generateCluster } from "../../../model/generate_cluster.ts";
import { makeOutcome } from "../../../planner/plan.ts";
import { prepare } from "../../../planner/prepare.ts";
import { restore } from "../../../planner/search/checkpoint.ts";
import { draftOf } from "../../../planner/search/annealing/draft.ts";
import { limitsOf } from "../../../planner/search/annealing/draft_limits.ts";
import { runLegal } from "../../../planner/search/mod.ts";
import { beginPricing, priced } from "../../../planner/search/pricing/priced.ts";
import {
  addLoad,
  adjust,
  fillLoad,
  isKept,
  loadCost,
  OF_BROKERS,
  OF_TOPICS,
  priceBroker,
  pricesOf,
} from "../../../planner/search/pricing/prices.ts";
import { MUST } from "../../../planner/search/annealing/worth.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../clusters.ts";

const settings = plannerSettings(GOAL_NAMES, constraintWith());

/** 15 brokers of three sizes on five racks, 3,000 replicas. */
const SHAPE = {
  ...BASE_CLUSTER,
  brokers: 15,
  replicas: 3000,
  topics: 80,
  racks: 5,
  distribution: "linear" as const,
  capacities: "mixed" as const,
  utilization: 0.35,
  seed: 112,
};

/** The same with three brokers on each rack. */
function cluster(options: Partial<typeof BASE_CLUSTER> = {}): ClusterInput {
  const made = generateCluster({ ...SHAPE, ...options });
  assert(made.ok, JSON.stringify(made));
  const { brokers } = made.value;
  return { ...made.value, brokers: brokers.map((one, id) => ({ ...one, rack: `${id % 5}` })) };
}

function searchOf(input: ClusterInput) {
  const prepared = prepare(input, settings);
  assert(prepared.ok);
  return prepared.value.searchOf(0);
}

Deno.test("loadCost() is what prices of all brokers change by, also where a limit is crossed", () => {
  const search = searchOf(cluster());
  const must = limitsOf(search, search.goals);
  const draft = draftOf(search, { must, may: undefined, passesHard: true });
  const prices = pricesOf(draft);
  prices.steepness[OF_BROKERS] = 1e5;
  prices.steepness[OF_TOPICS] = 10;
  adjust(prices);
  const { sums, brokerCount, replicaCount, broker } = draft.model;
  const total = () => {
    let mb = 0;
    for (let i = 0; i < sums.length; i++) {
      const over = prices.above[i]! + 1e5 * (sums[i]! - must.upper[i]!) * draft.scale[i]!;
      const under = prices.below[i]! + 1e5 * (must.lower[i]! - sums[i]!) * draft.scale[i]!;
      mb += (Math.max(0, over) ** 2 + Math.max(0, under) ** 2) / 2e5;
    }
    return mb;
  };
  let crossed = 0;
  for (let r = 0; r < replicaCount; r += 7) {
    const to = (broker[r]! + 1 + r % (brokerCount - 1)) % brokerCount;
    fillLoad(prices, r);
    const before = total();
    const wasKept = draft.scale.map((_, i) => Number(sums[i]! <= must.upper[i]!));
    let cost = loadCost(prices, broker[r]!, -1);
    addLoad(prices, broker[r]!, -1);
    cost += loadCost(prices, to, 1);
    addLoad(prices, to, 1);
    broker[r] = to;
    assertAlmostEquals(cost, total() - before, 1e-6 * before);
    if (wasKept.some((kept, i) => kept !== Number(sums[i]! <= must.upper[i]!))) crossed++;
  }
  assert(crossed > 20, `${crossed} crossed`);
});

Deno.test("priceBroker() gives slopes that small loads cost", () => {
  const search = searchOf(cluster());
  const must = limitsOf(search, search.goals);
  const prices = pricesOf(draftOf(search, { must, may: undefined, passesHard: true }));
  prices.steepness[OF_BROKERS] = 1e5;
  adjust(prices);
  for (const b of search.context.alive) {
    priceBroker(prices, b);
    for (let axis = 0; axis < 8; axis++) {
      const target = 1 / prices.draft.scale[b << 3 | axis]!;
      prices.load.fill(0);
      prices.load[axis] = target * 1e-7;
      const slope = loadCost(prices, b, 1) / prices.load[axis]!;
      assertAlmostEquals(slope * target, prices.slope[b << 3 | axis]! * target, 1);
    }
  }
});

Deno.test("priced() leaves the model alone, keeps racks apart and comes next to all limits", () => {
  const search = searchOf(cluster());
  drain(runLegal(search));
  const { model } = search;
  const before = [Array.from(model.broker), Array.from(model.leader), Array.from(model.sums)];
  const must = limitsOf(search, search.goals);
  const places = drain(priced(beginPricing(search, must)));
  assertEquals(
    [Array.from(model.broker), Array.from(model.leader), Array.from(model.sums)],
    before,
  );
  for (let p = 0; p < model.partitionCount; p++) {
    const [start, end] = [model.replicaStart[p]!, model.replicaStart[p + 1]!];
    const racks = new Set(places.broker.slice(start, end).map((b) => model.rack[b]!));
    assertEquals(racks.size, end - start);
    assert(places.leader[p]! >= start && places.leader[p]! < end);
  }
  const moved = places.broker.filter((b, r) => b !== model.home[r]).length;
  assert(moved > 100 && moved < model.replicaCount / 2, `${moved} moved`);
  const prices = pricesOf(draftOf(search, { must, may: undefined, passesHard: true }));
  assertEquals(isKept(prices), false);
  restore(search, places);
  const { worth } = draftOf(search, { must, may: undefined, passesHard: true });
  // All brokers and axes together.
  assertLessOrEqual(worth[MUST]!, 0.02);
});

for (
  const { what, options, boundMb } of [
    { what: "three sizes", options: {}, boundMb: 524_927 },
    {
      what: "one size",
      options: {
        capacities: "equal",
        distribution: "exponential",
        utilization: 0.5,
        seed: 104,
      } as const,
      boundMb: 421_071,
    },
  ]
) {
  Deno.test(`makeOutcome() meets all goals on brokers of ${what} with next to the fewest bytes`, () => {
    for (const seed of [1, 2]) {
      const made = makeOutcome(cluster(options), { ...settings, seed });
      assert(made.ok);
      const { goals, mbToMove } = made.value.summary;
      assertEquals(goals.filter((goal) => goal.violatedAfter).map(({ name }) => name), []);
      assertLessOrEqual(boundMb * 0.9999, mbToMove);
      assertLessOrEqual(mbToMove, boundMb * 1.02);
    }
  });
}

Deno.test("priced() fills brokers that have too few replicas of a topic", () => {
  // Disks are so full that only what pays for a replica brings one of topic 0 to a small broker.
  const shape = { brokers: 8, replicas: 2096, topics: 6, racks: 2, replicationFactor: 2 };
  const made = generateCluster({
    ...SHAPE,
    ...shape,
    distribution: "uniform",
    utilization: 0.55,
    seed: 3,
  });
  assert(made.ok);
  const { brokers } = made.value;
  const input = {
    ...made.value,
    brokers: brokers.map((one, id) => ({ ...one, rack: `${id % 2}` })),
  };
  const search = searchOf(input);
  drain(runLegal(search));
  const must = limitsOf(search, search.goals.filter((goal) => !search.hopeless.has(goal)));
  assert(must.topicLower.some((least) => least > 0));
  const { broker } = drain(priced(beginPricing(search, must)));
  const { topic, partition, topicCount, brokerCount } = search.model;
  const counts = new Int32Array(topicCount * brokerCount);
  for (const [r, b] of broker.entries()) counts[topic[partition[r]!]! * brokerCount + b]! += 1;
  for (const [cell, count] of counts.entries()) {
    assertLessOrEqual(must.topicLower[Math.floor(cell / brokerCount)]!, count);
  }
});

for (
  const { what, shape, left, boundMb } of [
    {
      what: "puts right what prices leave beyond limits by next to nothing",
      shape: { brokers: 18, replicas: 4000, topics: 100, racks: 6, utilization: 0.4, seed: 9041 },
      left: [],
      boundMb: 540_000,
    },
    {
      what: "prices on until all goals are met",
      shape: {
        brokers: 12,
        replicas: 1896,
        topics: 3,
        racks: 12,
        replicationFactor: 2,
        distribution: "linear",
        utilization: 0.45,
        seed: 108,
      },
      left: [],
      boundMb: 430_000,
    },
    {
      what: "gives the least important up of goals that cannot be met together",
      shape: {
        brokers: 11,
        replicas: 1001,
        topics: 3,
        racks: 3,
        replicationFactor: 2,
        distribution: "exponential",
        utilization: 0.45,
        seed: 1151,
      },
      left: ["LeaderBytesInDistributionGoal"],
      boundMb: 600_000,
    },
    {
      what: "leaves goals to annealing that prices have no time for",
      shape: {
        brokers: 9,
        replicas: 2601,
        topics: 3,
        racks: 2,
        replicationFactor: 2,
        distribution: "exponential",
        utilization: 0.45,
        seed: 1295,
      },
      left: ["ReplicaDistributionGoal"],
      boundMb: 445_000,
    },
  ] as const
) {
  Deno.test(`makeOutcome() ${what}`, () => {
    const made = generateCluster({ ...SHAPE, distribution: "uniform", ...shape });
    assert(made.ok);
    const { brokers } = made.value;
    const rackOf = (id: number) => shape.seed === 9041 ? brokers[id]!.rack : `${id % shape.racks}`;
    const placed = brokers.map((one, id) => ({ ...one, rack: rackOf(id) }));
    const outcome = makeOutcome({ ...made.value, brokers: placed }, settings);
    assert(outcome.ok);
    const { goals, mbToMove } = outcome.value.summary;
    assertEquals(goals.filter((goal) => goal.violatedAfter).map(({ name }) => name), [...left]);
    assertLessOrEqual(mbToMove, boundMb);
  });
}
