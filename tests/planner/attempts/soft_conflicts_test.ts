/** Goals in conflict: what is claimed is held to every placement of tiny clusters, and to what larger plans meet. */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { brokersOut } from "../../../goals/goal.ts";
import { createPrng } from "../../../lib/prng.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { BASE_CLUSTER, generateCluster } from "../../../model/generate_cluster.ts";
import { readSnapshotFile } from "../../../model/snapshot_read.ts";
import { makeOutcome } from "../../../planner/plan.ts";
import { prepare } from "../../../planner/prepare.ts";
import { type Places, placesOf, restore } from "../../../planner/search/checkpoint.ts";
import { isProof } from "../../../planner/search/pricing/dual.ts";
import { goalsInConflict } from "../../../planner/search/pricing/goals_in_conflict.ts";
import type { Search } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { conflictsOf } from "../../../planner/attempts/soft_conflicts.ts";
import { CAPACITY, constraintWith, handInput, type HandPartition, type Load } from "../clusters.ts";

const settings = plannerSettings(GOAL_NAMES, constraintWith());
const SNAPSHOT = new URL("../../fixtures/snapshots/twelve_brokers.json.gz", import.meta.url);

/** Topics are spread as evenly as numbers allow, so that their limits bind on tiny clusters as well. */
const evenTopics = plannerSettings(
  GOAL_NAMES,
  constraintWith({
    "topic.replica.count.balance.min.gap": "0",
    "topic.replica.count.balance.threshold": "1.0",
  }),
);

function searchOf(input: ClusterInput, by = settings): Search {
  const prepared = prepare(input, by);
  assert(prepared.ok, JSON.stringify(prepared));
  return prepared.value.searchOf(0);
}

/** Few enough placements to look at all of them; brokers differ in other ways than partitions do. */
const TINY = fc.record({
  sizes: fc.array(
    fc.array(fc.constantFrom(0.4, 1, 1, 2), { minLength: 4, maxLength: 4 }),
    { minLength: 2, maxLength: 4 },
  ),
  racks: fc.integer({ min: 1, max: 4 }),
  topics: fc.integer({ min: 1, max: 2 }),
  shape: fc.constantFrom({ factor: 1, partitions: 5 }, { factor: 2, partitions: 3 }),
  loads: fc.array(fc.integer({ min: 20, max: 40 }), { minLength: 5, maxLength: 5 }),
}).map(({ sizes, racks, topics, shape, loads }): ClusterInput => {
  const brokers = sizes.map((size, id) => ({
    id,
    rack: `r${id % racks}`,
    capacity: CAPACITY.map((value, resource) => value * size[resource]!) as unknown as Load,
  }));
  const partitions = loads.slice(0, shape.partitions).map((load, id): HandPartition => ({
    topic: `T${id % topics}`,
    id: Math.floor(id / topics),
    replicas: Array.from({ length: shape.factor }, (_, k) => (id + k) % sizes.length),
    load: CAPACITY.map((value) => load / 100 * value) as unknown as Load,
  }));
  partitions.sort((a, b) => a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.id - b.id);
  return handInput(brokers, partitions);
});

/** Every way to place replicas on different brokers and to choose leaders. */
function* allPlaces({ model }: Search, into: Places, p = 0): Generator<void, void, void> {
  if (p === model.partitionCount) return yield;
  const [start, end] = [model.replicaStart[p]!, model.replicaStart[p + 1]!];
  for (const brokers of arrangements(model.brokerCount, end - start)) {
    into.broker.set(brokers, start);
    for (let leader = start; leader < end; leader++) {
      into.leader[p] = leader;
      yield* allPlaces({ model } as Search, into, p + 1);
    }
  }
}

function* arrangements(brokers: number, count: number): Generator<number[], void, void> {
  if (count === 0) return yield [];
  for (const others of arrangements(brokers, count - 1)) {
    for (let b = 0; b < brokers; b++) if (!others.includes(b)) yield [...others, b];
  }
}

Deno.test("goalsInConflict() names no goals that some placement meets together", () => {
  let claims = 0;
  fc.assert(
    fc.property(TINY, fc.shuffledSubarray([...GOAL_NAMES], { minLength: 2 }), (input, names) => {
      const search = searchOf(input, evenTopics);
      const asked = search.goals.filter((goal) =>
        names.includes(goal.name) && !search.hopeless.has(goal)
      );
      const conflict = drain(goalsInConflict(search, asked));
      if (conflict === undefined) return;
      claims++;
      const places = placesOf(search);
      for (const _ of allPlaces(search, places)) {
        restore(search, places);
        assert(conflict.some((goal) => brokersOut(goal, search.context).length > 0));
      }
    }),
    { seed: 20261, numRuns: 150 },
  );
  assertGreater(claims, 30);
});

Deno.test("conflictsOf() claims of demoted brokers what holds of every placement", () => {
  let claims = 0;
  fc.assert(
    fc.property(TINY, fc.integer({ min: 0, max: 3 }), (input, demoted) => {
      const brokers = input.brokers.map((broker, b) =>
        b === demoted ? { ...broker, state: "demoted" as const } : broker
      );
      const search = searchOf({ ...input, brokers }, evenTopics);
      const conflicts = drain(conflictsOf(search));
      if (conflicts.size === 0) return;
      claims += conflicts.size;
      const { model } = search;
      const places = placesOf(search);
      for (const _ of allPlaces(search, places)) {
        // Whoever leads from a demoted broker did so at home.
        const mayLead = places.leader.every((leader, p) =>
          places.broker[leader] !== demoted || model.home[model.homeLeader[p]!] === demoted
        );
        if (!mayLead) continue;
        restore(search, places);
        for (const [goal, beside] of conflicts) {
          const all = [goal, ...beside];
          assert(all.some((one) => brokersOut(one, search.context).length > 0), goal.name);
        }
      }
    }),
    { seed: 20262, numRuns: 60 },
  );
  assertGreater(claims, 30);
});

Deno.test("isProof() is false at limits that a placement keeps to the last bit, whatever the prices", () => {
  let proofs = 0;
  fc.assert(
    fc.property(TINY, fc.nat(2 ** 31 - 2), (input, seed) => {
      const search = searchOf(input);
      const { model } = search;
      const { sums, topicReplicas, brokerCount, topicCount } = model;
      // One topic has the same limits everywhere: prices for too many where it has most, for too few where it has fewest.
      const counts = Array.from(
        { length: topicCount },
        (_, t) => [...topicReplicas.slice(t * brokerCount, (t + 1) * brokerCount)],
      );
      const limits = {
        upper: sums.slice(),
        lower: sums.slice(),
        topicUpper: Int32Array.from(counts, (of) => Math.max(...of)),
        topicLower: Int32Array.from(counts, (of) => Math.min(...of)),
      };
      const prng = createPrng(seed);
      const draws = (length: number) =>
        new Float64Array(length).map(() => prng.below(3) === 0 ? prng.below(1000) : 0);
      const cells = topicCount * brokerCount;
      const prices = {
        above: draws(sums.length),
        below: draws(sums.length),
        topicAbove: draws(cells),
        topicBelow: draws(cells),
      };
      const scale = search.target.map((target) => target > 0 ? 1 / target : 0);
      const of = { search, scale, racksDiffer: false };
      assert(!isProof({ ...of, limits }, prices));
      // With a little less of everything there is no placement, and equal prices show it.
      const tight = {
        ...limits,
        upper: sums.map((sum) => sum * 0.99),
        lower: new Float64Array(sums.length),
      };
      const none = new Float64Array(cells);
      const equal = {
        above: scale.map((one) => one > 0 ? 1 / one : 0),
        below: new Float64Array(sums.length),
        topicAbove: none,
        topicBelow: none,
      };
      if (isProof({ ...of, limits: tight }, equal)) proofs++;
    }),
    { seed: 20261, numRuns: 300 },
  );
  assertGreater(proofs, 290);
});

Deno.test("goalsInConflict() says nothing of goals that a plan meets, up to their limits", () => {
  let met = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const made = generateCluster({
      ...BASE_CLUSTER,
      brokers: 4 + seed,
      replicas: 150 * seed,
      topics: 12,
      racks: 3 + seed % 3,
      distribution: seed % 2 === 0 ? "linear" : "exponential",
      capacities: seed % 3 === 0 ? "mixed" : "equal",
      seed,
    });
    assert(made.ok);
    const plan = makeOutcome(made.value, { ...settings, unmetHardGoals: "report" });
    assert(plan.ok);
    const isMet = (name: string) =>
      plan.value.summary.goals.some((goal) => goal.name === name && !goal.violatedAfter);
    const search = searchOf(made.value);
    const goals = search.goals.filter((goal) => isMet(goal.name));
    met += goals.length;
    assertEquals(drain(goalsInConflict(search, goals)), undefined, `seed ${seed}`);
    for (const [goal, beside] of drain(conflictsOf(search))) {
      assert([goal, ...beside].some((one) => !isMet(one.name)), `seed ${seed}: ${goal.name}`);
    }
  }
  assertGreater(met, 130);
});

Deno.test("a plan names the more important goals beside which another one cannot be met", async () => {
  const read = await readSnapshotFile(SNAPSHOT.pathname);
  assert(read.ok);
  const made = makeOutcome(read.value, { ...settings, seed: 3 });
  assert(made.ok);
  const left = made.value.summary.goals.filter((goal) => goal.violatedAfter);
  assertEquals(left.map(({ name, conflictsWith }) => [name, conflictsWith]), [[
    "NetworkInboundUsageDistributionGoal",
    ["ReplicaDistributionGoal", "DiskUsageDistributionGoal"],
  ]]);
  assertStringIncludes(
    left[0]!.explanation!,
    "cannot be met beside ReplicaDistributionGoal and DiskUsageDistributionGoal; broker ",
  );
});

Deno.test("conflictsOf() leaves the model as it is and looks once", async () => {
  const read = await readSnapshotFile(SNAPSHOT.pathname);
  assert(read.ok);
  const search = searchOf(read.value);
  const { broker, sums, topicReplicas } = search.model;
  const before = [Array.from(broker), Array.from(sums), Array.from(topicReplicas)];
  const found = drain(conflictsOf(search));
  assertEquals(found.size, 1);
  assertEquals([Array.from(broker), Array.from(sums), Array.from(topicReplicas)], before);
  const steps = search.steps;
  assertEquals(drain(conflictsOf(search)), found);
  assertEquals(search.steps, steps);
});
