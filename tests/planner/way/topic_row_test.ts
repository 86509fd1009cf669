import { assert, assertEquals } from "@std/assert";
import type { PreparedGoal } from "../../../goals/goal.ts";
import type { BrokerIndex, ReplicaIndex } from "../../../model/cluster_model.ts";
import { applyAction } from "../../../model/model_actions.ts";
import type { Search } from "../../../planner/search/state.ts";
import { topicRow } from "../../../planner/way/topic_row.ts";
import { handInput, modelOf } from "../clusters.ts";

/** Topic "A" only goes from broker 0 to 1; of topic "B" a replica leaves broker 1 and another enters it. */
function rowOf(changed: Int32Array, upper = 1) {
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [["A", 0], ["A", 0], ["B", 1], ["B", 2]].map(([topic, broker], id) => ({
      topic: topic as string,
      id,
      replicas: [broker as number],
      load: [1, 1, 1, 1] as const,
    })),
  );
  const model = modelOf(input);
  for (const [replica, to] of [1, 1, 0, 1].entries()) {
    applyAction(model, {
      kind: "move",
      replica: replica as ReplicaIndex,
      to: to as BrokerIndex,
    });
  }
  const topicLimits = { upper: Float64Array.of(upper, upper), lower: Float64Array.of(0, 0) };
  const goals = [{ topicLimits } as unknown as PreparedGoal];
  const row = topicRow({ model, goals } as unknown as Search);
  assert(row !== undefined);
  row.foresee(changed, 0, changed.length);
  return row;
}

Deno.test("TopicRow weighs topics with counts that go up and down on the way, and no others", () => {
  const row = rowOf(Int32Array.of(0, 1, 2, 3));
  assertEquals([0, 1, 2, 3].map((p) => row.watches(p)), [false, false, true, true]);
  assertEquals(row.notHome(Int32Array.of(0, 1, 2, 3)).length, 0);
  row.add(0, 1);
  row.add(1, 1);
  assertEquals(row.total, 0);
  // The one that enters broker 1 before another has left it is one too many there.
  row.add(3, 1);
  assertEquals(row.total, 1);
  row.add(2, 1);
  assertEquals(row.total, 0);
});

Deno.test("TopicRow weighs a topic whose proposals do not follow each other", () => {
  const row = rowOf(Int32Array.of(0, 2, 1, 3));
  assertEquals([0, 1, 2, 3].map((p) => row.watches(p)), [true, true, true, true]);
  assertEquals([...row.notHome(Int32Array.of(0, 2, 1, 3))], [0, 2, 1, 3]);
});

Deno.test("TopicRow knows what is outside at home, whether topics come once or twice", () => {
  // Broker 2 has one of "B" too many at home.
  const row = rowOf(Int32Array.of(0, 1, 2, 3), 0);
  assertEquals(row.total, 1);
  row.add(3, 1);
  row.add(2, 1);
  assertEquals(row.total, 0);
  // Taken home one by one, two of "A" on broker 0 are seen as well.
  const split = rowOf(Int32Array.of(0, 2, 1, 3), 0);
  for (const p of split.notHome(Int32Array.of(0, 2, 1, 3))) split.add(p, -1);
  assertEquals(split.total, 3);
  for (const p of [0, 1, 3, 2]) split.add(p, 1);
  assertEquals(split.total, 0);
});

Deno.test("TopicRow weighs no topic whose counts pass no limit in any order", () => {
  const row = rowOf(Int32Array.of(0, 1, 2, 3), 2);
  assertEquals([0, 1, 2, 3].map((p) => row.watches(p)), [false, false, false, false]);
  const split = rowOf(Int32Array.of(0, 2, 1, 3), 2);
  assertEquals([0, 1, 2, 3].map((p) => split.watches(p)), [true, true, true, true]);
});
