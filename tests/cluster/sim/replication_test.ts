import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  brokerSpec,
  brokerTruth,
  exactSpec,
  replicaTruth,
  topicSpec,
} from "../../../cluster/sim/mod.ts";
import { fourBrokers, throttle, valueOf, type World, world } from "./fixture.ts";

function copied(w: World, brokerId: number, topic = "t"): number {
  return replicaTruth(w.cluster.state, topic, { partition: 0, brokerId })?.bytes ?? 0;
}

Deno.test("replicate() copies at the throttle's rate while the replica is listed and out of sync", async () => {
  const w = world(fourBrokers());
  await throttle(w.gateway, { brokers: [1, 4], rate: 2e6, topic: "t", list: "0:1,0:4" });
  await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [4, 2, 3] }]);
  await w.pass(10);
  // Two in-sync followers of the listed leader use up 2 x 100 KB/s of its quota.
  assertAlmostEquals(copied(w, 4), 10 * 1.8e6, 1e5);
  await w.pass(10);
  assertAlmostEquals(copied(w, 4), 20 * 1.8e6, 1e5);
});

Deno.test("replicate() does not slow what is not listed, whatever rates are set", async () => {
  const w = world(fourBrokers());
  await throttle(w.gateway, { brokers: [1, 2, 3, 4], rate: 1e6, topic: "t", list: "0:2,0:3" });
  await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [4, 2, 3] }]);
  await w.pass(5);
  assertEquals((await w.partition("t", 0)).replicas, [4, 2, 3]);
});

Deno.test("replicate() never finishes behind a quota that in-sync traffic uses up", async () => {
  const w = world(fourBrokers());
  await throttle(w.gateway, { brokers: [1, 2, 3, 4], rate: 150_000, topic: "t", list: "*" });
  await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [4, 2, 3] }]);
  await w.pass(3600);
  assertEquals(valueOf(await w.gateway.listReassignments()).length, 1);
  assert(copied(w, 4) < 1e6);
});

Deno.test("replicate() stays within network, disks and throttles, and copies no byte twice", () => {
  fc.assert(
    fc.property(
      fc.record({
        nic: fc.integer({ min: 1, max: 100 }),
        disk: fc.integer({ min: 1, max: 100 }),
        throttle: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
        moves: fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 12 }),
      }),
      ({ nic, disk, throttle, moves }) => {
        const hardware = { nicBytesPerSec: nic * 1e6, diskBytesPerSec: disk * 1e6 };
        const assignment = Array.from({ length: 20 }, (_, p) => [1 + p % 3, 1 + (p + 1) % 3]);
        const w = world(exactSpec({
          brokers: [1, 2, 3, 4, 5].map((id) => brokerSpec(id, undefined, hardware)),
          topics: [topicSpec("t", assignment, {
            initialBytes: 2e9,
            workload: { bytesPerSec: 20_000 },
          })],
        }));
        const { state } = w.cluster;
        if (throttle !== undefined) {
          state.broker.leaderRate.fill(throttle * 1e6);
          state.broker.followerRate.fill(throttle * 1e6);
          state.topics[0]!.leaderThrottled = "all";
          state.topics[0]!.followerThrottled = "all";
        }
        for (const p of moves) {
          w.cluster.inject({
            kind: "foreign_reassignment",
            topic: "t",
            partition: p,
            replicas: [4 + p % 2, assignment[p]![1]!],
          });
        }
        let before = moved(w);
        for (let second = 1; second <= 20; second++) {
          w.cluster.advanceTo(state.startMs + second * 1000);
          let flowIn = 0;
          let flowOut = 0;
          for (const broker of brokerTruth(state)) {
            const room = Math.min(nic * 1e6, disk * 1e6, (throttle ?? Infinity) * 1e6);
            assert(broker.catchUpIn <= room * 1.000001, `in ${broker.catchUpIn} of ${room}`);
            assert(broker.catchUpOut <= room * 1.000001, `out ${broker.catchUpOut} of ${room}`);
            flowIn += broker.catchUpIn;
            flowOut += broker.catchUpOut;
          }
          assertAlmostEquals(flowIn, flowOut, 1);
          const now = moved(w);
          assert(now >= before - 1, `copied bytes fell from ${before} to ${now}`);
          before = now;
        }
      },
    ),
    { seed: 11, numRuns: 60 },
  );
});

/** Bytes on the brokers that were empty. */
function moved(w: World): number {
  let bytes = 0;
  for (let partition = 0; partition < 20; partition++) {
    for (const brokerId of [4, 5]) {
      bytes += replicaTruth(w.cluster.state, "t", { partition, brokerId })?.bytes ?? 0;
    }
  }
  return bytes;
}

Deno.test("replicate() moves a replica between log dirs at its own throttle, and can be cancelled", async () => {
  const w = world(fourBrokers());
  const from = replicaTruth(w.cluster.state, "t", { partition: 0, brokerId: 1 })!.logDir;
  const to = from === "/data/d0" ? "/data/d1" : "/data/d0";
  const target = { brokerId: 1, topic: "t", partition: 0, logDir: to };
  const rate = "replica.alter.log.dirs.io.max.bytes.per.second";
  await w.gateway.alterConfigs([
    { resource: { type: "broker", name: "1" }, key: rate, operation: "set", value: "1000000" },
  ]);
  valueOf(await w.gateway.alterLogDirs([target]));
  await w.pass(10);
  const reading = valueOf(await w.gateway.readLogDirs(valueOf(await w.gateway.observe())));
  const [future] = reading.futureReplicas;
  assertEquals(
    [future?.brokerId, future?.topic, future?.partition, future?.logDir],
    [1, "t", 0, to],
  );
  assertAlmostEquals(future!.sizeBytes, 10e6, 1e5);
  assert(future!.offsetLag > 0);
  valueOf(await w.gateway.alterLogDirs([{ ...target, logDir: from }]));
  const after = valueOf(await w.gateway.readLogDirs(valueOf(await w.gateway.observe())));
  assertEquals(after.futureReplicas, []);
  await w.pass(600);
  assertEquals(replicaTruth(w.cluster.state, "t", { partition: 0, brokerId: 1 })!.logDir, from);
});

Deno.test("replicate() puts a replica into the log dir that was asked for before it came", async () => {
  const w = world(fourBrokers());
  const truth = () => replicaTruth(w.cluster.state, "t", { partition: 0, brokerId: 4 });
  assertEquals(truth(), undefined);
  // The broker is empty and would choose its first log dir.
  const target = { brokerId: 4, topic: "t", partition: 0, logDir: "/data/d1" };
  assertEquals(valueOf(await w.gateway.alterLogDirs([target])), [{ ...target, errorCode: 9 }]);
  await w.gateway.alterReassignments([{ topic: "t", partition: 0, replicas: [4, 2, 3] }]);
  await w.pass(1);
  assertEquals(truth()!.logDir, "/data/d1");
});
