import { assert, assertEquals } from "@std/assert";
import { RESOURCE_COUNT } from "../../model/metrics.ts";
import { parseSnapshot } from "../../model/snapshot_read.ts";

Deno.test("parseSnapshot() reads partitions whose text is shorter than it guessed", () => {
  // The columns begin too small by far and grow several times.
  const partitions = Array.from({ length: 5000 }, (_, id) => ({
    id,
    replicas: [0],
    leader: 0,
    load: [0, id, 0, 1],
    followerLoad: [0, id, 0, 1],
  }));
  const capacity = { cpu: 1, nwIn: 1, nwOut: 1, disk: 1 };
  const snapshot = {
    version: 1,
    brokers: [{ id: 0, rack: "r", host: "h", capacity }],
    topics: [{ name: "t", partitions }],
  };
  const read = parseSnapshot(new TextEncoder().encode(JSON.stringify(snapshot)));
  assert(read.ok, JSON.stringify(read));
  assertEquals(read.value.leaderReplica.length, 5000);
  for (const p of [0, 2500, 4999]) {
    assertEquals(read.value.leaderLoad[p * RESOURCE_COUNT + 1], p);
    assertEquals(read.value.followerLoad[p * RESOURCE_COUNT + 1], p);
  }
});
