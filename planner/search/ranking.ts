/**
 * Which brokers are the emptiest: in a large cluster they alone are looked at for most moves.
 *
 * ```
 * array     type           length   index    value
 * order     Int32Array     B        place    brokers that may receive replicas, emptiest first; nothing beyond `count`
 * keys      Float64Array   B        broker   pull of a replica of mean loads when they were last ranked; Infinity = has no room for it
 * ```
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

/** How many are the emptiest. With 16 or 64 of 200 brokers, plans move as many bytes. */
const EMPTIEST = 32;
/** Fewer brokers are looked at altogether: there is little to spare. */
const RANKED_MIN = 2 * EMPTIEST;

/** See the table above. */
export interface Ranking {
  readonly order: Int32Array;
  readonly keys: Float64Array;
  /** What a mean replica brings of disk, incoming and potential outgoing bytes. */
  readonly mean: readonly [number, number, number];
  /** Brokers that may receive replicas. */
  count: number;
  /** Places of the emptiest ones; all places in a small cluster. */
  emptiest: number;
  /** Moves until brokers are ranked anew. */
  movesLeft: number;
}

/** Of no broker yet. */
export function createRanking({ model, totals }: GoalContext): Ranking {
  const mean = (axis: number) => totals[axis]! / Math.max(1, model.replicaCount);
  return {
    order: new Int32Array(model.brokerCount),
    keys: new Float64Array(model.brokerCount),
    mean: [mean(AXIS_DISK), mean(AXIS_NW_IN), mean(AXIS_POTENTIAL_OUT)],
    count: 0,
    emptiest: 0,
    movesLeft: 0,
  };
}

/** From now on these brokers alone receive replicas. */
export function rankOnly(ranking: Ranking, brokers: Int32Array): void {
  ranking.order.set(brokers);
  ranking.count = brokers.length;
  ranking.emptiest = brokers.length < RANKED_MIN ? brokers.length : EMPTIEST;
  ranking.movesLeft = brokers.length < RANKED_MIN ? Infinity : 0;
}

/** What {@link rank} looks at: of a search. */
export interface Ranked {
  readonly model: ClusterModel;
  readonly upper: Float64Array;
  readonly pull: Float64Array;
  readonly ranking: Ranking;
}

/** Puts brokers in order. About O(B), because they are nearly in order from the last time. */
export function rank({ model, upper, pull, ranking }: Ranked): void {
  const { order, keys, count } = ranking;
  const { sums } = model;
  const [disk, nwIn, potential] = ranking.mean;
  for (let place = 0; place < count; place++) {
    const b = order[place]!;
    const o = b << 2;
    const i = b << 3;
    const hasRoom = sums[i]! + disk <= upper[i]! && sums[i | 1]! + nwIn <= upper[i | 1]! &&
      sums[i | 3]! + 1 <= upper[i | 3]! && sums[i | 4]! + potential <= upper[i | 4]!;
    const key = hasRoom
      ? disk * pull[o]! + nwIn * pull[o | 1]! + pull[o | 2]! + potential * pull[o | 3]!
      : Infinity;
    keys[b] = key;
    let free = place;
    for (; free > 0 && keys[order[free - 1]!]! > key; free--) order[free] = order[free - 1]!;
    order[free] = b;
  }
  // By then each of the emptiest has received a replica.
  ranking.movesLeft = ranking.emptiest;
}
