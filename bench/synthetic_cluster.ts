/**
 * Seeded clusters of the shape of the reference's random clusters: topics of random popularity, loads drawn from an
 * exponential distribution, replicas placed by a chosen skew. For benches and tests of the planner.
 *
 * @module
 */
import { createPrng, type Prng } from "../lib/prng.ts";
import type { BrokerState, ClusterInput, InputBroker } from "../model/cluster_input.ts";
import { followerCpu } from "../model/follower_load.ts";

/** What a cluster should look like. */
export interface SyntheticOptions {
  readonly brokers: number;
  readonly replicas: number;
  readonly topics: number;
  readonly racks: number;
  readonly seed: number;
  readonly distribution: "uniform" | "linear" | "exponential" | "skewed";
  readonly replicationFactor?: number;
  /** Capacities 1x, 2x and 4x instead of equal ones. */
  readonly hetero?: boolean;
  readonly state?: (broker: number) => BrokerState;
}

const MEAN_DISK_MB = 100;
const MEAN_RATE = 100;
const MEAN_CPU = 0.03;
/** Replicas a broker for which the reference's capacities are meant. */
const REFERENCE_REPLICAS = 1250;

/** Draws a cluster. The same options give the same cluster. */
export function syntheticCluster(options: SyntheticOptions): ClusterInput {
  const prng = createPrng(options.seed);
  const factor = options.replicationFactor ?? 3;
  const partitions = partitionsOf(options, factor, prng.fork("topics"));
  const total = partitions.reduce((sum, n) => sum + n, 0);
  const brokers = brokersOf(options, prng.fork("brokers"));
  const input = {
    brokers,
    topicNames: partitions.map((_, t) => `T${t}`),
    partitionStart: new Int32Array(partitions.length + 1),
    partitionNumber: new Int32Array(total),
    replicaStart: new Int32Array(total + 1),
    replicaBroker: new Int32Array(total * factor),
    replicaLogDir: new Int16Array(total * factor).fill(-1),
    replicaOffline: new Uint8Array(total * factor),
    leaderReplica: new Int32Array(total),
    leaderLoad: new Float64Array(total * 4),
    followerLoad: new Float64Array(total * 4),
    replicaDiskMb: new Float64Array(0),
    unknownResources: new Map<number, string>(),
  };
  const place = prng.fork("place");
  const load = prng.fork("load");
  let p = 0;
  for (const [t, count] of partitions.entries()) {
    const popularity = exponential(load, 1);
    for (let n = 0; n < count; n++, p++) {
      input.partitionNumber[p] = n;
      input.replicaStart[p + 1] = (p + 1) * factor;
      input.leaderReplica[p] = p * factor;
      placePartition(input.replicaBroker, p * factor, { options, factor, place });
      drawLoad(input, p, { load, popularity });
    }
    input.partitionStart[t + 1] = p;
  }
  for (let r = 0; r < input.replicaBroker.length; r++) {
    if (brokers[input.replicaBroker[r]!]!.state === "dead") input.replicaOffline[r] = 1;
  }
  return input;
}

function exponential(prng: Prng, mean: number): number {
  return -mean * Math.log(1 - prng.next());
}

function partitionsOf(options: SyntheticOptions, factor: number, prng: Prng): number[] {
  const budget = Math.floor(options.replicas / factor);
  const most = Math.max(2, Math.floor(options.replicas / options.topics));
  const counts: number[] = [];
  let used = 0;
  for (let t = 0; t < options.topics; t++) {
    const wanted = 2 + prng.below(most - 1);
    const left = budget - used - (options.topics - t - 1);
    const count = Math.max(1, Math.min(wanted, left));
    counts.push(count);
    used += count;
  }
  for (let t = 0; used < budget; t = (t + 1) % options.topics, used++) counts[t]!++;
  return counts;
}

function brokersOf(options: SyntheticOptions, prng: Prng): InputBroker[] {
  const scale = Math.max(1, options.replicas / options.brokers / REFERENCE_REPLICAS);
  return Array.from({ length: options.brokers }, (_, id) => {
    const rack = id < options.racks ? id : prng.below(options.racks);
    const size = options.hetero === true ? [0.6, 1.2, 2.4][prng.below(3)]! : 1;
    const half = options.hetero !== true && id === 1 ? 0.5 : 1;
    return {
      id,
      host: `h${id}`,
      rack: `r${rack}`,
      state: options.state?.(id) ?? "alive",
      capacity: [
        100 * scale * size,
        300000 * scale * size * half,
        200000 * scale * size * (id === 1 ? 0.75 : 1),
        300000 * scale * size * half,
      ],
      cores: scale * size,
      capacityEstimated: false,
      logDirs: [],
    };
  });
}

function placePartition(
  into: Int32Array,
  at: number,
  options: { options: SyntheticOptions; factor: number; place: Prng },
): void {
  for (let i = 0; i < options.factor; i++) {
    for (;;) {
      const broker = drawBroker(options.options, options.place);
      if (into.subarray(at, at + i).includes(broker)) continue;
      into[at + i] = broker;
      break;
    }
  }
}

function drawBroker(options: SyntheticOptions, prng: Prng): number {
  const n = options.brokers;
  switch (options.distribution) {
    case "uniform":
      return prng.below(n);
    case "linear":
      return Math.min(
        n - 1,
        Math.floor((Math.sqrt(1 + 8 * prng.next() * n * (n + 1) / 2) - 1) / 2),
      );
    case "exponential":
      return Math.min(n - 1, Math.floor(Math.sqrt(prng.next() * n * n)));
    case "skewed": {
      const hot = Math.max(1, Math.floor(n / 5));
      return prng.next() < 0.8 ? prng.below(hot) : prng.below(n);
    }
  }
}

function drawLoad(
  input: { leaderLoad: Float64Array; followerLoad: Float64Array },
  p: number,
  options: { load: Prng; popularity: number },
): void {
  const { load, popularity } = options;
  const cpu = exponential(load, MEAN_CPU * popularity);
  const nwIn = exponential(load, MEAN_RATE * popularity);
  const nwOut = exponential(load, MEAN_RATE * popularity);
  const disk = exponential(load, MEAN_DISK_MB * popularity);
  input.leaderLoad.set([cpu, nwIn, nwOut, disk], p * 4);
  input.followerLoad.set([followerCpu(nwIn, nwOut, cpu), nwIn, 0, disk], p * 4);
}
