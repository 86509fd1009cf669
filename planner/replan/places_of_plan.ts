/**
 * Keeps where a plan has everything, for the next one.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import type { Changes } from "../proposals/changes.ts";
import type { ProposalTable } from "../proposals/proposal_table.ts";
import { isElsewhere } from "../search/checkpoint.ts";
import type { ConflictProof } from "../search/state.ts";
import { topologyOf } from "../topology.ts";
import type { Altered } from "./altered.ts";
import type { Places } from "./places.ts";
import type { Reordered } from "./reorder.ts";

/**
 * The places of a plan, in steps. O(R).
 *
 * @param from where the plan started from, when rules allowed all of that; `altered`: what is not as there any more, if known
 * @param earlier places of the plan before, whether or not the plan started from there
 * @param isWarm whether it was not searched from home as well; `unmet`, `open`: see {@link Places}
 * @param homeSums sums with everything at home, and how often they were changed since they were added up
 */
export function* placesOfPlan(
  model: ClusterModel,
  { order, joined, again }: Reordered,
  { earlier, ...known }: {
    earlier: Places | undefined;
    constraint: BalancingConstraint;
    proposals: ProposalTable;
    isWarm: boolean;
    unmet: readonly number[];
    open: readonly number[];
    proofs: readonly ConflictProof[];
    from: Places | undefined;
    altered: Altered | undefined;
    changes: Changes | undefined;
    homeSums: Float64Array;
    homeRoundings: number;
    counted: Uint8Array | undefined;
    dirOf: Int16Array | undefined;
  },
): Generator<void, Places, void> {
  const { proposals, from, isWarm, unmet, open, altered, changes, constraint, proofs } = known;
  const { homeSums, homeRoundings, counted, dirOf } = known;
  const { proposalOf, groups } = numbered(model.partitionCount, order, joined);
  yield;
  const unasked = altered?.moved ??
    (from === undefined ? order : order.filter((p) => isElsewhere(model, p, model, from)));
  yield;
  const broker = model.broker.slice();
  yield;
  return {
    topology: topologyOf(model.input),
    broker,
    leader: model.leader.slice(),
    dirOf: dirOf?.slice(),
    proposalOf,
    proposals,
    changes,
    turn: from === undefined ? 0 : from.turn + 1,
    age: from !== undefined && isWarm ? from.age + 1 : 0,
    fruitless: from !== undefined && isWarm
      ? from.fruitless
      : earlier !== undefined && sameUnmet(earlier, known)
      ? earlier.fruitless + 1
      : 0,
    mbFromHome: from !== undefined && isWarm
      ? from.mbFromHome
      : changes?.totals.mbToMove ?? Infinity,
    unmet,
    open,
    proofs,
    constraint,
    changed: order,
    joined,
    groups: again?.groups ?? groups,
    freedom: again?.freedom,
    unasked,
    sums: model.sums.slice(),
    homeSums,
    byFactor: model.census.byFactor,
    counted,
    roundings: Math.max(model.roundings, homeRoundings),
    loads: loadsOf(model),
  };
}

/** Which proposal is that of each partition, and how many groups there are. A loop of its own: V8 does not optimize generators. */
function numbered(
  partitionCount: number,
  order: Int32Array,
  joined: Uint8Array,
): Pick<Places, "proposalOf" | "groups"> {
  const proposalOf = new Int32Array(partitionCount).fill(-1);
  let groups = 0;
  for (let k = 0; k < order.length; k++) {
    proposalOf[order[k]!] = k;
    if (joined[k] === 0 && joined[k + 1] === 1) groups++;
  }
  return { proposalOf, groups };
}

/** Whether the same goals are unmet, and any is. */
function sameUnmet(
  some: Pick<Places, "unmet" | "open">,
  other: Pick<Places, "unmet" | "open">,
): boolean {
  const [one, two] = [some, other].map(({ unmet, open }) =>
    unmet.map((out, i) => out + open[i]! > 0)
  );
  return one!.length === two!.length && two!.includes(true) &&
    one!.every((isOut, i) => isOut === two![i]);
}

function loadsOf({ row, partition, input }: ClusterModel): Places["loads"] {
  if (row !== partition || input.replicaDiskMb.length > 0) return undefined;
  const { leaderLoad, followerLoad } = input;
  return { leaderLoad, followerLoad };
}
