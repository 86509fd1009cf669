/**
 * Partners of a replica that trades places for the sake of topics: replicas of another topic that leave all loads within limits.
 *
 * @module
 */
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { listsOf } from "../../../model/lists.ts";
import { replicaMb } from "../../../model/replica_axes.ts";
import { keepsHardLimits, swapIsLegal, topicsLetGo } from "../legal.ts";
import type { Search } from "../state.ts";
import { addReplica, violationOf, violationWith } from "../violation.ts";

/** Partners tried since the last that fitted, after which none is looked for any more: about 0.2 s. */
const PATIENCE = 300_000;

/** Room to reckon in, and how much longer partners are looked for. */
export interface Trading {
  /** Index of the goal about topics. */
  readonly goal: number;
  /** Changes of the sums of two brokers. */
  readonly away: Float64Array;
  readonly back: Float64Array;
  patience: number;
}

/** Nothing was tried yet. */
export function newTrading(goal: number): Trading {
  return {
    goal,
    away: new Float64Array(AXIS_COUNT),
    back: new Float64Array(AXIS_COUNT),
    patience: PATIENCE,
  };
}

/** The smallest replica, of so many drawn, on a broker that may change places with one elsewhere; -1 when none of them may. */
export function fittingPartner(
  search: Search,
  trading: Trading,
  { replica, on, sample }: { replica: number; on: number; sample: number },
): number {
  const to = search.model.broker[replica]!;
  if (!hasPartners(search, to, on)) return -1;
  const { lists, listLength } = listsOf(search.model);
  const length = listLength[on]!;
  let best = -1;
  let bestMb = Infinity;
  for (let k = 0; k < sample && length > 0 && trading.patience > 0; k++) {
    const partner = lists[on]![search.prng.below(length)]!;
    const mb = replicaMb(search.model, partner);
    search.steps++;
    trading.patience--;
    if (mb >= bestMb || !topicsLetGo(search, partner, to)) continue;
    if (!staysWithin(search, trading, replica, partner)) continue;
    if (!swapIsLegal(search, replica, partner)) continue;
    best = partner;
    bestMb = mb;
    trading.patience = PATIENCE;
  }
  return best;
}

/**
 * Whether any topic lets a replica leave the one broker for the other: where topics are few most pairs of brokers have none, and need not
 * be drawn from. O(T), but a look or two where topics are many.
 */
function hasPartners(
  { model, topicUpper, topicLower }: Search,
  to: number,
  from: number,
): boolean {
  const { topicReplicas, topicCount, brokerCount } = model;
  for (let t = 0; t < topicCount; t++) {
    const there = topicReplicas[t * brokerCount + from]!;
    if (there === 0 || there - 1 < topicLower[t]!) continue;
    if (topicReplicas[t * brokerCount + to]! + 1 <= topicUpper[t]!) return true;
  }
  return false;
}

/** Neither broker gets further outside its limits. */
function staysWithin(search: Search, { away, back }: Trading, a: number, b: number): boolean {
  const to = search.model.broker[b]!;
  back.fill(0);
  addReplica(search, back, b, -1);
  return staysWithinWith(search, { away, back }, a, to);
}

/** Whether a broker and that of a replica get no further outside their limits when it takes the replica; `back` has what leaves it already. */
export function staysWithinWith(
  search: Search,
  { away, back }: Pick<Trading, "away" | "back">,
  replica: number,
  to: number,
): boolean {
  const from = search.model.broker[replica]!;
  addReplica(search, back, replica, 1);
  for (let axis = 0; axis < AXIS_COUNT; axis++) away[axis] = -back[axis]!;
  const before = violationOf(search, from) + violationOf(search, to);
  const after = violationWith(search, from, away) + violationWith(search, to, back);
  return after <= before && keepsHardLimits(search, from, away) &&
    keepsHardLimits(search, to, back);
}
