/**
 * What the rate estimator remembers from poll to poll.
 *
 * ```
 * array           type           length   value
 * endOffset       Float64Array   P        baseline: the offset after the last record; NaN = none yet
 * startOffset     Float64Array   P        the first offset of the log, of the baseline
 * offsetAtMs      Float64Array   P        when the baseline was read, epoch ms
 * wentBack        Uint8Array     P        1 = the latest poll saw an end offset below the baseline
 * leader          Int32Array     P        broker id of the leader when the baseline was read
 * epoch           Int32Array     P        and its leader epoch; -1 = unknown
 * recordBytes     Float64Array   P        mean stored bytes of a record; NaN = not known
 * cleanPairs      Uint8Array     P        pairs of polls that recordBytes was measured from, up to 255; 0 = a fallback
 * rival           Float64Array   P        bytes of a record that contradict recordBytes; NaN = none
 * rivalPairs      Uint8Array     P        pairs in a row that agreed on the rival
 * fill            Float64Array   P        size / offsets in the log, of the baseline; NaN = not known
 * replicaBytes    Float64Array   R        baseline: size of the log; NaN = none yet
 * replicaAtMs     Float64Array   R        when it was read
 * replicaSlot     Int32Array     R        index of the replica's broker in the topology's brokers; -1 = not in it
 * ```
 *
 * @module
 */
import { NO_LEADER, partitionCount, replicaCount, type Topology } from "../model/topology.ts";
import { invertRows, mapPartitionRows, mapReplicaRows, NO_ROW } from "./remap.ts";

/** Committed offsets of a group, with when they were read. */
export interface GroupBaseline {
  readonly atMs: number;
  /** Rows, ascending. */
  readonly partitions: Int32Array;
  readonly offsets: Float64Array;
}

/** See the table above. Rows are those of `topology`. Changed in place by `estimateRates()`. */
export interface EstimatorState {
  topology: Topology | undefined;
  endOffset: Float64Array;
  startOffset: Float64Array;
  offsetAtMs: Float64Array;
  wentBack: Uint8Array;
  leader: Int32Array;
  epoch: Int32Array;
  recordBytes: Float64Array;
  cleanPairs: Uint8Array;
  rival: Float64Array;
  rivalPairs: Uint8Array;
  fill: Float64Array;
  replicaBytes: Float64Array;
  replicaAtMs: Float64Array;
  replicaSlot: Int32Array;
  groups: Map<string, GroupBaseline>;
  /** Whether `groups` holds the outcome of a reading. */
  groupsRead: boolean;
}

/** Nothing seen yet. */
export function createEstimatorState(): EstimatorState {
  return {
    topology: undefined,
    ...emptyRows(0, 0),
    replicaSlot: new Int32Array(0),
    groups: new Map(),
    groupsRead: false,
  };
}

/** Forgets the baselines, so that the next poll begins a new pair; what a record weighs stays known. */
export function forgetBaselines(state: EstimatorState): void {
  state.endOffset.fill(NaN);
  state.fill.fill(NaN);
  state.replicaBytes.fill(NaN);
  state.groups.clear();
  state.groupsRead = false;
}

/** Moves all rows to those of `topology`; rows of topics that are gone or were created anew start empty. */
export function moveToTopology(state: EstimatorState, topology: Topology): void {
  const from = state.topology;
  state.topology = topology;
  if (from?.generation === topology.generation) return;
  state.replicaSlot = replicaSlots(topology);
  const next = emptyRows(partitionCount(topology), replicaCount(topology));
  if (from === undefined) {
    Object.assign(state, next);
    return;
  }
  const partitions = mapPartitionRows(from, topology);
  const replicas = mapReplicaRows(from, topology, partitions);
  for (const name of PARTITION_ARRAYS) copyRows(state[name], next[name], partitions);
  for (const name of REPLICA_ARRAYS) copyRows(state[name], next[name], replicas);
  Object.assign(state, next);
  const inverse = invertRows(partitions, partitionCount(from));
  for (const [groupId, group] of state.groups) state.groups.set(groupId, moveGroup(group, inverse));
}

/** Looked up once a topology: a map lookup for each replica in each poll was half of the poll's time. */
function replicaSlots(topology: Topology): Int32Array {
  const slots = new Map(topology.brokers.map((broker, slot) => [broker.id, slot]));
  return topology.replicaBroker.map((brokerId) => slots.get(brokerId) ?? -1);
}

const PARTITION_ARRAYS = [
  "endOffset",
  "startOffset",
  "offsetAtMs",
  "wentBack",
  "leader",
  "epoch",
  "recordBytes",
  "cleanPairs",
  "rival",
  "rivalPairs",
  "fill",
] as const;
const REPLICA_ARRAYS = ["replicaBytes", "replicaAtMs"] as const;

function emptyRows(partitions: number, replicas: number) {
  return {
    endOffset: new Float64Array(partitions).fill(NaN),
    startOffset: new Float64Array(partitions).fill(NaN),
    offsetAtMs: new Float64Array(partitions).fill(NaN),
    wentBack: new Uint8Array(partitions),
    leader: new Int32Array(partitions).fill(NO_LEADER),
    epoch: new Int32Array(partitions).fill(-1),
    recordBytes: new Float64Array(partitions).fill(NaN),
    cleanPairs: new Uint8Array(partitions),
    rival: new Float64Array(partitions).fill(NaN),
    rivalPairs: new Uint8Array(partitions),
    fill: new Float64Array(partitions).fill(NaN),
    replicaBytes: new Float64Array(replicas).fill(NaN),
    replicaAtMs: new Float64Array(replicas).fill(NaN),
  };
}

type NumberArray = Float64Array | Int32Array | Uint8Array;

function copyRows(from: NumberArray, to: NumberArray, rows: Int32Array): void {
  for (let row = 0; row < rows.length; row++) {
    if (rows[row] !== NO_ROW) to[row] = from[rows[row]!]!;
  }
}

/** Topics keep their order between topologies, so rows stay ascending. */
function moveGroup(group: GroupBaseline, inverse: Int32Array): GroupBaseline {
  const partitions = new Int32Array(group.partitions.length);
  const offsets = new Float64Array(group.partitions.length);
  let count = 0;
  for (let i = 0; i < group.partitions.length; i++) {
    const row = inverse[group.partitions[i]!]!;
    if (row === NO_ROW) continue;
    partitions[count] = row;
    offsets[count++] = group.offsets[i]!;
  }
  return {
    atMs: group.atMs,
    partitions: partitions.slice(0, count),
    offsets: offsets.slice(0, count),
  };
}
