/**
 * Samples stored a second, end to end: from the message to the committed transaction. The aggregator runs as in
 * production, on a file of its own; every batch is followed by a save, which is the most it ever does.
 *
 * @module
 */
import { createAggregator } from "../actors/aggregator/mod.ts";
import { defaultConfig } from "../config/parse.ts";
import { ManualClock, systemClock } from "../lib/clock.ts";
import { fail } from "../lib/failure.ts";
import { silentLog } from "../lib/log.ts";
import { createPrng, type Prng } from "../lib/prng.ts";
import type { ActorContext } from "../messages/actor.ts";
import type { SamplesCollected } from "../messages/sampler.ts";
import { PARTITION_METRIC_COUNT } from "../model/metrics.ts";
import { buildTopology, partitionCount, replicaCount, type Topology } from "../model/topology.ts";
import { openSampleStore } from "../store/samples.ts";

const SEED = 1;
const START_MS = 1_700_000_000_000;
const SAMPLING_MS = 120_000;
const BATCHES = 30;
const [TOPICS, PARTITIONS_PER_TOPIC, BROKERS] = [2_000, 50, 100];

/** A figure of a benchmark; `target` in the same unit. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target?: number;
}

/** 100,000 partitions, one sample each a sampling interval, over several windows; then a restart and a load. */
export async function run(): Promise<Figure[]> {
  const directory = await Deno.makeTempDir();
  try {
    return await measure(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function measure(directory: string): Promise<Figure[]> {
  const wall = systemClock();
  const clock = new ManualClock(START_MS);
  const topology = benchTopology();
  const prng = createPrng(SEED);
  const actor = aggregatorOn(directory, clock);
  await actor.start();
  actor.handle({ kind: "cluster_observed", topology, logDirs: [] });
  await actor.tick(clock.nowMs());
  let spentMs = 0;
  let slowestMs = 0;
  for (let i = 0; i < BATCHES; i++) {
    await clock.advanceTo(START_MS + i * SAMPLING_MS);
    const batch = benchBatch(topology, clock.nowMs(), prng);
    const beforeMs = wall.monotonicMs();
    actor.handle(batch);
    await actor.tick(clock.nowMs());
    const batchMs = wall.monotonicMs() - beforeMs;
    spentMs += batchMs;
    slowestMs = Math.max(slowestMs, batchMs);
  }
  const askedMs = wall.monotonicMs();
  const load = await actor.answers.get_load!({
    kind: "get_load",
    fromMs: undefined,
    toMs: undefined,
    requirements: { windows: 1, minValidRatio: 0.95, includeAllTopics: true },
  });
  const answeredMs = wall.monotonicMs();
  if (!load.ok) throw new Error(load.failure.message);
  await actor.stop();
  const bytes = Deno.statSync(`${directory}/samples.db`).size;
  const again = aggregatorOn(directory, clock);
  const restartMs = wall.monotonicMs();
  await again.start();
  const restoredMs = wall.monotonicMs() - restartMs;
  await again.stop();
  const samples = BATCHES * partitionCount(topology);
  const windows = load.value.windowEndsMs.length;
  return [
    {
      name: "samples stored end to end",
      value: Math.round(samples / (spentMs / 1000)),
      unit: "samples/s",
      target: 300_000,
    },
    { name: "slowest batch of 100,000 samples, stored", value: slowestMs, unit: "ms" },
    {
      name: `load of 100,000 partitions, ${windows} windows`,
      value: answeredMs - askedMs,
      unit: "ms",
    },
    { name: `restart with ${windows + 1} windows`, value: restoredMs, unit: "ms" },
    {
      name: "samples.db a partition and window",
      value: bytes / (windows + 1) / 100_000,
      unit: "bytes",
    },
  ];
}

function aggregatorOn(directory: string, clock: ManualClock) {
  const opened = openSampleStore({ directory, clock, log: silentLog });
  if (!opened.ok) throw new Error(opened.failure.message);
  const context: ActorContext = {
    name: "aggregator",
    clock,
    prng: createPrng(SEED),
    log: silentLog,
    emit: () => {},
    wake: () => {},
    request: () => Promise.resolve(fail("actor_died", "Nobody is asked in this benchmark")),
  };
  const config = defaultConfig({ "partition.metrics.window.ms": "600000" });
  return createAggregator({ context, config, store: opened.value });
}

function benchTopology(): Topology {
  const brokers = Array.from({ length: BROKERS }, (_, id) => ({
    id,
    host: `host${id}`,
    port: 9092,
    rack: `rack${id % 3}`,
    alive: true,
  }));
  const head = {
    generation: 1,
    observedAtMs: START_MS,
    clusterId: "bench",
    controllerId: 0,
    brokers,
  };
  const topics = Array.from({ length: TOPICS }, (_, topic) => ({
    name: `topic-${topic}`,
    id: `id-${topic}`,
    partitions: Array.from({ length: PARTITIONS_PER_TOPIC }, (_, partition) => {
      const replicas = [0, 1, 2].map((i) => (topic + partition + i) % BROKERS);
      return {
        partition,
        leader: replicas[0]!,
        leaderEpoch: 0,
        replicas,
        inSync: replicas,
        offline: [],
      };
    }),
  }));
  return buildTopology(head, topics).topology;
}

/** What the sampler sends without a source of CPU: rates, sizes, the rest unknown. */
function benchBatch(topology: Topology, atMs: number, prng: Prng): SamplesCollected {
  const count = partitionCount(topology);
  const metrics = new Float32Array(count * PARTITION_METRIC_COUNT);
  for (let i = 0; i < metrics.length; i++) {
    metrics[i] = i % PARTITION_METRIC_COUNT === 0 ? NaN : prng.next() * 1_000;
  }
  return {
    kind: "samples_collected",
    atMs,
    generation: topology.generation,
    partitions: Int32Array.from({ length: count }, (_, row) => row),
    leaders: topology.leader.slice(),
    metrics,
    replicaMb: new Float32Array(replicaCount(topology)).fill(1),
    brokerIds: new Int32Array(0),
    brokerMetrics: new Float64Array(0),
  };
}
