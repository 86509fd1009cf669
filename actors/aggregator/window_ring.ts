/**
 * Samples of entities (partitions, brokers) over time, as a ring of windows. Pure: no clock, no I/O.
 *
 * Window `w` holds the times `(w - 1) * W <= t < w * W` and is labelled by its end, `w * W`. One window is active
 * (`current`, the newest seen), the `windowCount` before it are stable; a window's slot is `w mod (windowCount + 1)`.
 *
 * ```
 *            oldest                    current - 1    current
 *   evicted |  stable  |  stable  | ... |  stable  |  active  |  not yet
 * ```
 * Arrays of one slot, for E entities and M metrics:
 * ```
 * array         type          length   index             value
 * values        Float32Array  M x E    metric * E + e    avg: sum of the known values; latest: the last known one
 * knownCounts   Uint16Array   M x E    metric * E + e    samples in which the metric was known (not NaN)
 * sampleCounts  Uint16Array   E        entity            samples
 * bits          Uint8Array    E        entity            VALID | EXTRAPOLATED
 * ```
 * A metric that no sample of the window knew has knownCounts 0 and reads as NaN, never as 0.
 *
 * Windows, bits and extrapolations follow Cruise Control's MetricSampleAggregator and RawMetricValues, except that
 * counts do not overflow at 127 and metrics may be unknown.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";

/** Bit: the window of the entity can be used. */
export const VALID = 1;
/** Bit: it can be used by extrapolation only. */
export const EXTRAPOLATED = 2;

/** Counts stay here when they reach it: a window of 18 hours sampled each second. */
const COUNT_MAX = 65_535;

/** The arrays of one window; see the table above. */
export interface WindowSlot {
  readonly values: Float32Array;
  readonly knownCounts: Uint16Array;
  readonly sampleCounts: Uint16Array;
  readonly bits: Uint8Array;
}

/** What does not change in the life of a ring. */
export interface RingShape {
  readonly metricCount: number;
  /** Stable windows, N. */
  readonly windowCount: number;
  /** Samples that make a window valid without extrapolation. */
  readonly minSamples: number;
  /** By metric: whether the last value counts and not the mean. */
  readonly latest: readonly boolean[];
}

/** The ring. Only the functions of this file change it. */
export interface WindowRing {
  readonly shape: RingShape;
  entityCount: number;
  /** Index of the active window, 0 before the first sample. */
  current: number;
  /** Grows when stable windows change: their set, their values or their entities. */
  generation: number;
  slots: WindowSlot[];
  /** Windows that changed since the caller last cleared the set; for the store. */
  readonly dirty: Set<number>;
}

/** Index of the window that time `atMs` (epoch ms) falls in. */
export function windowIndex(atMs: number, windowMs: number): number {
  return Math.floor(atMs / windowMs) + 1;
}

/** An empty ring for `entityCount` entities. */
export function createRing(shape: RingShape, entityCount: number): WindowRing {
  assert(shape.latest.length === shape.metricCount, "latest must have an entry for each metric");
  assert(shape.windowCount >= 1, "A ring has at least one stable window");
  const slots = Array.from({ length: shape.windowCount + 1 }, () => createSlot(shape, entityCount));
  return { shape, entityCount, current: 0, generation: 0, slots, dirty: new Set() };
}

function createSlot(shape: RingShape, entityCount: number): WindowSlot {
  return {
    values: new Float32Array(shape.metricCount * entityCount),
    knownCounts: new Uint16Array(shape.metricCount * entityCount),
    sampleCounts: new Uint16Array(entityCount),
    bits: new Uint8Array(entityCount),
  };
}

/** The oldest stable window; meaningful once `current` > 1. */
export function oldestWindow(ring: WindowRing): number {
  return Math.max(1, ring.current - ring.shape.windowCount);
}

/** Stable windows, newest first. */
export function stableWindows(ring: WindowRing): number[] {
  const windows: number[] = [];
  for (let w = ring.current - 1; w >= 1 && w >= oldestWindow(ring); w--) windows.push(w);
  return windows;
}

/** The newest stable window with any sample in it, undefined when there is none. O(windows x entities). */
export function newestFilledWindow(ring: WindowRing): number | undefined {
  return stableWindows(ring).find((w) => slotOf(ring, w).sampleCounts.some((count) => count > 0));
}

/** The slot of a window that is in the ring. */
export function slotOf(ring: WindowRing, window: number): WindowSlot {
  assert(isInRing(ring, window), `Window ${window} is not in the ring`);
  return ring.slots[window % ring.slots.length]!;
}

/** Whether the ring holds the window. */
export function isInRing(ring: WindowRing, window: number): boolean {
  return ring.current > 0 && window >= oldestWindow(ring) && window <= ring.current;
}

/** Whether the window has a stable window on both sides, so that its value can be guessed from them. */
export function hasNeighbours(ring: WindowRing, window: number): boolean {
  return window > oldestWindow(ring) && window < ring.current - 1;
}

/** Windows that hold changes not yet cleared from `dirty` and that a sample in `window` would evict. */
export function dirtyBeforeRollOut(ring: WindowRing, window: number): number[] {
  const oldestThen = window - ring.shape.windowCount;
  return window <= ring.current ? [] : [...ring.dirty].filter((w) => w < oldestThen);
}

/**
 * Adds samples that all fall in `window`: `rows[i]` is the entity, -1 to skip; `metrics` has `metricCount` columns a
 * row, NaN or infinite = not known. Gives the number of samples added: 0 when the window is too old. O(n x M).
 */
export function addSamples(
  ring: WindowRing,
  window: number,
  samples: { readonly rows: Int32Array; readonly metrics: ArrayLike<number> },
): number {
  assert(
    samples.metrics.length === samples.rows.length * ring.shape.metricCount,
    "A sample must have a value for each metric",
  );
  if (ring.current > 0 && window < oldestWindow(ring)) return 0;
  const rolledOut = window > ring.current;
  if (rolledOut) rollOut(ring, window);
  const added = addToSlot(ring, slotOf(ring, window), samples);
  updateBits(ring, window, samples.rows);
  if (rolledOut || (added > 0 && window < ring.current)) ring.generation++;
  if (added > 0) ring.dirty.add(window);
  return added;
}

function addToSlot(
  ring: WindowRing,
  slot: WindowSlot,
  samples: { readonly rows: Int32Array; readonly metrics: ArrayLike<number> },
): number {
  const { rows, metrics } = samples;
  const { values, knownCounts, sampleCounts } = slot;
  const entityCount = ring.entityCount;
  const metricCount = ring.shape.metricCount;
  const latest = ring.shape.latest;
  let added = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < 0) continue;
    added++;
    if (sampleCounts[row]! < COUNT_MAX) sampleCounts[row]!++;
    const from = i * metricCount;
    for (let m = 0, at = row; m < metricCount; m++, at += entityCount) {
      const value = metrics[from + m]!;
      // False for NaN and both infinities: one comparison for all that is not a number.
      if (!(value - value === 0)) continue;
      if (knownCounts[at]! === COUNT_MAX) continue;
      knownCounts[at]!++;
      values[at] = latest[m] ? value : values[at]! + value;
    }
  }
  return added;
}

function rollOut(ring: WindowRing, window: number): void {
  const before = ring.current;
  ring.current = window;
  // Everything newer than the old active window starts empty; at most one turn of the ring.
  for (let w = Math.max(before + 1, window - ring.shape.windowCount); w <= window; w++) {
    if (w < 1) continue;
    const slot = ring.slots[w % ring.slots.length]!;
    slot.values.fill(0);
    slot.knownCounts.fill(0);
    slot.sampleCounts.fill(0);
    slot.bits.fill(0);
  }
  for (const w of ring.dirty) if (!isInRing(ring, w)) ring.dirty.delete(w);
  // The right neighbour of the window before the old active one has just become stable.
  const gained = before - 1;
  if (before > 0 && gained >= oldestWindow(ring)) {
    const { sampleCounts } = slotOf(ring, gained);
    for (let e = 0; e < ring.entityCount; e++) {
      if (sampleCounts[e] === 0) markAdjacent(ring, gained, e);
    }
  }
}

function updateBits(ring: WindowRing, window: number, rows: Int32Array): void {
  const { sampleCounts, bits } = slotOf(ring, window);
  const minSamples = ring.shape.minSamples;
  // A window that has enough samples can make its empty neighbours usable. Late samples only: never true of the active one.
  const neighbours = [window - 1, window + 1].filter((w) => hasNeighbours(ring, w));
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row < 0) continue;
    const enough = sampleCounts[row]! >= minSamples;
    bits[row] = enough ? VALID : VALID | EXTRAPOLATED;
    if (enough) { for (const neighbour of neighbours) markAdjacent(ring, neighbour, row); }
  }
}

/** Sets the bits of an empty window between two good ones. Never takes them back. */
function markAdjacent(ring: WindowRing, window: number, entity: number): void {
  if (!hasNeighbours(ring, window)) return;
  const slot = slotOf(ring, window);
  if (slot.sampleCounts[entity] !== 0) return;
  if (hasGoodNeighbours(ring, window, entity)) slot.bits[entity] = VALID | EXTRAPOLATED;
}

/** Whether both neighbours of the window are stable and have enough samples of the entity. */
export function hasGoodNeighbours(ring: WindowRing, window: number, entity: number): boolean {
  if (!hasNeighbours(ring, window)) return false;
  const minSamples = ring.shape.minSamples;
  return slotOf(ring, window - 1).sampleCounts[entity]! >= minSamples &&
    slotOf(ring, window + 1).sampleCounts[entity]! >= minSamples;
}

/** A run of entities that keep their order: `length` of them from `from` in the old numbering to `to` in the new one. */
export interface EntityRun {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** Renumbers the entities; those in no run are forgotten, new ones start empty. O(windows x metrics x (runs + entities)). */
export function remapEntities(
  ring: WindowRing,
  entityCount: number,
  runs: readonly EntityRun[],
): void {
  const { shape } = ring;
  const before = ring.entityCount;
  ring.slots = ring.slots.map((old) => {
    const slot = createSlot(shape, entityCount);
    for (const { from, to, length } of runs) {
      slot.sampleCounts.set(old.sampleCounts.subarray(from, from + length), to);
      slot.bits.set(old.bits.subarray(from, from + length), to);
      for (let m = 0; m < shape.metricCount; m++) {
        const start = m * before + from;
        const target = m * entityCount + to;
        slot.values.set(old.values.subarray(start, start + length), target);
        slot.knownCounts.set(old.knownCounts.subarray(start, start + length), target);
      }
    }
    return slot;
  });
  ring.entityCount = entityCount;
  if (ring.current > 0) {
    ring.generation++;
    ring.dirty.add(ring.current);
  }
}

/**
 * Puts back what a store kept of a window: oldest windows first. `fill` writes values, known counts and sample counts
 * into the slot; the bits follow from the counts.
 */
export function restoreWindow(
  ring: WindowRing,
  window: number,
  fill: (slot: WindowSlot) => void,
): void {
  assert(window > ring.current, "Windows are restored from the oldest to the newest");
  rollOut(ring, window);
  const slot = slotOf(ring, window);
  fill(slot);
  for (let e = 0; e < ring.entityCount; e++) {
    const count = slot.sampleCounts[e]!;
    if (count === 0) continue;
    slot.bits[e] = count >= ring.shape.minSamples ? VALID : VALID | EXTRAPOLATED;
  }
}
