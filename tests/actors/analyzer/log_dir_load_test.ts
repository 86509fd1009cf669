/** What log dirs carry, as the cluster is and after a plan. */
import { assertEquals, assertGreater } from "@std/assert";
import { logDirLoads, logDirLoadSteps } from "../../../actors/analyzer/log_dir_load.ts";
import { drain } from "../../../lib/steps.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import { twoBrokers } from "./two_brokers.ts";

const DIRS = ["/a", "/b"].map((path) => ({ path, alive: true, capacityMb: 9000 }));

/** Both brokers have two log dirs; the last replica is on none that is known. */
function onDirs(): ClusterInput {
  const input = twoBrokers({ replicaLogDir: Int16Array.of(0, 1, -1) });
  return { ...input, brokers: input.brokers.map((broker) => ({ ...broker, logDirs: DIRS })) };
}

function told(loads: ReturnType<typeof logDirLoads>): unknown {
  return [...loads].map(([id, dirs]) => [
    id,
    ...dirs.map(({ usedMb, replicas, leaders }) => [usedMb, replicas, leaders]),
  ]);
}

Deno.test("logDirLoads() adds up each replica at its own size, leaders apart", () => {
  assertEquals(told(logDirLoads(onDirs())), [
    [1, [1000, 1, 1], [0, 0, 0]],
    [2, [0, 0, 0], [900, 1, 0]],
  ]);
  assertEquals(logDirLoads(twoBrokers()).size, 0, "none are modelled");
});

Deno.test("logDirLoadSteps() carries proposals out; what is on no log dir that is known counts in none", () => {
  const proposal = {
    topic: "t",
    partition: 0,
    sizeMb: 1000,
    oldLeader: 1,
    oldReplicas: [{ brokerId: 1, logDir: "/a" }, { brokerId: 2, logDir: "/b" }],
    newReplicas: [{ brokerId: 2, logDir: "/a" }, { brokerId: 1, logDir: "/b" }],
    reasons: [],
  };
  const toNowhere = {
    ...proposal,
    partition: 1,
    oldLeader: 2,
    oldReplicas: [{ brokerId: 2 }],
    newReplicas: [{ brokerId: 1 }],
  };
  assertEquals(told(drain(logDirLoadSteps(onDirs(), [toNowhere, proposal]))), [
    [1, [0, 0, 0], [1000, 1, 0]],
    [2, [900, 1, 1], [0, 0, 0]],
  ]);
});

Deno.test("logDirLoadSteps() gives others their turn while it looks at many partitions", () => {
  const count = 30_000;
  const numbers = Int32Array.from({ length: count }, (_, p) => p);
  const input = {
    ...onDirs(),
    partitionStart: Int32Array.of(0, count),
    partitionNumber: numbers,
    replicaStart: Int32Array.from({ length: count + 1 }, (_, p) => p),
    replicaBroker: new Int32Array(count),
    replicaLogDir: new Int16Array(count),
    leaderReplica: numbers,
    leaderLoad: new Float64Array(4 * count),
    replicaDiskMb: new Float64Array(0),
  };
  const steps = logDirLoadSteps(input, []);
  let turns = 0;
  while (steps.next().done !== true) turns++;
  assertGreater(turns, 4);
});
