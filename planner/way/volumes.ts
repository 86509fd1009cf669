/**
 * What all proposals of a plan, or some of them, together take from each broker and bring to it. What that tells of any order of them: see `tight.ts`.
 *
 * ```
 * array    type           length   index          value
 * losses   Float64Array   B x 8    broker, axis   what proposals take from the broker, added up
 * gains    Float64Array   B x 8    broker, axis   what they bring to it
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
