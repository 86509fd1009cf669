/**
 * Answers from the state: the load of a time range, and how much is known. Pure.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { AggregatorRequests, LoadSnapshot, MonitorState } from "../../messages/aggregator.ts";
import { PARTITION_METRIC_COUNT } from "../../model/metrics.ts";
import { BROKER_METRICS } from "../../model/readings.ts";
import { partitionCount, type Topology } from "../../model/topology.ts";
import {
  activeRatio,
  type Completeness,
  completeness,
  windowRange,
  writeValues,
} from "./completeness.ts";
import type { LoadState } from "./load_state.ts";
import { isInRing, slotOf, type WindowRing } from "./window_ring.ts";

/** Settings of the answers. */
export interface QueryOptions {
  readonly nowMs: number;
  /** Extrapolated windows that a partition may have. */
  readonly maxExtrapolations: number;
  /** Whether the active window may answer while no stable one can. */
  readonly mayUseActive: boolean;
}

/** What is asked. */
export type LoadRequest = AggregatorRequests["get_load"]["request"];

/**
 * The load that the request asks for, over the stable windows that meet its ratio; while there is none, over the
 * active window if allowed. Fails with `not_enough_windows`, naming what is missing and when to ask again.
 */
export function loadSnapshot(
  state: LoadState,
  request: LoadRequest,
  options: QueryOptions,
): Result<LoadSnapshot> {
  const { topology } = state;
  if (topology === undefined) {
    return fail("not_enough_windows", "Cannot give the load: the cluster was not observed yet", {
      retriable: true,
    });
  }
  const { requirements } = request;
  if (request.newest === true) {
    const active = activeSnapshot(state, topology, requirements);
    if (active !== undefined) return ok(active);
  }
  const range = windowRange(state.partitions, { ...request, windowMs: state.windowMs });
  const found = completeness(state.partitions, groupsOf(topology), {
    minValidEntityRatio: requirements.minValidRatio,
    minValidGroupRatio: 0,
    maxExtrapolations: options.maxExtrapolations,
    granularity: "entity",
    ...range,
  });
  if (found.validWindows.length >= Math.max(1, requirements.windows)) {
    return ok(snapshotOver(state, topology, {
      windows: request.newest === true ? found.validWindows.slice(0, 1) : found.validWindows,
      valid: found.validEntities,
      validRatio: found.validEntityRatio,
      includeAll: requirements.includeAllTopics,
      fromActiveWindow: false,
    }));
  }
  const { partitions } = state;
  const reachesActive = partitions.current > 0 &&
    (request.toMs ?? Infinity) >= (partitions.current - 1) * state.windowMs;
  if (options.mayUseActive && found.validWindows.length === 0 && reachesActive) {
    const active = activeSnapshot(state, topology, requirements);
    if (active !== undefined) return ok(active);
  }
  const active = activeRatio(partitions, partitionCount(topology));
  return notEnough(state, request, { ...options, found, active });
}

/** The load of the window being filled, undefined when it does not know enough. */
function activeSnapshot(
  state: LoadState,
  topology: Topology,
  requirements: LoadRequest["requirements"],
): LoadSnapshot | undefined {
  const { partitions } = state;
  const validRatio = activeRatio(partitions, partitionCount(topology));
  if (partitions.current <= 0 || validRatio === 0 || validRatio < requirements.minValidRatio) {
    return undefined;
  }
  return snapshotOver(state, topology, {
    windows: [partitions.current],
    valid: sampledIn(partitions, partitionCount(topology)),
    validRatio,
    includeAll: requirements.includeAllTopics,
    fromActiveWindow: true,
  });
}

function notEnough(
  state: LoadState,
  { requirements }: LoadRequest,
  seen: QueryOptions & { found: Completeness; active: number },
): Result<LoadSnapshot> {
  const percent = (ratio: number) => `${Math.floor(100 * ratio)} %`;
  const total = seen.found.validEntities.length;
  const endMs = state.partitions.current * state.windowMs;
  const waitS = Math.max(1, Math.ceil((endMs - seen.nowMs) / 1000));
  const wait = seen.active === 0
    ? "no sample was taken yet, ask again after two polls"
    : `the current window has samples of ${percent(seen.active)} and ends in ${waitS} s`;
  const details = seen.found.perWindow.map((window) =>
    `Window ending at ${window.window * state.windowMs} ms: ${percent(window.validRatio)} valid`
  );
  return fail(
    "not_enough_windows",
    `Cannot give the load: ${seen.found.validWindows.length} windows know at least ` +
      `${percent(requirements.minValidRatio)} of ${total} partitions, wanted ` +
      `${Math.max(1, requirements.windows)}; ${wait}`,
    { retriable: true, details },
  );
}

interface SnapshotParts {
  /** Newest first. */
  readonly windows: readonly number[];
  readonly valid: Uint8Array;
  readonly validRatio: number;
  readonly includeAll: boolean;
  readonly fromActiveWindow: boolean;
}

function snapshotOver(state: LoadState, topology: Topology, parts: SnapshotParts): LoadSnapshot {
  const entityCount = partitionCount(topology);
  const size = entityCount * PARTITION_METRIC_COUNT;
  const metrics = new Float32Array(parts.windows.length * size).fill(NaN);
  parts.windows.forEach((window, i) =>
    writeValues(state.partitions, window, {
      out: metrics,
      offset: i * size,
      entityCount,
      absent: NaN,
      ...(parts.includeAll ? {} : { only: parts.valid }),
    })
  );
  return {
    generation: topology.generation,
    loadGeneration: state.partitions.generation,
    windowEndsMs: Float64Array.from(parts.windows, (window) => window * state.windowMs),
    valid: parts.valid,
    metrics,
    // A copy: the answer's arrays may be moved to another thread.
    replicaMb: state.replicaMb.slice(),
    validRatio: entityCount === 0 ? 0 : parts.validRatio,
    fromActiveWindow: parts.fromActiveWindow,
    ...brokerMeans(state, parts.windows),
  };
}

/** Means of the broker metrics over the given windows, weighted by samples; brokers without any are left out. */
function brokerMeans(
  state: LoadState,
  windows: readonly number[],
): { brokerIds: Int32Array; brokerMetrics: Float64Array } {
  const { brokers } = state;
  const slots = windows.filter((w) => isInRing(brokers, w)).map((w) => slotOf(brokers, w));
  const seen = state.brokerIds.map((_, b) => b)
    .filter((b) => slots.some((slot) => slot.sampleCounts[b]! > 0));
  const count = BROKER_METRICS.length;
  const brokerMetrics = new Float64Array(seen.length * count);
  seen.forEach((b, i) => {
    for (let m = 0; m < count; m++) {
      const at = m * brokers.entityCount + b;
      let sum = 0;
      let known = 0;
      for (const slot of slots) {
        sum += slot.values[at]!;
        known += slot.knownCounts[at]!;
      }
      brokerMetrics[i * count + m] = known === 0 ? NaN : sum / known;
    }
  });
  return { brokerIds: Int32Array.from(seen, (b) => state.brokerIds[b]!), brokerMetrics };
}

function sampledIn(ring: WindowRing, entityCount: number): Uint8Array {
  const { sampleCounts } = slotOf(ring, ring.current);
  return Uint8Array.from({ length: entityCount }, (_, e) => sampleCounts[e]! > 0 ? 1 : 0);
}

function groupsOf(topology: Topology) {
  return { entityCount: partitionCount(topology), groupStart: topology.partitionStart };
}

/** How much of the cluster is known, by Cruise Control's rules: any ratio, one window, topics as groups. O(windows x P). */
export function monitorState(
  state: LoadState,
  options: { maxExtrapolations: number; storeFailure: string | undefined },
): MonitorState {
  const { topology, partitions } = state;
  const total = topology === undefined ? 0 : partitionCount(topology);
  const found = topology === undefined ? undefined : completeness(partitions, groupsOf(topology), {
    minValidEntityRatio: 0,
    minValidGroupRatio: 0,
    maxExtrapolations: options.maxExtrapolations,
    granularity: "entity",
  });
  let flawed = 0;
  found?.validEntities.forEach((valid, e) => {
    if (valid === 1 && found.extrapolations[e]! > 0) flawed++;
  });
  return {
    loadGeneration: partitions.generation,
    validPartitions: found?.validEntityCount ?? 0,
    totalPartitions: total,
    flawedPartitions: flawed,
    windows: (found?.perWindow ?? []).map((window) => ({
      endMs: window.window * state.windowMs,
      monitoredRatio: total === 0 ? 0 : window.groupGranularityRatio,
      validRatio: total === 0 ? 0 : window.validRatio,
    })),
    activeRatio: total === 0 ? 0 : activeRatio(partitions, total),
    samplesStored: state.samplesStored,
    samplesRejected: state.samplesRejected,
    storeFailure: options.storeFailure,
    loadingProgress: 1,
  };
}
