/**
 * Which replicas each broker of a model holds. Made when somebody asks for the first time, since most plans of large clusters never do: keeping
 * lists up to date reads and writes at three places all over memory for each move.
 *
 * ```
 * array        type           length   index     value
 * lists        Int32Array[]   B        broker    its replicas, in no order, `listLength` of them
 * listLength   Int32Array     B        broker    how many they are
 * slot         Int32Array     R        replica   its place in the broker's list
 * ```
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import type { ClusterModel, Lists } from "./cluster_model.ts";

/** The list of a broker is made this much longer than needed, so that few moves have to grow it. */
const LIST_SLACK = 1.25;
/** Replicas between two yields: a few milliseconds. */
const CHUNK = 200_000;

/** The lists of a model as it is now. O(1), the first time O(R). */
export function listsOf(model: ClusterModel): Lists {
  return model.listing ?? drain(listSteps(model));
}

/** {@link listsOf} in steps. */
export function* listSteps(model: ClusterModel): Generator<void, Lists, void> {
  if (model.listing !== undefined) return model.listing;
  const { brokerCount, replicaCount } = model;
  const listing = {
    lists: emptyLists(model),
    listLength: new Int32Array(brokerCount),
    slot: new Int32Array(replicaCount),
  };
  for (let from = 0; from < replicaCount; from += CHUNK) {
    fillLists(model, listing, { from, to: Math.min(from + CHUNK, replicaCount) });
    yield;
  }
  model.listing = listing;
  return listing;
}

/** Counts anew, since sums may be of another time while a model is arranged. Most brokers end up with as many replicas as the others. */
function emptyLists({ broker, brokerCount, replicaCount }: ClusterModel): Int32Array[] {
  const counts = new Int32Array(brokerCount);
  for (let r = 0; r < replicaCount; r++) counts[broker[r]!]!++;
  const mean = replicaCount / brokerCount;
  const lists: Int32Array[] = [];
  for (let b = 0; b < brokerCount; b++) {
    lists.push(new Int32Array(Math.ceil(Math.max(counts[b]!, mean) * LIST_SLACK) + 16));
  }
  return lists;
}

/** Appends replicas of a range to the lists of their brokers, which are long enough. */
function fillLists(
  { broker }: ClusterModel,
  { lists, listLength, slot }: Lists,
  { from, to }: { from: number; to: number },
): void {
  for (let r = from; r < to; r++) {
    const b = broker[r]!;
    const place = listLength[b]!;
    lists[b]![place] = r;
    slot[r] = place;
    listLength[b] = place + 1;
  }
}
