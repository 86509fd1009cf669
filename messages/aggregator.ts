/**
 * What the aggregator says and answers.
 *
 * @module
 */

/** aggregator -> analyzer, server, when a window became stable or loads of stable windows changed. keep_latest. */
export interface WindowClosed {
  readonly kind: "window_closed";
  /** Aggregator generation: grows with every change to stable windows. */
  readonly loadGeneration: number;
  /** End of the newest stable window, epoch ms. */
  readonly windowEndMs: number;
}

/** The load of every partition over some windows, for one topology. */
export interface LoadSnapshot {
  /** Generation of the topology whose rows are used. */
  readonly generation: number;
  readonly loadGeneration: number;
  /** Length W, newest first: window ends, epoch ms. */
  readonly windowEndsMs: Float64Array;
  /** Length P: 1 when the partition is valid over these windows. */
  readonly valid: Uint8Array;
  /** W x P x PARTITION_METRIC_COUNT, window-major then partition row; NaN = not known by any source. */
  readonly metrics: Float32Array;
  /** Length R of the topology: latest MB of each replica, NaN = not known. */
  readonly replicaMb: Float32Array;
  /** Share of valid partitions, 0..1. */
  readonly validRatio: number;
  /** True when no window is stable yet and the load is that of the active window: W is 1, but 0 windows are stable. */
  readonly fromActiveWindow: boolean;
  /** Broker metrics averaged over the same windows; empty without a source. See BROKER_METRICS. */
  readonly brokerIds: Int32Array;
  readonly brokerMetrics: Float64Array;
}

/** What the load must fulfil to be of use (Cruise Control's ModelCompletenessRequirements). */
export interface CompletenessRequirements {
  /** At least 1. */
  readonly windows: number;
  /** 0..1 */
  readonly minValidRatio: number;
  /** Whether partitions that are not valid are given too, with what is known of them. */
  readonly includeAllTopics: boolean;
}

/** How much of the cluster is known. */
export interface MonitorState {
  readonly loadGeneration: number;
  readonly validPartitions: number;
  readonly totalPartitions: number;
  readonly flawedPartitions: number;
  /**
   * Newest first: end of each stable window, the share of partitions whose whole topic is valid in it (what people
   * are shown), and the share of valid partitions (what plans are made by), 0..1.
   */
  readonly windows: readonly {
    readonly endMs: number;
    readonly monitoredRatio: number;
    readonly validRatio: number;
  }[];
  /** Share of partitions with at least one sample in the active window, 0..1. */
  readonly activeRatio: number;
  /** Partition samples taken in, over all restarts. */
  readonly samplesStored: number;
  /** Partition samples refused since the start: wrong leader, gone partition, too old, unknown topology. */
  readonly samplesRejected: number;
  /** Set while the store refuses samples, e.g. because the disk is full. */
  readonly storeFailure: string | undefined;
  /** 0..1 while samples are loaded from the store after a start; 1 afterwards. */
  readonly loadingProgress: number;
}

/** All facts of the aggregator. */
export type AggregatorEmits = WindowClosed;

/** Requests that the aggregator answers. */
export interface AggregatorRequests {
  /** The load between two times. Fails with `not_enough_windows`, saying what is missing and when to ask again. */
  get_load: {
    request: {
      readonly kind: "get_load";
      /** Epoch ms, undefined = as far as there are stable windows. */
      readonly fromMs: number | undefined;
      readonly toMs: number | undefined;
      readonly requirements: CompletenessRequirements;
      /** Only the newest that is known: the window being filled, or while it knows too little the newest stable one. */
      readonly newest?: boolean;
    };
    answer: LoadSnapshot;
  };
  /** Answered at once. */
  get_monitor_state: { request: { readonly kind: "get_monitor_state" }; answer: MonitorState };
}
