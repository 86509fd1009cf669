/**
 * The passes that fill a cluster model from its rows of loads. One look at each replica serves everything that follows
 * from where it is at home: sums, counts, and the census that goals and bounds ask.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";
import type { ClusterModel } from "./cluster_model.ts";

/** Columns of `Census.byFactor`: every replica weighs on these axes, whatever its role. */
export const FACTOR_COLUMNS = 4;
/** The axes that they are of: MB, KB/s in, replicas, potential KB/s out. */
export const FACTOR_AXES: readonly number[] = [0, 1, 3, 4];

/**
 * What is counted once, with every replica at home.
 *
 * ```
 * array     type           length        index        value
 * byFactor  Float64Array   factors x 4   replication  load of one replica of every partition with that factor, by
 *                                        factor       column of FACTOR_AXES
 * largest   Float64Array   8             axis         largest load of one replica, leading where that counts
 * sharing   Int32Array     some          -            partitions with two replicas on a rack, ascending
 * ```
 */
export interface Census {
  readonly byFactor: Float64Array;
  readonly largest: Float64Array;
  readonly sharing: Int32Array;
}

/** A census that is being taken. */
export interface Tally extends Census {
  sharing: Int32Array;
  /** Of `sharing`, how many are found. */
  found: number;
  /** By rack, the last partition that had a replica there. */
  readonly lastOnRack: Int32Array;
}

/** Makes room for a census; `factorMax` is the highest replication factor. */
export function newTally(
  model: { partitionCount: number; rackCount: number },
  factorMax: number,
): Tally {
  return {
    byFactor: new Float64Array((factorMax + 1) * FACTOR_COLUMNS),
    largest: new Float64Array(8),
    sharing: new Int32Array(model.partitionCount),
    found: 0,
    lastOnRack: new Int32Array(model.rackCount).fill(-1),
  };
}

/** Ends a census when all replicas are counted. */
export function closeTally(tally: Tally): void {
  tally.largest[7] = tally.largest[1]!;
  tally.sharing = tally.sharing.slice(0, tally.found);
}

/** Partitions `[from, to)`, and what of them is still to be written. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** Whether partitions of replicas and counts by topic are written as well. */
  readonly isNew: boolean;
}

/** Adds up and counts what the replicas of some partitions put on their brokers as followers. */
export function addReplicas(model: ClusterModel, tally: Tally, part: Part): void {
  const { broker, row, loads, sums, partition, topic, topicReplicas, replicaStart, rack } = model;
  const { byFactor, largest, lastOnRack, sharing } = tally;
  const { brokerCount } = model;
  const { to, isNew } = part;
  let { found } = tally;
  let known = -1;
  let disk = 0;
  let nwIn = 0;
  let cpu = 0;
  let potential = 0;
  let nwOut = 0;
  let r = replicaStart[part.from]!;
  for (let p = part.from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    const factor = end - r;
    const cells = topic[p]! * brokerCount;
    let mb = 0;
    let rate = 0;
    let potentialRate = 0;
    let shares = false;
    for (; r < end; r++) {
      const b = broker[r]!;
      const at = b << 3;
      if (isNew) {
        partition[r] = p;
        topicReplicas[cells + b]!++;
      }
      // Behind the line above: where all replicas of a partition are alike both are one array.
      const own = row[r]! << 3;
      if (own !== known) {
        known = own;
        disk = loads[own]!;
        nwIn = loads[own | 1]!;
        cpu = loads[own | 2]!;
        potential = loads[own | 4]!;
        nwOut = loads[own | 5]!;
        const leading = cpu + loads[own | 7]!;
        if (disk > largest[0]!) largest[0] = disk;
        if (nwIn > largest[1]!) largest[1] = nwIn;
        if (cpu > largest[2]!) largest[2] = cpu;
        if (leading > largest[2]!) largest[2] = leading;
        if (potential > largest[4]!) largest[4] = potential;
        if (nwOut + potential > largest[5]!) largest[5] = nwOut + potential;
      }
      sums[at]! += disk;
      sums[at | 1]! += nwIn;
      sums[at | 2]! += cpu;
      sums[at | 3]! += 1;
      sums[at | 4]! += potential;
      sums[at | 5]! += nwOut;
      mb += disk;
      rate += nwIn;
      potentialRate += potential;
      const on = rack[b]!;
      if (lastOnRack[on] === p) shares = true;
      lastOnRack[on] = p;
    }
    if (shares) sharing[found++] = p;
    const into = factor << 2;
    byFactor[into]! += mb / factor;
    byFactor[into | 1]! += rate / factor;
    byFactor[into | 2]! += 1;
    byFactor[into | 3]! += potentialRate / factor;
  }
  tally.found = found;
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

/** The list of a broker is made this much longer than needed, so that few moves have to grow it. */
const LIST_SLACK = 1.25;

/** Empty lists; most brokers end up with as many replicas as the others. */
export function makeLists(model: ClusterModel): void {
  const { sums, lists, brokerCount, replicaCount } = model;
  const mean = replicaCount / brokerCount;
  for (let b = 0; b < brokerCount; b++) {
    lists.push(new Int32Array(Math.ceil(Math.max(sums[b << 3 | 3]!, mean) * LIST_SLACK) + 16));
  }
}

/** Appends replicas `[first, end)` to the lists of their brokers, which are long enough. */
export function fillLists(model: ClusterModel, first: number, end: number): void {
  const { broker, listLength, slot, lists } = model;
  for (let r = first; r < end; r++) {
    const b = broker[r]!;
    const place = listLength[b]!;
    lists[b]![place] = r;
    slot[r] = place;
    listLength[b] = place + 1;
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
