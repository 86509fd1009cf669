/**
 * The estimator against the truth of a simulated cluster: plain, compacted and retention-limited topics, replicas on
 * three brokers, a broker that crashes and comes back, and a group that commits.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  brokerSpec,
  createSimCluster,
  exactSpec,
  partitionTruth,
  simGateway,
  topicSpec,
} from "../../cluster/sim/mod.ts";
import { ManualClock } from "../../lib/clock.ts";
import { createEstimatorState } from "../../load/estimator_state.ts";
import { estimateRates, type PartitionSamples } from "../../load/rate_estimator.ts";
import {
  DISK_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  PARTITION_METRIC_COUNT,
} from "../../model/metrics.ts";
import { findPartition, type Topology } from "../../model/topology.ts";

const SEED = 21;
const POLL_MS = 10_000;
const START_MS = 1_700_000_000_000;
const ASSIGNMENT = [[1, 2, 3], [2, 3, 1], [3, 1, 2]];
const LIMITS = {
  minPairMs: 200,
  maxPairMs: 60_000,
  consumerKbPerSecMax: 125_000,
  uncommittedFanout: 0,
};

function spec() {
  const shares = [0.6, 0.3, 0.1];
  return exactSpec({
    brokers: [1, 2, 3].map((id) => brokerSpec(id, `r${id}`)),
    topics: [
      topicSpec("plain", ASSIGNMENT, { shares, workload: { bytesPerSec: 1e6, noise: 0.2 } }),
      topicSpec("cleaned", ASSIGNMENT, {
        shares,
        liveBytes: 300_000,
        workload: { bytesPerSec: 5e4, recordBytes: 700 },
        configs: { "cleanup.policy": "compact", "segment.bytes": "1048576" },
      }),
      topicSpec("trimmed", ASSIGNMENT, {
        shares,
        workload: { bytesPerSec: 8e5, recordBytes: 300 },
        configs: { "retention.bytes": "2097152", "segment.bytes": "1048576" },
      }),
    ],
    groups: [{ groupId: "readers", topics: ["plain"], capacity: 3 }],
    settings: { retentionCheckMs: 5000 },
  });
}

interface Round {
  readonly atMs: number;
  readonly topology: Topology;
  readonly samples: PartitionSamples;
}

/** Polls a cluster and gives samples and truth to `check` after each poll from the third on. */
async function pollRounds(
  rounds: number,
  before: (round: number, cluster: ReturnType<typeof createSimCluster>) => void,
  check: (round: Round, truth: { bytesIn: number; bytesOut: number; bytes: number }, at: {
    topic: string;
    partition: number;
    row: number;
  }) => void,
): Promise<void> {
  const clock = new ManualClock(START_MS);
  const cluster = createSimCluster({ spec: spec(), seed: SEED, startMs: START_MS });
  const gateway = simGateway(cluster, { clock });
  const state = createEstimatorState();
  const totals = new Map<string, { bytesIn: number; bytesOut: number }>();
  for (let round = 0; round < rounds; round++) {
    await clock.advanceTo(START_MS + round * POLL_MS);
    before(round, cluster);
    const observed = await gateway.observe();
    assert(observed.ok);
    const topology = observed.value;
    const [offsets, logDirs, groups] = await Promise.all([
      gateway.readOffsets(topology),
      gateway.readLogDirs(topology),
      gateway.readGroupOffsets(topology),
    ]);
    assert(offsets.ok && logDirs.ok && groups.ok);
    const readings = { offsets: offsets.value, logDirs: logDirs.value, groups: groups.value };
    const samples = estimateRates(state, { topology, ...readings }, LIMITS);
    for (const topic of ["plain", "cleaned", "trimmed"]) {
      for (let partition = 0; partition < ASSIGNMENT.length; partition++) {
        const truth = partitionTruth(cluster.state, topic, partition)!;
        const key = `${topic}-${partition}`;
        const last = totals.get(key) ?? { bytesIn: 0, bytesOut: 0 };
        const now = { bytesIn: truth.bytesInTotal, bytesOut: truth.bytesOutTotal };
        totals.set(key, now);
        if (round < 2) continue;
        check(
          { atMs: clock.nowMs(), topology, samples },
          {
            bytesIn: (now.bytesIn - last.bytesIn) / POLL_MS * 1000,
            bytesOut: (now.bytesOut - last.bytesOut) / POLL_MS * 1000,
            bytes: truth.logBytes,
          },
          { topic, partition, row: findPartition(topology, topic, partition) },
        );
      }
    }
  }
  await gateway.close();
}

function valueOf(samples: PartitionSamples, row: number, column: number): number {
  const at = samples.partitions.indexOf(row);
  return at < 0 ? NaN : samples.metrics[at * PARTITION_METRIC_COUNT + column]!;
}

Deno.test("estimateRates() is within 10 % of a simulated cluster's truth after three polls", async () => {
  let checked = 0;
  await pollRounds(30, () => {}, ({ samples }, truth, at) => {
    const name = `${at.topic}-${at.partition}, seed ${SEED}`;
    const bytesIn = valueOf(samples, at.row, LEADER_BYTES_IN) * 1024;
    checked++;
    assertAlmostEquals(bytesIn, truth.bytesIn, 0.1 * truth.bytesIn, name);
    const disk = valueOf(samples, at.row, DISK_USAGE) * 1024 * 1024;
    assertAlmostEquals(disk, truth.bytes, 1 + 1e-6 * truth.bytes, name);
    const bytesOut = valueOf(samples, at.row, LEADER_BYTES_OUT) * 1024;
    assertAlmostEquals(bytesOut, truth.bytesOut, 1 + 0.1 * truth.bytesOut, name);
  });
  assertEquals(checked, 28 * 9);
});

Deno.test("estimateRates() gives no spike while a simulated broker crashes and comes back", async () => {
  // Poll 6 sees partitions whose leader does not answer.
  const seen = new Map<number, number>();
  await pollRounds(20, (round, cluster) => {
    if (round !== 5) return;
    // In the middle of the interval before: unanswered from then on, fenced in the middle of the next one.
    cluster.inject({ kind: "broker_crash", brokerId: 2, returnAfterMs: 45_000 }, START_MS + 55_000);
  }, ({ atMs, samples }, truth, at) => {
    const round = (atMs - START_MS) / POLL_MS;
    const bytesIn = valueOf(samples, at.row, LEADER_BYTES_IN) * 1024;
    if (Number.isNaN(bytesIn)) return;
    seen.set(round, (seen.get(round) ?? 0) + 1);
    // A pair that was left open by the crash covers more than this interval: it may differ, by no more than noise.
    const slack = round >= 6 && round <= 9 ? 0.6 : 0.1;
    assert(bytesIn <= truth.bytesIn * (1 + slack), `${at.topic}-${at.partition} at ${round}`);
    if (round < 6 || round > 14) assert(bytesIn >= truth.bytesIn * 0.9, `${at.topic} at ${round}`);
  });
  assertEquals(seen.get(5), 9);
  assertEquals(seen.get(6), 6);
  assertEquals(seen.get(19), 9);
});
