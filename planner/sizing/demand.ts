/**
 * What hard goals demand of racks, and what racks have room for, as numbers that follow from where nothing is: whatever
 * a plan does, racks that are too small for these are too small.
 *
 * ```
 * of each goal with limits     the loads of all replicas             against what brokers may hold
 * of each size of large ones   how many replicas are as large        against how many of that size fit on brokers
 * ```
 *
 * The second is what totals do not see: two replicas of half a broker and a little more need two brokers (the bound of
 * Martello and Toth for bin packing, 1990, here for bins of several sizes, and rack by rack).
 *
 * @module
 */
import { followsLeadership, resourceOfAxis } from "../../goals/axis_goal.ts";
import { intraBrokerDiskCapacityGoal } from "../../goals/intra_broker_disk.ts";
import {
  AXIS_COUNT,
  AXIS_DISK,
  AXIS_REPLICAS,
  type ClusterModel,
  MAY_LEAD,
} from "../../model/cluster_model.ts";
import type { InputBroker } from "../../model/cluster_input.ts";
import { DISK } from "../../model/metrics.ts";
import { followingLoad, leadingLoad } from "../../model/replica_axes.ts";
import type { PlannedGoal, Prepared } from "../prepared.ts";
import type { BrokerSize } from "./added_brokers.ts";

/** Sums in another order differ by this part at most. */
const ROUNDING = 1e-9;
/** Replicas smaller than this part of what the largest broker or log dir may hold are no question of how they are packed. */
const LARGE = 1 / 6;
/** Sizes of large replicas that are counted, of each goal. */
const SIZES_MAX = 48;

/** What has to be on racks of one kind: loads, or so many replicas that are large. */
export interface Demand {
  readonly goal: string;
  readonly axis: number;
  /** By replication factor, what each rack needs where it holds one replica of every partition. */
  readonly byFactor: Float64Array;
  /** What may be on any rack. */
  readonly free: number;
  /** What the racks there are have room for, by index of {@link aliveRacks}. */
  readonly rooms: readonly number[];
  /** Size of the replicas that are counted; 0 = loads are. */
  readonly size: number;
  /** What a broker to add has room for. */
  readonly roomOf: (size: BrokerSize) => number;
}

/** Brokers that a request lets receive replicas, and whether partitions stand on a rack once. */
export interface Rules {
  readonly receivers: ReadonlySet<number>;
  readonly racksDiffer: boolean;
}

/** All demands of hard goals, in steps. The model is at home. O(goals x (R + sizes x (large ones + B))). */
export function* demandsOf(prepared: Prepared, rules: Rules): Generator<void, Demand[], void> {
  const demands: Demand[] = [];
  for (const planned of prepared.goals) {
    const limits = planned.prepared?.axisLimits;
    if (!planned.goal.hard || limits === undefined || planned.prepared?.idle === true) continue;
    yield;
    demands.push(...yield* demandsOfGoal(prepared, planned, rules));
  }
  return demands;
}

function* demandsOfGoal(
  prepared: Prepared,
  planned: PlannedGoal,
  rules: Rules,
): Generator<void, Demand[], void> {
  const { model, context } = prepared;
  const { axis } = planned.prepared!.axisLimits!;
  const most = mostOf(prepared, planned, rules);
  const resource = resourceOfAxis(axis);
  const mayHold = ({ capacity }: BrokerSize): number =>
    resource < 0
      ? context.constraint.maxReplicasPerBroker
      : capacity[resource]! * context.constraint.capacityThreshold[resource]!;
  const loads = loadsOf(model, axis);
  const common = { goal: planned.goal.name, axis };
  // Else what is on a log dir may stay there, and what a broker keeps that receives nothing is on whatever log dirs.
  const keepsDirs = prepared.goals.some(({ goal }) => goal === intraBrokerDiskCapacityGoal);
  const isOpen = (b: number) => rules.receivers.has(b);
  const racks = aliveRacks(prepared);
  const roomsFor = (held: (broker: number) => number) => {
    const rooms = racks.map(() => 0);
    for (const b of context.alive) rooms[racks.indexOf(model.rack[b]!)]! += held(b);
    return rooms;
  };
  const whole = { rooms: roomsFor((b) => most[b]!), size: 0, roomOf: mayHold };
  yield;
  const every = Array.from({ length: model.partitionCount }, (_, p) => p);
  const all = sharedOut(model, loads, rules, { size: 0, among: every });
  const demands: Demand[] = [{ ...common, ...all, ...whole }];
  const parts = prepared.context.alive.map((b) =>
    Math.max(...partsOf(sizeOf(model.input.brokers[b]!), axis, most[b]!))
  );
  yield;
  const { sizes, among } = axis === AXIS_REPLICAS
    ? { sizes: [], among: [] }
    : largeSizes(loads, Math.max(0, ...parts));
  for (const size of sizes) {
    yield;
    const fitting = (room: number) => Math.floor(room / size * (1 + ROUNDING));
    const inParts = (parts: readonly number[]) =>
      parts.reduce((sum, room) => sum + fitting(room), 0);
    const rooms = roomsFor((b) =>
      keepsDirs && isOpen(b)
        ? inParts(partsOf(sizeOf(model.input.brokers[b]!), axis, most[b]!))
        : fitting(most[b]!)
    );
    const roomOf = (broker: BrokerSize) => inParts(partsOf(broker, axis, mayHold(broker)));
    const large = sharedOut(model, loads, rules, { size, among });
    demands.push({ ...common, ...large, rooms, size, roomOf });
  }
  return demands;
}

/** What a replica has room in: a broker, or one of its log dirs, of which it may be that each holds its part. */
function partsOf({ like, capacity, dirScale }: BrokerSize, axis: number, room: number): number[] {
  if (axis !== AXIS_DISK || like.logDirs.length === 0) return [room];
  const each = capacity[DISK]! > 0 ? room * dirScale / capacity[DISK]! : 0;
  return like.logDirs.map(({ capacityMb }) => capacityMb * each);
}

/** As it is. */
function sizeOf(broker: InputBroker): BrokerSize {
  return { like: broker, capacity: broker.capacity, dirScale: 1 };
}

/** What each alive broker can hold at most: its limit, or what it has where it receives nothing. */
function mostOf({ model, context }: Prepared, planned: PlannedGoal, { receivers }: Rules) {
  const { axis, upper } = planned.prepared!.axisLimits!;
  const most = new Float64Array(model.brokerCount);
  for (const b of context.alive) {
    const grows = receivers.has(b) ||
      (followsLeadership(axis) && (model.flags[b]! & MAY_LEAD) !== 0);
    most[b] = grows ? upper[b]! : Math.min(upper[b]!, model.sums[b * AXIS_COUNT + axis]!);
  }
  return most;
}

/** By replica what it adds as a follower, and the least that leading adds by partition. */
interface Loads {
  readonly following: Float64Array;
  readonly leading: Float64Array;
  readonly start: Int32Array;
}

function loadsOf(model: ClusterModel, axis: number): Loads {
  const { replicaCount, partitionCount, replicaStart: start } = model;
  const following = new Float64Array(replicaCount);
  for (let r = 0; r < replicaCount; r++) following[r] = followingLoad(model, r, axis);
  const leading = new Float64Array(partitionCount);
  for (let p = 0; p < partitionCount; p++) {
    let least = Infinity;
    for (let r = start[p]!; r < start[p + 1]!; r++) {
      least = Math.min(least, leadingLoad(model, r, axis));
    }
    leading[p] = least === Infinity ? 0 : least;
  }
  return { following, leading, start };
}

/** Sizes of what is large, each once, of many some, and the partitions that are. */
function largeSizes(
  { following, leading, start }: Loads,
  most: number,
): { sizes: number[]; among: number[] } {
  const sizes = new Set<number>();
  const among: number[] = [];
  for (let p = 0; p < leading.length; p++) {
    let leader = Infinity;
    let isLarge = false;
    for (let r = start[p]!; r < start[p + 1]!; r++) {
      leader = Math.min(leader, following[r]!);
      if (following[r]! <= most * LARGE) continue;
      sizes.add(following[r]!);
      isLarge = true;
    }
    if (leader !== Infinity && leader + leading[p]! > most * LARGE) {
      sizes.add(leader + leading[p]!);
      isLarge = true;
    }
    if (isLarge) among.push(p);
  }
  const sorted = [...sizes].sort((a, b) => b - a);
  const each = Math.ceil(sorted.length / SIZES_MAX);
  return { sizes: sorted.filter((_, i) => i % each === 0 || i === sorted.length - 1), among };
}

/** What racks share out of these partitions: loads, or, where `size` is above 0, how many are as large. */
function sharedOut(
  model: ClusterModel,
  { following, leading, start }: Loads,
  { racksDiffer }: Rules,
  { size, among }: { size: number; among: readonly number[] },
): Pick<Demand, "byFactor" | "free"> {
  const count = (load: number) => size === 0 ? load : load >= size * (1 - ROUNDING) ? 1 : 0;
  const byFactor: number[] = [];
  let free = 0;
  for (const p of among) {
    const factor = start[p + 1]! - start[p]!;
    if (factor === 0) continue;
    let least = Infinity;
    let sum = 0;
    for (let r = start[p]!; r < start[p + 1]!; r++) {
      const one = count(following[r]!);
      sum += one;
      least = Math.min(least, one);
    }
    // A leader that is large beside followers that are not; where all are, one of them leads.
    if (size === 0) sum += leading[p]!;
    else if (sum === 0) sum = leastLeader(following, leading[p]!, start, p) >= size ? 1 : 0;
    const alike = racksDiffer && model.pinned[p] === 0 ? least : 0;
    byFactor[factor] = (byFactor[factor] ?? 0) + alike;
    free += sum - alike * factor;
  }
  return { byFactor: Float64Array.from(byFactor, (amount) => amount ?? 0), free };
}

function leastLeader(following: Float64Array, leading: number, start: Int32Array, p: number) {
  let least = Infinity;
  for (let r = start[p]!; r < start[p + 1]!; r++) least = Math.min(least, following[r]!);
  return (least + leading) * (1 + ROUNDING);
}

/**
 * How much racks are strained: what the most strained of them must hold in parts of what they have room for; above 1 no
 * plan can do. `rooms`: by rack. O(racks log racks + racks x factor).
 */
export function strainOf({ byFactor, free }: Demand, rooms: readonly number[]): number {
  const sorted = rooms.toSorted((a, b) => a - b);
  let room = 0;
  let worst = 0;
  for (let count = 1; count <= sorted.length; count++) {
    room += sorted[count - 1]!;
    let least = count === sorted.length ? free : 0;
    for (let factor = 0; factor < byFactor.length; factor++) {
      // Of a partition one replica stands on a rack, or an even share where there are fewer racks than replicas.
      const elsewhere = (sorted.length - count) * Math.ceil(factor / sorted.length);
      least += byFactor[factor]! * Math.max(0, factor - elsewhere);
    }
    if (least <= 0) continue;
    worst = Math.max(worst, room > 0 ? least / room / (1 + ROUNDING) : Infinity);
  }
  return worst;
}

/** All that has to be on racks together. */
export function neededOf({ byFactor, free }: Demand): number {
  return byFactor.reduce((sum, amount, factor) => sum + amount * factor, free);
}

/** Whether no alive broker may hold what this demand counts. */
export function isOversize(demand: Demand): boolean {
  return isLargeFor(demand, undefined) && demand.rooms.every((room) => room === 0);
}

/** Whether it counts replicas that are too large for brokers of this size; undefined = for any. */
export function isLargeFor(demand: Demand, size: BrokerSize | undefined): boolean {
  return demand.size > 0 && neededOf(demand) > 0 &&
    (size === undefined || demand.roomOf(size) === 0);
}

/** Racks of the model that have an alive broker, ascending. */
export function aliveRacks({ model, context }: Prepared): number[] {
  return [...new Set(Array.from(context.alive, (b) => model.rack[b]!))].sort((a, b) => a - b);
}
