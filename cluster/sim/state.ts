/**
 * The state of a simulated cluster, as arrays.
 *
 * ```
 * array           type          length   index       value
 * broker.*        see below     B        broker      dense index, ids ascending
 * dir.*           see below     D        log dir     broker.dirStart[b] .. broker.dirStart[b + 1] - 1
 * topic           Int32Array    P        row         index into topics
 * share           Float64Array  P        row         part of the topic's load, 0..1
 * leader          Int32Array    P        row         broker index, -1 = none
 * epoch           Int32Array    P        row         leader epoch
 * replicas        Uint8Array    P        row         length of the replica list
 * endOffset       Float64Array  P        row         offset after the last record, with a fraction
 * startOffset     Float64Array  P        row         first offset of the leader's log
 * logBytes        Float64Array  P        row         size of the leader's log
 * produced        Float64Array  P        row         bytes ever written: the position of the log's end
 * consumed        Float64Array  P        row         bytes ever read by consumers
 * outRate         Float64Array  P        row         bytes/s read by consumers, mean of the last commit interval
 * activeBytes     Float64Array  P        row         bytes in the active segment
 * activeSinceMs   Float64Array  P        row         when the active segment was begun
 * segments        Uint8Array    P        row         closed segments, oldest first in the ring
 * segmentHead     Uint8Array    P        row         ring index of the oldest
 * segmentEnd      Float64Array  P x S    row, ring   offset after the segment
 * segmentBytes    Float64Array  P x S    row, ring   its size
 * segmentLastMs   Float64Array  P x S    row, ring   when it was closed
 * replicaBroker   Int32Array    P x K    row, slot   broker index, in Kafka's order; slots 0 .. replicas - 1
 * replicaDir      Int32Array    P x K    row, slot   log dir index
 * inSync          Uint8Array    P x K    row, slot   1 = in the ISR
 * behind          Uint8Array    P x K    row, slot   1 = does not have all of the leader's log
 * position        Float64Array  P x K    row, slot   where `behind`: how much of `produced` it has
 * ```
 * A topic's partitions are consecutive rows. Rows of deleted topics stay unused. A replica that is not behind has
 * the leader's log; one that is behind misses `min(produced - position, logBytes)` bytes of it.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { SimBrokerSpec, SimSettings, SimWorkload } from "./spec.ts";

/** Closed segments that are told apart; when more are kept the two oldest count as one. */
export const SEGMENT_RING = 16;
/** No leader, no log dir. */
export const NONE = -1;

/** Broker status: not yet registered. */
export const ABSENT = 0;
/** Broker status: works. */
export const ONLINE = 1;
/** Broker status: process is gone, connections are refused. */
export const DOWN = 2;
/** Broker status: connections stay open, nothing is answered. */
export const HUNG = 3;
/** Broker status: starts, still fenced. */
export const STARTING = 4;

/** A topic. */
export interface SimTopic {
  readonly name: string;
  readonly id: string;
  /** First row. */
  readonly start: number;
  /** Number of partitions. */
  readonly count: number;
  alive: boolean;
  readonly workload: SimWorkload;
  readonly seed: number;
  readonly directFanout: number;
  readonly liveBytes: number | undefined;
  /** Dynamic configuration. */
  readonly configs: Map<string, string>;
  /** Bytes/s wanted in the current step. */
  rate: number;
  /** Bytes a record in the current step. */
  recordBytes: number;
  /** From the configuration; Infinity = unlimited. */
  segmentBytes: number;
  segmentMs: number;
  retentionBytes: number;
  retentionMs: number;
  compacted: boolean;
  /** Entries `partition * 65536 + broker index`; "all" for `*`; undefined when the list is empty. */
  leaderThrottled: ReadonlySet<number> | "all" | undefined;
  followerThrottled: ReadonlySet<number> | "all" | undefined;
}

/** Partitions of one topic that one group reads. */
export interface Subscription {
  readonly group: number;
  readonly topic: number;
  readonly capacity: number;
  /** By partition. */
  readonly committed: Float64Array;
}

/** A reassignment in flight; broker indices. */
export interface Reassignment {
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

/** A replica on its way to another log dir of its broker. */
export interface FutureCopy {
  readonly row: number;
  readonly broker: number;
  readonly dir: number;
  copiedBytes: number;
}

/** Calls that shall get lost. */
export interface CallFault {
  readonly loses: "request" | "response";
  readonly untilMs: number;
  remaining: number;
  /** Names of gateway methods; every call that changes something when empty. */
  readonly calls: readonly string[];
}

/** A partition as brokers' metadata still shows it. */
export interface TrailingView {
  /** Broker indices, in order. */
  readonly replicas: readonly number[];
  /** By replica, bits of the topology's `replicaFlags`. */
  readonly flags: readonly number[];
  readonly leader: number;
  readonly epoch: number;
}

/** Something that happens at a time. Equal times happen in the order they were scheduled. */
export interface SimEvent {
  readonly atMs: number;
  readonly order: number;
  readonly run: (state: SimState) => void;
}

/** Everything. */
export interface SimState {
  readonly seed: number;
  readonly startMs: number;
  readonly clusterId: string;
  readonly settings: SimSettings;
  nowMs: number;
  /** Grows with each change that metadata shows. */
  metadataVersion: number;
  controller: number;
  controllerAwayUntilMs: number;
  /** Broker loads must be computed anew. */
  loadsStale: boolean;
  /** Cleared by a step that found nothing to copy, set by whatever may have changed that. */
  copyingPossible: boolean;
  topicsCreated: number;

  readonly brokers: readonly SimBrokerSpec[];
  readonly brokerIndex: ReadonlyMap<number, number>;
  readonly broker: {
    readonly status: Uint8Array;
    readonly fenced: Uint8Array;
    /** Grows with each crash, hang and start, so that an outdated event knows that it is. */
    readonly incarnation: Int32Array;
    /** Part of the hardware that is usable, 1 = all. */
    readonly speed: Float64Array;
    /** Part of the wanted writes that the broker takes, 0..1. */
    readonly serve: Float64Array;
    readonly clientIn: Float64Array;
    readonly clientOut: Float64Array;
    /** Replication of in-sync followers. */
    readonly replicationIn: Float64Array;
    readonly replicationOut: Float64Array;
    /** Catch-up traffic of the last step. */
    readonly catchUpIn: Float64Array;
    readonly catchUpOut: Float64Array;
    readonly messages: Float64Array;
    readonly replicaCount: Int32Array;
    /** Throttle rates in bytes/s, Infinity when not set. */
    readonly leaderRate: Float64Array;
    readonly followerRate: Float64Array;
    readonly dirMoveRate: Float64Array;
    readonly dirStart: Int32Array;
  };
  readonly dir: {
    readonly broker: Int32Array;
    readonly path: readonly string[];
    readonly totalBytes: Float64Array;
    readonly alive: Uint8Array;
    readonly bytes: Float64Array;
    readonly replicaCount: Int32Array;
  };
  readonly brokerConfigs: Map<string, Map<string, string>>;

  readonly topics: SimTopic[];
  readonly topicByName: Map<string, number>;
  rows: PartitionArrays;

  readonly groupIds: readonly string[];
  readonly subscriptions: Subscription[];

  readonly reassignments: Map<number, Reassignment>;
  /** Rows whose completed reassignment metadata does not show yet. */
  readonly trailing: Map<number, TrailingView>;
  /** Rows that have a replica that is behind. */
  laggingRows: number[];
  readonly futures: Map<number, FutureCopy>;
  /** Log dirs that brokers remember for replicas that they do not have yet, by {@link futureKey}. */
  readonly wantedDirs: Map<number, number>;
  readonly callFaults: CallFault[];
  readonly events: SimEvent[];
  eventOrder: number;
}

/** The arrays by partition row; see the table above. */
export interface PartitionArrays {
  count: number;
  readonly capacity: number;
  /** K: slots a row. */
  readonly stride: number;
  readonly topic: Int32Array;
  readonly share: Float64Array;
  readonly leader: Int32Array;
  readonly epoch: Int32Array;
  readonly replicas: Uint8Array;
  readonly endOffset: Float64Array;
  readonly startOffset: Float64Array;
  readonly logBytes: Float64Array;
  readonly produced: Float64Array;
  readonly consumed: Float64Array;
  readonly outRate: Float64Array;
  readonly activeBytes: Float64Array;
  readonly activeSinceMs: Float64Array;
  readonly segments: Uint8Array;
  readonly segmentHead: Uint8Array;
  readonly segmentEnd: Float64Array;
  readonly segmentBytes: Float64Array;
  readonly segmentLastMs: Float64Array;
  /** 1 = the row is in `laggingRows`. */
  readonly lagging: Uint8Array;
  readonly replicaBroker: Int32Array;
  readonly replicaDir: Int32Array;
  readonly inSync: Uint8Array;
  readonly behind: Uint8Array;
  readonly position: Float64Array;
}

/** Arrays for `capacity` rows of `stride` slots, without any row yet. */
export function allocateRows(capacity: number, stride: number): PartitionArrays {
  const floats = () => new Float64Array(capacity);
  const ring = () => new Float64Array(capacity * SEGMENT_RING);
  return {
    count: 0,
    capacity,
    stride,
    topic: new Int32Array(capacity),
    share: floats(),
    leader: new Int32Array(capacity).fill(NONE),
    epoch: new Int32Array(capacity),
    replicas: new Uint8Array(capacity),
    endOffset: floats(),
    startOffset: floats(),
    logBytes: floats(),
    produced: floats(),
    consumed: floats(),
    outRate: floats(),
    activeBytes: floats(),
    activeSinceMs: floats(),
    segments: new Uint8Array(capacity),
    segmentHead: new Uint8Array(capacity),
    segmentEnd: ring(),
    segmentBytes: ring(),
    segmentLastMs: ring(),
    lagging: new Uint8Array(capacity),
    replicaBroker: new Int32Array(capacity * stride).fill(NONE),
    replicaDir: new Int32Array(capacity * stride).fill(NONE),
    inSync: new Uint8Array(capacity * stride),
    behind: new Uint8Array(capacity * stride),
    position: new Float64Array(capacity * stride),
  };
}

const SLOT_ARRAYS = ["replicaBroker", "replicaDir", "inSync", "behind", "position"] as const;
const ROW_ARRAYS = [
  "topic",
  "share",
  "leader",
  "epoch",
  "replicas",
  "endOffset",
  "startOffset",
  "logBytes",
  "produced",
  "consumed",
  "outRate",
  "activeBytes",
  "activeSinceMs",
  "segments",
  "segmentHead",
  "segmentEnd",
  "segmentBytes",
  "segmentLastMs",
  "lagging",
] as const;

/** Every array with a value a partition or replica, in a fixed order; for digests. */
export const PARTITION_ARRAY_NAMES = [...ROW_ARRAYS, ...SLOT_ARRAYS] as const;

/** Makes room for more rows or longer replica lists. O(P x K), and nothing when there is room. */
export function ensureRows(state: SimState, needed: { rows: number; slots: number }): void {
  const old = state.rows;
  if (needed.rows <= old.capacity && needed.slots <= old.stride) return;
  const capacity = needed.rows <= old.capacity
    ? old.capacity
    : Math.max(needed.rows, old.capacity * 2);
  const stride = needed.slots <= old.stride ? old.stride : Math.max(needed.slots, old.stride * 2);
  const fresh = allocateRows(capacity, stride);
  fresh.count = old.count;
  for (const name of ROW_ARRAYS) fresh[name].set(old[name]);
  for (const name of SLOT_ARRAYS) {
    const from = old[name];
    const to = fresh[name];
    for (let row = 0; row < old.count; row++) {
      for (let k = 0; k < old.stride; k++) to[row * stride + k] = from[row * old.stride + k]!;
    }
  }
  state.rows = fresh;
}

/** The slot of `broker` in the row's replica list, as an index into the slot arrays; -1 when it is not there. */
export function findSlot(rows: PartitionArrays, row: number, broker: number): number {
  const first = row * rows.stride;
  const end = first + rows.replicas[row]!;
  for (let slot = first; slot < end; slot++) if (rows.replicaBroker[slot] === broker) return slot;
  return NONE;
}

/** Broker indices of a row's replicas, in order. Allocates. */
export function replicaBrokers(rows: PartitionArrays, row: number): number[] {
  const first = row * rows.stride;
  return Array.from(rows.replicaBroker.subarray(first, first + rows.replicas[row]!));
}

/** Bytes of the leader's log that the replica in `slot` has not got. */
export function missingBytes(rows: PartitionArrays, row: number, slot: number): number {
  if (rows.behind[slot] === 0) return 0;
  return Math.min(rows.produced[row]! - rows.position[slot]!, rows.logBytes[row]!);
}

/** Bytes on disk of the replica in `slot`. */
export function replicaBytes(rows: PartitionArrays, row: number, slot: number): number {
  return Math.max(0, rows.logBytes[row]! - missingBytes(rows, row, slot));
}

/** Key of the replica of `row` on `broker` in {@link SimState.futures}. */
export function futureKey(row: number, broker: number): number {
  return row * 65536 + broker;
}

/** Calls `run` when the cluster's time reaches `atMs`; at the next step when that is past. */
export function schedule(state: SimState, atMs: number, run: (state: SimState) => void): void {
  const event: SimEvent = { atMs: Math.max(atMs, state.nowMs), order: state.eventOrder++, run };
  let at = state.events.length;
  while (at > 0 && state.events[at - 1]!.atMs > event.atMs) at--;
  state.events.splice(at, 0, event);
}

/** Notes that metadata changed; loads follow from it. */
export function metadataChanged(state: SimState): void {
  state.metadataVersion++;
  state.copyingPossible = true;
  state.loadsStale = true;
}

/** The topic's row of a partition, or -1. */
export function findRow(state: SimState, topicName: string, partition: number): number {
  const index = state.topicByName.get(topicName);
  if (index === undefined) return NONE;
  const topic = state.topics[index]!;
  assert(topic.alive, `Topic ${topicName} is listed but deleted`);
  if (!Number.isInteger(partition) || partition < 0 || partition >= topic.count) return NONE;
  return topic.start + partition;
}
