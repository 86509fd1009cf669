import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { orderTasks, resolveStrategies } from "../../../actors/executor/strategies.ts";
import { taskOf } from "./tasks.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { move } from "./harness.ts";

// Situation: partition 0 all in sync; 1 below min ISR with an offline replica; 2 at min ISR with one; 3 one above with
// one; 4 out of sync without an offline replica; 5 does not exist. Sizes 5, 1, 3, 3, 2, 4 MB. min.insync.replicas = 2.
function situation() {
  const cluster = new FakeCluster({
    brokers: 9,
    partitions: [0, 1, 2, 3, 4].map((partition) => ({
      topic: "t",
      partition,
      replicas: partition === 0 || partition === 4 ? [1, 2, 3, 4] : [1, 2, 3, 9],
    })),
  });
  cluster.setAlive(9, false);
  cluster.get("t", 1).inSync = [1];
  cluster.get("t", 2).inSync = [1, 2];
  cluster.get("t", 3).inSync = [1, 2, 3];
  cluster.get("t", 4).inSync = [1, 2, 3];
  const sizes = [5, 1, 3, 3, 2, 4];
  const tasks = sizes.map((sizeMb, partition) =>
    taskOf(partition, move("t", partition, { from: [1, 2], to: [5, 2], sizeMb }))
  );
  const context = { topology: cluster.topology(), minInSync: new Map([["t", 2]]) };
  return (...names: string[]) => {
    const resolved = resolveStrategies(names);
    assert(resolved.ok);
    return orderTasks(tasks, resolved.value, context).map((task) => task.record.executionId);
  };
}

Deno.test("orderTasks() orders by each strategy, then by execution id", () => {
  const order = situation();
  assertEquals(order(), [0, 1, 2, 3, 4, 5]);
  assertEquals(order("PostponeUrpReplicaMovementStrategy"), [0, 1, 2, 3, 4, 5]);
  assertEquals(order("PrioritizeLargeReplicaMovementStrategy"), [0, 5, 2, 3, 4, 1]);
  assertEquals(order("PrioritizeSmallReplicaMovementStrategy"), [1, 4, 2, 3, 5, 0]);
  assertEquals(order("PrioritizeMinIsrWithOfflineReplicasStrategy"), [1, 2, 0, 3, 4, 5]);
  assertEquals(order("PrioritizeOneAboveMinIsrWithOfflineReplicasStrategy"), [3, 0, 1, 2, 4, 5]);
});

Deno.test("orderTasks() breaks ties of one strategy by the next", () => {
  const order = situation();
  assertEquals(
    order("PostponeUrpReplicaMovementStrategy", "PrioritizeSmallReplicaMovementStrategy"),
    [0, 1, 4, 2, 3, 5],
  );
});

Deno.test("resolveStrategies() takes any case and Java packages, and suggests for a typo", () => {
  assertEquals(
    resolveStrategies(["a.b.prioritizelargereplicamovementstrategy"]),
    {
      ok: true,
      value: ["PrioritizeLargeReplicaMovementStrategy", "BaseReplicaMovementStrategy"],
    },
  );
  const wrong = resolveStrategies(["PrioritizeLargeReplicaMovmentStrategy"]);
  assert(!wrong.ok);
  assertStringIncludes(
    wrong.failure.message,
    "did you mean PrioritizeLargeReplicaMovementStrategy?",
  );
});
