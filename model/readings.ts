/**
 * What one look at a cluster gives: sizes, offsets, committed offsets, broker metrics. Rows in the arrays are those of
 * the {@link Topology} that the reading was asked for.
 *
 * @module
 */
import type { Failure } from "../lib/failure.ts";

/** What a broker answered about its log dirs. */
export interface BrokerLogDirs {
  readonly brokerId: number;
  /** Set when this broker did not answer; the other members are then empty. */
  readonly failure?: Failure;
  /** When this broker's answer arrived, epoch ms with fraction; absent = as the reading. */
  readonly atMs?: number;
  readonly dirs: readonly LogDir[];
}

/** One log dir of a broker. */
export interface LogDir {
  readonly path: string;
  /** False when the broker reports the directory as failed. */
  readonly alive: boolean;
  /** Bytes of the volume, -1 when the broker does not say. */
  readonly totalBytes: number;
  /** Free bytes of the volume, -1 when the broker does not say. */
  readonly usableBytes: number;
  /** Bytes of the replicas in it, of the same reading; filled in by the sampler, absent when not known. */
  readonly replicaBytes?: number;
}

/** A replica that is being copied to another log dir of its broker. */
export interface FutureReplica {
  readonly brokerId: number;
  readonly topic: string;
  readonly partition: number;
  readonly logDir: string;
  readonly sizeBytes: number;
  /** Offsets still to copy. */
  readonly offsetLag: number;
}

/** Sizes and log dirs of all replicas. */
export interface LogDirsReading {
  readonly atMs: number;
  readonly brokers: readonly BrokerLogDirs[];
  /** Length R of the topology. Bytes on that broker; NaN when the broker did not say. */
  readonly replicaBytes: Float64Array;
  /** Length R. Index into the `dirs` of the replica's broker; -1 unknown. */
  readonly replicaLogDir: Int16Array;
  readonly futureReplicas: readonly FutureReplica[];
  /**
   * Replicas found on brokers that the topology does not list for the partition: left-overs, or what an ongoing
   * reassignment is copying and a stale topology does not show.
   */
  readonly strayReplicas: readonly {
    readonly brokerId: number;
    readonly topic: string;
    readonly partition: number;
    readonly sizeBytes: number;
  }[];
}

/** Log offsets of every partition, from its leader. */
export interface OffsetsReading {
  /** When the answer for each partition arrived, epoch ms with fraction; length P. NaN when it did not. */
  readonly atMs: Float64Array;
  /** Length P; the offset after the last record. NaN when the leader did not say. */
  readonly endOffset: Float64Array;
  /** Length P; the first offset of the log on the leader. NaN when the leader did not say. */
  readonly startOffset: Float64Array;
  /** Brokers that did not answer, with the reason. */
  readonly failures: readonly { readonly brokerId: number; readonly failure: Failure }[];
}

/** Committed offsets of one consumer group. */
export interface GroupOffsets {
  readonly groupId: string;
  /** Partition rows, ascending, where the group has committed. */
  readonly partitions: Int32Array;
  /** Same length; the committed offset. */
  readonly offsets: Float64Array;
}

/** Committed offsets of all groups. */
export interface GroupOffsetsReading {
  readonly atMs: number;
  readonly groups: readonly GroupOffsets[];
  /** Groups that could not be read, with the reason. An empty `groupId` stands for all groups of that broker. */
  readonly failures: readonly {
    readonly groupId: string;
    /** The coordinator that was asked. */
    readonly brokerId?: number;
    readonly failure: Failure;
  }[];
}

/** Names of the broker metrics, in the order of a row of {@link BrokerMetricsReading}. */
export const BROKER_METRICS = [
  "cpuUsage", // fraction 0..1 of the host's cores that the broker process uses
  "cores", // number
  "bytesInRate", // KB/s, producers' bytes
  "bytesOutRate", // KB/s, consumers' bytes
  "replicationBytesInRate", // KB/s
  "replicationBytesOutRate", // KB/s
  "messagesInRate", // 1/s
  "heapUsedFraction", // 0..1
  "produceTotalTimeMs", // mean
  "fetchConsumerTotalTimeMs", // mean
  "requestQueueSize", // count
  "requestHandlerIdleFraction", // 0..1
] as const;

/** What a source of broker metrics knows now. A metric that it does not have is NaN, never 0. */
export interface BrokerMetricsReading {
  readonly atMs: number;
  readonly brokerIds: Int32Array;
  /** `brokerIds.length` x `BROKER_METRICS.length`, row-major. */
  readonly values: Float64Array;
  /** Where the metrics come from, for people; absent when there is nothing to say beyond "broker metrics". */
  readonly source?: string;
  /** Brokers whose metrics could not be read, with the reason; they are not in `brokerIds`. */
  readonly failures?: readonly { readonly brokerId: number; readonly failure: Failure }[];
}

/** A reassignment that Kafka is working on. Target = `replicas` without `removing`; origin = without `adding`. */
export interface OngoingReassignment {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}
