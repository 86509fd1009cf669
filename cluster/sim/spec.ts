/**
 * What a simulated cluster is made of: brokers, topics with their workloads, consumer groups, and how the
 * simulated Kafka behaves. Plain data; `default_spec.ts` draws one from a seed, tests may write it by hand.
 *
 * @module
 */

/** A log dir. */
export interface SimLogDirSpec {
  readonly path: string;
  readonly totalBytes: number;
}

/** A broker with its hardware. */
export interface SimBrokerSpec {
  readonly id: number;
  readonly rack: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly cores: number;
  /** Bytes/s of the network card, each direction on its own. */
  readonly nicBytesPerSec: number;
  /** Bytes/s that all disks of the broker read, and as many that they write. */
  readonly diskBytesPerSec: number;
  readonly logDirs: readonly SimLogDirSpec[];
  /** Epoch ms when it first registers; from the start when absent. */
  readonly joinsAtMs?: number;
}

/** How much producers write to a topic over time; see `workload.ts` for the formula. */
export interface SimWorkload {
  /** Bytes/s of the whole topic, as stored, before the factors below. */
  readonly bytesPerSec: number;
  /** Mean bytes of a record, as stored. */
  readonly recordBytes: number;
  /** Relative amplitude, 0..1, of the slow wave (6 h) of the record size. */
  readonly recordWave: number;
  /** Relative amplitude of the daily wave, 0..1. */
  readonly daily: number;
  /** Part of the UTC day, 0..1, at which the daily wave peaks. */
  readonly dailyPeak: number;
  /** Share of the load that is absent on Saturday and Sunday (UTC), 0..1. */
  readonly weekly: number;
  /** Chance, 0..1, that a slot of `burstSlotMs` is a burst, and by how much the load is multiplied then. */
  readonly burstChance: number;
  readonly burstFactor: number;
  /** A whole number of minutes. */
  readonly burstSlotMs: number;
  /** Linear growth a day relative to the start, may be negative; the load never falls below a tenth. */
  readonly driftPerDay: number;
  /** Standard deviation of the factor that is drawn anew each minute. */
  readonly noise: number;
}

/** A topic. */
export interface SimTopicSpec {
  readonly name: string;
  /** By partition: broker ids in Kafka's order, first = preferred leader. */
  readonly assignment: readonly (readonly number[])[];
  /** By partition: broker id of the first leader; the preferred one when absent. */
  readonly leaders?: readonly number[];
  /** By partition: part of the topic's load; they should sum to 1. Even when absent. */
  readonly shares?: readonly number[];
  /** By partition, by replica: index into the broker's log dirs. Fewest replicas first when absent. */
  readonly logDirs?: readonly (readonly number[])[];
  readonly workload: SimWorkload;
  /** Bytes out, as a multiple of bytes in, to consumers that never commit. */
  readonly directFanout: number;
  /** Bytes that all keys of a compacted topic have when each is kept once; of the whole topic. */
  readonly liveBytes?: number;
  /** Bytes in the log of the whole topic at the start, from offset 0; what retention keeps when absent. */
  readonly initialBytes?: number;
  /** Dynamic configuration at the start. `segment.bytes`, `retention.*` and `cleanup.policy` are obeyed. */
  readonly configs: Readonly<Record<string, string>>;
}

/** A consumer group that commits every 5 s. */
export interface SimGroupSpec {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Fastest consumption as a multiple of a topic's `bytesPerSec`; below the peak load it builds up lag. */
  readonly capacity: number;
  /** By topic, by partition: offsets committed at the start, null = none yet. The ends of the logs when absent. */
  readonly committed?: Readonly<Record<string, readonly (number | null)[]>>;
}

/** How the simulated Kafka behaves. */
export interface SimSettings {
  /** Longest step in ms; steps end at multiples of it. */
  readonly stepMs: number;
  /** Longest step in ms while replicas catch up. */
  readonly replicationStepMs: number;
  /** Ms between two commits of a group. */
  readonly commitIntervalMs: number;
  /** Ms between two computations of broker loads; changes of leaders cause one at once. */
  readonly loadIntervalMs: number;
  /** Kafka's `log.retention.check.interval.ms`; the log cleaner runs then, too. */
  readonly retentionCheckMs: number;
  /** Kafka's `broker.session.timeout.ms`: from a crash or hang to fencing. */
  readonly sessionTimeoutMs: number;
  /** From the start of a stopped broker until it is unfenced. */
  readonly brokerStartMs: number;
  /** From the loss of the active controller until the next one answers. */
  readonly controllerFailoverMs: number;
  /** How long brokers' metadata shows a reassignment that the controller has just completed. */
  readonly metadataLagMs: number;
  /** Whether a log dir that runs full fails, as in Kafka. */
  readonly failFullLogDirs: boolean;
  /** Whether broker metrics are offered. */
  readonly brokerMetrics: boolean;
}

/** Everything a simulated cluster starts from. */
export interface SimSpec {
  readonly clusterId: string;
  readonly brokers: readonly SimBrokerSpec[];
  readonly topics: readonly SimTopicSpec[];
  readonly groups: readonly SimGroupSpec[];
  readonly settings: SimSettings;
}

/** Kafka's defaults where it has them. */
export const DEFAULT_SETTINGS: SimSettings = {
  stepMs: 5000,
  replicationStepMs: 1000,
  commitIntervalMs: 5000,
  loadIntervalMs: 10_000,
  retentionCheckMs: 300_000,
  sessionTimeoutMs: 9000,
  brokerStartMs: 4000,
  controllerFailoverMs: 2000,
  metadataLagMs: 30,
  failFullLogDirs: true,
  brokerMetrics: true,
};

/** A workload that never changes: 100 KB/s of 1 kB records. */
export const STEADY_WORKLOAD: SimWorkload = {
  bytesPerSec: 100_000,
  recordBytes: 1000,
  recordWave: 0,
  daily: 0,
  dailyPeak: 0.6,
  weekly: 0,
  burstChance: 0,
  burstFactor: 1,
  burstSlotMs: 600_000,
  driftPerDay: 0,
  noise: 0,
};

/** A broker with two log dirs of 50 GB, two cores and a gigabit network, all of it replaceable. */
export function brokerSpec(
  id: number,
  rack: string | undefined,
  rest: Partial<SimBrokerSpec> = {},
): SimBrokerSpec {
  return {
    id,
    rack,
    host: `sim-${id}`,
    port: 9092,
    cores: 2,
    nicBytesPerSec: 125e6,
    diskBytesPerSec: 200e6,
    logDirs: [
      { path: "/data/d0", totalBytes: 50e9 },
      { path: "/data/d1", totalBytes: 50e9 },
    ],
    ...rest,
  };
}

/** A topic with exactly this assignment and a steady, evenly spread load, all of it replaceable. */
export function topicSpec(
  name: string,
  assignment: readonly (readonly number[])[],
  rest: Partial<Omit<SimTopicSpec, "workload">> & { readonly workload?: Partial<SimWorkload> } = {},
): SimTopicSpec {
  return {
    name,
    assignment,
    directFanout: 0,
    configs: { "segment.bytes": "16777216", "retention.bytes": "134217728" },
    ...rest,
    workload: { ...STEADY_WORKLOAD, ...rest.workload },
  };
}

/** A cluster of exactly these parts. Settings that are not named are Kafka's. */
export function exactSpec(
  parts: {
    readonly brokers: readonly SimBrokerSpec[];
    readonly topics: readonly SimTopicSpec[];
    readonly groups?: readonly SimGroupSpec[];
    readonly settings?: Partial<SimSettings>;
    readonly clusterId?: string;
  },
): SimSpec {
  return {
    clusterId: parts.clusterId ?? "simulated-cluster-0000",
    brokers: parts.brokers,
    topics: parts.topics,
    groups: parts.groups ?? [],
    settings: { ...DEFAULT_SETTINGS, ...parts.settings },
  };
}
