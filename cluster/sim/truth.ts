/**
 * What is really so in a simulated cluster, for checking what others measured, and a digest of all of it.
 *
 * @module
 */
import {
  findRow,
  findSlot,
  missingBytes,
  NONE,
  PARTITION_ARRAY_NAMES,
  replicaBrokers,
  replicaBytes,
  type SimState,
} from "./state.ts";

/** The truth about one partition. Differences of the totals over time are exact mean rates. */
export interface PartitionTruth {
  /** Broker id, -1 when none. */
  readonly leader: number;
  /** Broker ids in Kafka's order. */
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  readonly startOffset: number;
  readonly endOffset: number;
  /** Size of the leader's log. */
  readonly logBytes: number;
  /** Bytes ever written by producers, as stored, plus what the log held at the start. */
  readonly bytesInTotal: number;
  /** Bytes ever read by consumers. */
  readonly bytesOutTotal: number;
  /** Bytes/s written in the last step. */
  readonly bytesInRate: number;
  /** Bytes/s read, mean of the last commit interval. */
  readonly bytesOutRate: number;
}

/** The truth about a partition, or undefined when there is none. The state must be at the wanted time. */
export function partitionTruth(
  state: SimState,
  topicName: string,
  partition: number,
): PartitionTruth | undefined {
  const row = findRow(state, topicName, partition);
  if (row === NONE) return undefined;
  const { rows } = state;
  const leader = rows.leader[row]!;
  const topic = state.topics[rows.topic[row]!]!;
  const served = leader === NONE ? 0 : state.broker.serve[leader]!;
  const ids = replicaBrokers(rows, row).map((b) => state.brokers[b]!.id);
  return {
    leader: leader === NONE ? -1 : state.brokers[leader]!.id,
    replicas: ids,
    inSync: ids.filter((_, k) => rows.inSync[row * rows.stride + k] === 1),
    startOffset: rows.startOffset[row]!,
    endOffset: rows.endOffset[row]!,
    logBytes: rows.logBytes[row]!,
    bytesInTotal: rows.produced[row]!,
    bytesOutTotal: rows.consumed[row]!,
    bytesInRate: topic.rate * rows.share[row]! * served,
    bytesOutRate: rows.outRate[row]!,
  };
}

/** Bytes of one replica and what it still misses of the leader's log; undefined when the broker has none. */
export function replicaTruth(
  state: SimState,
  topicName: string,
  options: { partition: number; brokerId: number },
): { bytes: number; missingBytes: number; logDir: string } | undefined {
  const row = findRow(state, topicName, options.partition);
  const b = state.brokerIndex.get(options.brokerId);
  if (row === NONE || b === undefined) return undefined;
  const slot = findSlot(state.rows, row, b);
  if (slot === NONE) return undefined;
  return {
    bytes: replicaBytes(state.rows, row, slot),
    missingBytes: missingBytes(state.rows, row, slot),
    logDir: state.dir.path[state.rows.replicaDir[slot]!]!,
  };
}

/** The truth about one broker, bytes/s. */
export interface BrokerTruth {
  readonly brokerId: number;
  readonly alive: boolean;
  readonly clientIn: number;
  readonly clientOut: number;
  readonly replicationIn: number;
  readonly replicationOut: number;
  /** Of the last step: bytes/s copied to and from replicas that were behind. */
  readonly catchUpIn: number;
  readonly catchUpOut: number;
  readonly diskBytes: number;
}

/** The truth about all brokers, ids ascending. Loads are those of the last computation. */
export function brokerTruth(state: SimState): BrokerTruth[] {
  const { broker, dir } = state;
  return state.brokers.map((spec, b) => {
    let diskBytes = 0;
    for (let d = broker.dirStart[b]!; d < broker.dirStart[b + 1]!; d++) diskBytes += dir.bytes[d]!;
    return {
      brokerId: spec.id,
      alive: broker.fenced[b] === 0,
      clientIn: broker.clientIn[b]!,
      clientOut: broker.clientOut[b]!,
      replicationIn: broker.replicationIn[b]!,
      replicationOut: broker.replicationOut[b]!,
      catchUpIn: broker.catchUpIn[b]!,
      catchUpOut: broker.catchUpOut[b]!,
      diskBytes,
    };
  });
}

/** 16 hex digits over every array and list of the state. Equal states give equal digests. */
export function digest(state: SimState): string {
  const hash = createHash();
  const { rows } = state;
  const used = (array: { length: number }) => array.length / rows.capacity * rows.count;
  for (const name of PARTITION_ARRAY_NAMES) hash.bytes(rows[name].subarray(0, used(rows[name])));
  for (const array of Object.values(state.broker)) hash.bytes(array);
  for (const array of [state.dir.totalBytes, state.dir.alive, state.dir.bytes]) hash.bytes(array);
  for (const subscription of state.subscriptions) hash.bytes(subscription.committed);
  hash.text(JSON.stringify([
    state.nowMs,
    state.metadataVersion,
    state.controller,
    state.topics.map((topic) => [topic.name, topic.id, topic.alive, [...topic.configs]]),
    [...state.brokerConfigs].map(([name, values]) => [name, [...values]]),
    [...state.reassignments],
    [...state.futures],
    [...state.trailing],
    state.laggingRows,
  ]));
  return hash.hex();
}

/** Two FNV-1a hashes with different offsets, over 32-bit words where the length allows. */
function createHash() {
  let a = 0x811c9dc5;
  let b = 0x01234567;
  const word = (value: number) => {
    a = Math.imul(a ^ value, 0x01000193);
    b = Math.imul(b ^ ((value << 13) | (value >>> 19)), 0x85ebca6b);
  };
  const bytes = (view: ArrayBufferView) => {
    const raw = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const words = new DataView(view.buffer, view.byteOffset, view.byteLength);
    const whole = raw.length - raw.length % 4;
    for (let i = 0; i < whole; i += 4) word(words.getUint32(i, true));
    for (let i = whole; i < raw.length; i++) word(raw[i]!);
  };
  const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
  return {
    bytes,
    text: (text: string) => bytes(new TextEncoder().encode(text)),
    hex: () => hex(a) + hex(b),
  };
}
