/**
 * What a simulated cluster shows to a client: the readings of the gateway, without time and faults of calls.
 *
 * @module
 */
import type { Failure } from "../../lib/failure.ts";
import { hashText } from "../../lib/prng.ts";
import {
  BROKER_METRICS,
  type BrokerLogDirs,
  type BrokerMetricsReading,
  type FutureReplica,
  type GroupOffsets,
  type GroupOffsetsReading,
  type LogDirsReading,
  type OffsetsReading,
} from "../../model/readings.ts";
import {
  findTopic,
  IN_SYNC,
  OFFLINE,
  partitionCount,
  replicaCount,
  type Topology,
} from "../../model/topology.ts";
import { isUsable } from "./controller.ts";
import { computeLoads, writeMetrics } from "./loads.ts";
import { ABSENT, findSlot, HUNG, NONE, ONLINE, replicaBytes, type SimState } from "./state.ts";

/** The topic that holds committed offsets, where the cluster has it: its leaders coordinate the groups. */
const OFFSETS_TOPIC = "__consumer_offsets";

/** Why a broker does not answer, or undefined when it does. */
export function silence(state: SimState, brokerId: number): Failure | undefined {
  const b = state.brokerIndex.get(brokerId);
  if (b === undefined || state.broker.status[b] === ABSENT) {
    return {
      code: "not_found",
      message: `Cannot reach broker ${brokerId}: it is not registered`,
      retriable: false,
    };
  }
  const status = state.broker.status[b]!;
  if (status === ONLINE) return undefined;
  if (status === HUNG) {
    return {
      code: "deadline_exceeded",
      message: `Cannot get an answer from broker ${brokerId} before the deadline`,
      retriable: true,
    };
  }
  return {
    code: "cluster_unreachable",
    message: `Cannot connect to broker ${brokerId}: connection refused`,
    retriable: true,
  };
}

/** The metadata now. */
export function readTopology(state: SimState, generation: number): Topology {
  const topics = state.topics.filter((topic) => topic.alive)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const { rows } = state;
  const counts = { partitions: 0, replicas: 0 };
  for (const topic of topics) {
    counts.partitions += topic.count;
    for (let row = topic.start; row < topic.start + topic.count; row++) {
      counts.replicas += state.trailing.get(row)?.replicas.length ?? rows.replicas[row]!;
    }
  }
  const topology: Topology = {
    generation,
    observedAtMs: state.nowMs,
    clusterId: state.clusterId,
    controllerId: state.controller === NONE ? -1 : state.brokers[state.controller]!.id,
    brokers: readBrokers(state),
    topicNames: topics.map((topic) => topic.name),
    topicIds: topics.map((topic) => topic.id),
    partitionStart: new Int32Array(topics.length + 1),
    leader: new Int32Array(counts.partitions),
    leaderEpoch: new Int32Array(counts.partitions),
    replicaStart: new Int32Array(counts.partitions + 1),
    replicaBroker: new Int32Array(counts.replicas),
    replicaFlags: new Uint8Array(counts.replicas),
  };
  let at = 0;
  let replica = 0;
  topics.forEach((topic, t) => {
    topology.partitionStart[t] = at;
    for (let row = topic.start; row < topic.start + topic.count; row++, at++) {
      topology.replicaStart[at] = replica;
      replica = writeRow(state, topology, { at, replica, row });
    }
  });
  topology.partitionStart[topics.length] = at;
  topology.replicaStart[at] = replica;
  return topology;
}

/** Fills in one partition; gives the next free replica row. */
function writeRow(
  state: SimState,
  topology: Topology,
  place: { at: number; replica: number; row: number },
): number {
  const { rows } = state;
  const { at, row } = place;
  let { replica } = place;
  const trailing = state.trailing.get(row);
  const leader = trailing?.leader ?? rows.leader[row]!;
  topology.leader[at] = leader === NONE ? -1 : state.brokers[leader]!.id;
  topology.leaderEpoch[at] = trailing?.epoch ?? rows.epoch[row]!;
  if (trailing !== undefined) {
    trailing.replicas.forEach((b, k) => {
      topology.replicaBroker[replica] = state.brokers[b]!.id;
      topology.replicaFlags[replica++] = trailing.flags[k]!;
    });
    return replica;
  }
  const first = row * rows.stride;
  for (let slot = first; slot < first + rows.replicas[row]!; slot++) {
    topology.replicaBroker[replica] = state.brokers[rows.replicaBroker[slot]!]!.id;
    topology.replicaFlags[replica++] = (rows.inSync[slot] === 1 ? IN_SYNC : 0) |
      (isUsable(state, slot) ? 0 : OFFLINE);
  }
  return replica;
}

function readBrokers(state: SimState): Topology["brokers"] {
  return state.brokers.flatMap((spec, b) => {
    if (state.broker.status[b] === ABSENT) return [];
    const { id, host, port, rack } = spec;
    return [{ id, host, port, rack, alive: state.broker.fenced[b] === 0 }];
  });
}

/** Calls `visit` with the row here of each partition row of the topology; -1 for one that is no more. */
function forRows(
  state: SimState,
  topology: Topology,
  visit: (at: number, row: number) => void,
): void {
  topology.topicNames.forEach((name, t) => {
    const topic = state.topics[state.topicByName.get(name) ?? -1];
    const first = topology.partitionStart[t]!;
    for (let at = first; at < topology.partitionStart[t + 1]!; at++) {
      const known = topic !== undefined && at - first < topic.count;
      visit(at, known ? topic.start + at - first : -1);
    }
  });
}

/** Sizes and log dirs, from every broker that answers. */
export function readLogDirs(state: SimState, topology: Topology): LogDirsReading {
  if (state.loadsStale) computeLoads(state);
  const { rows } = state;
  const replicaBytesOut = new Float64Array(replicaCount(topology)).fill(NaN);
  const replicaLogDir = new Int16Array(replicaCount(topology)).fill(-1);
  forRows(state, topology, (at, row) => {
    if (row < 0) return;
    for (let r = topology.replicaStart[at]!; r < topology.replicaStart[at + 1]!; r++) {
      const b = state.brokerIndex.get(topology.replicaBroker[r]!);
      if (b === undefined || state.broker.status[b] !== ONLINE) continue;
      const slot = findSlot(rows, row, b);
      if (slot === NONE || state.dir.alive[rows.replicaDir[slot]!] === 0) continue;
      replicaBytesOut[r] = Math.floor(replicaBytes(rows, row, slot));
      replicaLogDir[r] = rows.replicaDir[slot]! - state.broker.dirStart[b]!;
    }
  });
  return {
    atMs: state.nowMs,
    brokers: topology.brokers.filter((broker) => broker.alive)
      .map((broker) => brokerLogDirs(state, broker.id)),
    replicaBytes: replicaBytesOut,
    replicaLogDir,
    futureReplicas: readFutures(state),
    strayReplicas: strayReplicas(state, topology),
  };
}

function brokerLogDirs(state: SimState, brokerId: number): BrokerLogDirs {
  const failure = silence(state, brokerId);
  if (failure !== undefined) return { brokerId, failure, dirs: [] };
  const b = state.brokerIndex.get(brokerId)!;
  const { path, alive, totalBytes, bytes } = state.dir;
  const dirs = [];
  for (let d = state.broker.dirStart[b]!; d < state.broker.dirStart[b + 1]!; d++) {
    const works = alive[d] === 1;
    dirs.push({
      path: path[d]!,
      alive: works,
      totalBytes: works ? totalBytes[d]! : -1,
      usableBytes: works ? Math.max(0, Math.floor(totalBytes[d]! - bytes[d]!)) : -1,
    });
  }
  return { brokerId, dirs };
}

function readFutures(state: SimState): FutureReplica[] {
  const { rows } = state;
  const list: FutureReplica[] = [];
  for (const future of state.futures.values()) {
    if (state.broker.status[future.broker] !== ONLINE) continue;
    const topic = state.topics[rows.topic[future.row]!]!;
    const slot = findSlot(rows, future.row, future.broker);
    const left = Math.max(0, replicaBytes(rows, future.row, slot) - future.copiedBytes);
    list.push({
      brokerId: state.brokers[future.broker]!.id,
      topic: topic.name,
      partition: future.row - topic.start,
      logDir: state.dir.path[future.dir]!,
      sizeBytes: Math.floor(future.copiedBytes),
      offsetLag: Math.ceil(left / topic.recordBytes),
    });
  }
  return list;
}

/** Replicas that the topology does not list. Topics that it does not know are not stray. */
function strayReplicas(state: SimState, topology: Topology): LogDirsReading["strayReplicas"] {
  const { rows } = state;
  const strays: { brokerId: number; topic: string; partition: number; sizeBytes: number }[] = [];
  // Only a reassignment makes a listed replica unlisted, so looking at the rows that changed would do;
  // comparing all of them costs little beside the reading itself.
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    const t = findTopic(topology, topic.name);
    if (t < 0) continue;
    const first = topology.partitionStart[t]!;
    const known = topology.partitionStart[t + 1]! - first;
    for (let partition = 0; partition < Math.min(known, topic.count); partition++) {
      const row = topic.start + partition;
      for (let k = 0; k < rows.replicas[row]!; k++) {
        const slot = row * rows.stride + k;
        const b = rows.replicaBroker[slot]!;
        const brokerId = state.brokers[b]!.id;
        if (isListed(topology, first + partition, brokerId)) continue;
        if (state.broker.status[b] !== ONLINE) continue;
        const sizeBytes = Math.floor(replicaBytes(rows, row, slot));
        strays.push({ brokerId, topic: topic.name, partition, sizeBytes });
      }
    }
  }
  return strays;
}

function isListed(topology: Topology, at: number, brokerId: number): boolean {
  for (let r = topology.replicaStart[at]!; r < topology.replicaStart[at + 1]!; r++) {
    if (topology.replicaBroker[r] === brokerId) return true;
  }
  return false;
}

/** First and last offsets, from the brokers that the topology names as leaders. */
export function readOffsets(state: SimState, topology: Topology): OffsetsReading {
  const count = partitionCount(topology);
  const reading = {
    atMs: new Float64Array(count).fill(NaN),
    endOffset: new Float64Array(count).fill(NaN),
    startOffset: new Float64Array(count).fill(NaN),
  };
  const silent = new Map<number, Failure>();
  forRows(state, topology, (at, row) => {
    const asked = topology.leader[at]!;
    if (asked < 0) return;
    const b = state.brokerIndex.get(asked);
    if (b === undefined || state.broker.status[b] !== ONLINE) {
      const failure = silence(state, asked);
      if (failure !== undefined) silent.set(asked, failure);
      return;
    }
    // The asked broker refuses what it does not lead any more.
    if (row < 0 || state.rows.leader[row] !== b) return;
    reading.atMs[at] = state.nowMs;
    reading.endOffset[at] = Math.floor(state.rows.endOffset[row]!);
    reading.startOffset[at] = Math.floor(state.rows.startOffset[row]!);
  });
  const failures = [...silent].sort((a, b) => a[0] - b[0])
    .map(([brokerId, failure]) => ({ brokerId, failure }));
  return { ...reading, failures };
}

/** Committed offsets of all groups whose coordinator answers. */
export function readGroupOffsets(state: SimState, topology: Topology): GroupOffsetsReading {
  const groups: GroupOffsets[] = [];
  const failures: { groupId: string; failure: Failure }[] = [];
  state.groupIds.forEach((groupId, g) => {
    const failure = coordinatorFailure(state, groupId);
    if (failure === undefined) groups.push(readGroup(state, topology, g));
    else failures.push({ groupId, failure });
  });
  return { atMs: state.nowMs, groups, failures };
}

function coordinatorFailure(state: SimState, groupId: string): Failure | undefined {
  const index = state.topicByName.get(OFFSETS_TOPIC);
  if (index === undefined) return undefined;
  const topic = state.topics[index]!;
  const leader = state.rows.leader[topic.start + hashText(groupId) % topic.count]!;
  if (leader !== NONE) return silence(state, state.brokers[leader]!.id);
  return {
    code: "kafka_error",
    message: `Cannot read the offsets of group ${groupId}: its coordinator is not available`,
    retriable: true,
    kafkaErrorCode: 15,
  };
}

function readGroup(state: SimState, topology: Topology, g: number): GroupOffsets {
  const found: { at: number; offset: number }[] = [];
  for (const subscription of state.subscriptions) {
    const topic = state.topics[subscription.topic]!;
    if (subscription.group !== g || !topic.alive) continue;
    const t = findTopic(topology, topic.name);
    if (t < 0) continue;
    const first = topology.partitionStart[t]!;
    const known = Math.min(topic.count, topology.partitionStart[t + 1]! - first);
    for (let partition = 0; partition < known; partition++) {
      const offset = Math.floor(subscription.committed[partition]!);
      if (!Number.isNaN(offset)) found.push({ at: first + partition, offset });
    }
  }
  found.sort((a, b) => a.at - b.at);
  return {
    groupId: state.groupIds[g]!,
    partitions: Int32Array.from(found, (one) => one.at),
    offsets: Float64Array.from(found, (one) => one.offset),
  };
}

/** Metrics of the brokers that answer; undefined when the cluster offers none. */
export function readBrokerMetrics(state: SimState): BrokerMetricsReading | undefined {
  if (!state.settings.brokerMetrics) return undefined;
  if (state.loadsStale) computeLoads(state);
  const alive = state.brokers.map((_, b) => b).filter((b) => state.broker.status[b] === ONLINE);
  const values = new Float64Array(alive.length * BROKER_METRICS.length);
  alive.forEach((b, i) => writeMetrics(state, b, { values, offset: i * BROKER_METRICS.length }));
  const brokerIds = Int32Array.from(alive, (b) => state.brokers[b]!.id);
  return { atMs: state.nowMs, brokerIds, values };
}
