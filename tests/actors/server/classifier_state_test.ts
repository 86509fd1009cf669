import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ok } from "../../../lib/failure.ts";
import type { ClassifierState, ScoreReport } from "../../../messages/classifier.ts";
import { harness } from "./harness.ts";

const API = "/kafkacruisecontrol";
const AT_MS = Date.UTC(2026, 0, 5);

function score(macroF1: number, onsetRecall: number | null): ScoreReport {
  return {
    rows: 100,
    macroF1,
    accuracy: 0.9,
    changedRows: 10,
    changedAccuracy: 0.5,
    onsetRows: 5,
    onsetRecall,
    onsetPrecision: 0.5,
    classes: [],
    confusion: [],
  };
}

const PREDICTING: ClassifierState = {
  status: "predicting",
  explanation: "Model 3 predicts",
  historyRows: 1000,
  historyFromMs: 0,
  historyToMs: AT_MS,
  training: null,
  lastTraining: null,
  nextTrainingAtMs: null,
  model: {
    version: 3,
    createdMs: AT_MS,
    trainedFromMs: 0,
    trainedToMs: AT_MS,
    scores: {
      forest: score(0.97, 0.8),
      persistence: score(0.96, 0.1),
      same_time_yesterday: score(0.9, null),
      linear_forecast: score(0.95, 0.5),
    },
    heldOutScores: null,
    importance: [],
  },
  predictedAtMs: AT_MS,
  horizonMs: 600_000,
  brokers: [
    { brokerId: 1, current: "optimal", predicted: "over_loaded", votes: [0, 1, 4] },
    { brokerId: 2, current: null, predicted: null, votes: [0, 0, 0] },
  ],
  storeFailure: null,
};

const predicting = () => harness({ handlers: { get_classifier_state: () => ok(PREDICTING) } });

Deno.test("state shows the classifier to who asks for it, and does not ask it otherwise", async () => {
  const h = predicting();
  const usual = await (await h.ask(`${API}/state?json=true`)).json();
  assert(!("ClassifierState" in usual));
  assert(h.asked.every(({ kind }) => kind !== "get_classifier_state"));
  const both = await (await h.ask(`${API}/state?json=true&substates=executor,classifier`)).json();
  assertEquals(both.ClassifierState, PREDICTING);
  assert("ExecutorState" in both);
  const text = await (await h.ask(`${API}/state?substates=classifier`)).text();
  assertStringIncludes(
    text,
    "ClassifierState: {status:predicting, explanation:Model 3 predicts, modelVersion:3, " +
      "predictedAt:2026-01-05T00:00:00Z, brokers:[{broker=1, current=optimal, " +
      "predicted=over_loaded, votes=[0, 1, 4]}, {broker=2, current=unknown, predicted=unknown",
  );
});

Deno.test("/metrics shows the classifier's scores and states, and nothing while it does not answer", async () => {
  const text = await (await predicting().ask("/metrics")).text();
  for (
    const line of [
      "evenkeel_classifier_predicting 1",
      "evenkeel_classifier_model_version 3",
      'evenkeel_classifier_macro_f1{who="forest"} 0.97',
      'evenkeel_classifier_onset_recall{who="linear_forecast"} 0.5',
      'evenkeel_classifier_brokers{when="current",state="optimal"} 1',
      'evenkeel_classifier_brokers{when="predicted",state="over_loaded"} 1',
    ]
  ) assertStringIncludes(text, line);
  assert(!text.includes('onset_recall{who="same_time_yesterday"}'), "what is not known is absent");
  const silent = await (await harness().ask("/metrics")).text();
  assert(!/evenkeel_classifier_\w+(\{[^}]*\})? /.test(silent));
});
