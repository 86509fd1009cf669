/** What racks can hold: goals are called impossible for their sake only where they are. */
import { assert, assertEquals } from "@std/assert";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import type { GoalOutcome } from "../../../model/plan.ts";
import { makeOutcome } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput, type HandPartition } from "../clusters.ts";

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

/** Two small brokers and large ones on racks of their own, three replicas of each of 300 partitions. */
function unevenRacks(disks: readonly number[]): ClusterInput {
  return handInput(
    disks.map((disk, id) => ({ id, rack: `r${id}`, capacity: [1e6, 1e6, 1e6, disk] as const })),
    Array.from({ length: 300 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [0, 1, 2],
      load: [0.1, 1, 1, 4] as const,
    })),
  );
}

function diskPlan(input: ClusterInput) {
  const settings = plannerSettings(["RackAwareGoal", "DiskCapacityGoal"], constraintWith(), {
    unmetHardGoals: "report",
  });
  const made = makeOutcome(input, settings);
  assert(made.ok);
  return made.value.summary.unmet ?? [];
}

Deno.test("makeOutcome() asks for what all racks miss that are too small, and that is enough", () => {
  // Each of three racks has to hold 1200 MB; two of them may hold 808 MB.
  const unmet = diskPlan(unevenRacks([1010, 1010, 10_000]));
  assertEquals(unmet.map((one) => one.message), [
    "Cannot meet DiskCapacityGoal: the smallest 2 racks (r0, r1) must hold 2400 MB, but may hold " +
    "1616 MB: the other racks cannot take more replicas",
  ]);
  const asked = "Add brokers on these racks, or a rack, that may hold 784.1 MB more.";
  assertEquals(unmet[0]!.details.at(-1), asked);
  // 80 % of a disk may be used.
  assertEquals(diskPlan(unevenRacks([1010, 1010, 10_000, 784.1 / 0.8])), []);
});

Deno.test("makeOutcome() asks for a rack only where one more would do", () => {
  // Three replicas on two racks: a third rack would have to hold one of each partition.
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({
      id,
      rack: id === 0 ? "small" : "large",
      capacity: [1e6, 1e6, 1e6, id === 0 ? 1010 : 10_000] as const,
    })),
    Array.from({ length: 300 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [0, 1, 2],
      load: [0.1, 1, 1, 4] as const,
    })),
  );
  const unmet = diskPlan(input).find((one) => one.goal === "DiskCapacityGoal");
  assertEquals(unmet!.details.at(-1), "Add brokers on these racks that may hold 392.1 MB more.");
});
