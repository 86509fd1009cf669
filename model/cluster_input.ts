/**
 * What a cluster model is built from: the plain arrays that the snapshot reader and the load monitor both fill in.
 * Nothing in it is derived except as stated, and nothing in it changes afterwards.
 *
 * ```
 * array             type           length   index          value
 * brokers           objects        B        broker index   ids ascending
 * topicNames        string[]       T        topic index    in any order, no repeats
 * partitionStart    Int32Array     T + 1    topic index    first partition index of the topic
 * partitionNumber   Int32Array     P        partition      Kafka's partition number
 * replicaStart      Int32Array     P + 1    partition      first replica index of the partition
 * replicaBroker     Int32Array     R        replica        broker index, in Kafka's replica order
 * replicaLogDir     Int16Array     R        replica        index into the broker's logDirs, -1 = not JBOD or not known
 * replicaOffline    Uint8Array     R        replica        1 = Kafka says offline
 * leaderReplica     Int32Array     P        partition      replica index of the leader, -1 = none
 * leaderLoad        Float64Array   P x 4    partition      cpu %, nwIn KB/s, nwOut KB/s, disk MB of the leader
 * followerLoad      Float64Array   P x 4    partition      the same of each follower
 * replicaDiskMb     Float64Array   R or 0   replica        MB where replicas of a partition differ in size; NaN = as leaderLoad
 * ```
 *
 * @module
 */

/**
 * Largest load or capacity that files may give, in any unit: beyond all that exists, and small enough that sums and
 * squares over millions of replicas stay finite.
 */
export const AMOUNT_MAX = 1e24;

/** Id of the broker that holds replicas which do not exist yet, always the last one; no real broker has it. */
export const NOWHERE = -1;

/** State of a broker in the model; Cruise Control's states. */
export type BrokerState = "alive" | "dead" | "new" | "demoted" | "bad_disks";

/** A log dir of a JBOD broker. */
export interface InputLogDir {
  readonly path: string;
  readonly capacityMb: number;
  readonly alive: boolean;
  /** Set where replicas are to lead nothing. */
  readonly demoted?: boolean;
  /** Set when the request leaves it as it is and asks nothing of it. */
  readonly untouched?: boolean;
}

/** A broker. */
export interface InputBroker {
  readonly id: number;
  readonly host: string;
  /** Never empty: the host's name when Kafka knows no rack. */
  readonly rack: string;
  readonly state: BrokerState;
  /** cpu percent (100 a core), nwIn KB/s, nwOut KB/s, disk MB. */
  readonly capacity: readonly [cpu: number, nwIn: number, nwOut: number, disk: number];
  /** Cores, for reports; 1 when not known. */
  readonly cores: number;
  /** True when the capacity is a guess and not configured or measured. */
  readonly capacityEstimated: boolean;
  /** Empty unless the broker's log dirs are modelled. */
  readonly logDirs: readonly InputLogDir[];
}

/** Loads of every partition in every window: of the leader, and what of it each follower has. */
export interface LoadWindows {
  /** Windows, oldest first. */
  readonly count: number;
  /** Length P x count x 4: partition, window, resource (cpu %, nwIn KB/s, nwOut KB/s, disk MB). */
  readonly loads: Float64Array;
  /**
   * Length P x count: partition, window; cpu % of each follower, which depends on how much of the leader's load is
   * consumers' just then. Absent: the same part of the leader's in every window. Of what else a leader has, a follower
   * has the same part in every window.
   */
  readonly followerCpu?: Float64Array;
}

/** The whole input. See the table above. */
export interface ClusterInput {
  readonly brokers: readonly InputBroker[];
  readonly topicNames: readonly string[];
  readonly partitionStart: Int32Array;
  readonly partitionNumber: Int32Array;
  readonly replicaStart: Int32Array;
  readonly replicaBroker: Int32Array;
  readonly replicaLogDir: Int16Array;
  readonly replicaOffline: Uint8Array;
  readonly leaderReplica: Int32Array;
  readonly leaderLoad: Float64Array;
  readonly followerLoad: Float64Array;
  readonly replicaDiskMb: Float64Array;
  /** Loads by window of time, where more than the average is known. */
  readonly windows?: LoadWindows;
  /** Resources whose load is not known, by resource id; goals on them are off, with this text as the reason. */
  readonly unknownResources: ReadonlyMap<number, string>;
}

/** Index of a partition of the `t`th topic, -1 when there is none of that number. */
export function partitionAt(
  { partitionStart, partitionNumber }: Pick<ClusterInput, "partitionStart" | "partitionNumber">,
  t: number,
  number: number,
): number {
  const start = partitionStart[t]!;
  // Numbers are dense but for partitions that are left out.
  for (let p = Math.min(partitionStart[t + 1]! - 1, start + number); p >= start; p--) {
    if (partitionNumber[p] === number) return p;
  }
  return -1;
}

/** Brokers that exist, dead ones too. */
export function realBrokerCount({ brokers }: ClusterInput): number {
  return brokers.at(-1)?.id === NOWHERE ? brokers.length - 1 : brokers.length;
}
