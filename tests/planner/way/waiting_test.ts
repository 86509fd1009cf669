import { assertEquals } from "@std/assert";
import { AXIS_LEADERS, AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import type { BrokerIndex, ReplicaIndex } from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import { Waiting } from "../../../planner/way/waiting.ts";
import { handInput, modelOf } from "../clusters.ts";

/** Four brokers; partitions 0, 1 and 2 go from 0 to 1, partition 3 from 1 to 2, partition 4 from 2 to 0. */
function waiting() {
  const input = handInput(
    [0, 1, 2, 3].map((id) => ({ id, rack: `r${id}` })),
    [0, 0, 0, 1, 2].map((broker, id) => ({
      topic: "T",
      id,
      replicas: [broker],
      load: [1, 1, 1, 1] as const,
    })),
  );
  const model = modelOf(input);
  for (const [p, to] of [1, 1, 1, 2, 0].entries()) {
    applyAction(model, {
      kind: "move",
      replica: p as ReplicaIndex,
      to: to as BrokerIndex,
    });
  }
  return new Waiting(model, Int32Array.of(0, 1, 2, 3, 4));
}

Deno.test("Waiting.find() gives those that change a sum as needed, others each time", () => {
  const pool = waiting();
  const found = new Int32Array(8);
  const at = (broker: number, axis: number, sign: number, most = 8) =>
    [...found.subarray(0, pool.find({ broker, axis, sign }, found, most))].sort();
  assertEquals(at(0, AXIS_REPLICAS, -1), [0, 1, 2]);
  assertEquals(at(0, AXIS_REPLICAS, 1), [4]);
  assertEquals(at(1, AXIS_LEADERS, 1), [0, 1, 2]);
  assertEquals(at(1, AXIS_LEADERS, -1), [3]);
  assertEquals(at(3, AXIS_REPLICAS, 1), []);
  const first = at(0, AXIS_REPLICAS, -1, 2);
  const second = at(0, AXIS_REPLICAS, -1, 1);
  assertEquals([...first, ...second].sort(), [0, 1, 2]);
});

Deno.test("Waiting.find() leaves out what is held or removed", () => {
  const pool = waiting();
  const found = new Int32Array(8);
  const around = (broker: number) =>
    [...found.subarray(0, pool.findAround(broker, found, 8))].sort();
  assertEquals(around(0), [0, 1, 2, 4]);
  pool.hold(1);
  pool.remove(2);
  assertEquals([pool.size, pool.has(1), pool.has(2)], [4, false, false]);
  assertEquals(around(0), [0, 4]);
  pool.letGo(1);
  assertEquals(around(0), [0, 1, 4]);
});
