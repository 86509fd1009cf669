/** A model that is kept from plan to plan: it saves time and shows nowhere. */
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { createPrng } from "../../lib/prng.ts";
import { drain } from "../../lib/steps.ts";
import type { ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import { CPU, RESOURCE_COUNT } from "../../model/metrics.ts";
import { checkInvariants, sumsAtHome, sumsFromScratch } from "../../model/model_check.ts";
import { planText } from "../../model/plan_file.ts";
import { homeSumSteps } from "../../model/reload_model.ts";
import { type Keeper, previousOf, type PreviousPlan } from "../../planner/previous.ts";
import { type PlacedPlan, placedPlanSteps } from "../../planner/plan.ts";
import { prepare } from "../../planner/prepare.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { sameAs } from "./replan/replans.ts";
import { constraintWith } from "./clusters.ts";

const settings = plannerSettings(GOAL_NAMES, constraintWith());
const SHAPE = { brokers: 12, replicas: 6_000, topics: 150, racks: 4 } as const;
const TINY: InputBroker["capacity"] = [1e-6, 1e-6, 1e-6, 1e-6];
/** Sums are carried where a cluster is too large to be annealed. */
const LARGER = { ...SHAPE, replicas: 6_600 } as const;

function planOf(input: ClusterInput, more: Partial<PlannerSettings>): PlacedPlan {
  const made = drain(placedPlanSteps(input, { ...settings, ...more }));
  if (!made.ok) throw new TypeError(made.failure.message);
  return made.value;
}

function nextOf({ plan, places }: PlacedPlan, earlier?: PreviousPlan): PreviousPlan {
  return previousOf({ ...plan, places }, earlier);
}

function textOf({ plan }: PlacedPlan): string {
  return [...planText(plan, { wallMs: 0, cpuMs: 0 })].join("");
}

/** Loads of one partition in fifty, and of some clusters all incoming bytes of followers, which gives them rows of their own. */
function changed(input: ClusterInput, seed: number): ClusterInput {
  const prng = createPrng(seed);
  const leaderLoad = input.leaderLoad.slice();
  const followerLoad = input.followerLoad.slice();
  for (let k = 0; k < input.partitionNumber.length / 50; k++) {
    const at = prng.below(input.partitionNumber.length) * RESOURCE_COUNT;
    const factor = 0.5 + prng.next();
    for (let i = at; i < at + RESOURCE_COUNT; i++) {
      leaderLoad[i]! *= factor;
      followerLoad[i]! *= factor;
    }
    if (seed % 3 === 0) followerLoad[at + 1]! *= 1.5;
  }
  return { ...input, leaderLoad, followerLoad };
}

/** What may happen between two plans. */
const EVENTS: readonly ((input: ClusterInput, k: number) => ClusterInput)[] = [
  changed,
  changed,
  // A replica moved in the real cluster.
  (input) => {
    const replicaBroker = input.replicaBroker.slice();
    const taken = new Set(replicaBroker.subarray(0, input.replicaStart[1]));
    replicaBroker[0] = input.brokers.findIndex((_, b) => !taken.has(b));
    return { ...input, replicaBroker };
  },
  changed,
  (input) => ({ ...input, unknownResources: new Map([[CPU, "no source"]]) }),
  changed,
  (input) => ({
    ...input,
    brokers: input.brokers.map((broker, b) => b === 3 ? { ...broker, rack: "another" } : broker),
  }),
  changed,
];

Deno.test("a kept model gives the plan of a model built anew, byte by byte, whatever changes", () => {
  let reused = 0;
  for (const seed of [1, 2, 3]) {
    const keeper: Keeper = { kept: undefined };
    let input: ClusterInput = syntheticCluster({ ...SHAPE, distribution: "exponential", seed });
    let previous = nextOf(planOf(input, { keeper }));
    for (const [k, event] of EVENTS.entries()) {
      input = event(input, seed + k);
      const places = keeper.kept?.model.broker;
      const made = planOf(input, { keeper, previous });
      assertEquals(textOf(made), textOf(planOf(input, { previous })), `seed ${seed}, event ${k}`);
      if (places === keeper.kept?.model.broker) reused++;
      assertEquals(checkInvariants(keeper.kept!.model), []);
      previous = nextOf(made, previous);
    }
  }
  // Six events of the eight leave the topology as it was in the plan before.
  assertEquals(reused, 3 * 6);
});

Deno.test("a kept model goes home where a broker has nothing, and all is searched from there", () => {
  const drawn = syntheticCluster({ ...LARGER, distribution: "exponential", seed: 12 });
  const full = drawn.brokers[0]!;
  // On a rack of its own, so that it may take anything, and too small for any replica.
  const tiny = { ...full, id: 99, rack: "tiny", capacity: TINY };
  const input: ClusterInput = { ...drawn, brokers: [...drawn.brokers, tiny] };
  const keeper: Keeper = { kept: undefined };
  const previous = nextOf(planOf(input, { keeper }));
  assert(previous.proposals.length > 0);
  assert(previous.places!.broker.every((b) => b !== input.brokers.length - 1));
  const next = changed(input, 13);
  assertEquals(textOf(planOf(next, { keeper, previous })), textOf(planOf(next, { previous })));
});

Deno.test("a plan from other rules, and one after a plan that was given up, do not use what was kept", () => {
  const input = syntheticCluster({ ...SHAPE, distribution: "exponential", seed: 4 });
  const keeper: Keeper = { kept: undefined };
  const previous = nextOf(planOf(input, { keeper }));
  const next = changed(input, 5);
  const excludedForReplicaMove = [input.brokers[1]!.id];
  const other = { previous, excludedForReplicaMove };
  assertEquals(textOf(planOf(next, { ...other, keeper })), textOf(planOf(next, other)));

  planOf(input, { keeper, previous });
  const steps = placedPlanSteps(next, { ...settings, keeper, previous });
  for (let k = 0; k < 40; k++) assert(steps.next().done !== true);
  assertEquals(keeper.kept, undefined);
  assertEquals(textOf(planOf(next, { keeper, previous })), textOf(planOf(next, { previous })));
});

Deno.test("a re-plan moves only what it must: proposals that stay are the very same", () => {
  const input = syntheticCluster({ ...SHAPE, distribution: "exponential", seed: 6 });
  const first = planOf(input, {});
  const second = planOf(changed(input, 7), { previous: nextOf(first) });
  const same = sameAs(first.plan.proposals, second.plan.proposals).length;
  assertNotEquals(second.plan.proposals.length, 0);
  assert(same > 0.9 * second.plan.proposals.length, `${same} of ${second.plan.proposals.length}`);
});

Deno.test("sums that are carried from plan to plan are as good as sums added up, and are added up now and then", () => {
  const keeper: Keeper = { kept: undefined };
  let input: ClusterInput = syntheticCluster({ ...LARGER, distribution: "exponential", seed: 8 });
  let previous = nextOf(planOf(input, { keeper }));
  const roundings: number[] = [];
  for (let k = 1; k <= 60; k++) {
    // Not a multiple of 3: followers stay as their leaders, so that sums can be carried.
    input = changed(input, 3 * k + 1);
    previous = nextOf(planOf(input, { keeper, previous }), previous);
    const { model, places } = keeper.kept!;
    roundings.push(places.roundings);
    assertSumsEqual(places.sums, sumsFromScratch(model));
    assertSumsEqual(places.homeSums, sumsAtHome(model));
    const anew = prepare(input, settings);
    assert(anew.ok);
    assertSumsEqual(places.byFactor, anew.value.model.census.byFactor);
    assertEquals(model.census.largest, anew.value.model.census.largest);
    // Bit by bit: what is searched from home in a re-plan has to come to the cold plan.
    assertEquals(drain(homeSumSteps(model)), anew.value.homeSums);
  }
  assert(roundings.every((count) => count <= 6_600));
  const carried = roundings.filter((count, k) => count > (roundings[k - 1] ?? 0)).length;
  assert(carried > 40 && carried < 60, `carried ${carried} times of 60: ${roundings}`);
});

Deno.test("sums are not carried over loads that are not known", () => {
  const known = syntheticCluster({ ...LARGER, distribution: "exponential", seed: 9 });
  const keeper: Keeper = { kept: undefined };
  const previous = nextOf(planOf(known, { keeper }));
  for (const load of ["leaderLoad", "followerLoad"] as const) {
    const input = { ...known, [load]: known[load].slice() };
    input[load][CPU] = NaN;
    const next = nextOf(planOf(input, { previous }));
    assert(next.places!.sums.every((sum) => Number.isFinite(sum)));
    assertEquals(next.places!.roundings, 0);
    // And back again.
    assertEquals(planOf(known, { previous: next }).places!.roundings, 0);
  }
});

function assertSumsEqual(sums: Float64Array, fresh: Float64Array): void {
  for (const [i, sum] of sums.entries()) {
    assertAlmostEquals(sum, fresh[i]!, 1e-12 * (1 + Math.abs(fresh[i]!)));
  }
}
