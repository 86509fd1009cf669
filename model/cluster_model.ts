/**
 * The cluster as arrays, with sums that follow every change. Built once from a {@link ClusterInput}, changed only by
 * `model_actions.ts`, checked by `model_check.ts`.
 *
 * ```
 * array            type           length    index            value
 * home             Int32Array     R         replica          broker where the replica is now in the real cluster
 * broker           Int32Array     R         replica          broker where the plan has it
 * partition        Int32Array     R         replica          partition
 * offline          Uint8Array     R         replica          1 = must leave its home (broker or log dir is dead)
 * offlineReplicas  Int32Array     some      -                replicas with a 1 in `offline`, ascending
 * row              Int32Array     R         replica          row in `loads`; `partition` itself where that says it
 * leader           Int32Array     P         partition        replica that leads
 * homeLeader       Int32Array     P         partition        replica that leads now in the real cluster
 * pinned           Uint8Array     P         partition        1 = excluded, or leaderless: stays, unless offline
 * topic            Int32Array     P         partition        topic
 * replicaStart     Int32Array     P + 1     partition        first replica
 * loads            Float64Array   rows x 8  load row         see below
 * sums             Float64Array   B x 8     broker           sum over its replicas, by axis
 * topicReplicas    Uint8Array     T x B     topic, broker    replicas of the topic on the broker; Uint16Array or
 *                                                            Int32Array where a topic has too many for that
 * leaderRow        Int32Array     T         topic            row in `topicLeaders`, -1 = leaders of it are not counted
 * topicLeaders     Int32Array     rows x B  row, broker      leaders of the topic on the broker
 * rack             Int32Array     B         broker           rack
 * flags            Uint8Array     B         broker           ALIVE | MAY_RECEIVE | MAY_LEAD | IS_NEW | DEMOTED
 *
 * axis         0     1      2          3       4                5                6         7
 * loads row    disk  nwIn   cpu as     1       nwOut of the     nwOut as a       0         cpu that leading adds
 *                           follower           partition's      follower
 *                                              leader
 * sums row     disk  nwIn   cpu        count   potential nwOut  nwOut            leaders   nwIn of leaders
 * ```
 * Rows of 8 begin at `index << 3` in hot loops, and a column is `at | column`: what cannot overflow is not checked, and
 * an imported constant would be loaded at each use (together a third of the time of a plan for 300,000 replicas).
 *
 * Most partitions need one load row, that of the partition; only where followers differ from the leader in disk
 * or incoming bytes do they get rows of their own, appended behind the partitions' rows.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";

/** Index of a broker in the model. */
export type BrokerIndex = number & { readonly brokerIndex: unique symbol };
/** Index of a replica in the model. */
export type ReplicaIndex = number & { readonly replicaIndex: unique symbol };
/** Index of a partition in the model. */
export type PartitionIndex = number & { readonly partitionIndex: unique symbol };

/** What is summed up per broker, by column of `sums`. */
export const AXIS_COUNT = 8;
/** MB of all replicas. */
export const AXIS_DISK = 0;
/** KB/s into all replicas. */
export const AXIS_NW_IN = 1;
/** Percent. */
export const AXIS_CPU = 2;
/** Number of replicas. */
export const AXIS_REPLICAS = 3;
/** KB/s out if the broker led all of its partitions. */
export const AXIS_POTENTIAL_OUT = 4;
/** KB/s out of the leaders. */
export const AXIS_NW_OUT = 5;
/** Number of leaders. */
export const AXIS_LEADERS = 6;
/** KB/s into the leaders. */
export const AXIS_LEADER_IN = 7;

/** Broker is not dead. */
export const ALIVE = 1;
/** Alive and not excluded from receiving replicas. */
export const MAY_RECEIVE = 2;
/** Alive and not excluded from leadership. */
export const MAY_LEAD = 4;
/** To be filled: an operation adds it. */
export const IS_NEW = 8;
/** To lose its leaders. */
export const DEMOTED = 16;

/** See the table of `lists.ts`; `model_actions.ts` keeps them up to date. */
export interface Lists {
  readonly lists: Int32Array[];
  readonly listLength: Int32Array;
  readonly slot: Int32Array;
}

/**
 * What is counted once, with every replica at home.
 *
 * ```
 * array     type           length        index        value
 * byFactor  Float64Array   factors x 4   replication  load of one replica of every partition with that factor, by
 *                                        factor       column of FACTOR_AXES
 * largest   Float64Array   8             axis         largest load of one replica, leading where that counts
 * sharing   Int32Array     some          -            partitions with two replicas on a rack, ascending
 * ```
 */
export interface Census {
  readonly byFactor: Float64Array;
  readonly largest: Float64Array;
  readonly sharing: Int32Array;
}

/** A count, the number of moves that it was taken after, and for whom it was taken; undefined = for anybody. */
export interface Counted {
  readonly moves: number;
  readonly owner: object | undefined;
  readonly values: Values;
}

/** Figures, or indices of what is out. */
export type Values = Float64Array | Int32Array;

/** See the table above. The arrays are changed by `model_actions.ts` alone. */
export interface ClusterModel {
  readonly input: ClusterInput;
  readonly brokerCount: number;
  readonly partitionCount: number;
  readonly replicaCount: number;
  readonly topicCount: number;
  readonly rackCount: number;
  readonly home: Int32Array;
  readonly broker: Int32Array;
  readonly partition: Int32Array;
  readonly offline: Uint8Array;
  readonly offlineReplicas: Int32Array;
  /** Whether nothing moves between brokers, so that offline replicas stay where they are. */
  readonly withinBrokers: boolean;
  readonly row: Int32Array;
  readonly leader: Int32Array;
  readonly homeLeader: Int32Array;
  readonly pinned: Uint8Array;
  readonly topic: Int32Array;
  readonly replicaStart: Int32Array;
  readonly loads: Float64Array;
  readonly sums: Float64Array;
  readonly topicReplicas: Uint8Array | Uint16Array | Int32Array;
  readonly leaderRow: Int32Array;
  readonly topicLeaders: Int32Array;
  readonly rack: Int32Array;
  readonly flags: Uint8Array;
  /** Replicas by broker, once they are asked for; see `lists.ts`. */
  listing: Lists | undefined;
  /** Moves of replicas so far. */
  moves: number;
  /** Changes that the sums took since they were added up; each may round them once. */
  roundings: number;
  /** Replicas of the latest moves, the k-th at k modulo the length. */
  readonly moved: Int32Array;
  /** What was counted at home. */
  readonly census: Census;
  /** What was counted, by name; see `counted.ts`. */
  readonly counted: Map<string, Counted>;
}

/** What the request says about brokers and topics, already resolved to indices. */
export interface ModelOptions {
  /** Flags by broker index; see the constants. */
  readonly flags: Uint8Array;
  /** Whether nothing moves between brokers, offline replicas neither; false when absent. */
  readonly withinBrokers?: boolean;
  /** Whether a topic, by index, stays where it is. */
  readonly topicExcluded: (topic: number) => boolean;
  /** Whether a partition, by index, stays as it is; none when absent. */
  readonly partitionPinned?: (partition: number) => boolean;
  /** Whether a topic's leaders are counted by broker; none when absent. */
  readonly countLeaders?: (topic: number) => boolean;
}

/** Column of a load row: CPU that leading adds to a follower's. */
export const ROW_LEADER_CPU = 7;

/** The model with every replica and leader at home; it shares all other arrays, so its sums are not those of home. */
export function modelAtHome(model: ClusterModel): ClusterModel {
  return { ...model, broker: model.home, leader: model.homeLeader, listing: undefined };
}

/** Topic and number of a partition, as messages name it: "orders-3". */
export function partitionName({ input, topic }: ClusterModel, p: number): string {
  return `${input.topicNames[topic[p]!]}-${input.partitionNumber[p]}`;
}

/** Whether a replica leads its partition. */
export function isLeader(model: ClusterModel, replica: ReplicaIndex): boolean {
  return model.leader[model.partition[replica]!] === replica;
}

/** Whether a replica is where it cannot stay, and there is a leader to copy it from. */
export function mustLeave(model: ClusterModel, replica: number): boolean {
  return !model.withinBrokers && model.offline[replica] === 1 &&
    model.broker[replica] === model.home[replica] &&
    model.input.leaderReplica[model.partition[replica]!]! >= 0;
}

/** Replicas that are where they cannot stay. O(offline replicas). */
export function strandedCount(model: ClusterModel): number {
  let count = 0;
  for (const r of model.offlineReplicas) if (mustLeave(model, r)) count++;
  return count;
}
