/**
 * What was counted over a whole model. After a few moves only what those concern is counted anew.
 *
 * @module
 */
import type { ClusterModel, Counted, Values } from "./cluster_model.ts";

/** Latest moves that a model remembers; a power of two. With more than that everything is counted again. */
export const MOVED_KEPT = 4096;
/** With more moves than this part of all replicas as well. */
const LOOKED_PART = 1 / 16;

/** Name of a count: partitions with two replicas on a rack, ascending. */
export const SHARING_RACKS = "partitions that share a rack";

/** How to count. */
export interface Count<V extends Values> {
  /** Whose limits and rules go in. */
  readonly owner: object;
  /** Over the whole model. */
  all(): V;
  /** The same, given the values before these replicas moved; a replica may be named twice. */
  after(values: V, moved: Int32Array): V;
}

/** The values of `name`, which are always of one type, for the model as it is now. */
export function counted<V extends Values>(model: ClusterModel, name: string, count: Count<V>): V {
  const { owner } = count;
  const known = recent(model, name, owner);
  if (known !== undefined && known.moves === model.moves) return known.values as V;
  const values = known === undefined
    ? count.all()
    : count.after(known.values as V, latestMoves(model, model.moves - known.moves));
  remember(model, { name, owner, values });
  return values;
}

/** Whether {@link counted} would have to look at the whole model, which callers may rather do in steps. */
export function isForgotten(model: ClusterModel, name: string, owner: object): boolean {
  return recent(model, name, owner) === undefined;
}

/** Takes over what somebody has counted on the model as it is now. */
export function remember(
  model: ClusterModel,
  count: { name: string; owner: object; values: Values },
): void {
  const { name, owner, values } = count;
  model.counted.set(name, { moves: model.moves, owner, values });
}

/** What is known of a name and can be brought up to date. */
function recent(model: ClusterModel, name: string, owner: object): Counted | undefined {
  const found = model.counted.get(name);
  if (found === undefined || model.moves - found.moves > movesLooked(model)) return undefined;
  return found.owner === undefined || found.owner === owner ? found : undefined;
}

/** Counting what each of many moves concerns costs more than counting all. */
function movesLooked({ replicaCount }: ClusterModel): number {
  return Math.min(MOVED_KEPT, replicaCount * LOOKED_PART);
}

/** Replicas that moved since the model had made `moves` moves, ascending, each once; undefined where it does not remember all. */
export function movedSince(model: ClusterModel, moves: number): Int32Array | undefined {
  const count = model.moves - moves;
  if (count > MOVED_KEPT) return undefined;
  const moved = latestMoves(model, count).sort();
  let kept = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0 || moved[i] !== moved[i - 1]) moved[kept++] = moved[i]!;
  }
  return moved.subarray(0, kept);
}

function latestMoves(model: ClusterModel, count: number): Int32Array {
  const moved = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    moved[i] = model.moved[(model.moves - 1 - i) & (MOVED_KEPT - 1)]!;
  }
  return moved;
}

/** Both together, ascending, each once. */
export function joined(values: Int32Array, more: Int32Array): Int32Array {
  const all = new Set<number>(values);
  for (const value of more) all.add(value);
  return Int32Array.from(all).sort();
}

/** The counts of a model for whoever takes it over with the same limits and rules. */
export function countedForAnybody(model: ClusterModel): Map<string, Counted> {
  const counts = [...model.counted].map(([name, known]): [string, Counted] => [
    name,
    { ...known, owner: undefined },
  ]);
  return new Map(counts);
}
