/**
 * Scores as others see them: plain data, null where there is nothing to divide by.
 *
 * @module
 */
import {
  LOAD_STATES,
  type ModelReport,
  type ScoreReport,
  type ScoreTable,
} from "../../messages/classifier.ts";
import { FEATURES } from "./features.ts";
import type { Scores } from "./scores.ts";
import type { AllScores, Trained } from "./training.ts";

/** Features that are named by their weight. */
const FEATURES_SHOWN = 8;

/** What is kept of a training besides the model. */
export type TrainingReport = Pick<ModelReport, "scores" | "heldOutScores" | "importance">;

/** The report of a training. */
export function reportOf(trained: Trained, onsetPrecision: number): TrainingReport {
  const importance = FEATURES.map((feature, k) => ({ feature, loss: trained.importance[k]! }));
  return {
    scores: tableOf(trained.scores, onsetPrecision),
    heldOutScores: trained.heldOut === undefined ? null : tableOf(trained.heldOut, onsetPrecision),
    importance: importance.sort((a, b) => b.loss - a.loss).slice(0, FEATURES_SHOWN),
  };
}

function tableOf(scores: AllScores, onsetPrecision: number): ScoreTable {
  return {
    forest: scoreReport(scores.forest, onsetPrecision),
    persistence: scoreReport(scores.persistence, onsetPrecision),
    same_time_yesterday: scoreReport(scores.same_time_yesterday, onsetPrecision),
    linear_forecast: scoreReport(scores.linear_forecast, onsetPrecision),
  };
}

function scoreReport(scores: Scores, onsetPrecision: number): ScoreReport {
  return {
    rows: scores.rows,
    macroF1: known(scores.macroF1),
    accuracy: known(scores.accuracy),
    changedRows: scores.changedRows,
    changedAccuracy: known(scores.changedAccuracy),
    onsetRows: scores.onsetRows,
    onsetRecall: known(scores.onsetRecall),
    onsetPrecision,
    classes: scores.classes.map(({ rows, precision, recall, f1 }, i) => ({
      state: LOAD_STATES[i]!,
      rows,
      precision: known(precision),
      recall: known(recall),
      f1: known(f1),
    })),
    confusion: scores.confusion,
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
