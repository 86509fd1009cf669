/**
 * Records per second that consumer groups read of each partition, from the progress of their committed offsets.
 * Consumers that do not commit are invisible, and so is reading again after a seek back.
 *
 * @module
 */
import type { GroupOffsets, GroupOffsetsReading } from "../model/readings.ts";
import type { EstimatorState, GroupBaseline } from "./estimator_state.ts";

/** Sum over groups, by partition row. */
export interface ConsumerRates {
  /** Length P: records/s; NaN where a group could not be read now or all groups are read for the first time. */
  readonly recordsPerSec: Float64Array;
  /** Length P: 1 where some group has committed. */
  readonly committed: Uint8Array;
}

/** What bounds a group's progress. Arrays have length P. */
export interface ConsumerLimits {
  readonly startOffset: Float64Array;
  readonly endOffset: Float64Array;
  /** Known bytes of a record, NaN where not known. */
  readonly recordBytes: Float64Array;
  /** A group that seems to read a partition faster has jumped, not read. */
  readonly bytesPerSecMax: number;
  /** A pair further apart says nothing of now. */
  readonly maxPairMs: number;
}

/** Progress of all groups since their baselines, which move on. `reading` undefined: all NaN, baselines stay. */
export function consumerRates(
  state: EstimatorState,
  reading: GroupOffsetsReading | undefined,
  limits: ConsumerLimits,
): ConsumerRates {
  const partitions = limits.endOffset.length;
  const recordsPerSec = new Float64Array(partitions).fill(reading === undefined ? NaN : 0);
  const committed = new Uint8Array(partitions);
  if (reading === undefined) return { recordsPerSec, committed };
  const rates = { recordsPerSec, committed };
  if (!state.groupsRead) recordsPerSec.fill(NaN);
  state.groupsRead = true;
  const next = new Map<string, GroupBaseline>();
  for (const { groupId } of reading.failures) {
    const before = state.groups.get(groupId);
    if (before === undefined) continue;
    next.set(groupId, before);
    for (const row of before.partitions) recordsPerSec[row] = NaN;
  }
  for (const group of reading.groups) {
    const before = state.groups.get(group.groupId);
    for (const row of group.partitions) committed[row] = 1;
    // A group that has just appeared adds nothing yet: its first commit does not say what it read.
    if (before !== undefined) {
      const elapsedMs = reading.atMs - before.atMs;
      if (elapsedMs > 0 && elapsedMs <= limits.maxPairMs) {
        addProgress(rates, { before, group, seconds: elapsedMs / 1000, limits });
      } else {
        for (const row of group.partitions) recordsPerSec[row] = NaN;
      }
    }
    const { partitions, offsets } = group;
    next.set(group.groupId, { atMs: reading.atMs, partitions, offsets });
  }
  state.groups = next;
  return rates;
}

function addProgress(
  rates: ConsumerRates,
  pair: { before: GroupBaseline; group: GroupOffsets; seconds: number; limits: ConsumerLimits },
): void {
  const { before, group, seconds, limits } = pair;
  const { recordsPerSec } = rates;
  let old = 0;
  for (let i = 0; i < group.partitions.length; i++) {
    const row = group.partitions[i]!;
    while (old < before.partitions.length && before.partitions[old]! < row) old++;
    if (before.partitions[old] !== row) continue;
    // What was deleted before it was read was not read, and nobody reads beyond the end.
    const start = limits.startOffset[row]!;
    const end = limits.endOffset[row]!;
    const from = before.offsets[old]! < start ? start : before.offsets[old]!;
    const to = group.offsets[i]! > end ? end : group.offsets[i]!;
    const rate = (to - from) / seconds;
    if (rate > 0 && !(rate * limits.recordBytes[row]! > limits.bytesPerSecMax)) {
      recordsPerSec[row]! += rate;
    }
  }
}
