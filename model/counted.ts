/**
 * What was counted over a whole model, for as long as no replica has moved since.
 *
 * @module
 */
import type { ClusterModel } from "./cluster_model.ts";

/** A count, the number of moves that it was taken after, and for whom it was taken; undefined = for anybody. */
export interface Counted {
  readonly moves: number;
  readonly owner: object | undefined;
  readonly values: Float64Array;
}

/** The values of `name`: those of the last time when nothing moved meanwhile, else what `count` gives. */
export function counted(
  model: ClusterModel,
  name: string,
  { owner, count }: { owner: object; count: () => Float64Array },
): Float64Array {
  const known = model.counted.get(name);
  const isOurs = known?.owner === owner || known?.owner === undefined;
  if (known?.moves === model.moves && isOurs) return known.values;
  const values = count();
  model.counted.set(name, { moves: model.moves, owner, values });
  return values;
}

/** The counts of a model for whoever takes it over with the same limits and rules. */
export function countedForAnybody(model: ClusterModel): Map<string, Counted> {
  const counts = [...model.counted].map(([name, known]): [string, Counted] => [
    name,
    { ...known, owner: undefined },
  ]);
  return new Map(counts);
}
