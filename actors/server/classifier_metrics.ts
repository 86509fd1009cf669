/** What `/metrics` shows of the classifier. */
import { type ClassifierState, LOAD_STATES, type ScoreTable } from "../../messages/classifier.ts";
import type { SetGauge } from "./metrics_registry.ts";

/** Sets the classifier's gauges. */
export function setClassifier(set: SetGauge, state: ClassifierState): void {
  set(
    { name: "evenkeel_classifier_predicting", help: "1 while a model is in use." },
    state.status === "predicting" ? 1 : 0,
  );
  set(
    { name: "evenkeel_classifier_history_rows", help: "Minutes of all brokers remembered." },
    state.historyRows,
  );
  set(
    { name: "evenkeel_classifier_training_progress", help: "0..1 while a training runs." },
    state.training?.progress ?? NaN,
  );
  set(
    { name: "evenkeel_classifier_model_version", help: "Version of the model in use." },
    state.model?.version ?? NaN,
  );
  set(
    {
      name: "evenkeel_classifier_prediction_timestamp_seconds",
      help: "When was predicted last.",
    },
    (state.predictedAtMs ?? NaN) / 1000,
  );
  setBrokers(set, state);
  if (state.model !== null) setScores(set, state.model.scores);
}

/** Brokers by state; unknown ones are those that no state counts. */
function setBrokers(set: SetGauge, { brokers }: ClassifierState): void {
  const family = {
    name: "evenkeel_classifier_brokers",
    help: "Brokers by load state, now and as predicted.",
    labels: ["when", "state"],
  };
  for (const state of LOAD_STATES) {
    for (const when of ["current", "predicted"] as const) {
      set(family, brokers.filter((one) => one[when] === state).length, { when, state });
    }
  }
}

function setScores(set: SetGauge, scores: ScoreTable): void {
  const labels = ["who"];
  for (const [who, score] of Object.entries(scores)) {
    const of = { who };
    set(
      { name: "evenkeel_classifier_macro_f1", help: "Macro-F1 on unseen rows.", labels },
      score.macroF1 ?? NaN,
      of,
    );
    set(
      {
        name: "evenkeel_classifier_onset_recall",
        help: "Recall of overload onsets at the configured precision.",
        labels,
      },
      score.onsetRecall ?? NaN,
      of,
    );
  }
}
