import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  CHUNK_MINUTES,
  COLUMN_COUNT,
  CPU,
  emptySeries,
  forgetBefore,
  HEAP,
  type History,
  isDirty,
  keptMinutes,
  lowestOver,
  markDirty,
  meanOver,
  rangeOf,
  recordReading,
  restoreHistory,
  setValue,
  takeDirty,
  valueAt,
} from "../../../actors/classifier/history.ts";
import { BROKER_METRICS } from "../../../model/readings.ts";
import { seriesOf, START_MINUTE } from "./made_history.ts";

const START_MS = START_MINUTE * 60_000;

function reading(rows: readonly { id: number; cpu?: number; heap?: number }[]) {
  const values = new Float64Array(rows.length * BROKER_METRICS.length).fill(NaN);
  rows.forEach((row, i) => {
    const at = (name: typeof BROKER_METRICS[number]) =>
      i * BROKER_METRICS.length + BROKER_METRICS.indexOf(name);
    if (row.cpu !== undefined) values[at("cpuUsage")] = row.cpu;
    if (row.heap !== undefined) values[at("heapUsedFraction")] = row.heap;
  });
  return { brokerIds: Int32Array.from(rows, (row) => row.id), values };
}

Deno.test("recordReading() averages the cpu of a minute and keeps its lowest heap", () => {
  const history: History = new Map();
  recordReading(history, START_MS, reading([{ id: 1, cpu: 0.2, heap: 0.6 }]));
  recordReading(history, START_MS + 10_000, reading([{ id: 1, cpu: 0.4, heap: 0.3 }]));
  recordReading(history, START_MS + 50_000, reading([{ id: 1, cpu: 0.6, heap: 0.5 }]));
  const series = history.get(1)!;
  assertAlmostEquals(valueAt(series, START_MINUTE, CPU), 0.4, 1e-6);
  assertAlmostEquals(valueAt(series, START_MINUTE, HEAP), 0.3, 1e-6);
});

Deno.test("recordReading() leaves what a source does not know unknown, never 0", () => {
  const history: History = new Map();
  recordReading(history, START_MS, reading([{ id: 1, heap: 0.6 }, { id: 2 }]));
  assert(Number.isNaN(valueAt(history.get(1)!, START_MINUTE, CPU)));
  assert(Number.isNaN(valueAt(history.get(2)!, START_MINUTE, HEAP)));
});

Deno.test("recordReading() ignores a reading that comes after one of a later minute", () => {
  const history: History = new Map();
  recordReading(history, START_MS + 60_000, reading([{ id: 1, cpu: 0.5 }]));
  assertEquals(recordReading(history, START_MS, reading([{ id: 1, cpu: 0.9 }])), 0);
  assert(Number.isNaN(valueAt(history.get(1)!, START_MINUTE, CPU)));
});

Deno.test("meanOver() and lowestOver() skip unknown minutes, and know nothing where all are unknown", () => {
  const series = emptySeries();
  setValue(series, START_MINUTE, { column: CPU, value: 0.25 });
  setValue(series, START_MINUTE + 3, { column: CPU, value: 0.75 });
  assertEquals(meanOver(series, START_MINUTE + 3, { column: CPU, length: 4 }), 0.5);
  assertEquals(meanOver(series, START_MINUTE + 3, { column: CPU, length: 3 }), 0.75);
  assertEquals(lowestOver(series, START_MINUTE + 3, { column: CPU, length: 4 }), 0.25);
  assert(Number.isNaN(meanOver(series, START_MINUTE + 2, { column: CPU, length: 2 })));
  assert(Number.isNaN(lowestOver(series, START_MINUTE + 9, { column: CPU, length: 2 })));
});

Deno.test("setValue() takes minutes before the first chunk", () => {
  const series = emptySeries();
  setValue(series, START_MINUTE, { column: CPU, value: 0.5 });
  setValue(series, START_MINUTE - 3 * CHUNK_MINUTES, { column: CPU, value: 0.25 });
  assertEquals(valueAt(series, START_MINUTE, CPU), 0.5);
  assertEquals(valueAt(series, START_MINUTE - 3 * CHUNK_MINUTES, CPU), 0.25);
});

Deno.test("takeDirty() and restoreHistory() give back the same values and range", () => {
  const history: History = new Map([[4, seriesOf(1000, (m) => m / 2000)]]);
  const chunks = takeDirty(history);
  assert(!isDirty(history));
  const again = restoreHistory(chunks);
  assertEquals(rangeOf(again), { from: START_MINUTE, to: START_MINUTE + 999 });
  for (let m = -5; m < 1005; m++) {
    const [a, b] = [history, again].map((h) => valueAt(h.get(4)!, START_MINUTE + m, CPU));
    assert(Object.is(a, b), `minute ${m}: ${a} and ${b}`);
  }
  markDirty(history, chunks.slice(0, 1));
  assertEquals(takeDirty(history).map((one) => one.chunk), [chunks[0]!.chunk]);
});

Deno.test("restoreHistory() lets the minute of the restart go on", () => {
  const history: History = new Map();
  recordReading(history, START_MS, reading([{ id: 1, cpu: 0.2 }]));
  const again = restoreHistory(takeDirty(history));
  recordReading(again, START_MS + 20_000, reading([{ id: 1, cpu: 0.4 }]));
  assertAlmostEquals(valueAt(again.get(1)!, START_MINUTE, CPU), 0.3, 1e-6);
});

Deno.test("forgetBefore() removes whole chunks and brokers without any left", () => {
  const history: History = new Map([
    [1, seriesOf(100, () => 0.5)],
    [2, seriesOf(5 * CHUNK_MINUTES, () => 0.5)],
  ]);
  forgetBefore(history, START_MINUTE + 2 * CHUNK_MINUTES);
  assertEquals([...history.keys()], [2]);
  assertEquals(rangeOf(history)!.from, START_MINUTE + 2 * CHUNK_MINUTES);
  assertEquals(
    takeDirty(history).every((one) => one.values.length === CHUNK_MINUTES * COLUMN_COUNT),
    true,
  );
});

Deno.test("keptMinutes() keeps fewer days of many brokers, but never less than two", () => {
  assertEquals(keptMinutes(10, { days: 31, rowsMax: 2_000_000 }), 31 * 1440);
  assertEquals(keptMinutes(100, { days: 31, rowsMax: 2_000_000 }), 20_000);
  assertEquals(keptMinutes(5_000, { days: 31, rowsMax: 2_000_000 }), 2 * 1440);
});
