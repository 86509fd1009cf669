/**
 * How good predictions of load states are. Rows that stay as they are flatter every model, so what changes is scored
 * on its own.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import { OVER_LOADED, STATE_COUNT } from "./labels.ts";

/** Predictions of some rows. All arrays have the same length; states are known ones. */
export interface Judged {
  /** State index at the time of the prediction. */
  readonly current: Int8Array;
  /** State index one horizon later. */
  readonly actual: Int8Array;
  readonly predicted: Int8Array;
  /** The larger, the likelier an overload. */
  readonly overScore: Float64Array;
}

/** Scores of a state. NaN where there is nothing to divide by. */
export interface ClassScore {
  readonly rows: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Scores of predictions. Fractions 0..1; NaN where there are no such rows. */
export interface Scores {
  readonly rows: number;
  readonly accuracy: number;
  /** Mean F1 of the states that occur. */
  readonly macroF1: number;
  /** By state index. */
  readonly classes: readonly ClassScore[];
  /** STATE_COUNT x STATE_COUNT, row = actual, column = predicted: rows. */
  readonly confusion: readonly (readonly number[])[];
  readonly changedRows: number;
  /** Share of the rows whose state changes that are predicted right. */
  readonly changedAccuracy: number;
  /** Rows that are not over-loaded and will be. */
  readonly onsetRows: number;
  /** Largest part of them that can be announced with at least the stated precision. */
  readonly onsetRecall: number;
  /** The lowest `overScore` that announces them so, Infinity when the precision is never reached. */
  readonly onsetThreshold: number;
}

/** Scores predictions; `onsetPrecision` is that at which the recall of onsets is stated. */
export function scoresOf(judged: Judged, options: { readonly onsetPrecision: number }): Scores {
  const { current, actual, predicted } = judged;
  const rows = actual.length;
  assert(predicted.length === rows && current.length === rows, "Judged rows differ in length");
  const confusion = Array.from(
    { length: STATE_COUNT },
    () => new Array<number>(STATE_COUNT).fill(0),
  );
  let right = 0;
  let changed = 0;
  let changedRight = 0;
  for (let i = 0; i < rows; i++) {
    const hit = actual[i] === predicted[i];
    confusion[actual[i]!]![predicted[i]!]!++;
    if (hit) right++;
    if (actual[i] === current[i]) continue;
    changed++;
    if (hit) changedRight++;
  }
  const classes = confusion.map((_, state) => classScore(confusion, state));
  const present = classes.filter((one) => one.rows > 0);
  const onsets = onsetRecallAt(judged, options.onsetPrecision);
  return {
    rows,
    accuracy: right / rows,
    macroF1: present.reduce((sum, one) => sum + one.f1, 0) / present.length,
    classes,
    confusion,
    changedRows: changed,
    changedAccuracy: changedRight / changed,
    onsetRows: onsets.rows,
    onsetRecall: onsets.recall,
    onsetThreshold: onsets.threshold,
  };
}

function classScore(confusion: readonly (readonly number[])[], state: number): ClassScore {
  const hits = confusion[state]![state]!;
  const rows = confusion[state]!.reduce((a, b) => a + b, 0);
  const named = confusion.reduce((sum, row) => sum + row[state]!, 0);
  const f1 = rows + named === 0 ? NaN : 2 * hits / (rows + named);
  return { rows, precision: hits / named, recall: hits / rows, f1 };
}

/** Macro-F1 alone, for choosing among many. */
export function macroF1Of(actual: Int8Array, predicted: Int8Array): number {
  const hits = new Float64Array(STATE_COUNT);
  const rows = new Float64Array(STATE_COUNT);
  const named = new Float64Array(STATE_COUNT);
  for (let i = 0; i < actual.length; i++) {
    rows[actual[i]!]!++;
    named[predicted[i]!]!++;
    if (actual[i] === predicted[i]) hits[actual[i]!]!++;
  }
  let sum = 0;
  let present = 0;
  for (let state = 0; state < STATE_COUNT; state++) {
    if (rows[state] === 0) continue;
    present++;
    sum += 2 * hits[state]! / (rows[state]! + named[state]!);
  }
  return sum / present;
}

/**
 * Among rows that are not over-loaded now, announces those with the highest scores: the most onsets that this finds
 * while at least `precision` of what it announces is one. Rows of equal score are announced together.
 */
export function onsetRecallAt(
  { current, actual, overScore }: Judged,
  precision: number,
): { readonly rows: number; readonly recall: number; readonly threshold: number } {
  const candidates: number[] = [];
  let onsets = 0;
  for (let i = 0; i < actual.length; i++) {
    if (current[i] === OVER_LOADED) continue;
    candidates.push(i);
    if (actual[i] === OVER_LOADED) onsets++;
  }
  candidates.sort((a, b) => overScore[b]! - overScore[a]! || a - b);
  let best = 0;
  let threshold = Infinity;
  let hits = 0;
  candidates.forEach((row, at) => {
    if (actual[row] === OVER_LOADED) hits++;
    const next = candidates[at + 1];
    const tied = next !== undefined && overScore[next] === overScore[row];
    if (tied || hits <= best || hits < precision * (at + 1)) return;
    best = hits;
    threshold = overScore[row]!;
  });
  return { rows: onsets, recall: best / onsets, threshold };
}
