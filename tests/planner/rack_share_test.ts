/** What racks can hold: goals are called impossible for their sake only where they are. */
import { assert, assertEquals } from "@std/assert";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { GoalOutcome } from "../../model/plan.ts";
import { makeOutcome } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput, type HandPartition } from "./clusters.ts";

const LOAD = [0.5, 100, 100, 1000] as const;

/** Goals of the plan by name; hard ones may be left. */
function outcomes(
  input: ClusterInput,
  options: Partial<PlannerSettings> = {},
): ReadonlyMap<string, GoalOutcome> {
  const settings = plannerSettings(GOAL_NAMES, constraintWith(), {
    unmetHardGoals: "report",
    ...options,
  });
  const made = makeOutcome(input, settings);
  assert(made.ok, made.ok ? "" : made.failure.message);
  return new Map(made.value.summary.goals.map((goal) => [goal.name, goal]));
}

function partitions(topic: string, replicas: readonly (readonly number[])[]): HandPartition[] {
  return replicas.map((ids, id) => ({ topic, id, replicas: ids, load: LOAD }));
}

for (const racks of [1, 2]) {
  Deno.test(`makeOutcome() meets every soft goal on ${racks} rack(s) with three replicas of a partition`, () => {
    // Racks cannot be met, and are no reason to give up anything else: as even as they allow, there is room.
    const input = handInput(
      [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: `r${id % racks}` })),
      partitions("T", Array.from({ length: 42 }, (_, i) => [[0, 1, 2], [1, 3, 0]][i % 2]!)),
    );
    const goals = outcomes(input);
    const left = [...goals.values()].filter((goal) => goal.violatedAfter);
    assertEquals(left.map(({ name, explanation }) => [name, explanation]), [
      ["RackAwareGoal", goals.get("RackAwareGoal")!.explanation],
    ]);
  });
}

Deno.test("makeOutcome() does not count excluded topics as spread over racks", () => {
  // Rack b has room for more than one replica of every partition; those of "fixed" all stand there and may stay.
  const input = handInput(
    [0, 1, 2, 3, 4].map((id) => ({ id, rack: id === 0 ? "a" : "b" })),
    [
      ...partitions("fixed", Array.from({ length: 8 }, (_, i) => [1 + i % 4, 1 + (i + 1) % 4])),
      ...partitions("T", Array.from({ length: 4 }, () => [0, 1])),
    ],
  );
  const { violatedAfter, explanation } = outcomes(input, { excludedTopics: "fixed" })
    .get("ReplicaDistributionGoal")!;
  assertEquals([violatedAfter, explanation], [false, undefined]);
});

Deno.test("makeOutcome() lets brokers that receive nothing hold their part of a rack", () => {
  // Of two replicas one is on rack a: on broker 0, which may keep what it has.
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: id < 2 ? "a" : "b" })),
    partitions("T", Array.from({ length: 8 }, (_, i) => [i < 4 ? 0 : 1, 2 + i % 2])),
  );
  const { violatedAfter, explanation } = outcomes(input, { excludedForReplicaMove: [0] })
    .get("ReplicaDistributionGoal")!;
  assertEquals([violatedAfter, explanation], [false, undefined]);
});

Deno.test("makeOutcome() names what a small rack cannot hold", () => {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: id === 0 ? "a" : "b" })),
    partitions("T", Array.from({ length: 8 }, (_, i) => [0, 1 + i % 2])),
  );
  const { violatedAfter, explanation } = outcomes(input).get("ReplicaDistributionGoal")!;
  assertEquals(violatedAfter, true);
  assertEquals(
    explanation,
    "the smallest rack a must hold 8 replicas, but may hold 6 replicas: the other racks cannot take more replicas",
  );
});
