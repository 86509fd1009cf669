/**
 * Sums that are carried over from the plan before: where few loads changed, what they changed is added to the sums of
 * that plan, at home and where it has everything, instead of adding up all replicas again. Sums are added up anew
 * before they have taken as many changes as there are replicas, so that they are never rounded more often than that.
 *
 * @module
 */
import type { ClusterInput } from "../../model/cluster_input.ts";
import { FACTOR_COLUMNS } from "../../model/fill_model.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "../../model/metrics.ts";
import type { Places } from "./places.ts";

/** Partitions compared between two yields. */
const CHUNK = 50_000;

/** Where more than this part of the partitions changed, adding up anew costs no more. */
const CHANGED_MAX = 0.25;

/** What changed since the plan before. */
export interface ChangedLoads {
  /** Ascending. */
  readonly partitions: Int32Array;
  /** Whether sums can be carried over: these loads are all known and followers' as usual, and sums were not carried too often. */
  readonly canBeCarried: boolean;
  /** Changes that sums of the plan before will have taken since they were added up. */
  readonly roundings: number;
}

/** What follows from the plan before. */
export interface Carried {
  /** Partitions whose loads changed, ascending. */
  readonly changed: Int32Array;
  /** B x 8 as in the model, with everything at home and where the plan before has it. */
  readonly homeSums: Float64Array;
  readonly sums: Float64Array;
  /** As in the model's census. */
  readonly byFactor: Float64Array;
  /** Changes that any of them took since it was added up. */
  readonly roundings: number;
}

/** A list that grows. */
interface Found {
  readonly partitions: Int32Array;
  count: number;
  /** Whether followers are all like their leader, and all loads known. */
  areUsual: boolean;
}

/**
 * Partitions whose loads are not those of the plan before; undefined where many changed, or some replicas have loads of
 * their own. The topology must be that of `places`. O(P).
 */
export function* changedLoadSteps(
  input: ClusterInput,
  places: Places,
): Generator<void, ChangedLoads | undefined, void> {
  const { loads } = places;
  if (loads === undefined || !canCompareLoads(input, places)) return undefined;
  const { length } = input.partitionNumber;
  const partitionsMax = Math.floor(length * CHANGED_MAX);
  const found: Found = { partitions: new Int32Array(partitionsMax), count: 0, areUsual: true };
  for (let from = 0; from < length; from += CHUNK) {
    const range = { from, to: Math.min(from + CHUNK, length) };
    if (!findChanged(input, loads, { ...range, found })) return undefined;
    yield;
  }
  const partitions = found.partitions.slice(0, found.count);
  const { replicaStart, replicaBroker } = input;
  let { roundings } = places;
  for (const p of partitions) roundings += replicaStart[p + 1]! - replicaStart[p]! + 1;
  const canBeCarried = found.areUsual && roundings <= replicaBroker.length;
  return { partitions, roundings, canBeCarried };
}

/** Whether loads of partitions tell all: no replica has loads of its own, now or in the plan before. */
export function canCompareLoads(input: ClusterInput, places: Places | undefined): boolean {
  return places?.loads !== undefined && input.replicaDiskMb.length === 0;
}

/** False when there is no room for all of them. */
function findChanged(
  now: ClusterInput,
  then: NonNullable<Places["loads"]>,
  { found, from, to }: { found: Found; from: number; to: number },
): boolean {
  const { leaderLoad, followerLoad } = now;
  const { partitions } = found;
  const wasLeading = then.leaderLoad;
  const wasFollowing = then.followerLoad;
  for (let p = from; p < to; p++) {
    const at = p * RESOURCE_COUNT;
    const same = leaderLoad[at] === wasLeading[at] && leaderLoad[at + 1] === wasLeading[at + 1] &&
      leaderLoad[at + 2] === wasLeading[at + 2] && leaderLoad[at + 3] === wasLeading[at + 3] &&
      followerLoad[at] === wasFollowing[at] && followerLoad[at + 1] === wasFollowing[at + 1] &&
      followerLoad[at + 2] === wasFollowing[at + 2] &&
      followerLoad[at + 3] === wasFollowing[at + 3];
    if (same) continue;
    if (found.count === partitions.length) return false;
    if (!areAlike(now, p) || !isKnown(now, at) || !isKnown(then, at)) found.areUsual = false;
    partitions[found.count++] = p;
  }
  return true;
}

/** Whether followers of a partition carry what their leader carries, but for what leading adds. */
export function areAlike(
  { leaderLoad, followerLoad }: Pick<ClusterInput, "leaderLoad" | "followerLoad">,
  p: number,
): boolean {
  const at = p * RESOURCE_COUNT;
  return followerLoad[at + NW_OUT] === 0 &&
    followerLoad[at + NW_IN] === leaderLoad[at + NW_IN] &&
    followerLoad[at + DISK] === leaderLoad[at + DISK];
}

/** Whether none of the loads that sums are made of is missing; `at`: of the partition's first. */
function isKnown(
  { leaderLoad, followerLoad }: Pick<ClusterInput, "leaderLoad" | "followerLoad">,
  at: number,
): boolean {
  let total = followerLoad[at + CPU]!;
  for (let i = at; i < at + RESOURCE_COUNT; i++) total += leaderLoad[i]!;
  return !Number.isNaN(total);
}

/** The sums of now; see {@link changedLoadSteps}. */
export function carriedSums(model: ClusterModel, places: Places, changes: ChangedLoads): Carried {
  const changed = changes.partitions;
  const { home, homeLeader } = model;
  const homeSums = places.homeSums.slice();
  const sums = places.sums.slice();
  addChanges(model, homeSums, { places, changed, broker: home, leader: homeLeader });
  addChanges(model, sums, { places, changed, broker: places.broker, leader: places.leader });
  const byFactor = places.byFactor.slice();
  addByFactor(model, byFactor, { then: places.loads!, changed });
  return { changed, homeSums, sums, byFactor, roundings: changes.roundings };
}

function addByFactor(
  { input, replicaStart }: ClusterModel,
  byFactor: Float64Array,
  { then, changed }: { then: NonNullable<Places["loads"]>; changed: Int32Array },
): void {
  const { leaderLoad } = input;
  const was = then.leaderLoad;
  for (let i = 0; i < changed.length; i++) {
    const p = changed[i]!;
    const from = p * RESOURCE_COUNT;
    const into = (replicaStart[p + 1]! - replicaStart[p]!) * FACTOR_COLUMNS;
    byFactor[into]! += leaderLoad[from + DISK]! - was[from + DISK]!;
    byFactor[into + 1]! += leaderLoad[from + NW_IN]! - was[from + NW_IN]!;
    byFactor[into + 3]! += leaderLoad[from + NW_OUT]! - was[from + NW_OUT]!;
  }
}

/** Adds what loads changed by, where replicas are on `broker` and led by `leader`. */
function addChanges(
  { input, replicaStart }: ClusterModel,
  sums: Float64Array,
  at: { places: Places; changed: Int32Array; broker: Int32Array; leader: Int32Array },
): void {
  const { changed, broker, leader } = at;
  const { leaderLoad, followerLoad } = input;
  const then = at.places.loads!;
  for (let i = 0; i < changed.length; i++) {
    const p = changed[i]!;
    const from = p * RESOURCE_COUNT;
    const disk = leaderLoad[from + DISK]! - then.leaderLoad[from + DISK]!;
    const nwIn = leaderLoad[from + NW_IN]! - then.leaderLoad[from + NW_IN]!;
    const nwOut = leaderLoad[from + NW_OUT]! - then.leaderLoad[from + NW_OUT]!;
    const cpu = followerLoad[from + CPU]! - then.followerLoad[from + CPU]!;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      const into = broker[r]! << 3;
      sums[into]! += disk;
      sums[into | 1]! += nwIn;
      sums[into | 2]! += cpu;
      sums[into | 4]! += nwOut;
    }
    const into = broker[leader[p]!]! << 3;
    sums[into | 2]! += leaderLoad[from + CPU]! - then.leaderLoad[from + CPU]! - cpu;
    sums[into | 5]! += nwOut;
    sums[into | 7]! += nwIn;
  }
}
