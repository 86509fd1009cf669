/**
 * Puts everything to given places at once. What comes out depends on the places alone and not on how the model came
 * to them: sums added up in the order of replicas, lists made anew in that order.
 *
 * @module
 */
import type { ClusterModel } from "./cluster_model.ts";
import { LISTED_BELOW } from "./build_model.ts";
import { countLeaders, countReplicas } from "./fill_model.ts";
import { listsOf } from "./lists.ts";
import { MOVED_KEPT } from "./counted.ts";
import { refreshSteps } from "./model_check.ts";

/** Replicas between two yields: a few milliseconds. */
const CHUNK = 200_000;

/**
 * Arranges the model. O(R + T x B).
 *
 * @param to broker index by replica, and replica that leads by partition; `stays`: whether all is known to be there
 *   already; `sums`: what is known of them, and how often they were changed since they were added up
 */
export function* arrangeSteps(
  model: ClusterModel,
  to: {
    readonly broker: Int32Array;
    readonly leader: Int32Array;
    readonly stays?: boolean;
    readonly sums?: { readonly sums: Float64Array; readonly roundings: number } | undefined;
  },
): Generator<void, void, void> {
  // Where all is there already only lists and sums may be of another order.
  const stays = to.stays === true ||
    (equal(model.broker, to.broker) && equal(model.leader, to.leader));
  yield;
  if (!stays) {
    model.broker.set(to.broker);
    model.leader.set(to.leader);
    // More than anybody can look back to.
    model.moves += MOVED_KEPT + 1;
    yield* countTopics(model);
  }
  yield;
  model.listing = undefined;
  if (model.replicaCount < LISTED_BELOW) listsOf(model);
  if (to.sums === undefined) return yield* refreshSteps(model);
  model.sums.set(to.sums.sums);
  model.roundings = to.sums.roundings;
}

/** Whether two arrays hold the same. */
export function equal(
  a: Int32Array | Int16Array | Uint8Array | Float64Array,
  b: Int32Array | Int16Array | Uint8Array | Float64Array,
): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const { length } = a;
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function* countTopics(model: ClusterModel): Generator<void, void, void> {
  const { topicReplicas, topicLeaders } = model;
  topicReplicas.fill(0);
  topicLeaders.fill(0);
  for (let from = 0; from < model.replicaCount; from += CHUNK) {
    countReplicas(model, from, Math.min(from + CHUNK, model.replicaCount));
    yield;
  }
  countLeaders(model);
}
