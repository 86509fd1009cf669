import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { FEATURES } from "../../../actors/classifier/features.ts";
import { CPU, valueAt } from "../../../actors/classifier/history.ts";
import { scaledRow, surgedRow } from "../../../actors/classifier/made_rows.ts";
import { createPrng } from "../../../lib/prng.ts";
import { RULES, seriesOf, START_MINUTE } from "./made_history.ts";

const DAY = 1440;
const of = (features: Float64Array, name: typeof FEATURES[number]) =>
  features[FEATURES.indexOf(name)]!;
const options = (seed: number) => ({ rules: RULES, prng: createPrng(seed) });

Deno.test("scaledRow() multiplies the cpu of all days, and labels what comes of it", () => {
  const series = seriesOf(2 * DAY, (m) => 0.3 + 0.1 * Math.sin(m / 200));
  const minute = START_MINUTE + DAY + 700;
  const states = new Set<number>();
  for (let seed = 1; seed <= 40; seed++) {
    const row = scaledRow(series, minute, options(seed))!;
    const cpu = of(row.features, "cpu");
    const factor = cpu / (0.3 + 0.1 * Math.sin((DAY + 698) / 200));
    const yesterday = 0.3 + 0.1 * Math.sin(708 / 200);
    assertAlmostEquals(of(row.features, "cpuYesterdayAhead"), factor * yesterday, 0.01);
    const near = [0.25, 0.5].some((limit) => Math.abs(cpu / limit - 1) < 0.2);
    assert(near, `cpu ${cpu} is far from both limits`);
    states.add(row.label);
  }
  assertEquals([...states].sort(), [0, 1, 2], "every state comes up, although only one was");
});

Deno.test("surgedRow() leaves the days before as they were, and lets the last hour grow into a limit", () => {
  const series = seriesOf(2 * DAY, () => 0.3);
  const minute = START_MINUTE + DAY + 700;
  let onsets = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const row = surgedRow(series, minute, options(seed))!;
    assertAlmostEquals(of(row.features, "cpuYesterdayAhead"), 0.3, 1e-6);
    assert(of(row.features, "cpuSlope15") >= -1e-9, "a surge grows or stays");
    const now = of(row.features, "cpu");
    if (row.label === 2 && now < RULES.cpuOver) onsets++;
  }
  assert(onsets > 5, `${onsets} rows of 60 run into an overload`);
  assertAlmostEquals(valueAt(series, minute, CPU), 0.3, 1e-6, "the history itself is untouched");
});

Deno.test("scaledRow() and surgedRow() make nothing of what would take too large a factor, or is not known", () => {
  const idle = seriesOf(2 * DAY, () => 0.02);
  const minute = START_MINUTE + DAY + 700;
  const ending = START_MINUTE + 2 * DAY - 1;
  for (let seed = 1; seed <= 5; seed++) {
    assertEquals(scaledRow(idle, minute, options(seed)), undefined);
    assertEquals(surgedRow(idle, minute, options(seed)), undefined);
    const busy = seriesOf(2 * DAY, () => 0.3);
    assertEquals(scaledRow(busy, ending, options(seed)), undefined, "its outcome is to come");
    assertEquals(surgedRow(busy, ending, options(seed)), undefined);
  }
});
