/**
 * Clusters of the kinds on which Cruise Control was seen to fail. What it did is said at each; what cannot be met at
 * all is in `heal_rest_test.ts`, and demotion of several brokers in `operations/demote_test.ts`.
 */
import { assert, assertEquals, assertLess, assertLessOrEqual } from "@std/assert";
import { syntheticCluster, type SyntheticOptions } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { createPrng } from "../../lib/prng.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import { BASE_CLUSTER, generateCluster } from "../../model/generate_cluster.ts";
import { makeOutcome, makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { constraintWith, type HandBroker, handInput, type HandPartition } from "./clusters.ts";
import { readBack } from "./wide_clusters.ts";

const constraint = constraintWith();
const RACKS = 3;

interface Planted {
  readonly brokers: number;
  /** Replicas of each broker, about. */
  readonly replicas: number;
  readonly factor: number;
  /** Room that each disk has above what it holds in the placement that is known, relative. */
  readonly room: number;
  /** Pairs of replicas that change places. */
  readonly scrambles: number;
  readonly seed: number;
}

/** Disks that are full to `room` in a placement that meets all hard goals, from which some replicas were swapped. */
function planted(shape: Planted): ClusterInput {
  const prng = createPrng(shape.seed);
  const used = new Array<number>(shape.brokers).fill(0);
  const count = Math.floor(shape.brokers * shape.replicas / shape.factor);
  const places = Array.from({ length: count }, (_, p) => {
    const mb = 1 + Math.floor(-1000 * Math.log(1 - prng.next()));
    const replicas = Array.from({ length: shape.factor }, (_, k) => {
      const broker = roomiest(used, (p + k) % RACKS, () => prng.next());
      used[broker]! += mb;
      return broker;
    });
    return { mb, replicas };
  });
  for (let k = 0; k < shape.scrambles; k++) {
    const [a, b] = [places[prng.below(count)]!.replicas, places[prng.below(count)]!.replicas];
    swap(a, b, [prng.below(shape.factor), prng.below(shape.factor)]);
  }
  const threshold = constraint.capacityThreshold[3]!;
  const brokers = used.map((mb, id): HandBroker => ({
    id,
    rack: `r${id % RACKS}`,
    capacity: [1e6, 1e6, 1e6, mb * (1 + shape.room) / threshold],
  }));
  return handInput(
    brokers,
    places.map(({ mb, replicas }, id): HandPartition => ({
      topic: `T${id % 5}`,
      id,
      replicas,
      load: [0.1, 1, 1, mb],
    })),
  );
}

/** About the emptiest broker of a rack. */
function roomiest(used: readonly number[], rack: number, draw: () => number): number {
  let best = -1;
  for (let b = rack; b < used.length; b += RACKS) {
    if (best < 0 || used[b]! + 300 * draw() < used[best]!) best = b;
  }
  return best;
}

/** Lets two replicas change places, where racks and the other replicas allow it. */
function swap(a: number[], b: number[], [i, j]: readonly [number, number]): void {
  const [x, y] = [a[i]!, b[j]!];
  if (a === b || x === y || x % RACKS !== y % RACKS || a.includes(y) || b.includes(x)) return;
  a[i] = y;
  b[j] = x;
}

const HARD = ["RackAwareGoal", "ReplicaCapacityGoal", "DiskCapacityGoal"];

function assertHealed(shape: Planted): void {
  const input = planted(shape);
  const made = makePlan(input, plannerSettings(HARD, constraint));
  assert(made.ok, `seed ${shape.seed}: ${made.ok ? "" : made.failure.message}`);
  assert(made.value.summary.goals[2]!.violatedBefore, `seed ${shape.seed} is no case`);
  const checked = verifyPlan(input, readBack(made.value), { goals: HARD, constraint });
  assertEquals([checked.problems, checked.left], [[], []]);
}

Deno.test("makePlan() swaps where disks are just under their limit, and calls no capacity too small", () => {
  // Cruise Control: "Insufficient capacity", as no single move fits anywhere.
  const shape = { brokers: 9, replicas: 60, factor: 3, room: 0.001, scrambles: 200 };
  for (const seed of [1, 2, 3]) assertHealed({ ...shape, seed });
});

Deno.test("makePlan() finds the legal placement of few large partitions, over three brokers and more", () => {
  // Cruise Control: "Insufficient capacity", as no move and no swap of two helps. These once beat us, too.
  for (const seed of [15, 23, 98]) {
    assertHealed({ brokers: 12, replicas: 5, factor: 2, room: 0.05, scrambles: 30, seed });
  }
  for (const seed of [31, 62]) {
    assertHealed({ brokers: 6, replicas: 4, factor: 1, room: 0.02, scrambles: 10, seed });
  }
});

Deno.test("makePlan() looks longer where few large partitions nearly fit", () => {
  for (const seed of [208, 215, 252]) {
    assertHealed({ brokers: 6, replicas: 4, factor: 1, room: 0.003, scrambles: 10, seed });
  }
  for (const seed of [204, 222, 239]) {
    assertHealed({ brokers: 12, replicas: 4, factor: 1, room: 0.004, scrambles: 30, seed });
  }
});

Deno.test("makePlan() packs brokers anew where next to nothing of them may stay empty", () => {
  // Annealing ends beside these: of some hundred sets of replicas one fills a broker to its limit.
  for (const seed of [4, 8]) {
    assertHealed({ brokers: 9, replicas: 3, factor: 1, room: 0.002, scrambles: 20, seed });
    assertHealed({ brokers: 9, replicas: 4, factor: 2, room: 0.002, scrambles: 20, seed });
  }
  assertHealed({ brokers: 12, replicas: 4, factor: 3, room: 0.002, scrambles: 30, seed: 1 });
});

Deno.test("makePlan() calls no number of brokers needed where a plan exists that it does not find", () => {
  const shape = { brokers: 12, replicas: 4, factor: 2, room: 0.0002, scrambles: 30 };
  let cases = 0;
  for (const seed of [4, 13]) {
    const asked = plannerSettings(HARD, constraint, {
      unmetHardGoals: "report",
      findsEnough: true,
    });
    const made = makePlan(planted({ ...shape, seed }), asked);
    assert(made.ok, `seed ${seed}`);
    const { unmet = [], provision, goals, enough } = made.value.summary;
    if (unmet.length > 0) cases++;
    const said = [
      ...provision.recommendations,
      ...unmet.flatMap(({ message, details }) => [message, ...details]),
    ];
    assertEquals(said.filter((text) => /at least|no plan can/i.test(text)), [], `seed ${seed}`);
    assertEquals(goals.filter(({ conflictsWith }) => conflictsWith !== undefined), []);
    assertEquals(enough?.atLeast ?? 0, 0, `seed ${seed}`);
  }
  assert(cases > 0, "all are found by now: draw others");
});

/** Broker 0 holds most; 1 and 2 little; broker 3 is in `state` and holds the same as they. */
function lopsided(state: "new" | "dead"): ClusterInput {
  const load = [0.2, 100, 100, 1000] as const;
  return handInput(
    [0, 1, 2, 3].map((id): HandBroker => ({ id, rack: `r${id}`, ...(id === 3 ? { state } : {}) })),
    Array.from({ length: 40 }, (_, id): HandPartition => ({
      topic: `T${id % 4}`,
      id,
      replicas: [id < 36 ? 0 : id - 36],
      load,
    })),
  );
}

for (const state of ["new", "dead"] as const) {
  Deno.test(`makePlan() reports imbalance among the other brokers while one is ${state}`, () => {
    // Cruise Control looks only at what new brokers get and dead ones lose, and calls these goals met.
    const input = lopsided(state);
    const made = makePlan(input, plannerSettings(GOAL_NAMES, constraint));
    assert(made.ok, made.ok ? "" : made.failure.message);
    const checked = verifyPlan(input, readBack(made.value), { goals: GOAL_NAMES, constraint });
    assertEquals([checked.problems, checked.left], [[], []]);
    for (const name of ["ReplicaDistributionGoal", "DiskUsageDistributionGoal"]) {
      const goal = made.value.summary.goals.find((outcome) => outcome.name === name)!;
      assertEquals(goal.violatedAfter, true, name);
      const truly = checked.goals.find((outcome) => outcome.name === name)!;
      assertEquals(goal.brokersOutAfter, truly.brokersOutAfter.length, name);
      assert(truly.brokersOutAfter.includes(1), `${name}: ${truly.brokersOutAfter}`);
    }
  });
}

/** Cruise Control moved 1.1 to 1.6 times the bound on large clusters and 2 to 4 times on small ones. */
const BYTES: readonly (SyntheticOptions & { readonly ratio: number })[] = [
  {
    brokers: 12,
    replicas: 3000,
    topics: 60,
    racks: 4,
    distribution: "exponential",
    seed: 3,
    ratio: 1.4,
  },
];

for (const { ratio, ...shape } of BYTES) {
  Deno.test(`makeOutcome() meets all goals with ${ratio} x the fewest bytes at ${shape.replicas} replicas`, () => {
    const made = makeOutcome(syntheticCluster(shape), plannerSettings(GOAL_NAMES, constraint));
    assert(made.ok, made.ok ? "" : made.failure.message);
    const { goals, mbToMove, lowerBoundMb } = made.value.summary;
    assertEquals(goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name), []);
    assertLessOrEqual(mbToMove, ratio * lowerBoundMb);
  });
}

Deno.test("makeOutcome() meets all goals where brokers of three sizes hold all that they may of few topics", () => {
  // Of a hundred trades that are worth most one is legal: trade after trade left a topic out, and looked at twenty times as many actions.
  const cluster = generateCluster({
    ...{ ...BASE_CLUSTER, brokers: 20, replicas: 16_000, topics: 8, seed: 3 },
    ...{ capacities: "mixed", distribution: "skewed", utilization: 0.5 },
  });
  assert(cluster.ok);
  const settings = plannerSettings(GOAL_NAMES, constraintWith(), { unmetHardGoals: "report" });
  const made = makeOutcome(cluster.value, settings);
  assert(made.ok);
  const { goals, steps, mbToMove, lowerBoundMb } = made.value.summary;
  assertEquals(goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name), []);
  assertLess(steps, 200_000);
  assertLess(mbToMove, 1.09 * lowerBoundMb);
});

Deno.test("makeOutcome() leaves the last of goals in conflict, not earlier ones that prices weigh alike", () => {
  // Who holds a partition that is not replicated leads it: large brokers cannot hold their part of the bytes in and lead no more than others.
  const shapes = [
    { brokers: 20, replicas: 7000, topics: 300, racks: 5, seed: 4 },
    { brokers: 30, replicas: 12_000, topics: 1500, racks: 7, seed: 22 },
  ];
  for (const shape of shapes) {
    const cluster = generateCluster({
      ...{ ...BASE_CLUSTER, ...shape, replicationFactor: 1, utilization: 0.1 },
      ...{ capacities: "mixed", distribution: "linear" },
    });
    assert(cluster.ok);
    const given = constraintWith({ "max.replicas.per.broker": "40000" });
    const made = makeOutcome(cluster.value, plannerSettings(GOAL_NAMES, given));
    assert(made.ok);
    const { goals, steps } = made.value.summary;
    const left = goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name);
    assertEquals(left, ["LeaderBytesInDistributionGoal"]);
    assertLess(steps, 400_000);
  }
});

Deno.test("makeOutcome() lets the other replica of a partition leave a rack that both have their home on", () => {
  // Broker 2 alone may send the 840 KB/s of T-1, whose replicas share a rack: the one on broker 0 has to leave it.
  const input = handInput(
    [[0, 0.6], [1, 0.6], [0, 1.5]].map(([rack, size], id) => ({
      id,
      rack: `r${rack}`,
      capacity: [100 * size!, 1000 * size!, 1000 * size!, 1000 * size!] as const,
    })),
    [
      { topic: "T", id: 0, replicas: [0], load: [67, 168, 280, 560], follower: [20, 168, 0, 560] },
      {
        topic: "T",
        id: 1,
        replicas: [0, 2],
        load: [78, 672, 840, 504],
        follower: [24, 672, 0, 504],
      },
      {
        topic: "U",
        id: 0,
        replicas: [0, 2],
        load: [22, 224, 168, 728],
        follower: [7, 224, 0, 728],
      },
    ],
  );
  const goals = ["RackAwareGoal", "NetworkOutboundCapacityGoal"];
  const made = makeOutcome(input, plannerSettings(goals, constraint));
  assert(made.ok, made.ok ? "" : made.failure.message);
});
