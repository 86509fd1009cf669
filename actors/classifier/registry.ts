/**
 * Which model is used: the rules by which a new one takes over, and how models are kept and read again. Pure.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ModelReport } from "../../messages/classifier.ts";
import type { ModelRow } from "../../store/models.ts";
import { BASELINES } from "./baselines.ts";
import { FEATURES } from "./features.ts";
import { decodeForest, encodeForest } from "./forest.ts";
import { MINUTE_MS } from "./history.ts";
import type { StateRules } from "./labels.ts";
import { reportOf, type TrainingReport } from "./report.ts";
import type { Model, Trained } from "./training.ts";

/** A model that may be used, with what people are told of it. */
export interface ModelInUse {
  readonly model: Model;
  readonly report: ModelReport;
}

/** What follows from a training. */
export interface Verdict {
  /** Who predicts from now on. `none`: nobody, because nobody beats the baselines. */
  readonly use: "new" | "previous" | "none";
  /** Why, in words. */
  readonly text: string;
}

/**
 * Compares macro-F1 on the same rows: the new model must beat the best baseline by `minGain`, and the previous model,
 * when that could be scored, too. A previous model that could not be scored stays only if the new one fails.
 */
export function verdictOf(
  trained: Pick<Trained, "scores" | "previous">,
  options: { readonly minGain: number; readonly previousVersion: number | undefined },
): Verdict {
  const { scores } = trained;
  const mine = scores.forest.macroF1;
  const best = BASELINES.reduce((a, b) => scores[b].macroF1 > scores[a].macroF1 ? b : a);
  const limit = scores[best].macroF1 + options.minGain;
  const previous = options.previousVersion;
  const previousF1 = trained.previous?.macroF1;
  const versus = `macro-F1 ${mine.toFixed(3)} vs ${scores[best].macroF1.toFixed(3)}`;
  const beats = mine >= limit;
  if (
    previous !== undefined && previousF1 !== undefined && previousF1 >= limit && previousF1 > mine
  ) {
    const how = `macro-F1 ${mine.toFixed(3)} vs ${previousF1.toFixed(3)}`;
    return { use: "previous", text: `not better than model ${previous}, which stays: ${how}` };
  }
  if (beats) return { use: "new", text: `better than ${best}: ${versus}` };
  const text = `not better than ${best}: ${versus}`;
  if (previous === undefined || previousF1 !== undefined) return { use: "none", text };
  return { use: "previous", text: `${text}; model ${previous} stays` };
}

/** The row of a trained model. */
export function rowOf(
  trained: Trained,
  options: {
    readonly rules: StateRules;
    readonly onsetPrecision: number;
    readonly createdMs: number;
    readonly verdict: Verdict;
  },
): Omit<ModelRow, "version"> {
  const { model, split } = trained;
  return {
    createdMs: options.createdMs,
    trainedFromMs: split.train.from * MINUTE_MS,
    trainedToMs: model.seenTo * MINUTE_MS,
    features: JSON.stringify(FEATURES),
    rules: JSON.stringify(options.rules),
    scores: JSON.stringify(reportOf(trained, options.onsetPrecision)),
    changeShare: model.changeShare,
    good: options.verdict.use === "new",
    verdict: options.verdict.text,
    forest: encodeForest(model.forest),
  };
}

/** A model from its row. Fails with `invalid_file` when it is damaged or was made for other features or states. */
export function modelOf(row: ModelRow, rules: StateRules): Result<ModelInUse> {
  const what = `Cannot use model ${row.version}`;
  if (row.features !== JSON.stringify(FEATURES)) {
    return fail("invalid_file", `${what}: it was made for other features`);
  }
  if (row.rules !== JSON.stringify(rules)) {
    return fail("invalid_file", `${what}: it was made for other thresholds, windows or horizon`);
  }
  const forest = decodeForest(row.forest);
  if (!forest.ok) return fail("invalid_file", `${what}: ${forest.failure.message}`);
  if (forest.value.featureCount !== FEATURES.length) {
    return fail(
      "invalid_file",
      `${what}: its forest asks for ${forest.value.featureCount} features`,
    );
  }
  let report: TrainingReport;
  try {
    report = JSON.parse(row.scores) as TrainingReport;
  } catch {
    return fail("invalid_file", `${what}: its scores are not JSON`);
  }
  const { version, createdMs, trainedFromMs, trainedToMs, changeShare } = row;
  const seenTo = Math.round(trainedToMs / MINUTE_MS);
  return ok({
    model: { forest: forest.value, changeShare, seenTo },
    report: { version, createdMs, trainedFromMs, trainedToMs, ...report },
  });
}

/** The newest good model that can be read, with what is wrong with those that were passed over. */
export function lastGood(
  rows: readonly ModelRow[],
  rules: StateRules,
): { readonly inUse: ModelInUse | undefined; readonly passedOver: readonly string[] } {
  const passedOver: string[] = [];
  for (const row of [...rows].sort((a, b) => b.version - a.version)) {
    if (!row.good) continue;
    const model = modelOf(row, rules);
    if (model.ok) return { inUse: model.value, passedOver };
    passedOver.push(model.failure.message);
  }
  return { inUse: undefined, passedOver };
}
