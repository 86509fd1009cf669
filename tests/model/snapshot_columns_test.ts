import { assert, assertEquals } from "@std/assert";
import { RESOURCE_COUNT } from "../../model/metrics.ts";
import { parseSnapshot } from "../../model/snapshot_read.ts";

Deno.test("parseSnapshot() keeps everything of partitions while its columns grow", () => {
  // The columns begin too small by far and grow several times, the rare ones, too.
  const partitions = Array.from({ length: 5000 }, (_, id) => ({
    id,
    replicas: [0],
    leader: 0,
    load: [0, id, 0, 1],
    followerLoad: [0, id, 0, 1],
    logDirs: [`/d${id % 2}`],
    ...(id % 3 === 0 ? { replicaDiskMb: [id] } : {}),
    ...(id % 5 === 1 ? { windows: [[0, id, 0, 2], [0, id, 0, 3]] } : {}),
  }));
  const capacity = { cpu: 1, nwIn: 1, nwOut: 1, disk: 1 };
  const logDirs = [{ path: "/d1", capacity: 1 }, { path: "/d0", capacity: 1 }];
  const snapshot = {
    version: 1,
    brokers: [{ id: 0, rack: "r", host: "h", capacity, logDirs }],
    topics: [{ name: "t", partitions }],
  };
  const read = parseSnapshot(new TextEncoder().encode(JSON.stringify(snapshot)));
  assert(read.ok, JSON.stringify(read));
  assertEquals(read.value.leaderReplica.length, 5000);
  assertEquals(read.value.windows?.count, 2);
  for (const p of [0, 1, 2, 3, 2500, 2501, 4998, 4999]) {
    assertEquals(read.value.replicaLogDir[p], 1 - p % 2);
    assertEquals(read.value.replicaDiskMb[p], p % 3 === 0 ? p : NaN);
    const disks = [3, 7].map((i) => read.value.windows!.loads[p * 2 * RESOURCE_COUNT + i]);
    assertEquals(disks, p % 5 === 1 ? [2, 3] : [1, 1]);
    assertEquals(read.value.leaderLoad[p * RESOURCE_COUNT + 1], p);
    assertEquals(read.value.followerLoad[p * RESOURCE_COUNT + 1], p);
  }
});
