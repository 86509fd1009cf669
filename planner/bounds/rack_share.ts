/**
 * What racks can hold at all. A rack that may have one replica of each partition cannot take more than one share of
 * everything, however large its brokers are; then the others cannot stay under the limits of a goal that counts by
 * capacity. Found before the search, and answered with limits that fit what racks can hold.
 *
 * @module
 */
import { resourceOfAxis, shortNumber } from "../../goals/axis_goal.ts";
import type { AxisLimits, GoalContext, Infeasible, PreparedGoal } from "../../goals/goal.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { FACTOR_AXES, FACTOR_COLUMNS } from "../../model/fill_model.ts";

/** Why racks make a goal impossible, and the nearest limits that they allow. */
export interface RackShare {
  readonly infeasible: Infeasible;
  /** Whether some racks lack more than all racks together. */
  readonly isOfSome: boolean;
  readonly aim: AxisLimits;
}

/** What racks have to share out on one axis. */
export interface Shared {
  /** By replication factor, the load of one replica of every partition with that factor. */
  readonly byFactor: Float64Array;
  /** Load of partitions that may have all their replicas on one rack. */
  readonly free: number;
  /** Racks with alive brokers. */
  readonly racks: number;
}

/** What racks have to share out by column of the census, each summed up once, when a goal asks for it. */
export type SharedLoads = (column: number) => Shared;

/** `isReached`: whether partitions that share a rack may leave it. O(P), and a column O(partitions whose racks are no question). */
export function sharedLoads(context: GoalContext, isReached: boolean): SharedLoads {
  const { model: { rack }, alive } = context;
  const known: Shared[] = [];
  const racks = new Set(Array.from(alive, (b) => rack[b]!)).size;
  let freed: readonly number[] | undefined;
  return (column) => {
    freed ??= [...freedPartitions(context, isReached)];
    return known[column] ??= { ...sharedLoad(context, column, freed), racks };
  };
}

/** `column` is one of the census; `freed`: partitions whose racks are no question, each once. */
function sharedLoad(
  { model }: GoalContext,
  column: number,
  freed: readonly number[],
): Omit<Shared, "racks"> {
  const { census, replicaStart, loads, row } = model;
  const byFactor = new Float64Array(census.byFactor.length / FACTOR_COLUMNS);
  for (let factor = 0; factor < byFactor.length; factor++) {
    byFactor[factor] = census.byFactor[factor * FACTOR_COLUMNS + column]!;
  }
  const axis = FACTOR_AXES[column]!;
  let free = 0;
  for (const p of freed) {
    let load = 0;
    const [start, end] = [replicaStart[p]!, replicaStart[p + 1]!];
    for (let r = start; r < end; r++) load += loads[row[r]! * AXIS_COUNT + axis]!;
    byFactor[end - start]! -= load / (end - start);
    free += load;
  }
  return { byFactor, free };
}

/** Replicas of a partition that one rack holds at most: one, or an even share where there are fewer racks than replicas. */
function perRack(factor: number, racks: number): number {
  return Math.ceil(factor / Math.max(1, racks));
}

/** Most that `count` racks together can hold. */
function mostOf({ byFactor, free, racks }: Shared, count: number): number {
  let most = free;
  for (let factor = 0; factor < byFactor.length; factor++) {
    most += byFactor[factor]! * Math.min(factor, count * perRack(factor, racks));
  }
  return most;
}

/** Least that `count` racks together must hold: what the others cannot. */
function leastOf({ byFactor, racks }: Shared, count: number): number {
  let least = 0;
  for (let factor = 0; factor < byFactor.length; factor++) {
    least += byFactor[factor]! * Math.max(0, factor - (racks - count) * perRack(factor, racks));
  }
  return least;
}

/** Partitions that keep their racks whatever they are: excluded ones, and those that share one where it cannot be left. */
function* freedPartitions({ model }: GoalContext, isReached: boolean): Generator<number, void> {
  const { pinned, partitionCount, census } = model;
  for (let p = pinned.indexOf(1); p >= 0 && p < partitionCount; p = pinned.indexOf(1, p + 1)) {
    yield p;
  }
  if (isReached) return;
  for (const p of census.sharing) if (pinned[p] === 0) yield p;
}

/** Sums of these brokers' limits by rack. */
function byRack(
  context: GoalContext,
  limit: Float64Array,
  brokers: Int32Array,
): Map<number, number> {
  const sums = new Map<number, number>();
  for (const b of brokers) {
    const rack = context.model.rack[b]!;
    sums.set(rack, (sums.get(rack) ?? 0) + limit[b]!);
  }
  return sums;
}

/**
 * Whether racks make a goal impossible; undefined when they do not, or it is no question of racks. O(B log B), and what
 * {@link sharedLoads} takes.
 */
export function rackShare(
  context: GoalContext,
  goal: PreparedGoal,
  shared: SharedLoads,
): RackShare | undefined {
  const limits = goal.axisLimits;
  const column = limits === undefined ? -1 : FACTOR_AXES.indexOf(limits.axis);
  if (limits === undefined || column < 0) return undefined;
  const load = shared(column);
  // Brokers that receive nothing may keep what they have, up to their limits.
  const lower = [...byRack(context, limits.lower, context.alive)].sort((a, b) => b[1] - a[1]);
  const upper = [...byRack(context, limits.upper, context.alive)].sort((a, b) => a[1] - b[1]);
  const text = (amount: number) => amountText(goal, amount);
  let wanted = 0;
  for (let k = 1; k <= upper.length; k++) {
    wanted += lower[k - 1]![1];
    const most = mostOf(load, k);
    if (wanted > most * (1 + ROUNDING)) {
      const reason =
        `the largest ${named(context, lower.slice(0, k))} would have to hold ${text(wanted)}, ` +
        `but can hold ${text(most)}: replicas of a partition are spread over racks`;
      const recommendation = "Give racks capacity that is more alike, or widen its threshold.";
      const isOfSome = k < upper.length;
      return {
        infeasible: { reason, recommendation },
        isOfSome,
        aim: aimOf(context, limits, load),
      };
    }
  }
  const rooms = upper.map(([, room]) => room);
  const gap = widestGap(load, rooms);
  if (gap === undefined) return undefined;
  const reason =
    `the smallest ${named(context, upper.slice(0, gap.racks))} must hold ${text(gap.least)}, ` +
    `but may hold ${text(gap.room)}: the other racks cannot take more replicas`;
  // A hard limit is a limit for each broker all the same.
  const aim = goal.hard ? limits : aimOf(context, limits, load);
  const infeasible = { reason, ...remedy(goal, gap, { load, rooms }) };
  return { infeasible, isOfSome: gap.racks < rooms.length, aim };
}

/** Racks that have to hold more than they may. */
interface Gap {
  /** The smallest ones, so many. */
  readonly racks: number;
  readonly least: number;
  readonly room: number;
}

/** Those of the smallest racks that most is missing of; `rooms`: what racks may hold, ascending. */
function widestGap(load: Shared, rooms: readonly number[]): Gap | undefined {
  let widest: Gap | undefined;
  let room = 0;
  for (let racks = 1; racks <= rooms.length; racks++) {
    room += rooms[racks - 1]!;
    const least = leastOf(load, racks);
    if (least <= room * (1 + ROUNDING)) continue;
    if (widest === undefined || least - room > widest.least - widest.room) {
      widest = { racks, least, room };
    }
  }
  return widest;
}

/** "250000 MB", as far as the goal has a unit. */
function amountText({ amount }: PreparedGoal, sum: number): string {
  return amount === undefined ? shortNumber(sum) : `${shortNumber(sum)} ${amount.unit}`;
}

/** Racks named one by one. */
const NAMED_MAX = 5;

/** "rack r1", "2 racks (r1, r2)". */
function named(context: GoalContext, racks: readonly (readonly [number, number])[]): string {
  const { model } = context;
  const names = racks.map(([rack]) => model.input.brokers[model.rack.indexOf(rack)]!.rack);
  if (names.length === 1) return `rack ${names[0]}`;
  const more = names.length > NAMED_MAX ? ", ..." : "";
  return `${names.length} racks (${names.slice(0, NAMED_MAX).join(", ")}${more})`;
}

function remedy(
  goal: PreparedGoal,
  { least, room }: Gap,
  { load, rooms }: { load: Shared; rooms: readonly number[] },
): { recommendation?: string } {
  if (!goal.hard) {
    return { recommendation: "Give racks capacity that is more alike, or widen its threshold." };
  }
  // Never less than what is missing.
  const missing = Math.ceil((least - room) * (1 + ROUNDING) * 10) / 10;
  const withOne = [...rooms, missing].sort((a, b) => a - b);
  const isEnough = widestGap({ ...load, racks: load.racks + 1 }, withOne) === undefined;
  const amount = amountText(goal, missing < 1000 ? missing : Math.ceil(missing));
  return {
    recommendation: `Add brokers on these racks${
      isEnough ? ", or a rack," : ""
    } that may hold ${amount} more.`,
  };
}

/** Sums in another order differ by this part at most. */
const ROUNDING = 1e-9;

/**
 * Limits around what each rack can hold: racks that would get more than one replica of everything are cut to that,
 * the rest is shared out among the others by capacity, again and again.
 */
function aimOf(context: GoalContext, limits: AxisLimits, load: Shared): AxisLimits {
  const weights = byRack(context, weightOf(context, limits), context.allowed);
  const cap = mostOf(load, 1);
  const share = new Map<number, number>();
  let left = context.totals[limits.axis]!;
  let open = [...weights.keys()];
  for (let changed = true; changed && open.length > 0;) {
    const weight = open.reduce((sum, rack) => sum + weights.get(rack)!, 0);
    const full = open.filter((rack) => left * weights.get(rack)! >= cap * weight);
    changed = full.length > 0;
    for (const rack of full) {
      share.set(rack, cap);
      left -= cap;
    }
    open = open.filter((rack) => !full.includes(rack));
  }
  const weight = open.reduce((sum, rack) => sum + weights.get(rack)!, 0);
  for (const rack of open) share.set(rack, weight > 0 ? left * weights.get(rack)! / weight : 0);
  return scaled(context, limits, { weights, share });
}

/** What a broker's part of its rack is measured by. */
function weightOf(context: GoalContext, limits: AxisLimits): Float64Array {
  const resource = resourceOfAxis(limits.axis);
  return Float64Array.from(
    context.model.input.brokers,
    (broker) => resource < 0 ? 1 : broker.capacity[resource]!,
  );
}

function scaled(
  context: GoalContext,
  limits: AxisLimits,
  racks: { weights: ReadonlyMap<number, number>; share: ReadonlyMap<number, number> },
): AxisLimits {
  const { model, totals } = context;
  const totalWeight = [...racks.weights.values()].reduce((sum, weight) => sum + weight, 0);
  const upper = limits.upper.slice();
  const lower = limits.lower.slice();
  for (const b of context.allowed) {
    const rack = model.rack[b]!;
    const fair = totals[limits.axis]! * racks.weights.get(rack)! / totalWeight;
    const factor = fair > 0 ? racks.share.get(rack)! / fair : 1;
    upper[b]! *= factor;
    lower[b]! *= factor;
  }
  return { axis: limits.axis, upper, lower };
}
