/** Brokers that are called enough are enough: added to the cluster, a plan meets the hard goals. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ClusterInput, InputBroker } from "../../../model/cluster_input.ts";
import type { Enough } from "../../../model/plan.ts";
import { drain } from "../../../lib/steps.ts";
import { makeOutcome, outcomeSteps } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import {
  constraintWith,
  handInput,
  type HandPartition,
  HARD_GOALS as GOALS,
  type Load,
} from "../clusters.ts";
import { arbitraryWideCluster } from "../wide_clusters.ts";

const CAPACITY: Load = [100, 1000, 1000, 1000];

function settingsOf(options: Partial<PlannerSettings> = {}): PlannerSettings {
  return plannerSettings(GOALS, constraintWith(), {
    unmetHardGoals: "report",
    findsEnough: true,
    ...options,
  });
}

function enoughOf(input: ClusterInput, settings = settingsOf()): Enough | undefined {
  const made = makeOutcome(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value.summary.enough;
}

/** As an operator would do it who reads nothing but the answer. */
function ordered(input: ClusterInput, { brokers }: Enough): ClusterInput {
  const added = brokers.flatMap(({ count, rack, newRack, capacity }) =>
    Array.from({ length: count }, (_, i): InputBroker => ({
      id: 0,
      host: "",
      rack: rack ?? `ordered ${newRack}`,
      state: "alive",
      capacity: [capacity.cpu, capacity.nwIn, capacity.nwOut, capacity.disk],
      cores: 1 + i,
      capacityEstimated: false,
      logDirs: [],
    }))
  ).map((broker, i) => ({ ...broker, id: 1000 + i, host: `ordered${i}` }));
  return { ...input, brokers: [...input.brokers, ...added] };
}

function isMet(input: ClusterInput, settings = settingsOf()): boolean {
  const made = makeOutcome(input, { ...settings, findsEnough: false, unmetHardGoals: "fail" });
  return made.ok;
}

function partitions(count: number, replicas: readonly number[], load: Load): HandPartition[] {
  return Array.from({ length: count }, (_, id) => ({ topic: "T", id, replicas, load }));
}

function onRacks(racks: readonly string[], capacity = CAPACITY) {
  return racks.map((rack, id) => ({ id, rack, capacity }));
}

Deno.test("makeOutcome() says how many brokers are enough, on which racks, and that fewer are not", () => {
  // 3000 MB on two brokers that may use 800 MB each: two more, one for either rack.
  const input = handInput(onRacks(["a", "b"]), partitions(15, [0, 1], [0.1, 1, 1, 100]));
  const enough = enoughOf(input)!;
  assertEquals(
    enough.brokers.map(({ count, rack, like }) => [count, rack, like]),
    [[1, "a", 0], [1, "b", 0]],
  );
  assertEquals([enough.atLeast, enough.shownBy, enough.without], [2, "plan", []]);
  assertEquals(
    enough.text,
    "Enough for all hard goals, as a plan with them shows: add 2 brokers like broker-0 (cpu 100 %, bytes in 1000 KB/s, " +
      "bytes out 1000 KB/s, disk 1000 MB each), 1 on rack a, 1 on rack b. Fewer of such size cannot be enough.",
  );
  assert(isMet(ordered(input, enough)));
});

Deno.test("makeOutcome() counts how few large replicas fit on a broker", () => {
  // In all 5 x 450 MB fit on three brokers of 800 MB, but there is room for one on each.
  const input = handInput(onRacks(["a", "a", "a"]), partitions(5, [0], [0.1, 1, 1, 450]));
  const enough = enoughOf(input)!;
  assertEquals(enough.brokers.map(({ count }) => count), [2]);
  assertEquals(enough.atLeast, 2);
});

Deno.test("makeOutcome() asks for racks, and for larger brokers where one replica fits on none", () => {
  const input = handInput(onRacks(["a", "b"]), [
    { topic: "T", id: 0, replicas: [0, 1], load: [1, 1, 1, 900] },
    { topic: "U", id: 0, replicas: [0, 1], load: [1, 1, 1, 100] },
  ]);
  const large = enoughOf(input)!;
  assertEquals(large.brokers.map(({ count, rack }) => [count, rack]), [[1, "a"], [1, "b"]]);
  assert(large.brokers.every(({ capacity }) => capacity.disk * 0.8 >= 900));
  assert(isMet(ordered(input, large)));
  const wide = handInput(onRacks(["a", "a", "a"]), partitions(1, [0, 1, 2], [1, 1, 1, 1]));
  const racks = enoughOf(wide)!;
  assertEquals(racks.brokers.map(({ count, newRack }) => [count, newRack]), [[1, 1], [1, 2]]);
  assert(isMet(ordered(wide, racks)));
});

Deno.test("makeOutcome() that fails says last what would be enough, and nothing where brokers do not help", () => {
  const input = handInput(onRacks(["a", "b"]), partitions(15, [0, 1], [0.1, 1, 1, 100]));
  const failed = makeOutcome(input, settingsOf({ unmetHardGoals: "fail" }));
  assert(!failed.ok);
  assertEquals(failed.failure.details!.at(-1), enoughOf(input)!.text);
  // What is excluded stays on its broker, however many there are.
  assertEquals(enoughOf(input, settingsOf({ excludedTopics: "T" })), undefined);
});

Deno.test("makeOutcome() leaves out the goal that brokers do not help, and names it", () => {
  const input = handInput(onRacks(["a", "a"]), [
    ...partitions(1, [0], [90, 1, 1, 1]),
    ...partitions(20, [0], [0.1, 1, 1, 90]).map((one) => ({ ...one, topic: "U" })),
  ]);
  const enough = enoughOf(input, settingsOf({ excludedTopics: "T" }))!;
  assertEquals(enough.without, ["CpuCapacityGoal"]);
  assertEquals(enough.brokers.map(({ count }) => count), [1]);
});

Deno.test("outcomeSteps() looks for what is enough only where a goal is left, in steps that come often", () => {
  const met = handInput(onRacks(["a", "b"]), partitions(5, [0, 1], [0.1, 1, 1, 100]));
  const steps = [...outcomeSteps(met, settingsOf())];
  assert(!steps.some(({ step }) => step.includes("enough")));
  const unmet = handInput(onRacks(["a", "b"]), partitions(15, [0, 1], [0.1, 1, 1, 100]));
  const looking = [...outcomeSteps(unmet, settingsOf())];
  assert(looking.filter(({ step }) => step.includes("enough")).length > 10);
  // What is said of plans with other brokers is not said of this one.
  const from = looking.findIndex(({ step }) => step.includes("enough"));
  assert(looking.slice(from).every(({ step, notices }) => step.includes("enough") && !notices));
  const twice = [0, 1].map(() => drain(outcomeSteps(unmet, settingsOf())));
  assertEquals(...twice.map((made) => made.ok && made.value.summary.enough) as [unknown, unknown]);
});

Deno.test("makeOutcome() does not count on a rack for each replica where an even spread is all that is asked", () => {
  const input = handInput(
    onRacks(["a", "a", "b", "b"]),
    partitions(8, [0, 1, 2, 3], [0.1, 1, 1, 110]),
  );
  const goals = ["RackAwareDistributionGoal", "DiskCapacityGoal"];
  const enough = enoughOf(input, { ...settingsOf(), goals })!;
  assertEquals(enough.brokers.map(({ count, rack }) => [count, rack]), [[1, "a"], [1, "b"]]);
  assert(enough.atLeast <= 2, enough.text);
});

/** Too little of something, large partitions, few racks. */
const STRAINED = fc.record({
  racks: fc.integer({ min: 1, max: 3 }),
  brokers: fc.integer({ min: 1, max: 5 }),
  partitions: fc.integer({ min: 1, max: 14 }),
  factor: fc.integer({ min: 1, max: 3 }),
  part: fc.integer({ min: 1, max: 9 }),
  sizes: fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 14, maxLength: 14 }),
  axis: fc.integer({ min: 0, max: 3 }),
  small: fc.constantFrom(1, 1, 0.4),
}).map((shape): ClusterInput => {
  const count = Math.max(shape.brokers, shape.factor);
  const brokers = Array.from({ length: count }, (_, id) => ({
    id,
    rack: `r${id % shape.racks}`,
    capacity: CAPACITY.map((amount) => amount * (id === 0 ? shape.small : 1)) as unknown as Load,
  }));
  const made = shape.sizes.slice(0, shape.partitions).map((size, id): HandPartition => ({
    topic: "T",
    id,
    replicas: Array.from({ length: shape.factor }, (_, k) => (id + k) % count),
    load: CAPACITY.map((amount, k) =>
      amount * (k === shape.axis ? size * shape.part / 110 : 0.001)
    ) as unknown as Load,
  }));
  return handInput(brokers, made);
});

Deno.test("makeOutcome() calls enough what is, and no number that is too high a bound", () => {
  let found = 0;
  let brokers = 0;
  let fewest = 0;
  fc.assert(
    fc.property(STRAINED, (input) => {
      const enough = enoughOf(input);
      assertEquals(enough === undefined, isMet(input));
      if (enough === undefined) return;
      found++;
      const count = enough.brokers.reduce((sum, one) => sum + one.count, 0);
      assert(enough.atLeast <= count, `${enough.atLeast} of ${count}`);
      assertEquals(enough.without, []);
      assert(isMet(ordered(input, enough)), enough.text);
      brokers += count;
      fewest += enough.atLeast;
      // None of them can be spared.
      for (const [i, one] of enough.brokers.entries()) {
        const less = enough.brokers.with(i, { ...one, count: one.count - 1 });
        assert(!isMet(ordered(input, { ...enough, brokers: less })), enough.text);
      }
    }),
    { seed: 77, numRuns: 12 },
  );
  assert(found > 5, `${found} clusters lacked something`);
  assert(brokers <= 1.3 * fewest, `${brokers} brokers, at least ${fewest}`);
});

Deno.test("makeOutcome() says no bound above what is enough, whatever is wrong with a cluster", () => {
  let found = 0;
  const rackGoals = fc.constantFrom("RackAwareGoal", "RackAwareDistributionGoal");
  fc.assert(
    fc.property(arbitraryWideCluster(), rackGoals, (input, rackGoal) => {
      const tight = constraintWith({ "disk.capacity.threshold": "0.1" });
      const goals = [rackGoal, ...GOALS.slice(1)];
      const options = { unmetHardGoals: "report", findsEnough: true, stepsMax: 20_000 } as const;
      const enough = enoughOf(input, plannerSettings(goals, tight, options));
      if (enough?.shownBy !== "plan") return;
      found++;
      const count = enough.brokers.reduce((sum, one) => sum + one.count, 0);
      assert(enough.atLeast <= count, enough.text);
      for (const one of enough.brokers) {
        assert(one.count > 0 && (one.rack !== undefined || one.newRack! > 0), enough.text);
        assert(Object.values(one.capacity).every((amount) => Number.isFinite(amount)), enough.text);
      }
    }),
    { seed: 2, numRuns: 40 },
  );
  assert(found > 8, `${found} clusters lacked something`);
});
