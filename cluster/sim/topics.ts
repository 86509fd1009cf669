/**
 * Topics come and go: rows, first replicas, what their logs hold at the start.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import { createPrng, hashText } from "../../lib/prng.ts";
import { obeyTopicConfig } from "./configs.ts";
import { chooseLogDir, ensureLeader, fallBehind, isUsable } from "./controller.ts";
import type { SimTopicSpec } from "./spec.ts";
import {
  ensureRows,
  futureKey,
  metadataChanged,
  replicaBrokers,
  SEGMENT_RING,
  type SimState,
  type SimTopic,
} from "./state.ts";

/** Closed segments that a log has at the start. */
const INITIAL_SEGMENTS = 6;

/** Adds a topic. Programmer errors: a name that exists, an assignment to unknown brokers. */
export function addTopic(state: SimState, spec: SimTopicSpec): void {
  assert(!state.topicByName.has(spec.name), `Topic ${spec.name} exists`);
  const count = spec.assignment.length;
  const slots = spec.assignment.reduce((most, list) => Math.max(most, list.length), 1);
  const start = state.rows.count;
  ensureRows(state, { rows: start + count, slots });
  const seed = (hashText(spec.name) ^ state.seed ^ Math.imul(state.topicsCreated, 0x9e3779b1)) >>>
    0;
  const topic: SimTopic = {
    name: spec.name,
    id: topicId(seed),
    start,
    count,
    alive: true,
    workload: spec.workload,
    seed,
    directFanout: spec.directFanout,
    liveBytes: spec.liveBytes,
    configs: new Map(Object.entries(spec.configs)),
    rate: spec.workload.bytesPerSec,
    recordBytes: spec.workload.recordBytes,
    segmentBytes: Infinity,
    segmentMs: Infinity,
    retentionBytes: Infinity,
    retentionMs: Infinity,
    compacted: false,
    leaderThrottled: undefined,
    followerThrottled: undefined,
  };
  obeyTopicConfig(state, topic);
  state.rows.count += count;
  const index = state.topics.push(topic) - 1;
  state.topicByName.set(spec.name, index);
  state.topicsCreated++;
  for (let partition = 0; partition < count; partition++) {
    addPartition(state, index, { partition, spec });
  }
  metadataChanged(state);
}

/** 22 characters like Kafka's base64 uuids. */
function topicId(seed: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const prng = createPrng(seed).fork("topic-id");
  let id = "";
  for (let i = 0; i < 22; i++) id += alphabet[prng.below(64)];
  return id;
}

function addPartition(
  state: SimState,
  topicIndex: number,
  options: { partition: number; spec: SimTopicSpec },
): void {
  const { rows } = state;
  const { partition, spec } = options;
  const topic = state.topics[topicIndex]!;
  const row = topic.start + partition;
  const list = spec.assignment[partition]!;
  assert(list.length > 0, `Partition ${spec.name}-${partition} has no replica`);
  rows.topic[row] = topicIndex;
  rows.share[row] = spec.shares?.[partition] ?? 1 / topic.count;
  rows.replicas[row] = list.length;
  list.forEach((id, k) => {
    const broker = state.brokerIndex.get(id);
    assert(broker !== undefined, `Topic ${spec.name} is assigned to unknown broker ${id}`);
    const slot = row * rows.stride + k;
    rows.replicaBroker[slot] = broker;
    rows.replicaDir[slot] = placeInDir(state, broker, spec.logDirs?.[partition]?.[k]);
    rows.inSync[slot] = isUsable(state, slot) ? 1 : 0;
  });
  const first = row * rows.stride;
  // With all of its brokers away the first replica still makes up the ISR, and the partition waits for it.
  if (!list.some((_, k) => rows.inSync[first + k] === 1)) rows.inSync[first] = 1;
  fillLog(state, row, topic, spec.initialBytes);
  // A topic may be created while some of its brokers are away: those replicas wait outside the ISR.
  for (let k = 0; k < list.length; k++) {
    const slot = row * rows.stride + k;
    if (rows.inSync[slot] === 0) fallBehind(state, row, slot, rows.produced[row]!);
  }
  const wanted = spec.leaders?.[partition];
  if (wanted !== undefined && list.includes(wanted)) {
    const leader = state.brokerIndex.get(wanted)!;
    if (rows.inSync[row * rows.stride + list.indexOf(wanted)] === 1) rows.leader[row] = leader;
  }
  ensureLeader(state, row);
  rows.epoch[row] = 0;
}

function placeInDir(state: SimState, broker: number, wanted: number | undefined): number {
  if (wanted === undefined) return chooseLogDir(state, broker);
  const dir = state.broker.dirStart[broker]! + wanted;
  assert(dir < state.broker.dirStart[broker + 1]!, `Broker has no log dir number ${wanted}`);
  state.dir.replicaCount[dir]!++;
  return dir;
}

/** Gives the log a past: as much as retention keeps, in a few closed segments, written at the mean rate. */
function fillLog(
  state: SimState,
  row: number,
  topic: SimTopic,
  initialBytes: number | undefined,
): void {
  const { rows } = state;
  const share = rows.share[row]!;
  const rate = topic.workload.bytesPerSec * share;
  const kept = topic.compacted
    ? (topic.liveBytes ?? 0) / topic.count
    : Math.min(topic.retentionBytes, rate * Math.min(topic.retentionMs, topic.segmentMs) / 1000);
  const bytes = initialBytes === undefined ? kept : initialBytes * share;
  const records = bytes / topic.workload.recordBytes;
  // Part of the active segment is written, a different part for each partition, so that not all roll at once.
  const phase = ((row * 0.618034) % 1) * 0.9;
  const active = Math.min(bytes, phase * Math.min(topic.segmentBytes, bytes / INITIAL_SEGMENTS));
  rows.startOffset[row] = topic.compacted || initialBytes !== undefined
    ? 0
    : Math.floor(records * phase * 3);
  rows.endOffset[row] = rows.startOffset[row]! + Math.round(records);
  rows.logBytes[row] = bytes;
  rows.produced[row] = bytes;
  rows.activeBytes[row] = active;
  rows.activeSinceMs[row] = state.nowMs - (rate > 0 ? Math.min(active / rate * 1000, 1e9) : 0);
  const closed = bytes - active;
  const segments = Math.min(
    SEGMENT_RING - 1,
    Math.ceil(closed / Math.min(topic.segmentBytes, Math.max(1, bytes / INITIAL_SEGMENTS))),
  );
  for (let i = 0; i < segments; i++) {
    const at = row * SEGMENT_RING + i;
    const after = (i + 1) / segments * closed;
    rows.segmentBytes[at] = closed / segments;
    rows.segmentEnd[at] = rows.startOffset[row]! + Math.floor(records * after / bytes);
    const ageMs = rate > 0 ? Math.min((bytes - after) / rate * 1000, 6e8) : 0;
    rows.segmentLastMs[at] = state.nowMs - ageMs;
  }
  rows.segments[row] = segments;
}

/** Deletes a topic with all that it holds; its rows stay unused. */
export function removeTopic(state: SimState, name: string): void {
  const index = state.topicByName.get(name);
  if (index === undefined) return;
  const topic = state.topics[index]!;
  const { rows } = state;
  for (let row = topic.start; row < topic.start + topic.count; row++) {
    replicaBrokers(rows, row).forEach((broker, k) => {
      state.dir.replicaCount[rows.replicaDir[row * rows.stride + k]!]!--;
      state.futures.delete(futureKey(row, broker));
    });
    state.reassignments.delete(row);
    state.trailing.delete(row);
    rows.leader[row] = -1;
    rows.replicas[row] = 0;
  }
  topic.alive = false;
  state.topicByName.delete(name);
  metadataChanged(state);
}
