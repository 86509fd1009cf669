import { assertEquals } from "@std/assert";
import { invertRows, mapPartitionRows, mapReplicaRows, NO_ROW } from "../../load/remap.ts";
import { topologyOf } from "./fixture.ts";

const from = topologyOf({ b: [{ replicas: [1, 2] }, { replicas: [2] }], c: [{ replicas: [1] }] });
const to = topologyOf({
  a: [{ replicas: [1] }],
  b: [{ replicas: [2, 1] }, { replicas: [3, 2] }, { replicas: [1] }],
  d: [{ replicas: [1] }],
});

Deno.test("mapPartitionRows() finds partitions of topics that stayed", () => {
  assertEquals([...mapPartitionRows(from, to)], [NO_ROW, 0, 1, NO_ROW, NO_ROW]);
  assertEquals([...mapPartitionRows(from, from)], [0, 1, 2]);
});

Deno.test("mapPartitionRows() goes by name where a side has no ids, and by id where both have", () => {
  const sketch = { t: [{ replicas: [1] }] };
  const ids = (id: string) => topologyOf(sketch, { ids: { t: id } });
  assertEquals([...mapPartitionRows(ids("x"), ids("y"))], [NO_ROW]);
  assertEquals([...mapPartitionRows(ids("x"), ids(""))], [0]);
  assertEquals([...mapPartitionRows(ids(""), ids("x"))], [0]);
});

Deno.test("mapReplicaRows() finds replicas on the broker where they were", () => {
  const rows = mapReplicaRows(from, to, mapPartitionRows(from, to));
  assertEquals([...rows], [NO_ROW, 1, 0, NO_ROW, 2, NO_ROW, NO_ROW]);
});

Deno.test("invertRows() is the way back", () => {
  assertEquals([...invertRows(mapPartitionRows(from, to), 3)], [1, 2, NO_ROW]);
});
