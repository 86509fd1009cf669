/**
 * The passes that fill a cluster model from its rows of loads. One look at each replica serves everything that follows
 * from where it is at home: sums, counts, and the census that goals and bounds ask.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";
import type { Census, ClusterModel } from "./cluster_model.ts";

/** Columns of `Census.byFactor`: every replica weighs on these axes, whatever its role. */
export const FACTOR_COLUMNS = 4;
/** The axes that they are of: MB, KB/s in, replicas, potential KB/s out. */
export const FACTOR_AXES: readonly number[] = [0, 1, 3, 4];

/** A census that is being taken. */
export interface Tally extends Census {
  sharing: Int32Array;
  /** Of `sharing`, how many are found. */
  found: number;
}

/** Makes room for a census; `factorMax` is the highest replication factor. */
export function newTally(partitionCount: number, factorMax: number): Tally {
  return {
    byFactor: new Float64Array((factorMax + 1) * FACTOR_COLUMNS),
    largest: new Float64Array(8),
    sharing: new Int32Array(partitionCount),
    found: 0,
  };
}

/** Ends a census when all replicas are counted. */
export function closeTally(tally: Tally): void {
  closeLargest(tally);
  tally.sharing = tally.sharing.slice(0, tally.found);
}

/** Leaders' bytes in are those of the largest replica. */
export function closeLargest({ largest }: Pick<Census, "largest">): void {
  largest[7] = largest[1]!;
}

/** Takes note of the rows of partitions `[from, to)`, where all replicas have that of their partition. */
export function raiseAll(
  largest: Float64Array,
  loads: Float64Array,
  { from, to }: Pick<Part, "from" | "to">,
): void {
  for (let p = from; p < to; p++) raise(largest, loads, p << 3);
}

/** Partitions `[from, to)`, and what of them is still to be written. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** Whether partitions of replicas and counts by topic are written as well. */
  readonly isNew: boolean;
}

/**
 * Adds up and counts what the replicas of some partitions put on their brokers as followers. A row is read once for a
 * partition, where all replicas have that of their partition. No float goes from turn to turn of a loop but in an array:
 * V8's middle compiler would box it, which took half of the pass.
 */
export function addReplicas(model: ClusterModel, tally: Tally, part: Part): void {
  if (model.row !== model.partition) addOwnRows(model, tally, part);
  else addSharedRows(model, tally, part);
}

function addSharedRows(model: ClusterModel, tally: Tally, part: Part): void {
  const { broker, loads, sums, partition, topic, topicReplicas, replicaStart, rack } = model;
  const { byFactor, largest, sharing } = tally;
  const { brokerCount } = model;
  const { to, isNew } = part;
  // Racks that are 32 apart have the same bit.
  const isExact = model.rackCount <= 32;
  let r = replicaStart[part.from]!;
  for (let p = part.from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    const factor = end - r;
    const cells = topic[p]! * brokerCount;
    const from = p << 3;
    const disk = loads[from]!;
    const nwIn = loads[from | 1]!;
    const cpu = loads[from | 2]!;
    const potential = loads[from | 4]!;
    let racks = 0;
    let twice = 0;
    for (; r < end; r++) {
      const b = broker[r]!;
      const at = b << 3;
      sums[at]! += disk;
      sums[at | 1]! += nwIn;
      sums[at | 2]! += cpu;
      sums[at | 3]! += 1;
      sums[at | 4]! += potential;
      const bit = 1 << rack[b]!;
      twice |= racks & bit;
      racks |= bit;
      if (!isNew) continue;
      partition[r] = p;
      topicReplicas[cells + b]!++;
    }
    if (twice !== 0 && (isExact || sharesRack(model, p))) sharing[tally.found++] = p;
    raise(largest, loads, from);
    const into = factor << 2;
    byFactor[into]! += shareOf(disk, factor);
    byFactor[into | 1]! += shareOf(nwIn, factor);
    byFactor[into | 2]! += 1;
    byFactor[into | 3]! += shareOf(potential, factor);
  }
}

/** The mean of so many equal numbers, rounded as if they had been added up. */
function shareOf(load: number, factor: number): number {
  if (factor < 3) return load;
  if (factor === 3) return (load + load + load) / 3;
  let sum = load;
  for (let i = 1; i < factor; i++) sum += load;
  return sum / factor;
}

/** {@link addSharedRows} where followers differ from their leaders. */
function addOwnRows(model: ClusterModel, tally: Tally, part: Part): void {
  const { broker, row, loads, sums, partition, topic, topicReplicas, replicaStart } = model;
  const { byFactor, largest, sharing } = tally;
  const sum = new Float64Array(3);
  let r = replicaStart[part.from]!;
  for (let p = part.from; p < part.to; p++) {
    const end = replicaStart[p + 1]!;
    const factor = end - r;
    const cells = topic[p]! * model.brokerCount;
    sum.fill(0);
    for (; r < end; r++) {
      const b = broker[r]!;
      const at = b << 3;
      const from = row[r]! << 3;
      sums[at]! += loads[from]!;
      sums[at | 1]! += loads[from | 1]!;
      sums[at | 2]! += loads[from | 2]!;
      sums[at | 3]! += 1;
      sums[at | 4]! += loads[from | 4]!;
      sums[at | 5]! += loads[from | 5]!;
      sum[0]! += loads[from]!;
      sum[1]! += loads[from | 1]!;
      sum[2]! += loads[from | 4]!;
      raise(largest, loads, from);
      if (!part.isNew) continue;
      partition[r] = p;
      topicReplicas[cells + b]!++;
    }
    if (sharesRack(model, p)) sharing[tally.found++] = p;
    const into = factor << 2;
    byFactor[into]! += sum[0]! / factor;
    byFactor[into | 1]! += sum[1]! / factor;
    byFactor[into | 2]! += 1;
    byFactor[into | 3]! += sum[2]! / factor;
  }
}

/** Whether a partition has two replicas on a rack. O(RF^2). */
export function sharesRack({ replicaStart, rack, broker }: ClusterModel, p: number): boolean {
  const end = replicaStart[p + 1]!;
  for (let a = replicaStart[p]!; a < end; a++) {
    const on = rack[broker[a]!];
    for (let b = a + 1; b < end; b++) if (rack[broker[b]!] === on) return true;
  }
  return false;
}

/** Takes note of the row that begins at `at`. */
function raise(largest: Float64Array, loads: Float64Array, at: number): void {
  const cpu = loads[at | 2]!;
  const leading = cpu + loads[at | 7]!;
  const potential = loads[at | 4]!;
  const nwOut = loads[at | 5]! + potential;
  if (loads[at]! > largest[0]!) largest[0] = loads[at]!;
  if (loads[at | 1]! > largest[1]!) largest[1] = loads[at | 1]!;
  if (cpu > largest[2]!) largest[2] = cpu;
  if (leading > largest[2]!) largest[2] = leading;
  if (potential > largest[4]!) largest[4] = potential;
  if (nwOut > largest[5]!) largest[5] = nwOut;
}

/** Counts of replicas by topic and broker, all 0, in as few bytes as the largest topic allows: it is read at random. */
export function newTopicCounts(input: ClusterInput): ClusterModel["topicReplicas"] {
  const { partitionStart, replicaStart } = input;
  const topics = partitionStart.length - 1;
  const length = topics * input.brokers.length;
  let most = 0;
  for (let t = 0; t < topics; t++) {
    most = Math.max(
      most,
      replicaStart[partitionStart[t + 1]!]! - replicaStart[partitionStart[t]!]!,
    );
  }
  if (most < 2 ** 8) return new Uint8Array(length);
  return most < 2 ** 16 ? new Uint16Array(length) : new Int32Array(length);
}

/** Adds up what leading adds for partitions `[first, end)`. */
export function addLeaders(model: ClusterModel, first: number, end: number): void {
  const { broker, row, loads, sums, leader } = model;
  for (let p = first; p < end; p++) {
    const r = leader[p]!;
    const at = broker[r]! << 3;
    const from = row[r]! << 3;
    sums[at | 2]! += loads[from | 7]!;
    sums[at | 5]! += loads[from | 4]!;
    sums[at | 6]! += 1;
    sums[at | 7]! += loads[from | 1]!;
  }
}

/** Counts replicas `[first, end)` by topic and broker. */
export function countReplicas(model: ClusterModel, first: number, end: number): void {
  const { topic, partition, broker, topicReplicas, brokerCount } = model;
  for (let r = first; r < end; r++) {
    topicReplicas[topic[partition[r]!]! * brokerCount + broker[r]!]!++;
  }
}

/** Counts the leaders of topics that want some on each broker; `topicLeaders` is all 0 before. */
export function countLeaders(model: ClusterModel): void {
  const { broker, leader, leaderRow, topic, topicLeaders, brokerCount } = model;
  for (let p = 0; p < leader.length && topicLeaders.length > 0; p++) {
    const counted = leaderRow[topic[p]!]!;
    if (counted >= 0) topicLeaders[counted * brokerCount + broker[leader[p]!]!]!++;
  }
}
