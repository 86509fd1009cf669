/**
 * What all proposals of a plan together take from each broker and bring to it. A broker that stays within a limit on an axis even with all
 * that it gets, and nothing of what it gives, stays there in whatever order proposals come; so does one that could lose all before it gets anything.
 * A proposal that touches no other axis of any broker is free: it may come at any time, and nothing is worse by it.
 *
 * ```
 * array    type           length   index          value
 * losses   Float64Array   B x 8    broker, axis   what proposals take from the broker, added up
 * gains    Float64Array   B x 8    broker, axis   what they bring to it
 * fewer    Uint8Array     B        broker         bit of each axis on which it may come below a limit on the way
 * more     Uint8Array     B        broker         bit of each axis on which it may come above one
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
import type { Places } from "../search/checkpoint.ts";

/** See the file's head. */
export interface Volumes {
  readonly losses: Float64Array;
  readonly gains: Float64Array;
}

/** Rows of loads as in the model, and where that of a partition begins. */
export interface LoadRow {
  readonly loads: Float64Array;
  readonly at: number;
}

/** Of no proposal. */
export function noVolumes(brokerCount: number): Volumes {
  const length = brokerCount * AXIS_COUNT;
  return { losses: new Float64Array(length), gains: new Float64Array(length) };
}

/** The same of many, side by side in one array. */
export function volumesOfMany(brokerCount: number, count: number): Volumes[] {
  const length = brokerCount * AXIS_COUNT;
  const all = new Float64Array(2 * length * count);
  const part = (k: number) => all.subarray(k * length, (k + 1) * length);
  return Array.from({ length: count }, (_, i) => ({ losses: part(2 * i), gains: part(2 * i + 1) }));
}

/** Overwrites volumes with others. */
export function copyVolumes(into: Volumes, { losses, gains }: Volumes): void {
  into.losses.set(losses);
  into.gains.set(gains);
}

/**
 * Adds the proposal that brings a partition from home to `places`, `sign` 1, or takes it off, -1. All its replicas have the same row. O(RF).
 */
export function addVolumes(
  { losses, gains }: Volumes,
  { home, homeLeader, replicaStart }: Pick<ClusterModel, "home" | "homeLeader" | "replicaStart">,
  p: number,
  { places, row: { loads, at }, sign }: { places: Places; row: LoadRow; sign: number },
): void {
  const { broker, leader } = places;
  const old = homeLeader[p]!;
  const next = leader[p]!;
  const end = replicaStart[p + 1]!;
  for (let r = replicaStart[p]!; r < end; r++) {
    const moves = home[r] !== broker[r];
    if (!moves && (r === old) === (r === next)) continue;
    if (moves || r === old) add(losses, gains, home[r]!, loads, at, moves, r === old, sign);
    if (moves || r === next) add(gains, losses, broker[r]!, loads, at, moves, r === next, sign);
  }
}

/** Adds a replica, what leading it adds, or both. A leader may cost less CPU than a follower where loads were given so. */
function add(
  into: Float64Array,
  against: Float64Array,
  broker: number,
  loads: Float64Array,
  at: number,
  moves: boolean,
  leads: boolean,
  sign: number,
): void {
  const to = broker << 3;
  let cpu = 0;
  if (moves) {
    into[to]! += sign * loads[at]!;
    into[to | AXIS_NW_IN]! += sign * loads[at | AXIS_NW_IN]!;
    into[to | AXIS_REPLICAS]! += sign;
    into[to | AXIS_POTENTIAL_OUT]! += sign * loads[at | AXIS_POTENTIAL_OUT]!;
    cpu = loads[at | AXIS_CPU]!;
  }
  if (leads) {
    into[to | AXIS_NW_OUT]! += sign * loads[at | AXIS_POTENTIAL_OUT]!;
    into[to | AXIS_LEADERS]! += sign;
    into[to | AXIS_LEADER_IN]! += sign * loads[at | AXIS_NW_IN]!;
    cpu += loads[at | ROW_LEADER_CPU]!;
  }
  if (cpu < 0) against[to | AXIS_CPU]! -= sign * cpu;
  else into[to | AXIS_CPU]! += sign * cpu;
}

/** See the file's head. */
export interface Tight {
  readonly fewer: Uint8Array;
  readonly more: Uint8Array;
}

/**
 * Where limits may be passed on the way. O(B).
 *
 * @param homeSums sums of the brokers before the first proposal, B x 8 as in the model
 * @param band between what sums pass no limit of a goal: lower, upper of each
 * @param margin what is this near to a limit counts as well, in parts of the sum at home
 */
export function tightSides(
  { losses, gains }: Volumes,
  homeSums: Float64Array,
  { band, margin }: { band: Float64Array; margin: number },
): Tight {
  const fewer = new Uint8Array(homeSums.length / AXIS_COUNT);
  const more = new Uint8Array(fewer.length);
  for (let i = 0; i < homeSums.length; i++) {
    const bit = 1 << (i & 7);
    const room = margin * homeSums[i]!;
    if (homeSums[i]! - losses[i]! - room < band[i << 1]!) fewer[i >> 3]! |= bit;
    if (homeSums[i]! + gains[i]! + room > band[(i << 1) | 1]!) more[i >> 3]! |= bit;
  }
  return { fewer, more };
}

/** Whether all that is tight in the one is tight in the other. O(B). */
export function isTighter(one: Tight, other: Tight): boolean {
  for (let b = 0; b < one.fewer.length; b++) {
    if ((one.fewer[b]! & ~other.fewer[b]!) !== 0) return false;
    if ((one.more[b]! & ~other.more[b]!) !== 0) return false;
  }
  return true;
}

/** Axes that a follower changes where it has its partition's row, and those that leading changes. */
const FOLLOWING = 1 | (1 << AXIS_NW_IN) | (1 << AXIS_CPU) | (1 << AXIS_REPLICAS) |
  (1 << AXIS_POTENTIAL_OUT);
const LEADING = (1 << AXIS_CPU) | (1 << AXIS_NW_OUT) | (1 << AXIS_LEADERS) |
  (1 << AXIS_LEADER_IN);

/** Whether a partition's proposal touches no tight side of any broker. One row a partition. O(RF). */
export function isFree(model: ClusterModel, { fewer, more }: Tight, p: number): boolean {
  const { home, broker, homeLeader, leader, replicaStart, loads } = model;
  const old = homeLeader[p]!;
  const next = leader[p]!;
  // Then it goes the other way on one axis: seldom enough not to be told apart.
  if (loads[(p << 3) | ROW_LEADER_CPU]! < 0 && home[old] !== broker[next]) return false;
  const end = replicaStart[p + 1]!;
  let touched = 0;
  for (let r = replicaStart[p]!; r < end; r++) {
    const from = home[r]!;
    const to = broker[r]!;
    if (from !== to) {
      touched |= fewer[from]! & (r === old ? FOLLOWING | LEADING : FOLLOWING);
      touched |= more[to]! & (r === next ? FOLLOWING | LEADING : FOLLOWING);
    } else if ((r === old) !== (r === next)) {
      touched |= LEADING & (r === old ? fewer[from]! : more[to]!);
    }
  }
  return touched === 0;
}
