/** Re-plans of a cluster whose topics are others than in the plan before. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLess } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { clusterWith, type Piece, piecesOf } from "../../../bench/pieces.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { createPrng } from "../../../lib/prng.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { sumsAtHome, sumsFromScratch } from "../../../model/model_check.ts";
import { carryOver } from "../../../planner/replan/carry_over.ts";
import { changesOf } from "../../../planner/proposals/changes.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../../planner/previous.ts";
import { type PlacedPlan, placedPlanSteps } from "../../../planner/plan.ts";
import { prepare } from "../../../planner/prepare.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../clusters.ts";
import { problemsOf, sameAs, volumesOf } from "./replans.ts";
import { textOf } from "../wide_clusters.ts";

const constraint = constraintWith();
const settings = plannerSettings(GOAL_NAMES, constraint);
const SHAPE = { brokers: 20, replicas: 24_000, topics: 600, racks: 5 } as const;

/** Two topics come, two go, a partition is moved, and some loads change. */
function changed(input: ClusterInput, seed: number): ClusterInput {
  const prng = createPrng(seed);
  const gone = [0, 1].map(() => input.topicNames[prng.below(input.topicNames.length)]!);
  const pieces = piecesOf(input).filter(({ topic }) => !gone.includes(topic));
  const moved = prng.below(pieces.length);
  const rest = pieces.map((piece, k): Piece => {
    if (k === moved) return { ...piece, brokers: piece.brokers.toReversed() };
    if (prng.below(100) > 0) return piece;
    const factor = 0.5 + prng.next();
    const times = (loads: readonly number[]) => loads.map((load) => load * factor);
    return { ...piece, leading: times(piece.leading), following: times(piece.following) };
  });
  const come = [0, 1].flatMap((k) =>
    pieces.slice(prng.below(1000)).slice(0, 7).map((piece, number): Piece => ({
      ...piece,
      topic: `${k === 0 ? "A" : "Z"}-${seed}`,
      number,
    }))
  );
  return clusterWith(input, [...rest, ...come]);
}

function planOf(input: ClusterInput, more: Partial<PlannerSettings> = {}): PlacedPlan {
  const made = drain(placedPlanSteps(input, { ...settings, ...more }));
  assert(made.ok);
  return made.value;
}

function firstOf(distribution: "exponential" | "uniform", seed: number): ClusterInput {
  const input = syntheticCluster({ ...SHAPE, distribution, seed });
  return clusterWith(input, piecesOf(input));
}

function violatedBy({ plan }: PlacedPlan): string[] {
  return plan.summary.goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name);
}

Deno.test("a re-plan after topics came and went touches little else, meets the same goals, and is good", () => {
  for (const distribution of ["exponential", "uniform"] as const) {
    const keeper: Keeper = { kept: undefined };
    let input = firstOf(distribution, 21);
    let before = planOf(input, { keeper });
    let previous: PreviousPlan = previousOf({ ...before.plan, places: before.places });
    let taken = 0;
    for (let turn = 0; turn < 5; turn++) {
      const told = `${distribution}, turn ${turn}`;
      input = changed(input, 60 + turn);
      const made = planOf(input, { keeper, previous });
      assertEquals(textOf(made.plan), textOf(planOf(input, { previous }).plan), told);
      assertEquals(problemsOf(input, made.plan, constraint), [], told);
      const cold = planOf(input);
      assertEquals(violatedBy(made), violatedBy(cold), told);
      assertLess(made.plan.summary.mbToMove, cold.plan.summary.mbToMove * 1.02, told);
      const same = sameAs(before.plan.proposals, made.plan.proposals).length;
      if (same > 0.9 * made.plan.proposals.length) taken++;
      before = made;
      previous = previousOf({ ...made.plan, places: made.places }, previous);
    }
    assertGreater(taken, 2, `${distribution}: most start from the plan before`);
  }
});

Deno.test("carryOver() gives places, sums and changes of the plan as if it had been made for this cluster", () => {
  for (const distribution of ["exponential", "uniform"] as const) {
    let input = firstOf(distribution, 22);
    let previous: PreviousPlan | undefined;
    // The order of a re-plan that stands can be gone on from.
    for (let turn = 0; previous?.places?.freedom === undefined; turn++) {
      assertLess(turn, 6);
      input = changed(input, 90 + turn);
      const made = planOf(input, { previous });
      previous = previousOf({ ...made.plan, places: made.places }, previous);
    }
    const places = previous.places!;
    input = changed(input, 80);
    const carried = drain(carryOver(input, places));
    assert(carried !== undefined);
    // With the loads that they had then: what those changed by is added later.
    const prepared = prepare({ ...input, ...carried.loads }, settings);
    assert(prepared.ok);
    const then = prepared.value.model;
    assertSame(carried.homeSums, sumsAtHome(then));
    assertSame(carried.byFactor, then.census.byFactor);
    then.broker.set(carried.broker);
    then.leader.set(carried.leader);
    assertSame(carried.sums, sumsFromScratch(then));
    const { partitions, totals } = changesOf(then);
    assertEquals(carried.changes!.partitions, partitions);
    const { mbToMove, ...counts } = totals;
    assertEquals({ ...carried.changes!.totals, mbToMove: 0 }, { ...counts, mbToMove: 0 });
    assertAlmostEquals(carried.changes!.totals.mbToMove, mbToMove, 1e-9 * mbToMove);
    assertEquals(carried.changed.toSorted(), partitions);
    for (const [k, p] of carried.changed.entries()) {
      assertEquals(carried.proposalOf[p], k);
      const { topic, partition, group } = carried.proposals.at(k)!;
      assertEquals(topic, input.topicNames[then.topic[p]!]);
      assertEquals(partition, input.partitionNumber[p]);
      const isJoined = carried.joined[k] === 1 || carried.joined[k + 1] === 1;
      assertEquals(group !== undefined, isJoined, `${topic}-${partition}`);
    }
    const { stretches } = carried.freedom!;
    assertEquals(stretches.at(-1)!.end, carried.changed.length);
    for (const [i, stretch] of stretches.entries()) {
      const from = stretches[i - 1]?.end ?? 0;
      const volumes = volumesOf(then, carried.changed.subarray(from, stretch.end));
      assertSame(stretch.volumes.gains, volumes.gains);
      assertSame(stretch.volumes.losses, volumes.losses);
    }
  }
});

function assertSame(some: Float64Array, wanted: Float64Array): void {
  assertEquals(some.length, wanted.length);
  for (const [i, value] of wanted.entries()) {
    assertAlmostEquals(some[i]!, value, 1e-6 + 1e-9 * Math.abs(value), `${i}`);
  }
}

Deno.test("carryOver() gives up where brokers are others, or most partitions", () => {
  const input = firstOf("exponential", 23);
  const places = planOf(input).places!;
  assert(drain(carryOver(input, places)) !== undefined);
  const [one, ...rest] = input.brokers;
  const brokers = [{ ...one!, rack: "another" }, ...rest];
  assertEquals(drain(carryOver({ ...input, brokers }, places)), undefined);
  const some = clusterWith(input, piecesOf(input).filter((_, k) => k % 3 > 0));
  assertEquals(drain(carryOver(some, places)), undefined);
  const unlike = { ...input, followerLoad: input.followerLoad.map((load) => load * 2) };
  const more = clusterWith(unlike, [
    ...piecesOf(unlike),
    { ...piecesOf(unlike)[0]!, topic: "ZZ", number: 0 },
  ]);
  assertEquals(drain(carryOver(more, places)), undefined, "followers of the new are unlike");
});
