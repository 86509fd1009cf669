/**
 * Everything the aggregator knows, and how a topology and a batch of samples change it. No clock, no I/O.
 *
 * @module
 */
import { invertRows, mapPartitionRows, mapReplicaRows, NO_ROW } from "../../load/remap.ts";
import type { SamplesCollected } from "../../messages/sampler.ts";
import { PARTITION_METRIC_COUNT, PARTITION_METRICS } from "../../model/metrics.ts";
import { BROKER_METRICS } from "../../model/readings.ts";
import { NO_LEADER, replicaCount, type Topology } from "../../model/topology.ts";
import { EMPTY_MAP, type EntityMap, nextMap, runsBetween } from "./entity_layout.ts";
import {
  addSamples,
  createRing,
  remapEntities,
  windowIndex,
  type WindowRing,
} from "./window_ring.ts";

/** Topologies kept to place samples that were taken just before the newest one. */
const OLDER_TOPOLOGIES_MAX = 4;

/** The state. Only the functions of this file and `persistence.ts` change it. */
export interface LoadState {
  readonly windowMs: number;
  /** Undefined until the cluster was observed. */
  topology: Topology | undefined;
  /** Newest first, without `topology`. */
  olderTopologies: Topology[];
  entities: EntityMap;
  readonly partitions: WindowRing;
  /** Broker id of each entity of `brokers`. */
  brokerIds: number[];
  readonly brokers: WindowRing;
  /** Length R of the topology: latest MB of each replica, NaN = not known. */
  replicaMb: Float32Array;
  /** Partition samples taken in, over all restarts. */
  samplesStored: number;
  /** Partition samples refused since the start: wrong leader, gone partition, too old, unknown topology. */
  samplesRejected: number;
}

/** Settings of a state. */
export interface LoadStateOptions {
  readonly windowMs: number;
  readonly windowCount: number;
  readonly minSamples: number;
}

/** A state that knows nothing. */
export function createLoadState(options: LoadStateOptions): LoadState {
  const { windowMs, windowCount, minSamples } = options;
  const latest = PARTITION_METRICS.map((metric) => metric.aggregation === "latest");
  return {
    windowMs,
    topology: undefined,
    olderTopologies: [],
    entities: EMPTY_MAP,
    partitions: createRing({
      metricCount: PARTITION_METRIC_COUNT,
      windowCount,
      minSamples,
      latest,
    }, 0),
    brokerIds: [],
    brokers: createRing({
      metricCount: BROKER_METRICS.length,
      windowCount,
      minSamples,
      latest: BROKER_METRICS.map(() => false),
    }, 0),
    replicaMb: new Float32Array(0),
    samplesStored: 0,
    samplesRejected: 0,
  };
}

/** Takes a topology as the newest: facts of one sender arrive in order. */
export function acceptTopology(state: LoadState, topology: Topology, nowMs: number): void {
  const before = state.topology;
  if (before !== undefined) {
    // A sampler that was restarted counts from 1 again: what came before says nothing about its samples.
    const older = topology.generation > before.generation ? [before, ...state.olderTopologies] : [];
    state.olderTopologies = older.slice(0, OLDER_TOPOLOGIES_MAX);
  }
  state.topology = topology;
  state.replicaMb = carriedReplicaMb(state.replicaMb, before, topology);
  refreshEntities(state, nowMs);
}

/** Brings rings and layout in line with the topology; also forgets parked topics whose time is over. */
export function refreshEntities(state: LoadState, nowMs: number): void {
  if (state.topology === undefined) return;
  const next = nextMap(state.entities, state.topology, nowMs);
  if (next.layout !== state.entities.layout) {
    const runs = runsBetween(state.entities.layout, next.layout);
    remapEntities(state.partitions, next.layout.entityCount, runs);
  }
  state.entities = next;
}

function carriedReplicaMb(
  old: Float32Array,
  before: Topology | undefined,
  topology: Topology,
): Float32Array {
  const replicaMb = new Float32Array(replicaCount(topology)).fill(NaN);
  if (before === undefined) return replicaMb;
  const rows = mapReplicaRows(before, topology, mapPartitionRows(before, topology));
  for (let r = 0; r < rows.length; r++) if (rows[r] !== NO_ROW) replicaMb[r] = old[rows[r]!]!;
  return replicaMb;
}

/** What became of a batch: taken in, to be offered again when a newer topology is here, or dropped. */
export type BatchOutcome = "taken" | "early" | "dropped";

/** Adds a batch of samples. A batch of a topology that is not known yet is `early`. */
export function acceptSamples(state: LoadState, batch: SamplesCollected): BatchOutcome {
  const { topology } = state;
  if (topology === undefined || batch.generation > topology.generation) return "early";
  const rows = rowsInNewest(state, topology, batch);
  if (rows === undefined) {
    state.samplesRejected += batch.partitions.length;
    return "dropped";
  }
  const window = windowIndex(batch.atMs, state.windowMs);
  const added = addSamples(state.partitions, window, { rows, metrics: batch.metrics });
  state.samplesStored += added;
  state.samplesRejected += batch.partitions.length - added;
  acceptBrokers(state, window, batch);
  // Sizes need no leader check and no window: the newest reading of each replica stands.
  if (batch.generation === topology.generation && batch.replicaMb.length > 0) {
    for (let r = 0; r < batch.replicaMb.length; r++) {
      const mb = batch.replicaMb[r]!;
      if (!Number.isNaN(mb)) state.replicaMb[r] = mb;
    }
  }
  return "taken";
}

/**
 * Entities of the batch's partitions, -1 for those to refuse: gone since, or taken from a broker that is not the
 * partition's leader by the newest topology. Undefined when the batch's topology is forgotten.
 */
function rowsInNewest(
  state: LoadState,
  topology: Topology,
  batch: SamplesCollected,
): Int32Array | undefined {
  let moved: Int32Array | undefined;
  if (batch.generation !== topology.generation) {
    const own = state.olderTopologies.find((older) => older.generation === batch.generation);
    if (own === undefined) return undefined;
    moved = invertRows(mapPartitionRows(own, topology), own.leader.length);
  }
  const { partitions, leaders } = batch;
  const { leader } = topology;
  const rows = new Int32Array(partitions.length);
  for (let i = 0; i < rows.length; i++) {
    const row = moved === undefined ? partitions[i]! : moved[partitions[i]!]!;
    const trusted = row >= 0 && leader[row] === leaders[i] && leaders[i] !== NO_LEADER;
    rows[i] = trusted ? row : -1;
  }
  return rows;
}

function acceptBrokers(state: LoadState, window: number, batch: SamplesCollected): void {
  if (batch.brokerIds.length === 0) return;
  const unknown = [...batch.brokerIds].filter((id) => !state.brokerIds.includes(id));
  if (unknown.length > 0) {
    const length = state.brokerIds.length;
    state.brokerIds = [...state.brokerIds, ...unknown];
    remapEntities(state.brokers, state.brokerIds.length, [{ from: 0, to: 0, length }]);
  }
  const rows = Int32Array.from(batch.brokerIds, (id) => state.brokerIds.indexOf(id));
  addSamples(state.brokers, window, { rows, metrics: batch.brokerMetrics });
}
