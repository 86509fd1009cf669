/**
 * Rows of one topology found again in another, by topic name and id. No text is made per partition: topics are
 * merged in their order, and a partition's row follows from its number.
 *
 * @module
 */
import { partitionCount, replicaCount, type Topology } from "../model/topology.ts";

/** Value of a map where the other topology has no such row. */
export const NO_ROW: number = -1;

/**
 * For each partition row of `to`, its row in `from`, or {@link NO_ROW} when the partition is new or its topic was
 * created anew under the same name (both ids known and different). O(T + P).
 */
export function mapPartitionRows(from: Topology, to: Topology): Int32Array {
  const rows = new Int32Array(partitionCount(to)).fill(NO_ROW);
  let old = 0;
  for (let topic = 0; topic < to.topicNames.length; topic++) {
    const name = to.topicNames[topic]!;
    while (old < from.topicNames.length && from.topicNames[old]! < name) old++;
    if (old >= from.topicNames.length) break;
    if (from.topicNames[old] !== name || isOther(from.topicIds[old]!, to.topicIds[topic]!)) {
      continue;
    }
    const first = to.partitionStart[topic]!;
    const oldFirst = from.partitionStart[old]!;
    const count = Math.min(
      to.partitionStart[topic + 1]! - first,
      from.partitionStart[old + 1]! - oldFirst,
    );
    for (let i = 0; i < count; i++) rows[first + i] = oldFirst + i;
  }
  return rows;
}

/** For each replica row of `to`, the row in `from` of the same partition on the same broker, or {@link NO_ROW}. O(R x RF). */
export function mapReplicaRows(from: Topology, to: Topology, partitions: Int32Array): Int32Array {
  const rows = new Int32Array(replicaCount(to)).fill(NO_ROW);
  for (let row = 0; row < partitions.length; row++) {
    const old = partitions[row]!;
    if (old === NO_ROW) continue;
    for (let r = to.replicaStart[row]!; r < to.replicaStart[row + 1]!; r++) {
      for (let o = from.replicaStart[old]!; o < from.replicaStart[old + 1]!; o++) {
        if (from.replicaBroker[o] === to.replicaBroker[r]) rows[r] = o;
      }
    }
  }
  return rows;
}

/** The inverse of a map: for each of `length` rows of the other side, the row that maps to it, or {@link NO_ROW}. */
export function invertRows(rows: Int32Array, length: number): Int32Array {
  const inverse = new Int32Array(length).fill(NO_ROW);
  for (let row = 0; row < rows.length; row++) {
    if (rows[row] !== NO_ROW) inverse[rows[row]!] = row;
  }
  return inverse;
}

function isOther(oldId: string, newId: string): boolean {
  return oldId !== "" && newId !== "" && oldId !== newId;
}
