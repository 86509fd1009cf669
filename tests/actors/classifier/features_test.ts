import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { baselinesAt } from "../../../actors/classifier/baselines.ts";
import {
  FEATURE_COUNT,
  FEATURES,
  forecastCpu,
  lineThrough,
  writeFeatures,
} from "../../../actors/classifier/features.ts";
import { CPU, emptySeries, HEAP, setValue } from "../../../actors/classifier/history.ts";
import { RULES, seriesOf, setRow, START_MINUTE, wavyHistory } from "./made_history.ts";

function features(series: Parameters<typeof writeFeatures>[0], minute: number, rules = RULES) {
  const into = new Float64Array(FEATURE_COUNT);
  assert(writeFeatures(series, minute, { rules, into }));
  return into;
}

Deno.test("writeFeatures() and baselinesAt() see nothing after t: any other future gives the same", () => {
  const minutes = 3 * 1440;
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: minutes - 2 }),
      fc.integer({ min: 1, max: 720 }),
      fc.integer(),
      (t, horizon, seed) => {
        const rules = { ...RULES, horizon };
        const series = wavyHistory({ seed: 1, brokers: 1, minutes }).get(0)!;
        const minute = START_MINUTE + t;
        const before = features(series, minute, rules);
        const answers = baselinesAt(series, minute, rules);
        for (let m = t + 1; m < minutes; m++) {
          const value = ((seed ^ Math.imul(m, 0x9e3779b1)) >>> 0) / 2 ** 32;
          const heap = m % 3 === 0 ? NaN : 1 - value;
          setRow(series, START_MINUTE + m, { cpu: m % 5 === 0 ? NaN : value, heap });
        }
        assertEquals(features(series, minute, rules), before);
        assertEquals(baselinesAt(series, minute, rules), answers);
      },
    ),
    { numRuns: 25, seed: 7 },
  );
});

Deno.test("writeFeatures() refuses a minute whose state is unknown", () => {
  const into = new Float64Array(FEATURE_COUNT).fill(7);
  const series = emptySeries();
  setValue(series, START_MINUTE, { column: CPU, value: 0.5 });
  assert(!writeFeatures(series, START_MINUTE, { rules: RULES, into }));
  assert(into.every((value) => value === 7), "nothing is written");
  setValue(series, START_MINUTE, { column: HEAP, value: 0.5 });
  assert(writeFeatures(series, START_MINUTE, { rules: RULES, into }));
});

Deno.test("writeFeatures() gives finite numbers from a single row on", () => {
  const row = features(seriesOf(1, () => 0.4), START_MINUTE);
  row.forEach((value, k) => assert(Number.isFinite(value), FEATURES[k]));
});

Deno.test("lineThrough() finds a straight line again, across gaps", () => {
  const series = seriesOf(60, (m) => 0.2 + 0.005 * m);
  for (const gap of [40, 41, 50]) setRow(series, START_MINUTE + gap, { cpu: NaN });
  const line = lineThrough(series, START_MINUTE + 59, { column: CPU, length: 30 });
  assertAlmostEquals(line.slope, 0.005, 1e-6);
  assertAlmostEquals(line.level, 0.2 + 0.005 * 59, 1e-6);
});

Deno.test("forecastCpu() of a straight line is the mean cpu of the window that the label is of", () => {
  const series = seriesOf(60, (m) => 0.2 + 0.005 * m);
  // Minutes 65 to 69: the middle is 67.
  assertAlmostEquals(forecastCpu(series, START_MINUTE + 59, RULES), 0.2 + 0.005 * 67, 1e-6);
});

Deno.test("features of yesterday lie around the same time ahead, and stand as no change without one", () => {
  const value = (name: typeof FEATURES[number], row: Float64Array) => row[FEATURES.indexOf(name)]!;
  // A step up at minute 720 of each day.
  const series = seriesOf(2 * 1440, (m) => m % 1440 < 720 ? 0.2 : 0.6);
  const second = features(series, START_MINUTE + 1440 + 705);
  assert(value("cpuYesterdayAhead", second) < 0.25);
  // The window of the label begins after minute 715, and yesterday is smoothed by 7 minutes on both sides.
  const later = features(series, START_MINUTE + 1440 + 719);
  assert(value("cpuYesterdayAhead", later) > 0.55, "the step is coming");
  assertAlmostEquals(value("cpu", later), 0.2, 1e-6);
  const first = features(series, START_MINUTE + 719);
  assertAlmostEquals(value("cpuYesterdayAhead", first), 0.2, 1e-6);
});

Deno.test("features of the calendar come back after a day and a week, and meet at midnight", () => {
  const series = seriesOf(8 * 1440, () => 0.4);
  const at = (m: number) => features(series, START_MINUTE + m);
  const pick = (row: Float64Array, names: string[]) =>
    names.map((name) => row[FEATURES.indexOf(name as typeof FEATURES[number])]!);
  const day = ["daySine", "dayCosine"];
  const week = ["weekSine", "weekCosine"];
  pick(at(300), day).forEach((v, i) => assertAlmostEquals(v, pick(at(1740), day)[i]!, 1e-9));
  pick(at(300), week).forEach((v, i) =>
    assertAlmostEquals(v, pick(at(300 + 7 * 1440), week)[i]!, 1e-9)
  );
  assert(Math.abs(pick(at(300), week)[0]! - pick(at(1740), week)[0]!) > 0.1, "days differ");
  pick(at(1439), day).forEach((v, i) => assertAlmostEquals(v, pick(at(1440), day)[i]!, 0.01));
});
