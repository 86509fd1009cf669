/**
 * What producers, retention, the log cleaner and consumers do to the logs of the leaders.
 *
 * @module
 */
import { rateAt, recordBytesAt } from "./workload.ts";
import { type PartitionArrays, SEGMENT_RING, type SimState, type SimTopic } from "./state.ts";

/** Sets each topic's wanted rate for a step around `atMs`. O(T). */
export function setRates(state: SimState, atMs: number): void {
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    topic.rate = rateAt(topic.workload, atMs, { seed: topic.seed, startMs: state.startMs });
    topic.recordBytes = recordBytesAt(topic.workload, atMs);
  }
}

/** Lets producers write for `seconds`, at the rates that were set. O(P). */
export function produce(state: SimState, seconds: number): void {
  const rows = state.rows;
  const { leader, share, endOffset, logBytes, produced, consumed, activeBytes } = rows;
  const serve = state.broker.serve;
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    const bytes = topic.rate * seconds;
    const records = bytes / topic.recordBytes;
    const fanout = topic.directFanout;
    const limit = topic.segmentBytes;
    const end = topic.start + topic.count;
    for (let row = topic.start; row < end; row++) {
      const broker = leader[row]!;
      if (broker < 0) continue;
      const part = share[row]! * serve[broker]!;
      const written = bytes * part;
      endOffset[row]! += records * part;
      logBytes[row]! += written;
      produced[row]! += written;
      consumed[row]! += written * fanout;
      const active = activeBytes[row]! + written;
      activeBytes[row] = active;
      if (active >= limit) closeSegment(rows, row, state.nowMs);
    }
  }
}

/** Closes the active segment and begins a new one. */
export function closeSegment(rows: PartitionArrays, row: number, nowMs: number): void {
  const base = row * SEGMENT_RING;
  if (rows.segments[row] === SEGMENT_RING) {
    const oldest = rows.segmentHead[row]!;
    const next = (oldest + 1) % SEGMENT_RING;
    rows.segmentBytes[base + next]! += rows.segmentBytes[base + oldest]!;
    rows.segmentHead[row] = next;
    rows.segments[row]!--;
  }
  const at = base + (rows.segmentHead[row]! + rows.segments[row]!) % SEGMENT_RING;
  rows.segmentEnd[at] = rows.endOffset[row]!;
  rows.segmentBytes[at] = rows.activeBytes[row]!;
  rows.segmentLastMs[at] = nowMs;
  rows.segments[row]!++;
  rows.activeBytes[row] = 0;
  rows.activeSinceMs[row] = nowMs;
}

/** Rolls by time, deletes by size and time, and compacts, as Kafka does every few minutes. O(P). */
export function cleanLogs(state: SimState): void {
  const rows = state.rows;
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    const end = topic.start + topic.count;
    for (let row = topic.start; row < end; row++) {
      const old = state.nowMs - rows.activeSinceMs[row]! >= topic.segmentMs;
      if (old && rows.activeBytes[row]! > 0) closeSegment(rows, row, state.nowMs);
      if (topic.compacted) compact(rows, row, topic);
      else deleteOldSegments(state, row, topic);
    }
  }
}

function deleteOldSegments(state: SimState, row: number, topic: SimTopic): void {
  const rows = state.rows;
  const base = row * SEGMENT_RING;
  while (rows.segments[row]! > 0) {
    const oldest = base + rows.segmentHead[row]!;
    const bytes = rows.segmentBytes[oldest]!;
    const tooLarge = rows.logBytes[row]! - bytes >= topic.retentionBytes;
    const tooOld = state.nowMs - rows.segmentLastMs[oldest]! > topic.retentionMs;
    if (!tooLarge && !tooOld) return;
    rows.logBytes[row] = Math.max(rows.activeBytes[row]!, rows.logBytes[row]! - bytes);
    rows.startOffset[row] = rows.segmentEnd[oldest]!;
    rows.segmentHead[row] = (rows.segmentHead[row]! + 1) % SEGMENT_RING;
    rows.segments[row]!--;
  }
}

/** Closed segments become one that holds each key once; the start of the log stays where it is. */
function compact(rows: PartitionArrays, row: number, topic: SimTopic): void {
  const closed = rows.segments[row]!;
  if (closed === 0) return;
  const base = row * SEGMENT_RING;
  const newest = (rows.segmentHead[row]! + closed - 1) % SEGMENT_RING;
  let bytes = 0;
  for (let i = 0; i < closed; i++) {
    bytes += rows.segmentBytes[base + (rows.segmentHead[row]! + i) % SEGMENT_RING]!;
  }
  const kept = Math.min(bytes, (topic.liveBytes ?? bytes) / topic.count);
  rows.segmentHead[row] = newest;
  rows.segments[row] = 1;
  rows.segmentBytes[base + newest] = kept;
  rows.logBytes[row] = kept + rows.activeBytes[row]!;
}

/** Deletes all that the log holds, as when its last copy is lost. Offsets go on from where they were. */
export function emptyLog(rows: PartitionArrays, row: number): void {
  rows.startOffset[row] = rows.endOffset[row]!;
  rows.logBytes[row] = 0;
  rows.activeBytes[row] = 0;
  rows.segments[row] = 0;
}

/** Lets every group read for `seconds` and commit, and notes the rates read. O(P x groups a topic). */
export function consume(state: SimState, seconds: number): void {
  const { leader, share, endOffset, startOffset, consumed, outRate } = state.rows;
  const serve = state.broker.serve;
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    const direct = topic.rate * topic.directFanout;
    const end = topic.start + topic.count;
    for (let row = topic.start; row < end; row++) {
      const broker = leader[row]!;
      outRate[row] = broker < 0 ? 0 : direct * share[row]! * serve[broker]!;
    }
  }
  for (const subscription of state.subscriptions) {
    const topic = state.topics[subscription.topic]!;
    if (!topic.alive) continue;
    const committed = subscription.committed;
    const recordBytes = topic.recordBytes;
    if (subscription.capacity === 0) continue;
    const records = subscription.capacity * topic.workload.bytesPerSec / recordBytes * seconds;
    for (let partition = 0; partition < topic.count; partition++) {
      const row = topic.start + partition;
      const broker = leader[row]!;
      if (broker < 0 || serve[broker] === 0) continue;
      const last = committed[partition]!;
      // A group that has not committed yet begins at the end.
      const from = last !== last ? endOffset[row]! : Math.max(last, startOffset[row]!);
      const read = Math.min(endOffset[row]! - from, records * share[row]!);
      committed[partition] = from + read;
      consumed[row]! += read * recordBytes;
      outRate[row]! += read * recordBytes / seconds;
    }
  }
}
