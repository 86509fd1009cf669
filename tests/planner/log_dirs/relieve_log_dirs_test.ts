/** Log dirs that hold too much on brokers that do not: other brokers relieve them. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import type { Plan } from "../../../model/plan.ts";
import { parsePlan, planText } from "../../../model/plan_file.ts";
import { makePlan } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { constraintWith, HARD_GOALS } from "../clusters.ts";
import { jbod } from "../jbod.ts";

const GOALS = [...HARD_GOALS, "IntraBrokerDiskCapacityGoal"];
const constraint = constraintWith();

function planOf(input: ClusterInput, options = {}): Plan {
  const settings = plannerSettings(GOALS, constraint, {
    unmetHardGoals: "report",
    stepsMax: 200_000,
    ...options,
  });
  const made = makePlan(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value;
}

function problemsOf(input: ClusterInput, plan: Plan): readonly string[] {
  const read = parsePlan([...planText(plan, { wallMs: 0, cpuMs: 0 })].join(""));
  assert(read.ok);
  return verifyPlan(input, read.value, { goals: GOALS, constraint }).problems;
}

Deno.test("makePlan() moves what a log dir holds too much of to another broker, though its own as a whole does not", () => {
  const input = jbod([[1000, 1000], [1000, 1000]], [[0, 0, 450], [0, 0, 450], [0, 1, 600]]);
  const plan = planOf(input);
  assertEquals(
    plan.proposals.map(({ partition, newReplicas }) => [partition, newReplicas[0]!.brokerId]),
    [[0, 1]],
  );
  assertEquals(plan.proposals[0]!.reasons[0]!.goal, "IntraBrokerDiskCapacityGoal");
  assertEquals(problemsOf(input, plan), []);
});

Deno.test("makePlan() exchanges replicas of log dirs where none has room for one more", () => {
  // 450 fit nowhere on broker 1 as it is, but in place of 300.
  const input = jbod([[1000, 1000], [1000, 1000]], [
    [0, 0, 450],
    [0, 0, 450],
    [0, 1, 700],
    [1, 0, 705],
    [1, 1, 300],
    [1, 1, 100],
  ]);
  const plan = planOf(input);
  assertEquals(plan.summary.unmet, undefined);
  assertEquals(plan.summary.mbToMove, 750);
  assertEquals(problemsOf(input, plan), []);
});

/** Brokers with as many log dirs each, and replicas of one size, where chance put them. */
const ALIKE = fc.record({
  brokers: fc.integer({ min: 2, max: 5 }),
  dirs: fc.integer({ min: 2, max: 4 }),
  mb: fc.constantFrom(120, 250, 350, 450, 550),
  more: fc.integer({ min: -4, max: 1 }),
  places: fc.array(fc.nat(999), { minLength: 120, maxLength: 120 }),
}).map(({ brokers, dirs, mb, more, places }) => {
  const each = Math.floor(800 / mb);
  const count = Math.max(1, brokers * dirs * each + more);
  const replicas = places.slice(0, count).map((place) =>
    [Math.floor((place % 31) ** 2 * brokers / 961), place % dirs, mb] as const
  );
  const input = jbod(Array.from({ length: brokers }, () => new Array(dirs).fill(1000)), replicas);
  return { input, fits: replicas.length <= brokers * dirs * each, each, dirs, more };
});

Deno.test("makePlan() keeps all log dirs within limits wherever replicas of one size fit on them, and says how many brokers more are needed elsewhere", () => {
  let full = 0;
  let over = 0;
  fc.assert(
    fc.property(ALIKE, ({ input, fits, more }) => {
      const plan = planOf(input, { findsEnough: !fits });
      assertEquals(plan.summary.unmet === undefined, fits);
      assertEquals(problemsOf(input, plan).filter((text) => !text.includes("violat")), []);
      if (fits && more > -2) full++;
      if (fits) return;
      over++;
      const { enough } = plan.summary;
      assertEquals(enough?.atLeast, 1);
      assertEquals(enough?.brokers.map(({ count }) => count), [1]);
    }),
    { seed: 4, numRuns: 24 },
  );
  assert(full > 2 && over > 2, `${full} full, ${over} over`);
});
