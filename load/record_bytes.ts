/**
 * How many stored bytes a record of a partition has. The heart of the combined estimator: offsets say exactly how
 * many records came, sizes say what they weigh as long as nothing was deleted meanwhile, and what a record weighed
 * before tells whether something was. After monitor.md 10.4 of this project's design: `beta` there is
 * `recordBytes` here.
 *
 * ```
 *                     growth / new offsets of a pair of polls
 *   rejected, a rival     0.5 b          b          2 b      rejected, a rival
 *  ------------------------|=============|===========|-------------------------> bytes a record
 *   compaction shrank it   |   accepted: the pair is clean |  offsets stalled, or records did grow
 * ```
 * A rejected value that keeps coming back is no accident but a change of the workload: a rival that enough pairs in
 * a row agree on replaces `b`. Deletion can only make growth too small, so a higher rival needs fewer pairs, and
 * the first few pairs believe it at once.
 *
 * @module
 */
import type { EstimatorState } from "./estimator_state.ts";

/** A clean pair differs from what is known by at most this factor, either way. */
const BAND_FACTOR = 2;
/** The same as a distance of logarithms. */
export const BAND_DISTANCE: number = Math.log(BAND_FACTOR);
/** Weight of the newest clean pair in the mean. */
const NEWEST_WEIGHT = 0.3;
/** Two rivals agree when they differ by at most this factor. */
const RIVAL_AGREEMENT = 1.25;
/** Until so many clean pairs, what is known rests on little and a rival needs one pair less. */
const YOUNG_PAIRS = 3;
/** Pairs in a row that must agree on more, and on fewer, bytes than known. */
const RIVAL_PAIRS_UP = 2;
const RIVAL_PAIRS_DOWN = 3;

/** What a pair of polls says about the bytes of a record; NaN where it says nothing. */
export interface PairEvidence {
  /** Growth of the leader's log / new offsets, while the log's start stood still and the leader stayed. */
  leaderRatio: number;
  /** The largest of any replica in sync, on the same conditions. */
  largestRatio: number;
  /** The same of the replica in sync that is nearest to what is known, if that lies within the band. */
  cleanRatio: number;
  /** Whether all replicas in sync grew alike: then nothing was deleted from any. */
  replicasAgree: boolean;
  /** Size / offsets of the leader's log now; wrong for compacted logs. */
  fill: number;
  /** Whether that agrees with the poll before, or all new records are still in the log. */
  fillHolds: boolean;
}

/** Nothing known; to be filled anew for each row. */
export function noEvidence(): PairEvidence {
  return {
    leaderRatio: NaN,
    largestRatio: NaN,
    cleanRatio: NaN,
    replicasAgree: false,
    fill: NaN,
    fillHolds: false,
  };
}

/** Learns from a pair of polls in which offsets grew. Returns the bytes of a record in it; NaN when not known. */
export function learnRecordBytes(
  state: EstimatorState,
  row: number,
  evidence: PairEvidence,
): number {
  const { largestRatio, cleanRatio } = evidence;
  if (state.cleanPairs[row] === 0) {
    // Nothing to compare with yet: what is deleted makes growth smaller, so the largest is the best first guess.
    if (largestRatio > 0) return adopt(state, row, largestRatio);
    if (evidence.fillHolds && evidence.fill > 0) state.recordBytes[row] = evidence.fill;
    return state.recordBytes[row]!;
  }
  const known = state.recordBytes[row]!;
  if (cleanRatio > 0) {
    state.recordBytes[row] = (1 - NEWEST_WEIGHT) * known + NEWEST_WEIGHT * cleanRatio;
    if (state.cleanPairs[row]! < 255) state.cleanPairs[row]!++;
    state.rivalPairs[row] = 0;
    // Where replicas differ something was deleted, perhaps from each of them: lean on what was known before.
    return evidence.replicasAgree ? cleanRatio : state.recordBytes[row]!;
  }
  return weighRival(state, row, evidence);
}

function weighRival(state: EstimatorState, row: number, evidence: PairEvidence): number {
  const known = state.recordBytes[row]!;
  const grew = evidence.leaderRatio > 0;
  const rival = grew ? evidence.leaderRatio : evidence.fillHolds ? evidence.fill : NaN;
  // What the log holds on average says nothing new while it agrees; growth that is not there says nothing at all.
  if (!(rival > 0) || (rival * BAND_FACTOR >= known && rival <= BAND_FACTOR * known)) return known;
  const before = state.rival[row]!;
  const agrees = state.rivalPairs[row]! > 0 && rival <= before * RIVAL_AGREEMENT &&
    before <= rival * RIVAL_AGREEMENT;
  state.rival[row] = rival;
  state.rivalPairs[row] = agrees ? state.rivalPairs[row]! + 1 : 1;
  const young = state.cleanPairs[row]! < YOUNG_PAIRS ? 1 : 0;
  const wanted = (grew && rival > known ? RIVAL_PAIRS_UP : RIVAL_PAIRS_DOWN) - young;
  return state.rivalPairs[row]! >= wanted ? adopt(state, row, rival) : known;
}

function adopt(state: EstimatorState, row: number, bytes: number): number {
  state.recordBytes[row] = bytes;
  state.cleanPairs[row] = 1;
  state.rivalPairs[row] = 0;
  return bytes;
}
