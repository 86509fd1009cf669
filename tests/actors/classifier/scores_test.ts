import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { macroF1Of, onsetRecallAt, scoresOf } from "../../../actors/classifier/scores.ts";

function judged(
  rows: readonly (readonly [now: number, then: number, said: number, over: number])[],
) {
  return {
    current: Int8Array.from(rows, (row) => row[0]),
    actual: Int8Array.from(rows, (row) => row[1]),
    predicted: Int8Array.from(rows, (row) => row[2]),
    overScore: Float64Array.from(rows, (row) => row[3]),
  };
}

Deno.test("scoresOf() counts by hand", () => {
  const scores = scoresOf(
    judged([
      [0, 0, 0, 0],
      [0, 0, 1, 0],
      [1, 1, 1, 0.1],
      [1, 2, 2, 0.9],
      [1, 2, 1, 0.2],
      [2, 1, 2, 0.8],
      [2, 2, 2, 1],
    ]),
    { onsetPrecision: 0.5 },
  );
  assertEquals(scores.confusion, [[1, 1, 0], [0, 1, 1], [0, 1, 2]]);
  assertAlmostEquals(scores.accuracy, 4 / 7, 1e-12);
  assertAlmostEquals(scores.classes[0]!.f1, 2 / 3, 1e-12);
  assertAlmostEquals(scores.classes[1]!.f1, 2 / 5, 1e-12);
  assertAlmostEquals(scores.classes[2]!.f1, 4 / 6, 1e-12);
  assertAlmostEquals(scores.macroF1, (2 / 3 + 2 / 5 + 2 / 3) / 3, 1e-12);
  assertEquals([scores.changedRows, scores.onsetRows], [3, 2]);
  assertAlmostEquals(scores.changedAccuracy, 1 / 3, 1e-12);
  assertEquals(scores.onsetRecall, 1, "both come before all that are no onsets");
});

Deno.test("scoresOf() gives a model that always says what is now nothing for rows that change", () => {
  const rows = Array.from({ length: 100 }, (_, i) => [1, i < 97 ? 1 : 2, 1, 0] as const);
  const scores = scoresOf(judged(rows), { onsetPrecision: 0.5 });
  assertAlmostEquals(scores.accuracy, 0.97, 1e-12);
  assertEquals(scores.changedAccuracy, 0);
  assertEquals(scores.onsetRecall, 0, "equal scores are announced together: precision 0.03");
});

Deno.test("scoresOf() leaves states that do not occur out of the macro-F1", () => {
  const scores = scoresOf(judged([[1, 1, 1, 0], [2, 2, 2, 1]]), { onsetPrecision: 0.5 });
  assertEquals(scores.macroF1, 1);
  assertEquals(scores.classes[0]!.rows, 0);
  assert(Number.isNaN(scores.classes[0]!.f1));
  assert(Number.isNaN(scores.onsetRecall));
});

Deno.test("onsetRecallAt() announces as many as the precision allows", () => {
  // Scores descend: hit, miss, hit, miss, miss, miss, hit.
  const then = [2, 1, 2, 1, 1, 1, 2];
  const rows = then.map((state, i) => [1, state, 1, 1 - i / 10] as const);
  const at = (precision: number) => onsetRecallAt(judged(rows), precision);
  assertAlmostEquals(at(0.9).recall, 1 / 3, 1e-12);
  assertAlmostEquals(at(0.6).recall, 2 / 3, 1e-12);
  assertAlmostEquals(at(0.6).threshold, 0.8, 1e-12);
  assertEquals(at(0.4).recall, 1);
});

Deno.test("scoresOf() agrees with the short way to the macro-F1, and never leaves 0..1", () => {
  const row = fc.tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 60 }), (rows) => {
      const all = judged(rows);
      const scores = scoresOf(all, { onsetPrecision: 0.5 });
      assertAlmostEquals(macroF1Of(all.actual, all.predicted), scores.macroF1, 1e-12);
      for (const score of [scores.macroF1, scores.accuracy]) assert(score >= 0 && score <= 1);
      // What is announced at the threshold has the precision that was asked for.
      if (!(scores.onsetRecall > 0)) return;
      const announced = rows.filter((r) => r[0] !== 2 && r[3] >= scores.onsetThreshold);
      assert(announced.filter((r) => r[1] === 2).length >= 0.5 * announced.length);
    }),
    { seed: 3 },
  );
});
