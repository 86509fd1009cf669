/**
 * What the sampler says and answers.
 *
 * @module
 */
import type { BROKER_METRICS, BrokerLogDirs } from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";

/**
 * sampler -> aggregator, analyzer, executor, server, when the metadata changed and once after every start.
 * Copied. keep_latest: only the newest topology is of use.
 */
export interface ClusterObserved {
  readonly kind: "cluster_observed";
  readonly topology: Topology;
  /** Log dirs by broker as last read; a broker that did not answer carries its failure. */
  readonly logDirs: readonly BrokerLogDirs[];
  /** Length R of the topology: index into the `dirs` of the replica's broker, -1 unknown. Absent until read. */
  readonly replicaLogDir?: Int16Array;
  /** Length T of the topology: min.insync.replicas of each topic, -1 unknown. Only where it was asked for. */
  readonly minInsyncReplicas?: Int32Array;
}

/**
 * sampler -> aggregator, each sampling interval. Arrays transferred. drop_newest when the aggregator lags by a
 * mailbox: a lost sample is a gap that the windows account for.
 */
export interface SamplesCollected {
  readonly kind: "samples_collected";
  /** Time the samples describe, epoch ms: the end of the interval between the two polls. */
  readonly atMs: number;
  /** Generation of the topology whose rows are used. */
  readonly generation: number;
  /** Length n: partition rows, ascending. */
  readonly partitions: Int32Array;
  /** Length n: broker id of the leader that the sample was taken from. */
  readonly leaders: Int32Array;
  /** n x PARTITION_METRIC_COUNT row-major, NaN = not known by this source. */
  readonly metrics: Float32Array;
  /** Length R of that topology: MB of every replica on its own broker, NaN = not known. Empty when not read. */
  readonly replicaMb: Float32Array;
  /** Broker metrics of this interval, see BROKER_METRICS; empty without a source. */
  readonly brokerIds: Int32Array;
  readonly brokerMetrics: Float64Array;
}

/**
 * sampler -> classifier, with each poll that read broker metrics, while replicas move, too. Arrays transferred.
 * drop_newest: a lost reading is one of several a minute.
 */
export interface BrokerMetricsCollected {
  readonly kind: "broker_metrics_collected";
  /** When they were read, epoch ms. */
  readonly atMs: number;
  /** Brokers whose metrics were read, even if none is known. */
  readonly brokerIds: Int32Array;
  /** n x BROKER_METRICS.length row-major, NaN = not known by this source. */
  readonly brokerMetrics: Float64Array;
}

/** sampler -> server, when sampling is paused, resumed, or a poll failed or recovered. keep_latest. */
export interface SamplingStateChanged {
  readonly kind: "sampling_state_changed";
  readonly state: SamplerState;
}

/** What the sampler is doing. */
export interface SamplerState {
  readonly state: "not_started" | "running" | "sampling" | "paused";
  /** Why the latest pause or resume, undefined when none. */
  readonly reason: string | undefined;
  readonly pollsDone: number;
  readonly pollsFailed: number;
  readonly lastPollAtMs: number | undefined;
  readonly lastPollDurationMs: number | undefined;
  /** Message of the latest failure, undefined while all is well. */
  readonly lastFailure: string | undefined;
  /** Brokers that did not answer in the latest poll. */
  readonly silentBrokers: readonly number[];
  /** Where load comes from, e.g. "offsets and log dirs". */
  readonly sources: readonly string[];
  /** The latest broker metrics; absent until some were read. */
  readonly brokerMetrics?: BrokerMetricsState;
}

/** How fresh broker metrics are, and whose are missing. */
export interface BrokerMetricsState {
  /** When they were read, epoch ms. */
  readonly atMs: number;
  /** Brokers whose metrics were read, with the values by their names in BROKER_METRICS; null = not known. */
  readonly brokers: readonly {
    readonly brokerId: number;
    readonly metrics: { readonly [K in typeof BROKER_METRICS[number]]: number | null };
  }[];
  /** Brokers whose metrics could not be read: unknown, not idle. */
  readonly unknownBrokers: readonly { readonly brokerId: number; readonly reason: string }[];
}

/** All facts of the sampler. */
export type SamplerEmits =
  | ClusterObserved
  | SamplesCollected
  | BrokerMetricsCollected
  | SamplingStateChanged;

/** Requests that the sampler answers. */
export interface SamplerRequests {
  /** Answered at once. */
  get_sampler_state: { request: { readonly kind: "get_sampler_state" }; answer: SamplerState };
  /** Stops polling after the poll in progress. */
  pause_sampling: {
    request: { readonly kind: "pause_sampling"; readonly reason: string };
    answer: SamplerState;
  };
  /** Goes on polling at once. */
  resume_sampling: {
    request: { readonly kind: "resume_sampling"; readonly reason: string };
    answer: SamplerState;
  };
  /**
   * The cluster as seen now: a fresh look when `fresh`, else the latest one; with `minInsyncReplicas`, not older than a
   * minute, where asked for. Fails with `cluster_unreachable`.
   */
  get_cluster: {
    request: {
      readonly kind: "get_cluster";
      readonly fresh: boolean;
      readonly withMinInsync?: boolean;
    };
    answer: ClusterObserved;
  };
}
