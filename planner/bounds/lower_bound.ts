/**
 * MB that any plan has to move: sound bounds that cost one pass over the replicas. Computed before the search, on the
 * model at home.
 *
 * @module
 */
import { ALIVE, AXIS_COUNT, AXIS_DISK, mustLeave } from "../../model/cluster_model.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import type { PreparedGoal } from "../../goals/goal.ts";
import { type RackGroups, rackGroupSteps } from "./rack_groups.ts";
import { type Choice, chooseLimits, leaveRacks } from "./counted_limits.ts";
import type { Search } from "../search/state.ts";

/** What sums of the same MB in another order may differ by, as a part. */
const ROUNDING = 1e-9;

/** What all bounds of a cluster at home are computed from. */
export interface BoundSource {
  readonly search: Search;
  readonly groups: RackGroups;
  /** MB of offline replicas that can be copied, by broker. */
  readonly leaving: Float64Array;
}

/** MB that any plan must move, and by broker whether its limit counts for that, 1 or 0; undefined where none was asked. */
export interface LowerBound {
  readonly mb: number;
  readonly counted: Uint8Array | undefined;
}

/** Limits of a broker's disk for a bound, MB; length B. */
interface DiskLimits {
  readonly upper: Float64Array;
  readonly lower: Float64Array;
}

/** Collects what the bounds need, on a model at home; `known`: its groups, where they are known. O(R x RF). */
export function* boundSource(
  search: Search,
  known?: RackGroups,
): Generator<void, BoundSource, void> {
  const { model } = search;
  const leaving = new Float64Array(model.brokerCount);
  const groups = known ?? (yield* rackGroupSteps(search));
  for (const r of model.offlineReplicas) {
    if (mustLeave(model, r)) leaving[model.broker[r]!]! += replicaMb(model, r);
  }
  return { search, groups, leaving };
}

/**
 * MB that any plan for the search's goals must move.
 *
 * Sending side: what brokers hold above their limit must leave them, and of n replicas of a partition on one rack
 * n - 1 must leave it. A replica on a broker above its limit serves both, so for each broker either its limit counts, or what racks
 * take off it. Any choice gives a sound bound; the best is one of a network, a cut, and is looked for broker by broker. Receiving side: what
 * brokers lack must come, and a replica that leaves such a broker makes it lack more.
 *
 * @param known brokers whose limits counted for a cluster much like this one: few others are tried then
 */
export function* lowerBound(
  source: BoundSource,
  known?: Uint8Array,
): Generator<void, LowerBound, void> {
  const { search } = source;
  // With only some replicas or destinations allowed, soft limits are not what the plan must reach.
  const free = !search.onlyImmigrants && !search.onlyToNew;
  const limits = diskLimits(search, free);
  const sending = yield* send(source, limits, { racks: search.racksDiffer, known });
  yield;
  if (!free) return sending;
  return { ...sending, mb: Math.max(sending.mb, receive(source, limits, sending.mb)) };
}

/** MB that any plan must move for one goal alone. */
export function* lowerBoundOf(
  source: BoundSource,
  goal: PreparedGoal,
): Generator<void, number, void> {
  const { brokerCount } = source.search.model;
  if (goal.racksDiffer === true) {
    return (yield* send(source, noLimits(brokerCount), { racks: true })).mb;
  }
  const limits = goal.axisLimits;
  if (limits === undefined || limits.axis !== AXIS_DISK) return 0;
  const sending = yield* send(source, limits, { racks: false });
  return Math.max(sending.mb, receive(source, limits, Infinity));
}

function noLimits(brokerCount: number): DiskLimits {
  return {
    upper: new Float64Array(brokerCount).fill(Infinity),
    lower: new Float64Array(brokerCount),
  };
}

/** The goals' own limits; what is only aimed at for a goal that cannot be met binds no plan. */
function diskLimits(search: Search, withSoft: boolean): DiskLimits {
  const limits = noLimits(search.model.brokerCount);
  for (const goal of search.goals) {
    const own = goal.axisLimits;
    if (own === undefined || own.axis !== AXIS_DISK || search.hopeless.has(goal)) continue;
    if (!goal.hard && !withSoft) continue;
    for (let b = 0; b < search.model.brokerCount; b++) {
      limits.upper[b] = Math.min(limits.upper[b]!, own.upper[b]!);
      limits.lower[b] = Math.max(limits.lower[b]!, own.lower[b]!);
    }
  }
  return limits;
}

/** MB on brokers beyond a limit, by broker; dead brokers have nothing but what leaves anyway. */
function excessOf({ search, leaving }: BoundSource, limits: DiskLimits): Float64Array {
  const { model } = search;
  const excess = new Float64Array(model.brokerCount);
  for (let b = 0; b < model.brokerCount; b++) {
    if ((model.flags[b]! & ALIVE) === 0) continue;
    // Offline replicas leave in any case; on a broker above its limit they are part of the excess.
    const above = model.sums[b * AXIS_COUNT + AXIS_DISK]! - limits.upper[b]! - leaving[b]!;
    if (above > 0) excess[b] = above;
  }
  return excess;
}

/** MB that leave brokers above their limits, and racks. A step a round. */
function* send(
  source: BoundSource,
  limits: DiskLimits,
  { racks, known }: { racks: boolean; known?: Uint8Array | undefined },
): Generator<void, LowerBound, void> {
  const { groups, leaving } = source;
  const offline = leaving.reduce((sum, mb) => sum + mb, 0);
  const excess = excessOf(source, limits);
  const whole = excess.reduce((sum, mb) => sum + mb, 0);
  if (!racks || groups.count === 0) return { mb: offline + whole, counted: undefined };
  // No limit that counts is what racks ask for alone.
  const choice: Choice = { excess, most: groups.alone, counted: undefined };
  if (whole > 0) yield* chooseLimits(groups, choice, known);
  return { mb: offline + choice.most, counted: choice.counted };
}

/** MB that brokers lack, and what racks have to lose besides: looked at only where that may come to more than `least`. */
function receive(
  { search, groups }: BoundSource,
  limits: DiskLimits,
  least: number,
): number {
  const { model } = search;
  // Leaving any other broker costs nothing here: what leaves may be what lacking brokers get.
  const counts = new Uint8Array(model.brokerCount).fill(1);
  let total = 0;
  for (let b = 0; b < model.brokerCount; b++) {
    const deficit = limits.lower[b]! - model.sums[b * AXIS_COUNT + AXIS_DISK]!;
    if (deficit <= 0) continue;
    counts[b] = 0;
    total += deficit;
  }
  // Groups on brokers that lack nothing add nothing.
  const mayBeMore = total + groups.alone > least * (1 - ROUNDING);
  if (search.racksDiffer && total > 0 && mayBeMore) {
    total += leaveRacks(groups, { counts, more: new Float64Array(model.brokerCount) });
  }
  return total;
}
