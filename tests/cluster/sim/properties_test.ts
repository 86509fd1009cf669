import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ManualClock } from "../../../lib/clock.ts";
import { createPrng } from "../../../lib/prng.ts";
import {
  createSimCluster,
  digest,
  drawFaults,
  partitionTruth,
  type SimCluster,
  simGateway,
  simProblems,
  simSpec,
} from "../../../cluster/sim/mod.ts";

const START_MS = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

function smallSpec(seed: number) {
  return simSpec({ seed, brokers: 6, topics: 8, partitions: 40, groups: 5 });
}

/** Two hours of faults, moves, elections and throttles, all drawn from the seed. */
async function wildRun(seed: number, visit: (cluster: SimCluster) => void = () => {}) {
  const clock = new ManualClock(START_MS);
  const spec = smallSpec(seed);
  const cluster = createSimCluster({ spec, seed, startMs: START_MS });
  const gateway = simGateway(cluster, { clock, deadlineMs: 1 });
  const endMs = START_MS + 2 * HOUR_MS;
  for (const drawn of drawFaults(spec, { seed, fromMs: START_MS, toMs: endMs, count: 25 })) {
    cluster.inject(drawn.fault, drawn.atMs);
  }
  const prng = createPrng(seed).fork("wild");
  while (clock.nowMs() < endMs) {
    const topic = spec.topics[prng.below(spec.topics.length)]!;
    const partition = prng.below(topic.assignment.length);
    const names = { topic: topic.name, partition };
    const brokerId = prng.below(6);
    const list = topic.assignment[partition]!;
    const moved = [brokerId, ...list.filter((id) => id !== brokerId)].slice(0, list.length);
    const calls = [
      () => gateway.alterReassignments([{ ...names, replicas: moved }]),
      () => gateway.alterReassignments([{ ...names, replicas: null }]),
      () =>
        gateway.alterReassignments([{ ...names, replicas: moved.slice(1) }], {
          allowReplicationFactorChange: true,
        }),
      () => gateway.electPreferredLeaders([names]),
      () => gateway.alterLogDirs([{ ...names, brokerId, logDir: "/data/d1" }]),
      () =>
        gateway.alterConfigs([{
          resource: { type: "broker", name: String(brokerId) },
          key: "follower.replication.throttled.rate",
          operation: "set",
          value: "1000000",
        }, {
          resource: { type: "topic", name: topic.name },
          key: "follower.replication.throttled.replicas",
          operation: "set",
          value: "*",
        }]),
      () => gateway.observe(),
    ];
    const answer = calls[prng.below(calls.length)]!();
    await clock.advanceTo(clock.nowMs() + 1 + prng.below(120_000));
    await answer;
    cluster.advanceTo(clock.nowMs());
    visit(cluster);
  }
  return cluster;
}

Deno.test("advanceTo() keeps every invariant through any faults and calls", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1e9 }), async (seed) => {
      await wildRun(seed, (cluster) => assertEquals(simProblems(cluster.state), []));
    }),
    { seed: 20260105, numRuns: 40 },
  );
});

Deno.test("advanceTo() gives the same bytes for the same seed and calls, whatever goes wrong", async () => {
  for (const seed of [1, 2, 3]) {
    const first = digest((await wildRun(seed)).state);
    assertEquals(digest((await wildRun(seed)).state), first, `seed ${seed}`);
  }
});

Deno.test("advanceTo() never lets an offset go back, nor bytes get lost", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
      const spec = smallSpec(seed);
      const cluster = createSimCluster({ spec, seed, startMs: START_MS });
      for (
        const drawn of drawFaults(spec, {
          seed,
          fromMs: START_MS,
          toMs: START_MS + HOUR_MS,
          count: 15,
        })
      ) cluster.inject(drawn.fault, drawn.atMs);
      const look = () =>
        spec.topics.flatMap((topic) =>
          topic.assignment.map((_, p) => partitionTruth(cluster.state, topic.name, p))
        );
      let before = look();
      for (let minute = 1; minute <= 60; minute++) {
        cluster.advanceTo(START_MS + minute * 60_000);
        const now = look();
        now.forEach((truth, i) => {
          const old = before[i];
          if (truth === undefined || old === undefined) return;
          assert(truth.endOffset >= old.endOffset);
          assert(truth.startOffset >= old.startOffset);
          assert(truth.bytesInTotal >= old.bytesInTotal);
          assert(truth.bytesOutTotal >= old.bytesOutTotal);
        });
        before = now;
      }
    }),
    { seed: 7, numRuns: 10 },
  );
});
