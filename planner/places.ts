/**
 * Where a plan has everything, as arrays: what the next plan of the same topology starts from without a look at names.
 *
 * @module
 */
import { equal } from "../model/arrange.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { Proposal } from "../model/proposal.ts";
import { isBlocked, mayGoTo, mayLead, mayMove, type Search } from "./search/state.ts";

/** Partitions compared between two yields. */
const STAYED_CHUNK = 200_000;

/** What of a cluster has to be the same for indices to mean the same. */
export type Topology = Pick<
  ClusterInput,
  | "brokers"
  | "topicNames"
  | "partitionStart"
  | "partitionNumber"
  | "replicaStart"
  | "replicaBroker"
  | "replicaOffline"
  | "leaderReplica"
>;

/**
 * ```
 * array        type         length   index       value
 * broker       Int32Array   R        replica     broker where the plan has it
 * leader       Int32Array   P        partition   replica that leads
 * proposalOf   Int32Array   P        partition   index into `proposals`, -1 = the partition does not change
 * isAlone      Uint8Array   P        partition   1 = its proposal is a step by itself: it belongs to no group
 * isKnown      Uint8Array   P        partition   1 = it was there already when rules were last asked about all of it
 * sums         Float64Array B x 8    broker      sums as in the model
 * homeSums     Float64Array B x 8    broker      the same with everything at home
 * ```
 */
export interface Places {
  readonly topology: Topology;
  readonly broker: Int32Array;
  readonly leader: Int32Array;
  readonly proposalOf: Int32Array;
  readonly isAlone: Uint8Array;
  readonly isKnown: Uint8Array;
  readonly sums: Float64Array;
  readonly homeSums: Float64Array;
  /** Changes that either of them took since it was added up. */
  readonly roundings: number;
  /** What the plan was made for; undefined where some replicas have loads of their own. */
  readonly loads: Pick<ClusterInput, "leaderLoad" | "followerLoad"> | undefined;
  readonly proposals: readonly Proposal[];
}

/**
 * The places of a plan, in steps. O(R).
 *
 * @param ordered the partition of each proposal, and which belong to the step of the one before
 * @param from where the plan started from, when rules allowed all of that
 * @param homeSums sums with everything at home, and how often they were changed since they were added up
 */
export function* placesOfPlan(
  model: ClusterModel,
  { order, joined }: { order: Int32Array; joined: Uint8Array },
  { proposals, from, homeSums, homeRoundings }: {
    proposals: readonly Proposal[];
    from: Places | undefined;
    homeSums: Float64Array;
    homeRoundings: number;
  },
): Generator<void, Places, void> {
  const proposalOf = new Int32Array(model.partitionCount).fill(-1);
  const isAlone = new Uint8Array(model.partitionCount);
  for (let k = 0; k < order.length; k++) {
    proposalOf[order[k]!] = k;
    isAlone[order[k]!] = joined[k] === 0 && joined[k + 1] !== 1 ? 1 : 0;
  }
  yield;
  const isKnown = new Uint8Array(model.partitionCount);
  for (let p = 0; from !== undefined && p < isKnown.length; p += STAYED_CHUNK) {
    findStayed(model, from, { isKnown, from: p, to: Math.min(p + STAYED_CHUNK, isKnown.length) });
    yield;
  }
  const broker = model.broker.slice();
  yield;
  const { brokers, topicNames, partitionStart, partitionNumber } = model.input;
  const { replicaStart, replicaBroker, replicaOffline, leaderReplica } = model.input;
  return {
    topology: {
      brokers,
      topicNames,
      partitionStart,
      partitionNumber,
      replicaStart,
      replicaBroker,
      replicaOffline,
      leaderReplica,
    },
    broker,
    leader: model.leader.slice(),
    proposalOf,
    proposals,
    isAlone,
    isKnown,
    sums: model.sums.slice(),
    homeSums,
    roundings: Math.max(model.roundings, homeRoundings),
    loads: loadsOf(model),
  };
}

function loadsOf({ row, partition, input }: ClusterModel): Places["loads"] {
  if (row !== partition || input.replicaDiskMb.length > 0) return undefined;
  const { leaderLoad, followerLoad } = input;
  return { leaderLoad, followerLoad };
}

/** Marks the partitions of a range that are where `places` had them. */
function findStayed(
  { broker, leader, replicaStart }: ClusterModel,
  places: Places,
  range: { isKnown: Uint8Array; from: number; to: number },
): void {
  const { isKnown, to } = range;
  let r = replicaStart[range.from]!;
  for (let p = range.from; p < to; p++) {
    const end = replicaStart[p + 1]!;
    let moved = leader[p]! ^ places.leader[p]!;
    for (; r < end; r++) moved |= broker[r]! ^ places.broker[r]!;
    if (moved === 0) isKnown[p] = 1;
  }
}

/** Whether all indices mean the same in both. O(R). */
export function sameTopology(a: Topology, b: Topology): boolean {
  if (a.topicNames.length !== b.topicNames.length || a.brokers.length !== b.brokers.length) {
    return false;
  }
  const brokersAlike = a.brokers.every((one, i) => {
    const other = b.brokers[i]!;
    return one.id === other.id && one.rack === other.rack && one.state === other.state;
  });
  return brokersAlike && equal(a.replicaStart, b.replicaStart) &&
    equal(a.replicaBroker, b.replicaBroker) && equal(a.leaderReplica, b.leaderReplica) &&
    equal(a.partitionStart, b.partitionStart) && equal(a.partitionNumber, b.partitionNumber) &&
    equal(a.replicaOffline, b.replicaOffline) &&
    a.topicNames.every((name, t) => name === b.topicNames[t]);
}

/** Partitions looked at between two yields. */
const CHUNK = 20_000;

/**
 * Whether everything may be where the places have it, by the rules of the search. The model must stand there.
 * Guards are not asked: with any, the way by single moves has to be taken. O(R x RF).
 *
 * @param sameRules whether rules and topology are those of the plan before: what it found there is not asked again
 */
export function* placesHold(
  search: Search,
  places: Places,
  { sameRules }: { sameRules: boolean },
): Generator<void, boolean, void> {
  if (search.guards.length > 0) return false;
  const { model } = search;
  for (let from = 0; from < model.partitionCount; from += CHUNK) {
    if (!partitionsHold(search, places, { sameRules, from, to: from + CHUNK })) return false;
    yield;
  }
  return true;
}

function partitionsHold(
  search: Search,
  { proposalOf, isKnown }: Places,
  range: { sameRules: boolean; from: number; to: number },
): boolean {
  const { broker, home, leader, homeLeader, replicaStart, partitionCount, pinned } = search.model;
  const end = Math.min(range.to, partitionCount);
  for (let p = range.from; p < end; p++) {
    if (proposalOf[p]! < 0 || (range.sameRules && isKnown[p] === 1)) continue;
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      const to = broker[r]!;
      if (to === home[r]) continue;
      if (!mayMove(search, r) || !mayGoTo(search, r, to) || isBlocked(search, r, to)) return false;
    }
    if (leader[p] === homeLeader[p]) continue;
    if (pinned[p] === 1 || !mayLead(search, leader[p]!)) return false;
  }
  return true;
}
