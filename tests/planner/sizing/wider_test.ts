/** Settings that are called enough are enough: a plan with them meets the goals; and less than is needed at least is not. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Placement } from "../../../bench/exact/placement.ts";
import { solve } from "../../../bench/exact/milp.ts";
import { smallCluster } from "../../../bench/exact/instances.ts";
import type { KeyName } from "../../../config/table.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import type { PlanSummary, Wider } from "../../../model/plan.ts";
import { makeOutcome, outcomeSteps } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput, type Load } from "../clusters.ts";

const CAPACITY: Load = [100, 1000, 1000, 1000];

function settingsOf(options: Partial<PlannerSettings> = {}): PlannerSettings {
  return plannerSettings(GOAL_NAMES, constraintWith(), { findsEnough: true, ...options });
}

function summaryOf(input: ClusterInput, settings = settingsOf()): PlanSummary {
  const made = makeOutcome(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  return made.value.summary;
}

/** As an operator would configure it who reads nothing but the answer. */
function configured({ settings }: Wider) {
  return constraintWith(
    Object.fromEntries(settings.map(({ key, value }) => [key, `${value}`])) as Partial<
      Record<KeyName, string>
    >,
  );
}

function leftOf({ goals }: PlanSummary): string[] {
  return goals.filter((goal) => goal.violatedAfter).map((goal) => goal.name);
}

/** One partition of 240 MB where a broker of four is to hold 105 at most. */
function withOneLarge(): ClusterInput {
  return handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}`, capacity: CAPACITY })),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((id) => ({
      topic: "T",
      id,
      replicas: [id % 4],
      load: [1, 10, 10, id === 0 ? 240 : id % 4 === 0 ? 0.01 : 16] as const,
    })),
  );
}

Deno.test("outcomeSteps() says before the search which partition is too large for a goal, into how many to split it, or which threshold is needed", () => {
  const notices: string[] = [];
  for (const step of outcomeSteps(withOneLarge(), settingsOf())) {
    notices.push(...step.notices ?? []);
  }
  assertEquals(notices.length, 1);
  assertStringIncludes(notices[0]!, "No plan can meet DiskUsageDistributionGoal: T-0 needs 240 MB");
  assertStringIncludes(notices[0]!, "split the partition into 3 or more.");
  assertStringIncludes(notices[0]!, "disk.balance.threshold=2.67 is needed at least (now 1.1).");
});

Deno.test("makeOutcome() says which threshold would be enough, and that less cannot be", () => {
  const { wider } = summaryOf(withOneLarge());
  assertEquals(wider, {
    settings: [{ key: "disk.balance.threshold", now: 1.1, value: 2.67, atLeast: 2.67 }],
    goals: ["DiskUsageDistributionGoal"],
    shownBy: "plan",
    without: [],
    text:
      "Enough for DiskUsageDistributionGoal beside all goals that are met, as a plan with them shows: " +
      "disk.balance.threshold=2.67 (now 1.1, less cannot be enough).",
  });
  assertEquals(
    leftOf(summaryOf(withOneLarge(), { ...settingsOf(), constraint: configured(wider!) })),
    [],
  );
});

Deno.test("makeOutcome() says nothing of thresholds where all goals are met, nobody asks, or replicas have to be healed", () => {
  const even = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}`, capacity: CAPACITY })),
    [0, 1, 2].map((id) => ({ topic: "T", id, replicas: [id], load: [1, 10, 10, 100] as const })),
  );
  assertEquals(summaryOf(even).wider, undefined);
  assertEquals(summaryOf(withOneLarge(), settingsOf({ findsEnough: false })).wider, undefined);
  const healing = settingsOf({ onlyMoveImmigrants: true });
  assertEquals(summaryOf(withOneLarge(), healing).wider, undefined);
});

Deno.test("makeOutcome() changes nothing but what it says where it looks for thresholds", () => {
  const plan = (findsEnough: boolean) => {
    const made = makeOutcome(smallCluster(20), settingsOf({ findsEnough }));
    assert(made.ok);
    const { wider, ...rest } = made.value.summary;
    return { wider, rest, proposals: [...made.value.proposals()] };
  };
  const [asked, unasked] = [plan(true), plan(false)];
  assert(asked.wider !== undefined && unasked.wider === undefined);
  assertEquals(asked.rest, unasked.rest);
  assertEquals(asked.proposals, unasked.proposals);
});

/** A few large partitions on unequal brokers. */
const UNEVEN = fc.record({
  sizes: fc.array(fc.constantFrom(0.6, 1, 1, 1.5), { minLength: 3, maxLength: 4 }),
  racks: fc.integer({ min: 2, max: 3 }),
  partitions: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 3 }),
      second: fc.integer({ min: 0, max: 3 }),
      load: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 4, maxLength: 4 }),
    }),
    { minLength: 4, maxLength: 9 },
  ),
}).map(({ sizes, racks, partitions }) =>
  handInput(
    sizes.map((size, id) => ({
      id,
      rack: `r${id % racks}`,
      capacity: [100 * size, 1000 * size, 1000 * size, 1000 * size] as const,
    })),
    partitions.map(({ at, second, load }, id) => {
      const [cpu, nwIn, nwOut, disk] = load as [number, number, number, number];
      return {
        topic: `T${id % 2}`,
        id: id >> 1,
        replicas: [...new Set([at % sizes.length, second % sizes.length])],
        load: [cpu / 10, nwIn, nwOut, disk] as const,
        follower: [cpu / 30, nwIn, 0, disk] as const,
      };
    }),
  )
);

Deno.test("makeOutcome() with the thresholds that it calls enough meets all goals, and an exact solver finds no placement with less than is needed", () => {
  let several = 0;
  let bounds = 0;
  fc.assert(
    fc.property(UNEVEN, (input) => {
      const settings = settingsOf({ unmetHardGoals: "report", stepsMax: 200_000 });
      const summary = summaryOf(input, settings);
      const { wider } = summary;
      if (wider === undefined) return;
      if (wider.settings.length > 1) several++;
      const left = leftOf(summary);
      assertEquals([...wider.goals, ...wider.without].sort(), left.sort());
      if (wider.shownBy === "plan") {
        const constraint = configured(wider);
        assertEquals(leftOf(summaryOf(input, { ...settings, constraint })), wider.without);
      }
      for (const { key, atLeast, now } of wider.settings) {
        if (atLeast === undefined) continue;
        bounds++;
        const less = Math.round(100 * atLeast - 1) / 100;
        if (less <= now) continue;
        const constraint = constraintWith({ [key]: `${less}` } as Partial<Record<KeyName, string>>);
        assert(!canMeet(input, constraint, wider.goals), `${key} ${atLeast}`);
      }
    }),
    { seed: 3, numRuns: 8 },
  );
  assert(several > 3 && bounds > 3, `${several} with several settings, ${bounds} bounds`);
});

/** Whether some placement meets these goals, one by one, beside racks. */
function canMeet(
  input: ClusterInput,
  constraint: ReturnType<typeof constraintWith>,
  goals: readonly string[],
): boolean {
  const placement = new Placement(input, constraint);
  return goals.every((goal) => {
    const rows = [
      ...placement.structure(),
      ...placement.rowsOf("RackAwareGoal"),
      ...placement.rowsOf(goal),
    ];
    const { variables } = placement;
    return solve({ variables, rows, cost: new Map() }, { seconds: 5, gap: 1 }).status !==
      "infeasible";
  });
}
