/**
 * Puts other loads into a model that is there already.
 *
 * @module
 */
import type { ClusterInput } from "./cluster_input.ts";
import {
  addUpSteps,
  AXIS_COUNT,
  BUILD_CHUNK,
  type ClusterModel,
  modelAtHome,
} from "./cluster_model.ts";
import { countedForAnybody } from "./counted.ts";
import { closeLargest, emptyTally, FACTOR_COLUMNS, newTally, tallyRows } from "./fill_model.ts";
import { buildRowSteps, rewriteRows } from "./load_rows.ts";

/**
 * A model with the loads of `input` in place of its own, where only some partitions have others: see
 * {@link reloadModelSteps}. Its sums are left to the caller.
 *
 * @param changed partitions; they and all others must have one row each
 */
export function* reloadSomeSteps(
  model: ClusterModel,
  input: ClusterInput,
  changed: Int32Array,
): Generator<void, ClusterModel, void> {
  rewriteRows(input, model.loads, changed);
  const counted = countedForAnybody(model);
  if (changed.length === 0) return { ...model, input, counted };
  const { partitionCount, census } = model;
  const tally = { ...emptyTally(census.byFactor.length), sharing: census.sharing };
  for (let from = 0; from < partitionCount; from += BUILD_CHUNK) {
    tallyRows(model, tally, { from, to: Math.min(from + BUILD_CHUNK, partitionCount) });
    yield;
  }
  closeLargest(tally);
  return { ...model, input, counted, census: tally };
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
  const tally = newTally(model.partitionCount, model.census.byFactor.length / FACTOR_COLUMNS - 1);
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
