/** How long one poll of 100,000 partitions takes from raw offsets and sizes to samples. Seeded. */
import { systemClock } from "../lib/clock.ts";
import { createPrng } from "../lib/prng.ts";
import { createEstimatorState } from "../load/estimator_state.ts";
import { estimateRates, type Poll } from "../load/rate_estimator.ts";
import { buildTopology, type TopicReading, type Topology } from "../model/topology.ts";
import type { BenchResult } from "./result.ts";

const SEED = 11;
const TOPICS = 1000;
const PARTITIONS_PER_TOPIC = 100;
const REPLICATION = 3;
const BROKERS = 60;
const GROUPS = 20;
const POLLS = 30;
const POLL_MS = 10_000;

/** Runs the bench; about two seconds. */
export function run(): Promise<BenchResult[]> {
  const clock = systemClock();
  const topology = wideTopology();
  const rates = partitionRates(topology.leader.length);
  const state = createEstimatorState();
  const limits = {
    minPairMs: 100,
    maxPairMs: 60_000,
    consumerKbPerSecMax: 125_000,
    uncommittedFanout: 0,
  };
  const times: number[] = [];
  let samples = 0;
  for (let i = 0; i < POLLS; i++) {
    const poll = pollAt(topology, rates, i);
    const startMs = clock.monotonicMs();
    samples = estimateRates(state, poll, limits).partitions.length;
    times.push(clock.monotonicMs() - startMs);
  }
  const sorted = [...times].sort((a, b) => a - b);
  return Promise.resolve([
    { name: "samples of a poll", value: samples, unit: "count" },
    { name: "poll to samples, median", value: sorted[POLLS >>> 1]!, unit: "ms", target: 100 },
    { name: "poll to samples, slowest", value: sorted[POLLS - 1]!, unit: "ms" },
  ]);
}

function wideTopology(): Topology {
  const prng = createPrng(SEED);
  const topics: TopicReading[] = Array.from({ length: TOPICS }, (_, t) => ({
    name: `topic-${t}`,
    id: `id-${t}`,
    partitions: Array.from({ length: PARTITIONS_PER_TOPIC }, (_, partition) => {
      const first = prng.below(BROKERS);
      const replicas = Array.from({ length: REPLICATION }, (_, i) => (first + i * 7) % BROKERS);
      return {
        partition,
        leader: first,
        leaderEpoch: 1,
        replicas,
        inSync: replicas,
        offline: [],
      };
    }),
  }));
  const brokers = Array.from({ length: BROKERS }, (_, id) => ({
    id,
    host: `h${id}`,
    port: 9092,
    rack: `r${id % 3}`,
    alive: true,
  }));
  const head = { generation: 1, observedAtMs: 0, clusterId: "c", controllerId: 0, brokers };
  return buildTopology(head, topics).topology;
}

function partitionRates(partitions: number) {
  const prng = createPrng(SEED + 1);
  return Array.from({ length: partitions }, () => ({
    records: Math.floor(10 ** (1 + 4 * prng.next())),
    bytes: Math.floor(50 + 2000 * prng.next()),
  }));
}

function pollAt(topology: Topology, rates: ReturnType<typeof partitionRates>, i: number): Poll {
  const atMs = 1_700_000_000_000 + i * POLL_MS;
  const partitions = rates.length;
  const endOffset = Float64Array.from(rates, (rate) => rate.records * (i + 1));
  const replicaBytes = new Float64Array(topology.replicaBroker.length);
  for (let row = 0; row < partitions; row++) {
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
      // Every tenth log is cleaned now and then, so that all paths are taken.
      const kept = row % 10 === 0 && i % 3 === 0 ? 0.4 : 1;
      replicaBytes[r] = endOffset[row]! * rates[row]!.bytes * kept;
    }
  }
  const rows = Int32Array.from({ length: partitions }, (_, row) => row);
  return {
    topology,
    offsets: {
      atMs: new Float64Array(partitions).fill(atMs),
      endOffset,
      startOffset: new Float64Array(partitions),
      failures: [],
    },
    logDirs: {
      atMs,
      brokers: topology.brokers.map(({ id }) => ({ brokerId: id, dirs: [] })),
      replicaBytes,
      replicaLogDir: new Int16Array(replicaBytes.length),
      futureReplicas: [],
      strayReplicas: [],
    },
    groups: {
      atMs,
      failures: [],
      groups: Array.from({ length: GROUPS }, (_, g) => {
        const own = rows.filter((row) => row % GROUPS === g);
        return {
          groupId: `g${g}`,
          partitions: own,
          offsets: Float64Array.from(own, (row) => endOffset[row]! - 5),
        };
      }),
    },
  };
}

if (import.meta.main) console.table(await run());
