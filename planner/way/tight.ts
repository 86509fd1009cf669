/**
 * Which proposals of a stretch of an order are free: they may come at any time within it, and nothing is worse by it.
 *
 * What a stretch takes from a broker and brings to it tells between what its sums stay, in whatever order proposals come; that tells which
 * limits a sum may pass, and so by how much all goals together may be farther from being met by what is added or taken away there. One
 * that stays within limits costs nothing; one that stays outside earns by what leaves it just what it costs to come to it; for one that may pass
 * a limit the worse counts. A proposal is free that earns more than it costs. What could pass a limit of a hard goal, or of one that is or may
 * come to be met, or that may be brought farther from it than at home, is tight: a free proposal does not touch it.
 *
 * ```
 * array    type           length   index          value
 * fewer    Uint8Array     B        broker         bit of each axis on which nothing may leave
 * more     Uint8Array     B        broker         bit of each axis on which nothing may come
 * paid     Uint8Array     B        broker         bit of each axis on which either costs or earns
 * cost     Float64Array   B x 16   broker, axis   by how much all goals together are farther from being met at most by one less, and by one more, in
 *                                                 parts of the whole; below 0 = they are nearer
 * ```
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type ClusterModel,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { leadingOf } from "../../model/replica_axes.ts";
import type { WayLimits } from "./limits.ts";
import type { Volumes } from "./volumes.ts";

/** See the file's head. */
export interface Tight {
  readonly fewer: Uint8Array;
  readonly more: Uint8Array;
  readonly paid: Uint8Array;
  readonly cost: Float64Array;
}

/** What a free proposal costs, at most, in parts of what it earns; and how far costs may differ from those by which that was found. */
const COST_MAX = 0.98;
const COST_SLACK = 0.01;

/** What sides are told from. */
export interface Sides {
  /** By goal: how much farther from being met it may be than it is. */
  readonly room: Float64Array;
  /** How much more may come and leave, in parts of the sum. */
  readonly margin: number;
}

/** Nothing is tight, and nothing costs anything. */
export function newTight(brokerCount: number): Tight {
  return {
    fewer: new Uint8Array(brokerCount),
    more: new Uint8Array(brokerCount),
    paid: new Uint8Array(brokerCount),
    cost: new Float64Array(2 * brokerCount * AXIS_COUNT),
  };
}

/** Tells where limits may be passed on the way, and what that costs. With room to do so again and again: to make that took longer than what it is for. */
export class TightSides {
  readonly #latest: Tight;
  /** Places of sums that may be outside of limits, and between what they stay: least, most. */
  readonly #places: Int32Array;
  readonly #ranges: Float64Array;
  readonly #worst: Float64Array;
  readonly #mayPay: Uint8Array;

  constructor(readonly limits: WayLimits, brokerCount: number) {
    this.#latest = newTight(brokerCount);
    this.#places = new Int32Array(brokerCount * AXIS_COUNT);
    this.#ranges = new Float64Array(2 * brokerCount * AXIS_COUNT);
    this.#worst = new Float64Array(limits.goalCount);
    this.#mayPay = new Uint8Array(limits.goalCount);
  }

  /** As {@link tellInto}, but good only until the next call. */
  tell(volumes: Volumes, sums: Float64Array, sides: Sides): Tight {
    const { fewer, more, paid, cost } = this.#latest;
    fewer.fill(0);
    more.fill(0);
    paid.fill(0);
    cost.fill(0);
    return this.tellInto(this.#latest, volumes, sums, sides);
  }

  /**
   * Tells it into one of which nothing is tight, and gives that back. O(B x G).
   *
   * @param sums of the brokers before the first proposal, B x 8 as in the model
   */
  tellInto(into: Tight, volumes: Volumes, sums: Float64Array, { room, margin }: Sides): Tight {
    const { limits } = this;
    const places = this.#places;
    const ranges = this.#ranges;
    const count = this.#findRanges(volumes, sums, margin);
    this.#findPayable(count, volumes, room);
    for (let k = 0; k < count; k++) {
      setCost(into, limits, places[k]!, ranges[k << 1]!, ranges[(k << 1) | 1]!, this.#mayPay);
    }
    return into;
  }

  /** Finds those of sums that may be outside of limits; returns how many. */
  #findRanges({ losses, gains }: Volumes, sums: Float64Array, margin: number): number {
    const { band } = this.limits;
    const places = this.#places;
    const ranges = this.#ranges;
    let count = 0;
    for (let at = 0; at < sums.length; at++) {
      const sum = sums[at]!;
      const near = margin * sum;
      const least = sum - losses[at]! - near;
      const most = sum + gains[at]! + near;
      if (least >= band[at << 1]! && most <= band[(at << 1) | 1]!) continue;
      places[count] = at;
      ranges[count << 1] = least;
      ranges[(count << 1) | 1] = most;
      count++;
    }
    return count;
  }

  /**
   * Goals of which more may be outside for a while: none that are hard, those that cannot be met before the stretch ends, as a broker stays
   * outside, and that cannot be farther from being met than at home, whatever comes first.
   */
  #findPayable(count: number, { losses, gains }: Volumes, room: Float64Array): void {
    const { limits, goalsOf, goalCount, hardCount, slack } = this.limits;
    const worst = this.#worst.fill(0);
    const mayPay = this.#mayPay.fill(0);
    const places = this.#places;
    const ranges = this.#ranges;
    for (let k = 0; k < count; k++) {
      const at = places[k]!;
      const least = ranges[k << 1]!;
      const most = ranges[(k << 1) | 1]!;
      const goals = goalsOf[at & 7]!;
      for (let i = 0; i < goals.length; i++) {
        const g = goals[i]!;
        const of = (at >> 3) * goalCount + g;
        const high = limits[of << 1]!;
        const low = limits[(of << 1) | 1]!;
        if (most > high) worst[g]! += gains[at]!;
        if (least < low) worst[g]! += losses[at]!;
        if (least > high + slack[g]! || most < low - slack[g]!) mayPay[g] = 1;
      }
    }
    for (let g = 0; g < goalCount; g++) {
      if (g < hardCount || worst[g]! > room[g]!) mayPay[g] = 0;
    }
  }
}

/** Sets what it costs at most that a sum becomes less or more, or that it must not. */
function setCost(
  { fewer, more, paid, cost }: Tight,
  { limits, goalsOf, goalCount, weight }: WayLimits,
  at: number,
  least: number,
  most: number,
  mayPay: Uint8Array,
): void {
  const goals = goalsOf[at & 7]!;
  const bit = 1 << (at & 7);
  let less = 0;
  let greater = 0;
  for (let i = 0; i < goals.length; i++) {
    const g = goals[i]!;
    const of = (at >> 3) * goalCount + g;
    const high = limits[of << 1]!;
    const low = limits[(of << 1) | 1]!;
    if (most > high && mayPay[g] === 0) more[at >> 3]! |= bit;
    if (least < low && mayPay[g] === 0) fewer[at >> 3]! |= bit;
    // The farther a sum is up, the more it costs to add to it.
    greater += most > high ? weight[g]! : most < low ? -weight[g]! : 0;
    less += least < low ? weight[g]! : least > high ? -weight[g]! : 0;
  }
  if (less === 0 && greater === 0) return;
  paid[at >> 3]! |= bit;
  cost[at << 1] = less;
  cost[(at << 1) | 1] = greater;
}

/** Whether all that is tight in the one is tight in the other, and all that is not costs about the same or less. O(B). */
export function isTighter(one: Tight, other: Tight): boolean {
  for (let b = 0; b < one.fewer.length; b++) {
    if ((one.fewer[b]! & ~other.fewer[b]!) !== 0) return false;
    if ((one.more[b]! & ~other.more[b]!) !== 0) return false;
    const paid = one.paid[b]! | other.paid[b]!;
    for (let axis = 0; paid >> axis !== 0; axis++) {
      const at = (b << 4) | (axis << 1);
      const bit = 1 << axis;
      if ((other.fewer[b]! & bit) === 0 && costsMore(one.cost[at]!, other.cost[at]!)) return false;
      if ((other.more[b]! & bit) === 0 && costsMore(one.cost[at | 1]!, other.cost[at | 1]!)) {
        return false;
      }
    }
  }
  return true;
}

function costsMore(one: number, other: number): boolean {
  return one > other + COST_SLACK * Math.abs(other);
}

/** Axes that a follower changes where it has its partition's row, and those that leading changes. */
const FOLLOWING = 1 | (1 << AXIS_NW_IN) | (1 << AXIS_CPU) | (1 << AXIS_REPLICAS) |
  (1 << AXIS_POTENTIAL_OUT);
const LEADING = (1 << AXIS_CPU) | (1 << AXIS_NW_OUT) | (1 << AXIS_LEADERS) |
  (1 << AXIS_LEADER_IN);

/** Whether a partition's proposal touches no tight side of any broker, and earns more than it costs where anything costs. One row a partition. O(RF). */
export function isFree(model: ClusterModel, tight: Tight, p: number): boolean {
  const { home, broker, homeLeader, leader, replicaStart, loads } = model;
  const { fewer, more, paid } = tight;
  const old = homeLeader[p]!;
  const next = leader[p]!;
  // Then it goes the other way on one axis: seldom enough not to be told apart.
  if (loads[(p << 3) | ROW_LEADER_CPU]! < 0 && home[old] !== broker[next]) return false;
  const end = replicaStart[p + 1]!;
  let touched = 0;
  let costs = 0;
  for (let r = replicaStart[p]!; r < end; r++) {
    const from = home[r]!;
    const to = broker[r]!;
    if (from !== to) {
      const left = r === old ? FOLLOWING | LEADING : FOLLOWING;
      const entered = r === next ? FOLLOWING | LEADING : FOLLOWING;
      touched |= (fewer[from]! & left) | (more[to]! & entered);
      costs |= (paid[from]! & left) | (paid[to]! & entered);
    } else if ((r === old) !== (r === next)) {
      touched |= LEADING & (r === old ? fewer[from]! : more[to]!);
      costs |= LEADING & paid[to]!;
    }
  }
  return touched === 0 && (costs === 0 || earns(model, tight.cost, p));
}

/** Whether a proposal brings all goals together nearer to being met, by what that costs. */
function earns(
  { home, broker, homeLeader, leader, replicaStart, loads }: ClusterModel,
  cost: Float64Array,
  p: number,
): boolean {
  const old = homeLeader[p]!;
  const next = leader[p]!;
  const end = replicaStart[p + 1]!;
  const row = p << 3;
  let costs = 0;
  let earnings = 0;
  for (let r = replicaStart[p]!; r < end; r++) {
    const from = home[r]! << 3;
    const to = broker[r]! << 3;
    const led = r === old ? 1 : 0;
    const leads = r === next ? 1 : 0;
    const moves = from !== to ? 1 : 0;
    if (moves === 0 && led === leads) continue;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      const followed = moves * following(loads, row, axis);
      const leading = leadingOf(loads, row, axis);
      const entered = cost[((to | axis) << 1) | 1]! * (followed + leads * leading);
      const left = cost[(from | axis) << 1]! * (followed + led * leading);
      costs += Math.max(entered, 0) + Math.max(left, 0);
      earnings -= Math.min(entered, 0) + Math.min(left, 0);
    }
  }
  return costs <= COST_MAX * earnings;
}

/** What a replica adds to an axis wherever it is. */
function following(loads: Float64Array, row: number, axis: number): number {
  if (axis === AXIS_REPLICAS) return 1;
  return (FOLLOWING & (1 << axis)) === 0 ? 0 : loads[row | axis]!;
}
