import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { rateAt, recordBytesAt } from "../../../cluster/sim/workload.ts";
import {
  brokerSpec,
  exactSpec,
  partitionTruth,
  type SimWorkload,
  topicSpec,
} from "../../../cluster/sim/mod.ts";
import { STEADY_WORKLOAD } from "../../../cluster/sim/spec.ts";
import { START_MS, valueOf, world } from "./fixture.ts";

const DAY_MS = 86_400_000;
const MIB = 1_048_576;

function oneTopic(
  configs: Record<string, string>,
  rest: { liveBytes?: number; initialBytes?: number } = {},
) {
  return world(exactSpec({
    brokers: [brokerSpec(1, "r0")],
    topics: [topicSpec("t", [[1]], { initialBytes: 0, configs, ...rest })],
    groups: [{ groupId: "g", topics: ["t"], capacity: 2 }],
  }));
}

Deno.test("rateAt() follows day, week, bursts and drift", () => {
  const at = (workload: Partial<SimWorkload>, hours: number) =>
    rateAt({ ...STEADY_WORKLOAD, ...workload }, START_MS + hours * 3_600_000, {
      seed: 5,
      startMs: START_MS,
    });
  assertAlmostEquals(at({ daily: 0.5, dailyPeak: 0.5 }, 12), 150_000, 1);
  assertAlmostEquals(at({ daily: 0.5, dailyPeak: 0.5 }, 0), 50_000, 1);
  assertAlmostEquals(at({ weekly: 0.3 }, 4 * 24 + 23), 100_000, 1);
  assertAlmostEquals(at({ weekly: 0.3 }, 5 * 24), 70_000, 1);
  assertAlmostEquals(at({ driftPerDay: 0.1 }, 48), 120_000, 1);
  assertAlmostEquals(at({ driftPerDay: -1 }, 480), 10_000, 1);
  const burst = { burstChance: 0.2, burstFactor: 4, burstSlotMs: 600_000 };
  const slots = Array.from({ length: 1000 }, (_, i) => at(burst, i / 6));
  const bursts = slots.filter((rate) => rate === 400_000).length;
  assert(bursts > 150 && bursts < 250, `${bursts} bursts of 1000 slots`);
  assertEquals(slots.filter((rate) => rate === 100_000).length, 1000 - bursts);
});

Deno.test("recordBytesAt() swings slowly around the mean", () => {
  const sizes = Array.from(
    { length: 72 },
    (_, i) => recordBytesAt({ ...STEADY_WORKLOAD, recordWave: 0.1 }, START_MS + i * 300_000),
  );
  assertAlmostEquals(Math.max(...sizes), 1100, 2);
  assertAlmostEquals(Math.min(...sizes), 900, 2);
});

Deno.test("cleanLogs() keeps a size-limited log a saw-tooth between limit and limit plus a segment", async () => {
  const w = oneTopic({ "segment.bytes": String(4 * MIB), "retention.bytes": String(40 * MIB) });
  let highest = 0;
  let drops = 0;
  let before = 0;
  for (let minute = 0; minute < 120; minute++) {
    await w.pass(60);
    const { logBytes, startOffset, endOffset, bytesInTotal } = partitionTruth(
      w.cluster.state,
      "t",
      0,
    )!;
    if (logBytes < before) drops++;
    before = logBytes;
    highest = Math.max(highest, logBytes);
    assertAlmostEquals(endOffset * 1000, bytesInTotal, 1);
    assertAlmostEquals((endOffset - startOffset) * 1000, logBytes, 1);
  }
  assert(drops >= 5, `the log shrank ${drops} times`);
  // 300 s between checks at 100 KB/s let 30 MB in.
  assert(highest > 40 * MIB && highest < 44 * MIB + 31e6, `${highest} bytes`);
});

Deno.test("cleanLogs() deletes segments older than retention.ms", async () => {
  const w = oneTopic({ "segment.bytes": String(4 * MIB), "retention.ms": "600000" });
  await w.pass(7200);
  const { logBytes } = partitionTruth(w.cluster.state, "t", 0)!;
  // 600 s of retention, up to 300 s until the next check, and a segment.
  assert(logBytes >= 60e6 && logBytes <= 90e6 + 2 * 4 * MIB, `${logBytes} bytes`);
});

Deno.test("cleanLogs() compacts to the live bytes without moving the start", async () => {
  const w = oneTopic({ "segment.bytes": String(4 * MIB), "cleanup.policy": "compact" }, {
    liveBytes: 10e6,
  });
  await w.pass(7200);
  const { logBytes, startOffset, endOffset } = partitionTruth(w.cluster.state, "t", 0)!;
  assertEquals(startOffset, 0);
  assertAlmostEquals(endOffset, 720_000, 1);
  assert(logBytes >= 10e6 && logBytes <= 10e6 + 31e6 + 4 * MIB, `${logBytes} bytes`);
});

Deno.test("alterConfigs() of retention takes effect at the next check", async () => {
  const w = oneTopic({ "segment.bytes": String(4 * MIB), "retention.bytes": String(100 * MIB) });
  await w.pass(1800);
  const before = partitionTruth(w.cluster.state, "t", 0)!.logBytes;
  await w.gateway.alterConfigs([{
    resource: { type: "topic", name: "t" },
    key: "retention.bytes",
    operation: "set",
    value: String(8 * MIB),
  }]);
  await w.pass(301);
  const after = partitionTruth(w.cluster.state, "t", 0)!.logBytes;
  assert(before > 90 * MIB && after < 16 * MIB, `${before} -> ${after}`);
});

Deno.test("consume() follows the end, builds up lag above its capacity, and is counted once", async () => {
  const w = world(exactSpec({
    brokers: [brokerSpec(1, "r0")],
    topics: [topicSpec("t", [[1], [1]], { shares: [0.75, 0.25], initialBytes: 0 })],
    groups: [
      { groupId: "fast", topics: ["t"], capacity: 2 },
      { groupId: "slow", topics: ["t"], capacity: 0.5 },
    ],
  }));
  await w.pass(1000);
  const topology = valueOf(await w.gateway.observe());
  const reading = valueOf(await w.gateway.readGroupOffsets(topology));
  const offsets = reading.groups.map((group) => [group.groupId, ...group.offsets]);
  assertEquals(offsets, [["fast", 75_000, 25_000], ["slow", 37_500, 12_500]]);
  assertAlmostEquals(partitionTruth(w.cluster.state, "t", 0)!.bytesOutTotal, 112.5e6, 1);
  assertAlmostEquals(partitionTruth(w.cluster.state, "t", 1)!.bytesOutRate, 37_500, 1);
});

Deno.test("simSpec() draws daily load: the peak is higher than the trough by half at least", async () => {
  const { simSpec, brokerTruth } = await import("../../../cluster/sim/mod.ts");
  const w = world(simSpec({ seed: 1 }));
  const totals: number[] = [];
  for (let atMs = START_MS + DAY_MS / 24; atMs <= START_MS + DAY_MS; atMs += DAY_MS / 24) {
    w.cluster.advanceTo(atMs);
    totals.push(brokerTruth(w.cluster.state).reduce((sum, one) => sum + one.clientIn, 0));
  }
  assert(Math.max(...totals) > 1.5 * Math.min(...totals), totals.join(" "));
});
