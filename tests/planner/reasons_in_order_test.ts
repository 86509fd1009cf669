/** Reasons are told as things are when a move is due, in the plan's order: they agree with the figures beside them. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { syntheticCluster } from "../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import type { ProposalReason } from "../../model/proposal.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput } from "./clusters.ts";

function reasonsOf(
  replicas: number,
  options: Partial<PlannerSettings>,
): readonly ProposalReason[] {
  const input = syntheticCluster({
    ...{ brokers: 12, replicas, topics: 60, racks: 4 },
    distribution: "exponential",
    seed: 3,
  });
  const made = makePlan(
    input,
    plannerSettings(GOAL_NAMES, constraintWith(), { unmetHardGoals: "report", ...options }),
  );
  assert(made.ok);
  return made.value.proposals.flatMap(({ reasons }) => reasons);
}

/** The amount that a sentence begins with, and the figure that it is about: of the broker left, or entered. */
function amounts({ why, figures }: ProposalReason): { told: number; figure: number } | undefined {
  const found = /(\d[\d.]*)[^,]* is (above|below) /.exec(why);
  if (found === null) return undefined;
  return { told: Number(found[1]), figure: found[2] === "above" ? figures![0] : figures![2] };
}

const CASES: readonly [replicas: number, options: Partial<PlannerSettings>][] = [
  [900, {}],
  [900, { operation: "remove_broker", brokerIds: [1] }],
  [9000, {}],
];

Deno.test("a reason names the amount that its figures have", () => {
  for (const [replicas, options] of CASES) {
    const told = reasonsOf(replicas, options).flatMap((reason) => amounts(reason) ?? []);
    assertGreater(told.length, 50);
    // Where nothing is outside any more by then, it says what was.
    const others = told.filter(({ told, figure }) => Math.abs(told - figure) > 0.05 + figure / 999);
    assertLess(others.length, 0.15 * told.length, `${replicas} ${JSON.stringify(others)}`);
  }
});

Deno.test("a reason is about an amount that the move changes", () => {
  for (const [replicas, options] of CASES) {
    const unchanged = reasonsOf(replicas, options).filter(({ figures, metric }) =>
      metric?.startsWith("leader") === true && figures![0] === figures![1] &&
      figures![2] === figures![3]
    );
    assertEquals(unchanged, []);
  }
});

Deno.test("a replica that leaves a broker because that is removed is not called offline", () => {
  const input = handInput(
    [1, 2, 3, 4].map((id) => ({ id, rack: `r${id}`, state: id === 4 ? "dead" : "alive" })),
    [[1, 2], [4, 2]].map((replicas, id) => ({
      topic: "T",
      id,
      replicas,
      load: [1, 10, 10, 100] as const,
    })),
  );
  const made = makePlan(
    input,
    plannerSettings(["RackAwareGoal", "DiskCapacityGoal"], constraintWith(), {
      operation: "remove_broker",
      brokerIds: [1],
    }),
  );
  assert(made.ok);
  const said = made.value.proposals.map(({ partition, reasons }) =>
    [partition, reasons.map(({ why }) => why), reasons[0]!.metric] as const
  );
  assertEquals(said.toSorted((a, b) => a[0] - b[0]), [
    [0, ["broker 1 is to be removed"], "disk"],
    [1, ["the replica is offline"], "disk"],
  ]);
});
