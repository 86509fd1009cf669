/**
 * Between the state and the store: what to save of it, and the state again from what was saved.
 *
 * @module
 */
import type { LoadedSamples, SampleSave, StoredWindow } from "../../store/samples.ts";
import { parkedMap, runsBetween } from "./entity_layout.ts";
import type { LoadState } from "./load_state.ts";
import { isInRing, remapEntities, restoreWindow, slotOf, type WindowRing } from "./window_ring.ts";

/** Added to the generation at a restore: more than can be missing from the latest save, so that none is used twice. */
const GENERATION_STRIDE = 1_000;

/** What changed since the dirty sets were cleared. Columns are views into the rings: save them before anything else. */
export function pendingSave(state: LoadState, options: { retentionWindows: number }): SampleSave {
  const { partitions, windowMs } = state;
  const inRing = [...partitions.dirty].filter((window) => isInRing(partitions, window));
  return {
    windowMs,
    layout: state.entities.layout,
    windows: inRing.map((window) => storedWindow(partitions, window, windowMs)),
    brokerWindows: storedBrokers(state),
    counters: {
      loadGeneration: partitions.generation,
      samplesStored: state.samplesStored,
    },
    keepFromMs: (partitions.current - options.retentionWindows) * windowMs,
  };
}

function storedWindow(ring: WindowRing, window: number, windowMs: number): StoredWindow {
  const { entityCount, shape } = ring;
  const slot = slotOf(ring, window);
  const metrics = [];
  for (let metricId = 0; metricId < shape.metricCount; metricId++) {
    const [start, end] = [metricId * entityCount, (metricId + 1) * entityCount];
    const knownCounts = slot.knownCounts.subarray(start, end);
    if (!knownCounts.some((count) => count > 0)) continue;
    metrics.push({ metricId, totals: slot.values.subarray(start, end), knownCounts });
  }
  return { endMs: window * windowMs, sampleCounts: slot.sampleCounts, metrics };
}

function storedBrokers(state: LoadState): SampleSave["brokerWindows"] {
  const { brokers, brokerIds, windowMs } = state;
  const metricCount = brokers.shape.metricCount;
  return [...brokers.dirty].filter((window) => isInRing(brokers, window)).flatMap((window) => {
    const { sampleCounts, values, knownCounts } = slotOf(brokers, window);
    return brokerIds.flatMap((brokerId, b) => {
      if (sampleCounts[b] === 0) return [];
      const means = Float64Array.from({ length: metricCount }, (_, m) => {
        const at = m * brokers.entityCount + b;
        return knownCounts[at] === 0 ? NaN : values[at]! / knownCounts[at]!;
      });
      return [{ endMs: window * windowMs, brokerId, samples: sampleCounts[b]!, means }];
    });
  });
}

/** Notes that everything was saved. */
export function markSaved(state: LoadState): void {
  state.partitions.dirty.clear();
  state.brokers.dirty.clear();
}

/** Notes that nothing of what is in memory is in the store. */
export function markUnsaved(state: LoadState): void {
  for (const ring of [state.partitions, state.brokers]) {
    for (let w = ring.current; w >= 1 && isInRing(ring, w); w--) ring.dirty.add(w);
  }
}

/**
 * Fills an empty state with what was saved: windows of older layouts are brought into the newest one, and all topics
 * wait for the topology to confirm them. Broker metrics that only some samples knew weigh by all samples from now on.
 */
export function restoreState(state: LoadState, loaded: LoadedSamples, nowMs: number): void {
  state.samplesStored = loaded.counters.samplesStored;
  const newest = loaded.windows.at(-1);
  if (newest === undefined) return;
  state.entities = parkedMap(newest.layout, nowMs);
  remapEntities(state.partitions, newest.layout.entityCount, []);
  for (const window of loaded.windows) {
    const runs = runsBetween(window.layout, newest.layout);
    restoreWindow(state.partitions, window.endMs / state.windowMs, (slot) => {
      const copy = (from: Uint16Array | Float32Array, to: Uint16Array | Float32Array, at: number) =>
        runs.forEach((run) => to.set(from.subarray(run.from, run.from + run.length), at + run.to));
      copy(window.sampleCounts, slot.sampleCounts, 0);
      for (const { metricId, totals, knownCounts } of window.metrics) {
        const at = metricId * newest.layout.entityCount;
        copy(totals, slot.values, at);
        copy(knownCounts, slot.knownCounts, at);
      }
    });
  }
  restoreBrokers(state, loaded);
  state.partitions.generation = loaded.counters.loadGeneration + GENERATION_STRIDE;
  markSaved(state);
}

function restoreBrokers(state: LoadState, loaded: LoadedSamples): void {
  const { brokers, windowMs } = state;
  state.brokerIds = [...new Set(loaded.brokerWindows.map((window) => window.brokerId))];
  remapEntities(brokers, state.brokerIds.length, []);
  const ends = [...new Set(loaded.brokerWindows.map((window) => window.endMs))];
  for (const endMs of ends.sort((a, b) => a - b)) {
    restoreWindow(brokers, endMs / windowMs, (slot) => {
      for (const stored of loaded.brokerWindows) {
        if (stored.endMs !== endMs) continue;
        const b = state.brokerIds.indexOf(stored.brokerId);
        slot.sampleCounts[b] = stored.samples;
        stored.means.forEach((mean, m) => {
          if (Number.isNaN(mean)) return;
          slot.values[m * brokers.entityCount + b] = mean * stored.samples;
          slot.knownCounts[m * brokers.entityCount + b] = stored.samples;
        });
      }
    });
  }
}
