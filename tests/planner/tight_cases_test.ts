/** Hard goals where a placement is known that keeps all limits, and brokers are full to them on disk, network and CPU at once. */
import { assert, assertEquals } from "@std/assert";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { verifyPlan } from "../../planner/verify/verify.ts";
import { constraintWith, HARD_GOALS } from "./clusters.ts";
import { tightCluster, type TightShape } from "./tight_clusters.ts";
import { readBack } from "./wide_clusters.ts";

const constraint = constraintWith();

function assertMet(shape: TightShape, goals: readonly string[] = HARD_GOALS): void {
  assertPlanMet(tightCluster(shape), goals, shape.seed);
}

function assertPlanMet(
  { input, options }: ReturnType<typeof tightCluster>,
  goals: readonly string[],
  seed: number,
): void {
  const made = makePlan(input, plannerSettings(goals, constraint, options));
  assert(made.ok, `seed ${seed}: ${made.ok ? "" : made.failure.message}`);
  const gone = new Set(options.brokerIds);
  const seen = {
    ...input,
    brokers: input.brokers.map((broker) =>
      gone.has(broker.id) ? { ...broker, state: "dead" as const } : broker
    ),
  };
  const over = options.over ?? "mean";
  const checked = verifyPlan(seen, readBack(made.value), { goals, constraint, over });
  assertEquals([checked.problems, checked.left], [[], []], `seed ${seed}`);
}

const SHAPE = { brokers: 8, racks: 4, replicas: 10, factor: 2, room: 0.02 } as const;

Deno.test("makePlan() fits replicas into limits of disk, network and CPU that are all tight", () => {
  for (const seed of [6, 12]) assertMet({ ...SHAPE, kind: "plain", seed });
});

for (const kind of ["dead", "removed"] as const) {
  Deno.test(`makePlan() fits replicas of a ${kind} broker into what the others have left`, () => {
    for (const seed of [2, 4]) assertMet({ ...SHAPE, kind, seed });
  });
}

Deno.test("makePlan() fits replicas into limits that hold in each window", () => {
  for (const seed of [1, 9]) {
    assertMet({
      ...{ kind: "windows", brokers: 6, racks: 3, replicas: 6, factor: 3, room: 0.01, seed },
    });
  }
});

Deno.test("makePlan() fits replicas into brokers and log dirs at once", () => {
  const goals = [...HARD_GOALS, "IntraBrokerDiskCapacityGoal"];
  for (const seed of [3, 4]) {
    assertMet({
      ...{ kind: "log_dirs", brokers: 4, racks: 2, replicas: 6, factor: 1, room: 0.05, seed },
    }, goals);
  }
  // One proposal moves replicas between brokers, or between log dirs.
  assertMet({
    ...{ kind: "log_dirs", brokers: 5, racks: 3, replicas: 8, factor: 2, room: 0.02, seed: 11 },
  }, goals);
});

Deno.test("makePlan() fits replicas into brokers and log dirs also where averages lie above all windows", () => {
  const goals = [...HARD_GOALS, "IntraBrokerDiskCapacityGoal"];
  const { input } = tightCluster({
    ...{ kind: "log_dirs", brokers: 4, racks: 2, replicas: 6, factor: 1, room: 0.05, seed: 4 },
  });
  const loads = Float64Array.from(
    { length: 2 * input.leaderLoad.length },
    (_, i) => 0.9 * input.leaderLoad[Math.floor(i / 8) * 4 + i % 4]!,
  );
  const inWindows = { ...input, windows: { count: 2, loads } };
  assertPlanMet({ input: inWindows, options: { over: "each" } }, goals, 4);
});
