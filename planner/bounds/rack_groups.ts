/**
 * Replicas of a partition that share a rack, on a model at home: what a lower bound has to know of racks.
 *
 * @module
 */
import { type ClusterModel, mustLeave } from "../../model/cluster_model.ts";
import type { Search } from "../search/state.ts";

/** Partitions looked at between two yields. */
const CHUNK = 50_000;

/**
 * ```
 * array    type           length      index     value
 * start    Int32Array     count + 1   group     first member; arrays may be longer than they need to be
 * broker   Int32Array     members     member    broker
 * mb       Float64Array   members     member    MB; 0 when the replica has to leave in any case
 * of       Int32Array     count       group     partition, ascending
 * ```
 */
export interface RackGroups {
  readonly count: number;
  /** MB that have to leave racks, all but the dearest of each group. */
  alone: number;
  readonly of: Int32Array;
  readonly start: Int32Array;
  readonly broker: Int32Array;
  readonly mb: Float64Array;
}

/**
 * Groups of two and more. Partitions that stay where they are do not count, nor those with more replicas than racks:
 * some of theirs stay together in any plan. O(partitions that share a rack x RF^2).
 */
export function* rackGroupSteps(search: Search): Generator<void, RackGroups, void> {
  const { sharing } = search.model.census;
  const most = search.racksDiffer ? replicasOf(search.model, sharing) : 0;
  const groups = {
    count: 0,
    alone: 0,
    of: new Int32Array(most >> 1),
    start: new Int32Array(most + 1),
    broker: new Int32Array(most),
    mb: new Float64Array(most),
  };
  for (let from = 0; from < sharing.length && search.racksDiffer; from += CHUNK) {
    addGroups(search, groups, { from, to: Math.min(from + CHUNK, sharing.length) });
    yield;
  }
  groups.alone = leaveRacksAlone(groups);
  return groups;
}

/** See `alone`. */
function leaveRacksAlone({ count, start, mb }: RackGroups): number {
  let total = 0;
  for (let g = 0; g < count; g++) {
    const end = start[g + 1]!;
    let dearest = 0;
    for (let i = start[g]!; i < end; i++) {
      total += mb[i]!;
      dearest = Math.max(dearest, mb[i]!);
    }
    total -= dearest;
  }
  return total;
}

function replicasOf({ replicaStart }: ClusterModel, partitions: Int32Array): number {
  let count = 0;
  for (let i = 0; i < partitions.length; i++) {
    const p = partitions[i]!;
    count += replicaStart[p + 1]! - replicaStart[p]!;
  }
  return count;
}

/** Appends the groups of a range of the partitions that share a rack. */
function addGroups(
  search: Search,
  groups: { -readonly [key in keyof RackGroups]: RackGroups[key] },
  range: { from: number; to: number },
): void {
  const { model, rackCount } = search;
  const { replicaStart, rack, broker, pinned, census } = model;
  const { start } = groups;
  let members = start[groups.count]!;
  for (let i = range.from; i < range.to; i++) {
    const p = census.sharing[i]!;
    const first = replicaStart[p]!;
    const end = replicaStart[p + 1]!;
    if (pinned[p] === 1 || end - first > rackCount) continue;
    for (let a = first; a < end - 1; a++) {
      const on = rack[broker[a]!];
      let before = first;
      while (rack[broker[before]!] !== on) before++;
      // The group of a replica that is not the first of its rack is there already.
      if (before < a) continue;
      const begin = members;
      for (let b = a + 1; b < end; b++) {
        if (rack[broker[b]!] !== on) continue;
        if (members === begin) addMember(model, groups, members++, a);
        addMember(model, groups, members++, b);
      }
      if (members === begin) continue;
      groups.of[groups.count++] = p;
      start[groups.count] = members;
    }
  }
}

/** Brings sizes of the members up to the rows of some partitions, where nothing has to leave. O(partitions x log groups). */
export function resizeGroups(
  groups: RackGroups,
  { loads }: ClusterModel,
  partitions: Int32Array,
): void {
  const { count, of, start, mb } = groups;
  for (let k = 0; k < partitions.length; k++) {
    const p = partitions[k]!;
    let g = 0;
    for (let end = count; g < end;) {
      const middle = (g + end) >> 1;
      if (of[middle]! < p) g = middle + 1;
      else end = middle;
    }
    const size = loads[p << 3]!;
    for (; g < count && of[g] === p; g++) {
      const [first, end] = [start[g]!, start[g + 1]!];
      // All of a group are as large as each other.
      groups.alone += (size - mb[first]!) * (end - first - 1);
      mb.fill(size, first, end);
    }
  }
}

/** Appends a replica to the groups. */
function addMember(
  model: ClusterModel,
  { broker, mb }: Pick<RackGroups, "broker" | "mb">,
  member: number,
  replica: number,
): void {
  const { loads, row, offline } = model;
  broker[member] = model.broker[replica]!;
  if (offline[replica] === 1 && mustLeave(model, replica)) return;
  mb[member] = loads[row[replica]! << 3]!;
}
