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
import { drain } from "../lib/steps.ts";
import { assert } from "../lib/assert.ts";
import type { ClusterInput } from "./cluster_input.ts";
import { type Counted, MOVED_KEPT, SHARING_RACKS } from "./counted.ts";
import {
  addLeaders,
  addReplicas,
  type Census,
  closeTally,
  countLeaders,
  newTally,
  newTopicCounts,
  type Tally,
} from "./fill_model.ts";
import { type Lists, listsOf } from "./lists.ts";
import { buildRowSteps } from "./load_rows.ts";

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
  /** Whether a topic, by index, stays where it is. */
  readonly topicExcluded: (topic: number) => boolean;
  /** Whether a partition, by index, stays as it is; none when absent. */
  readonly partitionPinned?: (partition: number) => boolean;
  /** Whether a topic's leaders are counted by broker; none when absent. */
  readonly countLeaders?: (topic: number) => boolean;
}

/** Partitions or replicas added up between two steps of a build: a few milliseconds. */
export const BUILD_CHUNK = 50_000;

/** Small clusters are searched so often that their lists are needed in any case. */
export const LISTED_BELOW = 20_000;

/** Builds the model with every replica at home. O(R + T x B). */
export function buildModel(input: ClusterInput, options: ModelOptions): ClusterModel {
  return drain(buildModelSteps(input, options));
}

/** {@link buildModel} in steps, so that an event loop stays free at any size. */
export function* buildModelSteps(
  input: ClusterInput,
  options: ModelOptions,
): Generator<void, ClusterModel, void> {
  const brokerCount = input.brokers.length;
  const partitionCount = input.partitionNumber.length;
  const replicaCount = input.replicaBroker.length;
  const topicCount = input.topicNames.length;
  assert(options.flags.length === brokerCount, "Flags must have one entry a broker");
  const racks = rackIndices(input);
  const { topic, pinned, homeLeader } = partitionColumns(input, options);
  yield;
  const { row, loads } = yield* buildRowSteps(input, homeLeader);
  yield;
  // At any size memory that is touched for the first time takes longer than what is done with it.
  const partition = new Int32Array(replicaCount);
  yield;
  const broker = input.replicaBroker.slice();
  yield;
  const topicReplicas = newTopicCounts(input);
  yield;
  const counted = leaderRows(topicCount, options.countLeaders);
  const offline = offlineAtHome(input, options.flags);
  const tally = newTally(partitionCount, highestFactor(input.replicaStart));
  const model: ClusterModel = {
    input,
    brokerCount,
    partitionCount,
    replicaCount,
    topicCount,
    rackCount: racks.count,
    home: input.replicaBroker,
    broker,
    partition,
    offline,
    offlineReplicas: placesOfOnes(offline),
    row: row ?? partition,
    leader: homeLeader.slice(),
    homeLeader,
    pinned,
    topic,
    replicaStart: input.replicaStart,
    loads,
    sums: new Float64Array(brokerCount * AXIS_COUNT),
    topicReplicas,
    leaderRow: counted.leaderRow,
    topicLeaders: new Int32Array(counted.rows * brokerCount),
    rack: racks.rack,
    flags: options.flags,
    listing: undefined,
    moves: 0,
    roundings: 0,
    moved: new Int32Array(MOVED_KEPT),
    census: tally,
    counted: new Map(),
  };
  yield;
  yield* addUpSteps(model, tally, true);
  model.counted.set(SHARING_RACKS, { moves: 0, owner: undefined, values: tally.sharing });
  if (replicaCount < LISTED_BELOW) listsOf(model);
  countLeaders(model);
  return model;
}

/** Adds up what all replicas and leaders put on their brokers. */
export function* addUpSteps(
  model: ClusterModel,
  tally: Tally,
  isNew: boolean,
): Generator<void, void, void> {
  const { partitionCount } = model;
  for (let from = 0; from < partitionCount; from += BUILD_CHUNK) {
    addReplicas(model, tally, { isNew, from, to: Math.min(from + BUILD_CHUNK, partitionCount) });
    yield;
  }
  // Behind all replicas, because the order decides how sums are rounded.
  for (let from = 0; from < partitionCount; from += BUILD_CHUNK) {
    addLeaders(model, from, Math.min(from + BUILD_CHUNK, partitionCount));
    yield;
  }
  closeTally(tally);
}

function rackIndices(input: ClusterInput): { rack: Int32Array; count: number } {
  const indices = new Map<string, number>();
  const rack = new Int32Array(input.brokers.length);
  for (const [b, broker] of input.brokers.entries()) {
    let index = indices.get(broker.rack);
    if (index === undefined) indices.set(broker.rack, index = indices.size);
    rack[b] = index;
  }
  return { rack, count: indices.size };
}

function leaderRows(
  topicCount: number,
  isCounted: ((topic: number) => boolean) | undefined,
): { leaderRow: Int32Array; rows: number } {
  const leaderRow = new Int32Array(topicCount).fill(-1);
  let rows = 0;
  for (let t = 0; t < topicCount && isCounted !== undefined; t++) {
    if (isCounted(t)) leaderRow[t] = rows++;
  }
  return { leaderRow, rows };
}

function partitionColumns(input: ClusterInput, options: ModelOptions) {
  const { partitionStart, replicaStart, leaderReplica } = input;
  const partitions = input.partitionNumber.length;
  const topic = new Int32Array(partitions);
  const pinned = new Uint8Array(partitions);
  for (let t = 0; t < input.topicNames.length; t++) {
    const start = partitionStart[t]!;
    const end = partitionStart[t + 1]!;
    topic.fill(t, start, end);
    if (options.topicExcluded(t)) pinned.fill(1, start, end);
  }
  const { partitionPinned } = options;
  for (let p = 0; p < partitions && partitionPinned !== undefined; p++) {
    if (partitionPinned(p)) pinned[p] = 1;
  }
  if (!leaderReplica.includes(-1)) return { topic, pinned, homeLeader: leaderReplica };
  const homeLeader = leaderReplica.slice();
  for (let p = homeLeader.indexOf(-1); p >= 0; p = homeLeader.indexOf(-1, p)) {
    // Nothing can be copied from a partition without a leader; its first replica stands in for the sums.
    pinned[p] = 1;
    homeLeader[p] = replicaStart[p]!;
  }
  return { topic, pinned, homeLeader };
}

function highestFactor(replicaStart: Int32Array): number {
  let most = 0;
  for (let p = replicaStart.length - 1; p > 0; p--) {
    const factor = replicaStart[p]! - replicaStart[p - 1]!;
    if (factor > most) most = factor;
  }
  return most;
}

/** Most clusters have no dead broker; then what Kafka says is all. */
function offlineAtHome(input: ClusterInput, flags: Uint8Array): Uint8Array {
  const { replicaOffline, replicaBroker } = input;
  if (flags.every((flag) => (flag & ALIVE) !== 0)) return replicaOffline;
  return replicaOffline.map((offline, r) =>
    offline === 1 || (flags[replicaBroker[r]!]! & ALIVE) === 0 ? 1 : 0
  );
}

/** Most clusters have none: then one look at all at once is enough. */
function placesOfOnes(array: Uint8Array): Int32Array {
  const places: number[] = [];
  for (let i = array.indexOf(1); i >= 0; i = array.indexOf(1, i + 1)) places.push(i);
  return Int32Array.from(places);
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
  return model.offline[replica] === 1 && model.broker[replica] === model.home[replica] &&
    model.input.leaderReplica[model.partition[replica]!]! >= 0;
}
