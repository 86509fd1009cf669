import { assert, assertEquals, assertGreater } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { createPrng, type Prng } from "../../../lib/prng.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterModel } from "../../../model/cluster_model.ts";
import type { Keeper } from "../../../planner/previous.ts";
import { placedPlanSteps } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { bandOf, type WayLimits } from "../../../planner/way/limits.ts";
import { addProposal } from "../../../planner/way/sums.ts";
import {
  isFree,
  isTighter,
  newTight,
  type Sides,
  type Tight,
  TightSides,
} from "../../../planner/way/tight.ts";
import { noVolumes, type Volumes } from "../../../planner/way/volumes.ts";
import { mayWorsen } from "../../../planner/way/worsening.ts";
import { constraintWith } from "../clusters.ts";
import { volumesOf } from "../replan/replans.ts";

/** A plan: its model, the partitions that it changes in their order, and the sums of brokers before it. */
interface Made {
  readonly model: ClusterModel;
  readonly order: readonly number[];
  readonly homeSums: Float64Array;
}

function made(seed: number): Made {
  const keeper: Keeper = { kept: undefined };
  const shape = { brokers: 20, replicas: 8000, topics: 600, racks: 5, seed, hetero: true };
  const input = syntheticCluster({ ...shape, distribution: "exponential" });
  assert(
    drain(placedPlanSteps(input, plannerSettings(GOAL_NAMES, constraintWith(), { keeper }))).ok,
  );
  const { model, places } = keeper.kept!;
  return { model, order: [...places.changed], homeSums: places.homeSums };
}

/** A goal on each axis, limits by chance about where the plan ends. Counts have a hard one besides. */
function limitsOf({ model, homeSums }: Made, prng: Prng): WayLimits {
  const { brokerCount, sums } = model;
  const axisOf = Int32Array.of(3, 0, 1, 2, 3, 4, 5, 6, 7);
  const goalCount = axisOf.length;
  const whole = (g: number) =>
    sums.reduce((sum, amount, i) => (i & 7) === axisOf[g]! ? sum + amount : sum, 0);
  const limits = new Float64Array(2 * brokerCount * goalCount);
  for (let i = 0; i < brokerCount * goalCount; i++) {
    const at = 8 * Math.floor(i / goalCount) + axisOf[i % goalCount]!;
    // That of a hard goal lies beyond both ends for two of three brokers.
    const isWide = i % goalCount === 0 && prng.next() < 0.6;
    const [low, high] = isWide
      ? [Math.min(sums[at]!, homeSums[at]!), Math.max(sums[at]!, homeSums[at]!)]
      : [sums[at]!, sums[at]!];
    limits[2 * i] = high * (1 + 0.05 * prng.next());
    limits[2 * i + 1] = low * (1 - 0.05 * prng.next());
  }
  const goals = Array.from({ length: goalCount }, (_, g) => g);
  const parts = { goalCount, limits, axisOf };
  return {
    ...parts,
    hardCount: 1,
    weight: Float64Array.from(goals, (g) => 1 / whole(g)),
    slack: Float64Array.from(goals, (g) => 1e-10 * whole(g)),
    goalsOf: Array.from(
      { length: 8 },
      (_, axis) => Int32Array.from(goals.filter((g) => axisOf[g] === axis)),
    ),
    band: bandOf(parts, brokerCount, () => true),
  };
}

function tightSides(
  volumes: Volumes,
  sums: Float64Array,
  { limits, ...sides }: Sides & { limits: WayLimits },
): Tight {
  const telling = new TightSides(limits, sums.length / 8);
  const tight = telling.tellInto(newTight(sums.length / 8), volumes, sums, sides);
  // What was told before leaves nothing.
  telling.tell(volumes, sums.map((sum) => 2 * sum), sides);
  assertEquals(telling.tell(volumes, sums, sides), tight);
  return tight;
}

/** What brokers have outside their limits, goal by goal. */
function outsideOf({ limits, axisOf, goalCount }: WayLimits, sums: Float64Array): number[][] {
  return Array.from(axisOf, (axis, g) =>
    Array.from({ length: sums.length / 8 }, (_, b) => {
      const of = b * goalCount + g;
      return Math.max(
        0,
        sums[8 * b + axis]! - limits[2 * of]!,
        limits[2 * of + 1]! - sums[8 * b + axis]!,
      );
    }));
}

function sumOf(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

/** What is worse from one state to the next. */
function worse(
  { hardCount, slack, weight }: WayLimits,
  { home, was, is }: { home: number[][]; was: number[][]; is: number[][] },
): string | undefined {
  let all = 0;
  for (const [g, amounts] of is.entries()) {
    const [atHome, before, now] = [home[g]!, was[g]!, amounts].map(sumOf) as [
      number,
      number,
      number,
    ];
    all += (now - before) * weight[g]!;
    const isFarther = amounts.some((amount, b) => amount > was[g]![b]! + slack[g]!);
    if (g < hardCount && isFarther) return `hard goal ${g}`;
    if (before <= slack[g]! && now > slack[g]!) return `goal ${g} that was met`;
    if (now > Math.max(atHome, before) + slack[g]!) return `goal ${g} from home`;
  }
  return all > 1e-12 ? "all goals together" : undefined;
}

Deno.test("isFree() holds for what makes nothing worse, whenever in its stretch it comes", () => {
  const prng = createPrng(3);
  for (const seed of [11, 12]) {
    const plan = made(seed);
    const { model } = plan;
    const order = plan.order.toSorted(() => prng.next() - 0.5);
    const limits = limitsOf(plan, prng);
    const home = outsideOf(limits, plan.homeSums);
    let paid = 0;
    for (const part of [0, 0.1, 0.3, 0.6, 0.8, 0.95]) {
      const from = Math.floor(part * order.length);
      const stretch = order.slice(from, from + 250);
      const start = plan.homeSums.slice();
      for (const p of order.slice(0, from)) addProposal(model, start, p, 1);
      const volumes = volumesOf(model, stretch);
      const now = outsideOf(limits, start);
      const room = Float64Array.from(now, (amounts, g) => {
        const isMet = sumOf(amounts) <= limits.slack[g]!;
        return isMet ? 0 : sumOf(home[g]!) - sumOf(amounts);
      });
      const tight = tightSides(volumes, start, { limits, room, margin: 0 });
      const none = { ...tight, paid: new Uint8Array(model.brokerCount) };
      const careful = tightSides(volumes, start, { limits, room, margin: 0.01 });
      assert(isTighter(tight, careful));
      for (let draw = 0; draw < 2; draw++) {
        const sums = start.slice();
        let was = now;
        for (const p of stretch.toSorted(() => prng.next() - 0.5)) {
          addProposal(model, sums, p, 1);
          const is = outsideOf(limits, sums);
          if (isFree(model, tight, p)) {
            const costly = is.some((amounts, g) => sumOf(amounts) > sumOf(was[g]!) + 1e-9);
            if (costly) paid++;
            assertEquals(worse(limits, { home, was, is }), undefined, `${part}, partition ${p}`);
          } else assert(!isFree(model, careful, p));
          assert(isFree(model, none, p) || !isFree(model, tight, p));
          was = is;
        }
      }
    }
    assertGreater(paid, 20);
  }
});

Deno.test("TightSides lets nothing be outside for a while where a goal may be met before", () => {
  const limits: WayLimits = {
    goalCount: 1,
    hardCount: 0,
    axisOf: Int32Array.of(0),
    goalsOf: [Int32Array.of(0), ...Array.from({ length: 7 }, () => new Int32Array(0))],
    limits: Float64Array.of(100, 10, 100, 10),
    weight: Float64Array.of(0.5),
    slack: Float64Array.of(1e-6),
    band: bandOf(
      { goalCount: 1, axisOf: Int32Array.of(0), limits: Float64Array.of(100, 10, 100, 10) },
      2,
      () => true,
    ),
  };
  const tightWith = (other: number, room: number) => {
    const volumes = noVolumes(2);
    [volumes.losses[0], volumes.gains[0]] = [10, 3];
    const sums = new Float64Array(16);
    [sums[0], sums[8]] = [105, other];
    return tightSides(volumes, sums, { limits, room: Float64Array.of(room), margin: 0 });
  };
  const met = tightWith(99, 3);
  assertEquals([...met.more], [1, 0]);
  const stays = tightWith(150, 3);
  assertEquals([...stays.more], [0, 0], "the other broker stays outside");
  assertEquals([...stays.cost.subarray(0, 2)], [0, 0.5]);
  assertEquals([...stays.cost.subarray(16, 18)], [-0.5, 0.5]);
  assertEquals([...tightWith(150, 2).more], [1, 1], "there is no room for 3 more");
  assertEquals([...tightWith(5, 3).cost.subarray(16, 18)], [0.5, -0.5], "it lacks something");
});

Deno.test("isFree() without room holds for what passes no limit in whatever order", () => {
  const prng = createPrng(5);
  const plan = made(11);
  const { model, order, homeSums } = plan;
  const volumes = volumesOf(model, order);
  const limits = limitsOf(plan, prng);
  // Widened to where the plan begins and ends.
  const { band } = limits;
  for (let i = 0; i < model.sums.length; i++) {
    const [one, other] = [homeSums[i]!, model.sums[i]!];
    const slack = 1e-9 * Math.abs(one);
    band[2 * i] = Math.min(one, other) - slack - prng.next() * volumes.losses[i]!;
    band[2 * i + 1] = Math.max(one, other) + slack + prng.next() * volumes.gains[i]!;
  }
  for (let of = 0; of < limits.limits.length / 2; of++) {
    const b = Math.floor(of / limits.goalCount);
    const at = 8 * b + limits.axisOf[of % limits.goalCount]!;
    limits.limits[2 * of] = band[2 * at + 1]!;
    limits.limits[2 * of + 1] = band[2 * at]!;
  }
  const room = new Float64Array(limits.goalCount);
  const tight = tightSides(volumes, homeSums, { limits, room, margin: 0 });
  const free = order.filter((p) => isFree(model, tight, p));
  assertGreater(free.length, 100);
  assertGreater(order.length - free.length, 100);
  for (let draw = 0; draw < 3; draw++) {
    const sums = homeSums.slice();
    for (const p of order.toSorted(() => prng.next() - 0.5)) {
      if (isFree(model, tight, p)) assert(!mayWorsen(model, sums, band, p), `partition ${p}`);
      addProposal(model, sums, p, 1);
    }
  }
});

Deno.test("isTighter() compares side by side", () => {
  const sides = (fewer: number[], more: number[], cost: number[] = []): Tight => ({
    fewer: Uint8Array.from(fewer),
    more: Uint8Array.from(more),
    paid: Uint8Array.of(cost.length > 0 ? 1 : 0, 0),
    cost: Float64Array.from({ length: 32 }, (_, i) => cost[i] ?? 0),
  });
  assert(isTighter(sides([1, 0], [0, 2]), sides([3, 0], [0, 2])));
  assert(!isTighter(sides([1, 0], [0, 2]), sides([2, 0], [0, 2])));
  assert(!isTighter(sides([1, 0], [4, 2]), sides([3, 0], [0, 2])));
  const dear = sides([0, 0], [0, 0], [-2, 2]);
  assert(isTighter(dear, sides([0, 0], [0, 0], [-2.01, 1.99])));
  assert(isTighter(sides([0, 0], [0, 0], [-3, 1]), dear));
  assert(!isTighter(sides([0, 0], [0, 0], [-2, 2.1]), dear), "it costs more");
  assert(!isTighter(sides([0, 0], [0, 0], [-1.9, 2]), dear), "it earns less");
  assert(!isTighter(sides([0, 0], [0, 0]), dear), "it earns nothing");
  assert(!isTighter(dear, sides([0, 0], [0, 0])));
  assert(isTighter(dear, sides([0, 0], [1, 0])), "nothing comes to what is tight");
});
