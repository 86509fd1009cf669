/**
 * Puts other loads into a model that is there already.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";
import { AXIS_COUNT, type ClusterModel, modelAtHome } from "./cluster_model.ts";
import { addUpSteps, BUILD_CHUNK } from "./build_model.ts";
import { countedForAnybody } from "./counted.ts";
import { closeLargest, FACTOR_COLUMNS, newTally, raiseAll, type Tally } from "./fill_model.ts";
import { buildRowSteps, rewriteRows } from "./load_rows.ts";

/**
 * A model with the loads of `input` in place of its own, where only some partitions have others: see
 * {@link reloadModelSteps}. Its sums, and those of the census, are left to the caller.
 *
 * @param changed partitions; they and all others must have one row each
 */
export function* reloadSomeSteps(
  model: ClusterModel,
  input: ClusterInput,
  changed: Int32Array,
): Generator<void, ClusterModel, void> {
  const { loads, partitionCount, census } = model;
  const before = largestOf(loads, changed);
  rewriteRows(input, loads, changed);
  const largest = largestOf(loads, changed);
  const lost = before.some((load, axis) => load > largest[axis]! && load === census.largest[axis]);
  for (let axis = 0; axis < largest.length && !lost; axis++) {
    largest[axis] = Math.max(largest[axis]!, census.largest[axis]!);
  }
  // The largest became smaller: any may be the largest now.
  for (let from = 0; from < partitionCount && lost; from += BUILD_CHUNK) {
    raiseAll(largest, loads, { from, to: Math.min(from + BUILD_CHUNK, partitionCount) });
    yield;
  }
  closeLargest({ largest });
  const byFactor = census.byFactor.slice();
  return {
    ...model,
    input,
    counted: countedForAnybody(model),
    census: { ...census, byFactor, largest },
  };
}

function largestOf(loads: Float64Array, partitions: Int32Array): Float64Array {
  const largest = new Float64Array(8);
  for (let i = 0; i < partitions.length; i++) {
    const from = partitions[i]!;
    raiseAll(largest, loads, { from, to: from + 1 });
  }
  return largest;
}

/**
 * A model with the loads and sums of `input` in place of its own. Topology, flags and pins must be as they were; the sums
 * are those of home, everything else is where it is. The model given must not be used any more.
 */
export function* reloadModelSteps(
  model: ClusterModel,
  input: ClusterInput,
): Generator<void, ClusterModel, void> {
  const rows = yield* buildRowSteps(input, model.homeLeader, model.loads);
  yield;
  const sums = new Float64Array(model.brokerCount * AXIS_COUNT);
  const counted = countedForAnybody(model);
  const tally = emptyTally(model);
  const reloaded: ClusterModel = {
    ...model,
    input,
    loads: rows.loads,
    row: rows.row ?? model.partition,
    sums,
    roundings: 0,
    counted,
    census: tally,
  };
  yield* addUpSteps(modelAtHome(reloaded), tally, false);
  return reloaded;
}

/** Sums with everything at home, rounded as those of a model that is built anew. O(R). */
export function* homeSumSteps(model: ClusterModel): Generator<void, Float64Array, void> {
  const sums = new Float64Array(model.brokerCount * AXIS_COUNT);
  const tally = emptyTally(model);
  yield* addUpSteps({ ...modelAtHome(model), sums }, tally, false);
  return sums;
}

/** Room for the census of a model as large. */
function emptyTally({ partitionCount, census }: ClusterModel): Tally {
  return newTally(partitionCount, census.byFactor.length / FACTOR_COLUMNS - 1);
}
