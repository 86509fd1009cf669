import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { encodeForest, loadForestLibrary } from "../../../actors/classifier/forest.ts";
import { CPU, HEAP, type History, setValue, valueAt } from "../../../actors/classifier/history.ts";
import {
  type Trained,
  type TrainingOptions,
  trainSteps,
} from "../../../actors/classifier/training.ts";
import { createPrng } from "../../../lib/prng.ts";
import { RULES, START_MINUTE, wavyHistory } from "./made_history.ts";

await loadForestLibrary();

const SEED = 11;
const MINUTES = 3_000;

const OPTIONS: TrainingOptions = {
  rules: RULES,
  trees: 15,
  rowsPerTree: 150,
  testFraction: 0.3,
  onsetPrecision: 0.5,
  minMinutes: 2_000,
  prng: createPrng(SEED),
};

function run(history: History, options: Partial<TrainingOptions> = {}) {
  const steps = trainSteps(history, { ...OPTIONS, prng: createPrng(SEED), ...options });
  const progress: number[] = [];
  for (;;) {
    const next = steps.next();
    if (next.done) return { result: next.value, progress };
    progress.push(next.value.progress);
  }
}

function trained(history: History, options: Partial<TrainingOptions> = {}): Trained {
  const { result } = run(history, options);
  assert(result.ok, result.ok ? "" : result.failure.message);
  return result.value;
}

const waves = () => wavyHistory({ seed: SEED, brokers: 4, minutes: MINUTES });
let ofWaves: Trained | undefined;

/** What is learned from {@link waves}: once for all tests, for it takes a second. */
function trainedOnWaves(): Trained {
  return ofWaves ??= trained(waves());
}

/** Puts the minutes of each broker in another order: what comes next then has nothing to do with what was. */
function shuffled(history: History, minutes: number): void {
  for (const [id, series] of history) {
    const prng = createPrng(SEED).fork(`shuffle-${id}`);
    for (let i = minutes - 1; i > 0; i--) {
      const j = prng.below(i + 1);
      for (const column of [CPU, HEAP]) {
        const [a, b] = [i, j].map((m) => valueAt(series, START_MINUTE + m, column)) as [
          number,
          number,
        ];
        setValue(series, START_MINUTE + i, { column, value: b });
        setValue(series, START_MINUTE + j, { column, value: a });
      }
    }
  }
}

Deno.test("trainSteps() learns waves that persistence cannot foresee", () => {
  const { scores, heldOut } = trainedOnWaves();
  const { forest, persistence } = scores;
  assert(
    forest.macroF1 > persistence.macroF1 + 0.05,
    `${forest.macroF1} vs ${persistence.macroF1}`,
  );
  assert(forest.changedAccuracy > 0.6, `changed ${forest.changedAccuracy}`);
  assertEquals(persistence.changedAccuracy, 0);
  assert(forest.onsetRecall > 0.8, `onsets ${forest.onsetRecall}`);
  assert(
    heldOut!.forest.macroF1 > heldOut!.persistence.macroF1,
    "of a broker that it has not seen",
  );
});

Deno.test("trainSteps() drops to chance when the future is shuffled: no label leaks into the features", () => {
  const history = waves();
  shuffled(history, MINUTES);
  // Single minutes are states here, so that neighbours share nothing.
  const rules = { ...RULES, cpuWindow: 1, memoryWindow: 1 };
  const { scores } = trained(history, { rules, trees: 30 });
  const { forest } = scores;
  // The best that can be done without knowing the future is to name states by their shares.
  const shares = forest.classes.map((one) => one.rows / forest.rows);
  const chance = shares.reduce((sum, share) => sum + share * share, 0);
  const best = Math.max(...shares);
  assert(forest.accuracy < best + 0.03, `accuracy ${forest.accuracy}, commonest state ${best}`);
  assert(forest.macroF1 < chance + 0.06, `macro-F1 ${forest.macroF1}, chance ${chance}`);
});

Deno.test("trainSteps() says the same of the test whatever it is told to learn from after it began", () => {
  // Rows of the test period change: the model stays the same to the byte.
  const one = trainedOnWaves();
  const history = waves();
  for (const series of history.values()) {
    for (let minute = one.split.test.from; minute < START_MINUTE + MINUTES; minute++) {
      setValue(series, minute, { column: CPU, value: 0.9 });
    }
  }
  const other = trained(history);
  assertEquals(encodeForest(other.model.forest), encodeForest(one.model.forest));
  assertEquals(other.model.changeShare, one.model.changeShare);
  assert(other.scores.forest.macroF1 !== one.scores.forest.macroF1, "the test did change");
});

Deno.test("trainSteps() learns nothing from held-out brokers", () => {
  const one = trainedOnWaves();
  const [apart] = one.split.heldOut;
  const history = waves();
  for (let m = 0; m < MINUTES; m++) {
    setValue(history.get(apart!)!, START_MINUTE + m, { column: CPU, value: m % 2 });
  }
  assertEquals(encodeForest(trained(history).model.forest), encodeForest(one.model.forest));
});

Deno.test("trainSteps() gives the same model for the same seed, and goes on steadily", () => {
  const history = waves();
  const a = run(history);
  assert(a.result.ok);
  assertEquals(a.result.value, trainedOnWaves());
  assert(a.progress.length > OPTIONS.trees, "a step a tree at least");
  assert(a.progress.every((p) => p >= 0 && p <= 1));
  assert(a.progress.every((p, i) => i === 0 || p >= a.progress[i - 1]!), "never back");
});

Deno.test("trainSteps() scores the previous model only on rows that it has not seen", () => {
  const history = waves();
  const first = trainedOnWaves();
  const again = trained(history, { previous: first.model });
  assertAlmostEquals(again.previous!.macroF1, first.scores.forest.macroF1, 1e-12);
  const seen = { ...first.model, seenTo: START_MINUTE + MINUTES };
  assertEquals(trained(history, { previous: seen }).previous, undefined);
});

Deno.test("trainSteps() refuses too little history, saying how much is wanted", () => {
  const { result } = run(wavyHistory({ seed: 1, brokers: 1, minutes: 500 }));
  assert(!result.ok);
  assertEquals(result.failure.code, "not_enough_windows");
  assertMatch(result.failure.message, /500 minutes of broker metrics, wanted 2000/);
  const none = run(new Map());
  assert(!none.result.ok);
});
