import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createEstimatorState, forgetBaselines } from "../../load/estimator_state.ts";
import { estimateRates, type PartitionSamples, type Poll } from "../../load/rate_estimator.ts";
import {
  CPU_USAGE,
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  MESSAGE_IN_RATE,
  PARTITION_METRIC_COUNT,
  PRODUCE_RATE,
  REPLICATION_BYTES_IN_RATE,
  REPLICATION_BYTES_OUT_RATE,
} from "../../model/metrics.ts";
import { pollOf, topologyOf } from "./fixture.ts";
import { PartitionSimulation } from "./log_simulation.ts";

const LIMITS = {
  minPairMs: 200,
  maxPairMs: 60_000,
  consumerKbPerSecMax: 125_000,
  uncommittedFanout: 0,
};
const INTERVAL_MS = 10_000;

/** Feeds polls and gives the samples of each. */
function feed(polls: Iterable<Poll>, limits = LIMITS): PartitionSamples[] {
  const state = createEstimatorState();
  return Array.from(polls, (poll) => estimateRates(state, poll, limits));
}

function metric(samples: PartitionSamples, row: number, column: number): number {
  const at = samples.partitions.indexOf(row);
  return at < 0 ? NaN : samples.metrics[at * PARTITION_METRIC_COUNT + column]!;
}

function kbIn(samples: PartitionSamples): number {
  return metric(samples, 0, LEADER_BYTES_IN);
}

/** Polls of one partition; `step` acts before each poll but the first, which is of a log with a history. */
function* simulate(
  polls: number,
  step: (partition: PartitionSimulation, poll: number) => void,
  bytesEach = 1024,
): Generator<Poll> {
  const partition = new PartitionSimulation([1, 2, 3]);
  for (let i = 0; i < 5; i++) partition.append(100, bytesEach);
  for (let i = 0; i < polls; i++) {
    if (i > 0) step(partition, i);
    yield partition.poll(i * INTERVAL_MS);
  }
}

Deno.test("estimateRates() gives all that plain Kafka tells, and NaN for the rest", () => {
  const topology = topologyOf({ t: [{ replicas: [1, 2, 3] }] });
  const [first, second] = feed([
    pollOf(topology, { atMs: 0, end: [100], bytes: [102_400, 102_400, 102_400] }),
    pollOf(topology, { atMs: 10_000, end: [200], bytes: [204_800, 204_800, 102_400] }),
  ]);
  assertEquals(first!.partitions.length, 0);
  assertEquals([...second!.partitions], [0]);
  assertEquals([...second!.leaders], [1]);
  assertAlmostEquals(metric(second!, 0, LEADER_BYTES_IN), 10);
  assertAlmostEquals(metric(second!, 0, MESSAGE_IN_RATE), 10);
  assertAlmostEquals(metric(second!, 0, REPLICATION_BYTES_OUT_RATE), 20);
  assertEquals(metric(second!, 0, REPLICATION_BYTES_IN_RATE), 0);
  assertEquals(metric(second!, 0, LEADER_BYTES_OUT), 0);
  assertAlmostEquals(metric(second!, 0, DISK_USAGE), 204_800 / 1024 / 1024);
  assertEquals(metric(second!, 0, CPU_USAGE), NaN);
  assertEquals(metric(second!, 0, PRODUCE_RATE), NaN);
  assertAlmostEquals(second!.replicaMb[2]!, 102_400 / 1024 / 1024);
});

Deno.test("estimateRates() gives 0 for an empty and for an idle log", () => {
  const topology = topologyOf({ empty: [{ replicas: [1] }], idle: [{ replicas: [1] }] });
  const poll = (atMs: number) => pollOf(topology, { atMs, end: [0, 70], bytes: [0, 7000] });
  const samples = feed([poll(0), poll(10_000)])[1]!;
  for (const row of [0, 1]) {
    assertEquals(metric(samples, row, LEADER_BYTES_IN), 0);
    assertEquals(metric(samples, row, MESSAGE_IN_RATE), 0);
    assertEquals(metric(samples, row, LEADER_BYTES_OUT), 0);
  }
  assertEquals(metric(samples, 0, DISK_USAGE), 0);
});

Deno.test("estimateRates() keeps the rate while compaction shrinks the leader's log", () => {
  // 100 records of 1 KB a poll; from the third pair on the leader's log is cleaned before every second poll.
  const samples = feed(simulate(12, (partition, i) => {
    partition.append(100, 1024);
    if (i >= 3 && i % 2 === 1) partition.compact(1, 0.1);
  }));
  for (const one of samples.slice(1)) assertAlmostEquals(kbIn(one), 10, 0.5);
});

Deno.test("estimateRates() keeps the rate while every replica is cleaned", () => {
  const samples = feed(simulate(12, (partition, i) => {
    partition.append(100, 1024);
    if (i >= 2 && i % 3 === 0) { for (const id of [1, 2, 3]) partition.compact(id, 0.05); }
  }));
  for (const one of samples.slice(1)) assertAlmostEquals(kbIn(one), 10, 0.5);
});

Deno.test("estimateRates() keeps the rate when retention moves the start in every pair", () => {
  const samples = feed(simulate(12, (partition) => {
    partition.append(100, 1024);
    for (const id of [1, 2, 3]) partition.deleteOldest(id, 4);
  }));
  for (const one of samples.slice(1)) assertAlmostEquals(kbIn(one), 10, 0.5);
});

Deno.test("estimateRates() keeps the rate across leader changes", () => {
  const samples = feed(simulate(9, (partition, i) => {
    partition.append(100, 1024);
    if (i % 2 === 0) partition.elect(1 + (i % 3));
  }));
  for (const one of samples.slice(1)) assertAlmostEquals(kbIn(one), 10, 0.01);
});

Deno.test("estimateRates() gives no spike when the new leader's log is larger", () => {
  const topology = (leader: number, generation: number) =>
    topologyOf({ t: [{ replicas: [1, 2], leader }] }, { generation });
  const [, before, after] = feed([
    pollOf(topology(1, 1), { atMs: 0, end: [100], bytes: [100 * 1024, 900 * 1024] }),
    pollOf(topology(1, 1), { atMs: 10_000, end: [200], bytes: [200 * 1024, 1000 * 1024] }),
    pollOf(topology(2, 2), { atMs: 20_000, end: [300], bytes: [300 * 1024, 1100 * 1024] }),
  ]);
  assertAlmostEquals(kbIn(before!), 10, 0.01);
  assertAlmostEquals(kbIn(after!), 10, 0.01);
});

Deno.test("estimateRates() follows when records become heavier or lighter for good", () => {
  for (const bytes of [100, 10_000]) {
    const samples = feed(simulate(14, (partition, i) => {
      partition.append(100, i <= 5 ? 1024 : bytes);
    }));
    assertAlmostEquals(kbIn(samples[5]!), 10, 0.01);
    // Three pairs that agree are believed; a heavier record needs two.
    assertAlmostEquals(kbIn(samples[8]!), bytes * 10 / 1024, 0.01 * bytes);
    assertAlmostEquals(kbIn(samples[13]!), bytes * 10 / 1024, 0.01 * bytes);
  }
});

Deno.test("estimateRates() drops the pair of a truncation and begins anew", () => {
  const samples = feed(simulate(8, (partition, i) => {
    if (i === 3) partition.truncate();
    else if (i === 4) partition.append(10, 1024);
    else partition.append(100, 1024);
  }));
  assertEquals(samples[3]!.partitions.length, 0);
  for (const one of samples.slice(5)) assertAlmostEquals(kbIn(one), 10, 0.01);
});

Deno.test("estimateRates() waits a poll for a new leader that does not know the end yet", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const ends = [100, 200, 195, 400];
  const samples = feed(
    ends.map((end, i) =>
      pollOf(topology, { atMs: i * 10_000, end: [end], bytes: [Math.max(end, 200) * 1024] })
    ),
  );
  assertEquals(samples[2]!.partitions.length, 0);
  // 200 records in the two intervals since the last poll that counted.
  assertAlmostEquals(metric(samples[3]!, 0, MESSAGE_IN_RATE), 10);
  assertAlmostEquals(kbIn(samples[3]!), 10, 0.01);
});

Deno.test("estimateRates() closes a longer pair after a broker was silent", () => {
  const partition = new PartitionSimulation([1, 2, 3]);
  const polls: Poll[] = [];
  for (let i = 0; i < 6; i++) {
    partition.append(100, 1024);
    polls.push(partition.poll(i * INTERVAL_MS, i === 3 ? [1] : []));
  }
  const samples = feed(polls);
  assertEquals(samples[3]!.partitions.length, 0);
  assertEquals(samples[3]!.replicaMb[0], NaN);
  for (const i of [1, 2, 4, 5]) assertAlmostEquals(kbIn(samples[i]!), 10, 0.01);
});

Deno.test("estimateRates() gives no sample of a pair longer than maxPairMs", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const samples = feed(
    [0, 10_000, 80_000, 90_000].map((atMs) =>
      pollOf(topology, { atMs, end: [atMs / 10], bytes: [atMs * 100] })
    ),
  );
  assertEquals(samples.map((one) => one.partitions.length), [0, 1, 0, 1]);
});

Deno.test("estimateRates() gives no sample when the clock went back, and goes on after it", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const times = [100_000, 110_000, 50_000, 50_000, 60_000];
  const samples = feed(
    times.map((atMs, i) =>
      pollOf(topology, { atMs, end: [100 * (i + 1)], bytes: [102_400 * (i + 1)] })
    ),
  );
  assertEquals(samples.map((one) => one.partitions.length), [0, 1, 0, 0, 1]);
});

Deno.test("estimateRates() forgets a topic that was created anew under its name", () => {
  const before = topologyOf({ t: [{ replicas: [1] }] }, { ids: { t: "a" } });
  const after = topologyOf({ t: [{ replicas: [1] }] }, { generation: 2, ids: { t: "b" } });
  const samples = feed([
    pollOf(before, { atMs: 0, end: [100], bytes: [102_400] }),
    pollOf(before, { atMs: 10_000, end: [200], bytes: [204_800] }),
    // Larger than before: without the id this would look like growth.
    pollOf(after, { atMs: 20_000, end: [5000], bytes: [5000] }),
    pollOf(after, { atMs: 30_000, end: [6000], bytes: [6000] }),
  ]);
  assertEquals(samples.map((one) => one.partitions.length), [0, 1, 0, 1]);
  assertAlmostEquals(kbIn(samples[3]!), 100 / 1024, 1e-6);
});

Deno.test("estimateRates() finds rows again when topics come, go and grow", () => {
  const one = { replicas: [1] };
  const before = topologyOf({ b: [one], d: [one, one] });
  const after = topologyOf({ a: [one], c: [one], d: [one, one, one] }, { generation: 2 });
  const samples = feed([
    pollOf(before, { atMs: 0, end: [1, 100, 200], bytes: [1, 1000, 2000] }),
    pollOf(after, { atMs: 10_000, end: [9, 9, 200, 400, 7], bytes: [9, 9, 2000, 4000, 7] }),
  ]);
  assertEquals([...samples[1]!.partitions], [2, 3]);
  assertAlmostEquals(metric(samples[1]!, 2, LEADER_BYTES_IN), 100 / 1024, 1e-6);
  assertAlmostEquals(metric(samples[1]!, 3, LEADER_BYTES_IN), 200 / 1024, 1e-6);
});

Deno.test("estimateRates() does not know bytes when sizes were never told", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const samples = feed(
    [0, 1, 2].map((i) => pollOf(topology, { atMs: i * 10_000, end: [100 * i] })),
  );
  assertEquals(samples[2]!.partitions.length, 0);
  assertEquals(samples[2]!.replicaMb.length, 0);
});

Deno.test("estimateRates() does not take sizes of another interval for growth", () => {
  // The sizes of the third poll are 4 s late: over 14 s they grew by 14 s' worth.
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const polls = [0, 10_000, 20_000].map((atMs) =>
    pollOf(topology, { atMs, end: [atMs / 100], bytes: [atMs * 10] })
  );
  const late = {
    ...polls[2]!,
    logDirs: { ...polls[2]!.logDirs!, atMs: 24_000, replicaBytes: Float64Array.of(240_000) },
  };
  const samples = feed([polls[0]!, polls[1]!, late]);
  assertAlmostEquals(kbIn(samples[2]!), 10_000 / 1024, 0.01);
});

Deno.test("estimateRates() counts bytes out by committed offsets", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }, { replicas: [1] }, { replicas: [1] }] });
  const poll = (i: number, groups: Record<string, Record<number, number>>) =>
    pollOf(topology, {
      atMs: i * 10_000,
      end: [1000 + 100 * i, 1000 + 100 * i, 1000 + 100 * i],
      start: [0, 900, 0],
      bytes: [1, 1, 1].map(() => (1000 + 100 * i) * 1024),
      groups,
    });
  const samples = feed([
    poll(0, { g: { 0: 0, 1: 0 }, h: { 0: 1000 } }),
    // g reads 300 of partition 0, and seeks over what was deleted from partition 1 to 50 behind its start.
    poll(1, { g: { 0: 300, 1: 950 }, h: { 0: 1100 } }),
    // g seeks back, h is deleted, a new group commits for the first time.
    poll(2, { g: { 0: 0, 1: 950 }, n: { 0: 1200 } }),
  ]);
  assertAlmostEquals(metric(samples[1]!, 0, LEADER_BYTES_OUT), 40, 0.01);
  assertAlmostEquals(metric(samples[1]!, 1, LEADER_BYTES_OUT), 5, 0.01);
  assertEquals(metric(samples[1]!, 2, LEADER_BYTES_OUT), 0);
  assertEquals(metric(samples[2]!, 0, LEADER_BYTES_OUT), 0);
});

Deno.test("estimateRates() takes a leap of committed offsets for a seek, not for reading", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const poll = (i: number, offset: number) =>
    pollOf(topology, {
      atMs: i * 10_000,
      end: [1e9 + 100 * i],
      bytes: [1e12 + 100_000 * i],
      groups: { g: { 0: offset } },
    });
  const samples = feed([poll(0, 0), poll(1, 1e9), poll(2, 1e9 + 100)]);
  assertEquals(metric(samples[1]!, 0, LEADER_BYTES_OUT), 0);
  assertAlmostEquals(metric(samples[2]!, 0, LEADER_BYTES_OUT), 10_000 / 1024, 0.01);
});

Deno.test("estimateRates() assumes the configured fan-out only where nobody commits", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }, { replicas: [1] }] });
  const poll = (i: number) =>
    pollOf(topology, {
      atMs: i * 10_000,
      end: [100 * i, 100 * i],
      bytes: [102_400 * i, 102_400 * i],
      groups: { g: { 1: 0 } },
    });
  const samples = feed([poll(0), poll(1)], { ...LIMITS, uncommittedFanout: 3 })[1]!;
  assertAlmostEquals(metric(samples, 0, LEADER_BYTES_OUT), 30, 0.01);
  assertEquals(metric(samples, 1, LEADER_BYTES_OUT), 0);
});

Deno.test("estimateRates() does not know bytes out when groups cannot be read", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const poll = (i: number) =>
    pollOf(topology, { atMs: i * 10_000, end: [100 * i], bytes: [102_400 * i] });
  const samples = feed([{ ...poll(0), groups: undefined }, { ...poll(1), groups: undefined }])[1]!;
  assertAlmostEquals(metric(samples, 0, LEADER_BYTES_IN), 10, 0.01);
  assertEquals(metric(samples, 0, LEADER_BYTES_OUT), NaN);
});

Deno.test("forgetBaselines() begins a new pair and keeps what a record weighs", () => {
  const topology = topologyOf({ t: [{ replicas: [1] }] });
  const state = createEstimatorState();
  const poll = (i: number, bytes: number) =>
    estimateRates(
      state,
      pollOf(topology, { atMs: i * 10_000, end: [100 * i], bytes: [bytes] }),
      LIMITS,
    );
  poll(0, 0);
  poll(1, 102_400);
  forgetBaselines(state);
  assertEquals(poll(2, 204_800).partitions.length, 0);
  // The log was cleaned in this pair: only what was known before can tell the rate.
  assertAlmostEquals(kbIn(poll(3, 100)), 10, 0.01);
});
