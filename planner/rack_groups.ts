/**
 * Replicas of a partition that share a rack, on a model at home: what a lower bound has to know of racks.
 *
 * @module
 */
import { type ClusterModel, mustLeave } from "../model/cluster_model.ts";
import { replicaMb } from "../model/replica_axes.ts";
import type { Search } from "./search/state.ts";

/** Partitions looked at between two yields. */
const CHUNK = 50_000;

/**
 * ```
 * array    type           length      index     value
 * start    Int32Array     count + 1   group     first member
 * broker   Int32Array     members     member    broker
 * mb       Float64Array   members     member    MB; 0 when the replica has to leave in any case
 * ```
 */
export interface RackGroups {
  readonly count: number;
  readonly start: Int32Array;
  readonly broker: Int32Array;
  readonly mb: Float64Array;
}

/**
 * Groups of two and more. Partitions that stay where they are do not count, nor those with more replicas than racks:
 * some of theirs stay together in any plan. O(R x RF).
 */
export function* rackGroupSteps(search: Search): Generator<void, RackGroups, void> {
  const { model } = search;
  const found: number[] = [];
  for (let from = 0; from < model.partitionCount && search.racksDiffer; from += CHUNK) {
    const to = Math.min(from + CHUNK, model.partitionCount);
    for (const p of sharing(search, from, to)) addGroups(model, p, found);
    yield;
  }
  return yield* packed(model, found);
}

/** Partitions of a range that have two replicas on one rack. */
function sharing(search: Search, from: number, to: number): number[] {
  const { rackCount } = search;
  const { replicaStart, rack, broker, pinned } = search.model;
  const partitions: number[] = [];
  for (let p = from; p < to; p++) {
    const start = replicaStart[p]!;
    const end = replicaStart[p + 1]!;
    if (pinned[p] === 1 || end - start > rackCount) continue;
    let shares = false;
    for (let a = start; a < end && !shares; a++) {
      const on = rack[broker[a]!];
      for (let b = a + 1; b < end; b++) if (rack[broker[b]!] === on) shares = true;
    }
    if (shares) partitions.push(p);
  }
  return partitions;
}

/** Appends the replicas of each group, as `~replica` where a group begins. */
function addGroups(model: ClusterModel, p: number, found: number[]): void {
  const { replicaStart, rack, broker } = model;
  const start = replicaStart[p]!;
  const end = replicaStart[p + 1]!;
  for (let a = start; a < end; a++) {
    const on = rack[broker[a]!];
    let first = true;
    for (let b = start; b < a && first; b++) first = rack[broker[b]!] !== on;
    if (!first) continue;
    let alone = true;
    for (let b = a + 1; b < end; b++) {
      if (rack[broker[b]!] !== on) continue;
      if (alone) found.push(~a);
      alone = false;
      found.push(b);
    }
  }
}

/** In steps. */
function* packed(
  model: ClusterModel,
  found: readonly number[],
): Generator<void, RackGroups, void> {
  const start = new Int32Array(found.length + 1);
  const broker = new Int32Array(found.length);
  const mb = new Float64Array(found.length);
  let count = 0;
  for (let i = 0; i < found.length; i++) {
    if (i % CHUNK === CHUNK - 1) yield;
    const begins = found[i]! < 0;
    const replica = begins ? ~found[i]! : found[i]!;
    if (begins) start[count++] = i;
    broker[i] = model.broker[replica]!;
    if (!mustLeave(model, replica)) mb[i] = replicaMb(model, replica);
  }
  start[count] = found.length;
  return { count, start, broker, mb };
}
