/** Partitions that share a rack and cannot leave it, where only some brokers receive replicas. */
import { assert, assertEquals } from "@std/assert";
import { makeOutcome } from "../../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput, type HandPartition } from "../clusters.ts";

const LOAD = [1, 10, 10, 10] as const;

/** Brokers 0 to 3 on racks a, a, b, c; partitions of two replicas on the brokers given. */
function cluster(partitions: readonly (readonly [number, number])[]) {
  const racks = ["a", "a", "b", "c"];
  return handInput(
    racks.map((rack, id) => ({ id, rack })),
    partitions.map((replicas, id): HandPartition => ({ topic: "T", id, replicas, load: LOAD })),
  );
}

function planned(
  partitions: readonly (readonly [number, number])[],
  options: Partial<PlannerSettings>,
) {
  const settings = plannerSettings(["RackAwareGoal"], constraintWith(), options);
  return makeOutcome(cluster(partitions), settings);
}

Deno.test("makeOutcome() moves apart what shares a rack when a broker of the request is on another one", () => {
  const made = planned([[0, 1], [2, 3]], { operation: "add_broker", brokerIds: [2] });
  assert(made.ok);
  assertEquals(made.value.summary.interBrokerReplicaMoves, 1);
});

Deno.test("makeOutcome() names at once the partitions that no broker of the request can part", () => {
  for (
    const options of [
      { operation: "add_broker", brokerIds: [1] },
      { destinationBrokerIds: [0] },
      { excludedForReplicaMove: [2, 3] },
    ] as const
  ) {
    const made = planned([[0, 1], [2, 3], [1, 0]], options);
    assert(!made.ok, JSON.stringify(options));
    assertEquals(made.failure.code, "hard_goal_unmet");
    assert(made.failure.message.includes("2 partitions share a rack"), made.failure.message);
    assert(made.failure.message.includes("(T-0, T-2)"), made.failure.message);
  }
});
