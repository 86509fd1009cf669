/** Goals that whole replicas cannot meet, however much or little there is in all. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { solve } from "../../../bench/exact/milp.ts";
import { Placement } from "../../../bench/exact/placement.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { makeOutcome } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput, type Load } from "../clusters.ts";

const CONSTRAINT = constraintWith();

/** Goals that are said to be met by no plan, but not before the search. */
function hopeless(input: ClusterInput): string[] {
  const settings = plannerSettings(GOAL_NAMES, CONSTRAINT, {
    unmetHardGoals: "report",
    stepsMax: 100_000,
  });
  const made = makeOutcome(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  const { goals } = made.value.summary;
  return goals.filter((goal) => goal.conflictsWith?.length === 0).map((goal) => goal.name);
}

function brokers(count: number) {
  const capacity: Load = [100, 1000, 1000, 1000];
  return Array.from({ length: count }, (_, id) => ({ id, rack: `r${id}`, capacity }));
}

Deno.test("makeOutcome() says that no plan meets a goal where brokers have room for fewer large replicas than there are", () => {
  // 5 x 200 MB on 4 brokers, of which each may hold 273 MB: one each.
  const five = handInput(
    brokers(4),
    Array.from({ length: 5 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [id % 4],
      load: [1, 10, 10, 200] as const,
    })),
  );
  assertEquals(hopeless(five).includes("DiskUsageDistributionGoal"), true);
});

Deno.test("makeOutcome() says that no plan meets a goal where fewer partitions have the bytes than brokers need them", () => {
  // 3 of 5 brokers can have one of 100 KB/s. The two others are to send 85 KB/s each at least, and 165 are left.
  const few = handInput(
    brokers(5),
    Array.from({ length: 13 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [id % 5],
      load: [1, 10, id < 3 ? 100 : 16.5, 10] as const,
    })),
  );
  assertEquals(hopeless(few).includes("NetworkOutboundUsageDistributionGoal"), true);
});

const TINY = fc.record({
  count: fc.integer({ min: 3, max: 4 }),
  partitions: fc.array(
    fc.tuple(
      fc.nat(3),
      fc.nat(3),
      fc.array(fc.integer({ min: 1, max: 60 }), {
        minLength: 4,
        maxLength: 4,
      }),
    ),
    { minLength: 4, maxLength: 10 },
  ),
}).map(({ count, partitions }) =>
  handInput(
    brokers(count),
    partitions.map(([a, b, [cpu, nwIn, nwOut, disk]], id) => ({
      topic: `T${id % 2}`,
      id: id >> 1,
      replicas: [...new Set([a % count, b % count])],
      load: [cpu! / 10, nwIn!, nwOut!, disk!] as const,
      follower: [cpu! / 30, nwIn!, 0, disk!] as const,
    })),
  )
);

Deno.test("makeOutcome() says that no plan meets a goal only where an exact solver finds none", () => {
  let said = 0;
  fc.assert(
    fc.property(TINY, (input) => {
      const placement = new Placement(input, CONSTRAINT);
      for (const goal of hopeless(input)) {
        said++;
        const rows = [...placement.structure(), ...placement.rowsOf(goal)];
        const program = { variables: placement.variables, rows, cost: new Map() };
        assertEquals(solve(program, { seconds: 5, gap: 1 }).status, "infeasible", goal);
      }
    }),
    { seed: 2, numRuns: 16 },
  );
  assert(said > 1, `${said} goals`);
});
