/**
 * Builds a {@link ClusterModel} from a {@link ClusterInput}.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import { assert } from "../lib/assert.ts";
import type { ClusterInput } from "./cluster_input.ts";
import { ALIVE, AXIS_COUNT, type ClusterModel, type ModelOptions } from "./cluster_model.ts";
import { MOVED_KEPT, SHARING_RACKS } from "./counted.ts";
import {
  addLeaders,
  addReplicas,
  closeTally,
  countLeaders,
  newTally,
  newTopicCounts,
  type Tally,
} from "./fill_model.ts";
import { listsOf } from "./lists.ts";
import { buildRowSteps } from "./load_rows.ts";

/** Partitions or replicas added up between two steps of a build: a few milliseconds. */
export const BUILD_CHUNK = 50_000;

/** Small clusters are searched so often that their lists are needed in any case. */
export const LISTED_BELOW = 20_000;

/** Builds the model with every replica at home. O(R + T x B). */
export function buildModel(input: ClusterInput, options: ModelOptions): ClusterModel {
  return drain(buildModelSteps(input, options));
}

/** {@link buildModel} in steps, so that an event loop stays free at any size. */
export function* buildModelSteps(
  input: ClusterInput,
  options: ModelOptions,
): Generator<void, ClusterModel, void> {
  const brokerCount = input.brokers.length;
  const partitionCount = input.partitionNumber.length;
  const replicaCount = input.replicaBroker.length;
  const topicCount = input.topicNames.length;
  assert(options.flags.length === brokerCount, "Flags must have one entry a broker");
  const racks = rackIndices(input);
  const { topic, pinned, homeLeader } = partitionColumns(input, options);
  yield;
  const { row, loads } = yield* buildRowSteps(input, homeLeader);
  yield;
  // At any size memory that is touched for the first time takes longer than what is done with it.
  const partition = new Int32Array(replicaCount);
  yield;
  const broker = input.replicaBroker.slice();
  yield;
  const topicReplicas = newTopicCounts(input);
  yield;
  const counted = leaderRows(topicCount, options.countLeaders);
  const offline = offlineAtHome(input, options.flags);
  const tally = newTally(partitionCount, highestFactor(input.replicaStart));
  const model: ClusterModel = {
    input,
    brokerCount,
    partitionCount,
    replicaCount,
    topicCount,
    rackCount: racks.count,
    home: input.replicaBroker,
    broker,
    partition,
    offline,
    offlineReplicas: placesOfOnes(offline),
    withinBrokers: options.withinBrokers ?? false,
    row: row ?? partition,
    leader: homeLeader.slice(),
    homeLeader,
    pinned,
    topic,
    replicaStart: input.replicaStart,
    loads,
    sums: new Float64Array(brokerCount * AXIS_COUNT),
    topicReplicas,
    leaderRow: counted.leaderRow,
    topicLeaders: new Int32Array(counted.rows * brokerCount),
    rack: racks.rack,
    flags: options.flags,
    listing: undefined,
    moves: 0,
    roundings: 0,
    moved: new Int32Array(MOVED_KEPT),
    census: tally,
    counted: new Map(),
  };
  yield;
  yield* addUpSteps(model, tally, true);
  model.counted.set(SHARING_RACKS, { moves: 0, owner: undefined, values: tally.sharing });
  if (replicaCount < LISTED_BELOW) listsOf(model);
  countLeaders(model);
  return model;
}

/** Adds up what all replicas and leaders put on their brokers. */
export function* addUpSteps(
  model: ClusterModel,
  tally: Tally,
  isNew: boolean,
): Generator<void, void, void> {
  const { partitionCount } = model;
  for (let from = 0; from < partitionCount; from += BUILD_CHUNK) {
    addReplicas(model, tally, { isNew, from, to: Math.min(from + BUILD_CHUNK, partitionCount) });
    yield;
  }
  // Behind all replicas, because the order decides how sums are rounded.
  for (let from = 0; from < partitionCount; from += BUILD_CHUNK) {
    addLeaders(model, from, Math.min(from + BUILD_CHUNK, partitionCount));
    yield;
  }
  closeTally(tally);
}

function rackIndices(input: ClusterInput): { rack: Int32Array; count: number } {
  const indices = new Map<string, number>();
  const rack = new Int32Array(input.brokers.length);
  for (const [b, broker] of input.brokers.entries()) {
    let index = indices.get(broker.rack);
    if (index === undefined) indices.set(broker.rack, index = indices.size);
    rack[b] = index;
  }
  return { rack, count: indices.size };
}

function leaderRows(
  topicCount: number,
  isCounted: ((topic: number) => boolean) | undefined,
): { leaderRow: Int32Array; rows: number } {
  const leaderRow = new Int32Array(topicCount).fill(-1);
  let rows = 0;
  for (let t = 0; t < topicCount && isCounted !== undefined; t++) {
    if (isCounted(t)) leaderRow[t] = rows++;
  }
  return { leaderRow, rows };
}

function partitionColumns(input: ClusterInput, options: ModelOptions) {
  const { partitionStart, replicaStart, leaderReplica } = input;
  const partitions = input.partitionNumber.length;
  const topic = new Int32Array(partitions);
  const pinned = new Uint8Array(partitions);
  for (let t = 0; t < input.topicNames.length; t++) {
    const start = partitionStart[t]!;
    const end = partitionStart[t + 1]!;
    topic.fill(t, start, end);
    if (options.topicExcluded(t)) pinned.fill(1, start, end);
  }
  const { partitionPinned } = options;
  for (let p = 0; p < partitions && partitionPinned !== undefined; p++) {
    if (partitionPinned(p)) pinned[p] = 1;
  }
  if (!leaderReplica.includes(-1)) return { topic, pinned, homeLeader: leaderReplica };
  const homeLeader = leaderReplica.slice();
  for (let p = homeLeader.indexOf(-1); p >= 0; p = homeLeader.indexOf(-1, p)) {
    // Nothing can be copied from a partition without a leader; its first replica stands in for the sums.
    pinned[p] = 1;
    homeLeader[p] = replicaStart[p]!;
  }
  return { topic, pinned, homeLeader };
}

function highestFactor(replicaStart: Int32Array): number {
  let most = 0;
  for (let p = replicaStart.length - 1; p > 0; p--) {
    const factor = replicaStart[p]! - replicaStart[p - 1]!;
    if (factor > most) most = factor;
  }
  return most;
}

/** Most clusters have no dead broker; then what Kafka says is all. */
function offlineAtHome(input: ClusterInput, flags: Uint8Array): Uint8Array {
  const { replicaOffline, replicaBroker } = input;
  if (flags.every((flag) => (flag & ALIVE) !== 0)) return replicaOffline;
  return replicaOffline.map((offline, r) =>
    offline === 1 || (flags[replicaBroker[r]!]! & ALIVE) === 0 ? 1 : 0
  );
}

/** Most clusters have none: then one look at all at once is enough. */
function placesOfOnes(array: Uint8Array): Int32Array {
  const places: number[] = [];
  for (let i = array.indexOf(1); i >= 0; i = array.indexOf(1, i + 1)) places.push(i);
  return Int32Array.from(places);
}
