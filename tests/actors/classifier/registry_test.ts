import { assert, assertEquals, assertMatch } from "@std/assert";
import { FEATURES } from "../../../actors/classifier/features.ts";
import { encodeForest } from "../../../actors/classifier/forest.ts";
import { lastGood, modelOf, verdictOf } from "../../../actors/classifier/registry.ts";
import type { Scores } from "../../../actors/classifier/scores.ts";
import type { ModelRow } from "../../../store/models.ts";
import { RULES } from "./made_history.ts";

const f1 = (macroF1: number) => ({ macroF1 }) as Scores;

function verdict(
  forest: number,
  options: { previous?: number; previousVersion?: number; best?: number } = {},
) {
  const scores = {
    forest: f1(forest),
    persistence: f1(options.best ?? 0.74),
    same_time_yesterday: f1(0.6),
    linear_forecast: f1(0.7),
  };
  const previous = options.previous === undefined ? undefined : f1(options.previous);
  return verdictOf({ scores, previous }, {
    minGain: 0.01,
    previousVersion: options.previousVersion,
  });
}

const LEAF = {
  feature: Int16Array.of(-1),
  threshold: Float64Array.of(0),
  left: Int32Array.of(1),
  right: Int32Array.of(0),
};

function row(version: number, more: Partial<ModelRow> = {}): ModelRow {
  return {
    version,
    createdMs: version,
    trainedFromMs: 0,
    trainedToMs: 600_000,
    features: JSON.stringify(FEATURES),
    rules: JSON.stringify(RULES),
    scores: '{"scores":null,"heldOutScores":null,"importance":[]}',
    changeShare: 0.6,
    good: true,
    verdict: "better than persistence: macro-F1 0.8 vs 0.7",
    forest: encodeForest({ featureCount: FEATURES.length, trees: [LEAF] }),
    ...more,
  };
}

Deno.test("verdictOf() uses nothing that does not beat the best baseline, and says by how much", () => {
  assertEquals(verdict(0.71), {
    use: "none",
    text: "not better than persistence: macro-F1 0.710 vs 0.740",
  });
  assertEquals(verdict(0.745).use, "none", "within the gain that is asked for");
  assertEquals(verdict(0.76), {
    use: "new",
    text: "better than persistence: macro-F1 0.760 vs 0.740",
  });
  assertMatch(verdict(0.69, { best: 0.1 }).text, /not better than linear_forecast/);
});

Deno.test("verdictOf() keeps the previous model while it is the better one on the same rows", () => {
  const stays = verdict(0.8, { previous: 0.85, previousVersion: 3 });
  assertEquals(stays.use, "previous");
  assertMatch(stays.text, /not better than model 3, which stays: macro-F1 0.800 vs 0.850/);
  assertEquals(verdict(0.86, { previous: 0.85, previousVersion: 3 }).use, "new");
  assertEquals(verdict(0.7, { previous: 0.85, previousVersion: 3 }).use, "previous");
});

Deno.test("verdictOf() gives up the previous model when neither beats the baselines", () => {
  assertEquals(verdict(0.7, { previous: 0.72, previousVersion: 3 }).use, "none");
  // One that could not be scored has no fault shown.
  assertEquals(verdict(0.7, { previousVersion: 3 }).use, "previous");
});

Deno.test("lastGood() passes over damaged and foreign models to the last one that can be used", () => {
  const broken = row(5);
  broken.forest[30]! ^= 1;
  const found = lastGood([
    row(6, { good: false }),
    broken,
    row(4, { features: '["other"]' }),
    row(3, { rules: JSON.stringify({ ...RULES, cpuOver: 0.8 }) }),
    row(2),
    row(1),
  ], RULES);
  assertEquals(found.inUse?.report.version, 2);
  assertEquals(found.passedOver.length, 3);
  assertMatch(found.passedOver[0]!, /Cannot use model 5: .*checksum/);
  assertMatch(found.passedOver[1]!, /model 4: it was made for other features/);
  assertMatch(found.passedOver[2]!, /model 3: it was made for other thresholds/);
});

Deno.test("lastGood() uses nothing when there is nothing good", () => {
  assertEquals(lastGood([row(1, { good: false })], RULES), { inUse: undefined, passedOver: [] });
});

Deno.test("modelOf() knows what the model has seen", () => {
  const model = modelOf(row(1), RULES);
  assert(model.ok);
  assertEquals(model.value.model.seenTo, 10);
  assertEquals(model.value.model.changeShare, 0.6);
});
