/**
 * The port to a Kafka cluster: all that the rest of the system knows of the outside.
 *
 * Every call is bounded by a deadline, never throws for what happens in operation, and returns a value or a
 * {@link Failure}. What concerns one broker or one partition fails for that one alone and says so in the value.
 * Rows in the arrays are those of the {@link Topology} that the caller passes in.
 *
 * Implementations: `kafka/` (a real cluster), `sim/` (a simulated one). One contract suite runs on both.
 *
 * @module
 */
import type { Failure, Result } from "../lib/failure.ts";
import type {
  BrokerMetricsReading,
  GroupOffsetsReading,
  LogDirsReading,
  OffsetsReading,
  OngoingReassignment,
} from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";

/** A call's options. */
export interface CallOptions {
  /** Milliseconds from the call until it gives up; the gateway's default when absent. */
  readonly deadlineMs?: number;
}

/** A wanted replica list. */
export interface ReassignmentTarget {
  readonly topic: string;
  readonly partition: number;
  /** In order; null cancels the ongoing reassignment. */
  readonly replicas: readonly number[] | null;
}

/** What Kafka answered for one partition. */
export interface PartitionOutcome {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's error code, 0 = accepted. */
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
}

/** A wanted log dir for a replica that stays on its broker, or that is to come there. */
export interface LogDirTarget {
  readonly brokerId: number;
  readonly topic: string;
  readonly partition: number;
  readonly logDir: string;
}

/** What Kafka answered for one {@link LogDirTarget}. */
export interface LogDirOutcome extends LogDirTarget {
  readonly errorCode: number;
}

/** Something that has dynamic configuration. A broker's name is its id in decimal. */
export interface ConfigResource {
  readonly type: "topic" | "broker";
  readonly name: string;
}

/** Where a configuration value comes from; only the dynamic ones were set through the admin API. */
export type ConfigSource =
  | "dynamic_topic"
  | "dynamic_broker"
  | "dynamic_default"
  | "static"
  | "default"
  | "other";

/** The value of a configuration key. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string | undefined;
  readonly source: ConfigSource;
}

/** The configuration of one resource, or why it could not be read. */
export interface ConfigReading {
  readonly resource: ConfigResource;
  readonly failure?: Failure;
  readonly entries: readonly ConfigEntry[];
}

/** One change. `append` and `subtract` edit comma lists without reading them first. */
export interface ConfigChange {
  readonly resource: ConfigResource;
  readonly key: string;
  readonly operation: "set" | "delete" | "append" | "subtract";
  /** Absent for `delete`. */
  readonly value?: string;
}

/** What Kafka answered for one resource's changes. */
export interface ConfigOutcome {
  readonly resource: ConfigResource;
  readonly errorCode: number;
  readonly errorMessage: string | undefined;
}

/** The cluster, as the rest of the system sees it. */
export interface Gateway {
  /** Reads the metadata of all brokers (fenced ones too) and topics. `generation` grows when something changed. */
  observe(options?: CallOptions): Promise<Result<Topology>>;
  /** Reads sizes and log dirs from every alive broker at once; a silent broker costs one deadline in all. */
  readLogDirs(topology: Topology, options?: CallOptions): Promise<Result<LogDirsReading>>;
  /** Reads first and last offsets from all leaders at once; a silent broker costs one deadline in all. */
  readOffsets(topology: Topology, options?: CallOptions): Promise<Result<OffsetsReading>>;
  /** Reads committed offsets of all consumer groups. */
  readGroupOffsets(topology: Topology, options?: CallOptions): Promise<Result<GroupOffsetsReading>>;
  /** Reads broker metrics; undefined when this gateway has no source for them. */
  readBrokerMetrics(
    topology: Topology,
    options?: CallOptions,
  ): Promise<Result<BrokerMetricsReading | undefined>>;
  /** Reads the given keys of each resource; every key that has a value when `keys` is empty. */
  readConfigs(
    resources: readonly ConfigResource[],
    keys: readonly string[],
    options?: CallOptions,
  ): Promise<Result<ConfigReading[]>>;

  /**
   * Submits or cancels reassignments in one request. Accepted ones proceed in Kafka; watch them with
   * {@link listReassignments} and {@link observe}. A changed replica count is refused unless allowed.
   */
  alterReassignments(
    targets: readonly ReassignmentTarget[],
    options?: CallOptions & { readonly allowReplicationFactorChange?: boolean },
  ): Promise<Result<PartitionOutcome[]>>;
  /** All ongoing reassignments, whoever asked for them. */
  listReassignments(options?: CallOptions): Promise<Result<OngoingReassignment[]>>;
  /** Makes the first replica of each partition its leader (preferred election). */
  electPreferredLeaders(
    partitions: readonly { readonly topic: string; readonly partition: number }[],
    options?: CallOptions,
  ): Promise<Result<PartitionOutcome[]>>;
  /**
   * Starts moves between log dirs; asking for the current directory cancels a move. A broker without the replica answers
   * 9 (REPLICA_NOT_AVAILABLE), and puts it there when it comes.
   */
  alterLogDirs(
    targets: readonly LogDirTarget[],
    options?: CallOptions,
  ): Promise<Result<LogDirOutcome[]>>;
  /** Applies the changes incrementally: keys that are not named keep their values. */
  alterConfigs(
    changes: readonly ConfigChange[],
    options?: CallOptions,
  ): Promise<Result<ConfigOutcome[]>>;

  /** Ends all connections, within one deadline. Later calls fail with `shutting_down`. */
  close(): Promise<void>;
}
