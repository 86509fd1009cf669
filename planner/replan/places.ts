/**
 * Where a plan has everything, as arrays: what the next plan of the same topology starts from without a look at names.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { Changes } from "../proposals/changes.ts";
import type { ProposalTable } from "../proposals/proposal_table.ts";
import type { Freedom } from "./freedom.ts";
import { isBlocked, mayGoTo, mayLead, mayMove } from "../search/rules.ts";
import type { ConflictProof, Search } from "../search/state.ts";
import type { Topology } from "../topology.ts";

/**
 * ```
 * array        type         length   index       value
 * broker       Int32Array   R        replica     broker where the plan has it
 * leader       Int32Array   P        partition   replica that leads
 * dirOf        Int16Array   R        replica     its log dir; undefined where brokers have none
 * proposalOf   Int32Array   P        partition   index into `proposals`, -1 = the partition does not change
 * changed      Int32Array   n        proposal    partitions, in their order
 * joined       Uint8Array   n        proposal    1 = belongs to the same step as the one before
 * unasked      Int32Array   some     -           partitions that the rules have not been asked about as a whole
 * sums         Float64Array B x 8    broker      sums as in the model
 * homeSums     Float64Array B x 8    broker      the same with everything at home
 * byFactor     Float64Array some     -           as in the model's census
 * counted      Uint8Array   B        broker      see `lower_bound.ts`; undefined where none was asked
 * ```
 */
export interface Places {
  readonly topology: Topology;
  readonly broker: Int32Array;
  readonly leader: Int32Array;
  readonly dirOf: Int16Array | undefined;
  readonly proposalOf: Int32Array;
  readonly changed: Int32Array;
  readonly joined: Uint8Array;
  readonly unasked: Int32Array;
  readonly sums: Float64Array;
  readonly homeSums: Float64Array;
  readonly byFactor: Float64Array;
  readonly counted: Uint8Array | undefined;
  /** Changes that any of these sums took since it was added up. */
  readonly roundings: number;
  /** What the plan was made for; undefined where some replicas have loads of their own. */
  readonly loads: Pick<ClusterInput, "leaderLoad" | "followerLoad"> | undefined;
  readonly proposals: ProposalTable;
  /** Highest number of a group. */
  readonly groups: number;
  /** What the next order may go on from; undefined where this one was made from scratch. */
  readonly freedom: Freedom | undefined;
  /** What the plan changes, counted; undefined where more counts than brokers and leaders. */
  readonly changes: Changes | undefined;
  /** How many plans in a row started from the one before. */
  readonly turn: number;
  /** How many plans in a row were not searched from home. */
  readonly age: number;
  /** How many plans in a row that were left the same goals unmet as the one before them. */
  readonly fruitless: number;
  /** MB that the last one moved which was. */
  readonly mbFromHome: number;
  /** Brokers out by goal of the request, 0 for one that the next plan is to try to meet all the same. */
  readonly unmet: readonly number[];
  /** The same of soft goals that the next plan tries to meet, but not from home each time; 0 for all others. */
  readonly open: readonly number[];
  /** Why goals cannot be met together. */
  readonly proofs: readonly ConflictProof[];
  /** What limits of goals were computed from. */
  readonly constraint: BalancingConstraint;
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
  const partitions = sameRules ? places.unasked : places.changed;
  for (let from = 0; from < partitions.length; from += CHUNK) {
    if (!partitionsHold(search, partitions.subarray(from, from + CHUNK))) return false;
    yield;
  }
  return true;
}

function partitionsHold(search: Search, partitions: Int32Array): boolean {
  const { broker, home, leader, homeLeader, replicaStart, pinned } = search.model;
  for (let i = 0; i < partitions.length; i++) {
    const p = partitions[i]!;
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

/** Whether a proposal of the plan is a step by itself. */
export function isAlone({ joined }: Places, k: number): boolean {
  return joined[k] === 0 && joined[k + 1] !== 1;
}
