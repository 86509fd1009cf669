/**
 * Which brokers are the emptiest: in a large cluster they alone are looked at for most moves.
 *
 * @module
 */
import type { GoalContext } from "../../goals/goal.ts";
import {
  AXIS_DISK,
  AXIS_NW_IN,
  AXIS_POTENTIAL_OUT,
  type ClusterModel,
} from "../../model/cluster_model.ts";

/** How many are the emptiest. With 32 or 64 of 200 brokers, plans move as many bytes. */
const EMPTIEST = 16;
/** Fewer brokers are looked at altogether: there is little to spare. */
const RANKED_MIN = 4 * EMPTIEST;
/** The emptiest are chosen anew when they have received this part of a mean broker's replicas. */
const RECEIVED_PART = 1 / 256;

/** See the file's head. */
export interface Ranking {
  /** Brokers that may receive replicas. */
  brokers: Int32Array;
  /** Those of them that were the emptiest, in this order; all in a small cluster. */
  emptiest: Int32Array;
  /** By place in `emptiest`: pull of a replica of mean loads; Infinity where there is no room for it. */
  readonly keys: Float64Array;
  /** What a mean replica brings of disk, incoming and potential outgoing bytes. */
  readonly mean: readonly [number, number, number];
  /** Moves until they are chosen anew. */
  movesLeft: number;
}

/** Of no broker yet. */
export function createRanking({ model, totals }: GoalContext): Ranking {
  const mean = (axis: number) => totals[axis]! / Math.max(1, model.replicaCount);
  return {
    brokers: new Int32Array(0),
    emptiest: new Int32Array(0),
    keys: new Float64Array(EMPTIEST),
    mean: [mean(AXIS_DISK), mean(AXIS_NW_IN), mean(AXIS_POTENTIAL_OUT)],
    movesLeft: 0,
  };
}

/** From now on these brokers alone receive replicas. */
export function rankOnly(ranking: Ranking, brokers: Int32Array): void {
  ranking.brokers = brokers;
  ranking.emptiest = brokers.length < RANKED_MIN ? brokers : new Int32Array(EMPTIEST);
  ranking.movesLeft = 0;
}

/** What they are chosen by: of a search. */
export interface Ranked {
  readonly model: ClusterModel;
  readonly upper: Float64Array;
  readonly pull: Float64Array;
  readonly ranking: Ranking;
}

/** The emptiest brokers. Seldom more than O(1). */
export function emptiestBrokers(search: Ranked): Int32Array {
  const { ranking } = search;
  if (ranking.movesLeft <= 0 && ranking.emptiest !== ranking.brokers) rank(search);
  return ranking.emptiest;
}

/** O(B). */
function rank({ model, upper, pull, ranking }: Ranked): void {
  const { brokers, emptiest, keys } = ranking;
  const { sums } = model;
  const disk = ranking.mean[0];
  const nwIn = ranking.mean[1];
  const potential = ranking.mean[2];
  keys.fill(Infinity);
  for (let k = 0; k < brokers.length; k++) {
    const b = brokers[k]!;
    const o = b << 2;
    const key = disk * pull[o]! + nwIn * pull[o | 1]! + pull[o | 2]! + potential * pull[o | 3]!;
    if (k >= EMPTIEST && key >= keys[EMPTIEST - 1]!) continue;
    const i = b << 3;
    const hasRoom = sums[i]! + disk <= upper[i]! && sums[i | 1]! + nwIn <= upper[i | 1]! &&
      sums[i | 3]! + 1 <= upper[i | 3]! && sums[i | 4]! + potential <= upper[i | 4]!;
    if (k >= EMPTIEST && !hasRoom) continue;
    const kept = hasRoom ? key : Infinity;
    let free = Math.min(k, EMPTIEST - 1);
    for (; free > 0 && keys[free - 1]! > kept; free--) {
      keys[free] = keys[free - 1]!;
      emptiest[free] = emptiest[free - 1]!;
    }
    keys[free] = kept;
    emptiest[free] = b;
  }
  const moves = EMPTIEST * model.replicaCount / brokers.length * RECEIVED_PART;
  ranking.movesLeft = Math.max(EMPTIEST, Math.ceil(moves));
}
