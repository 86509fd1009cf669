import { assert, assertEquals } from "@std/assert";
import { statesOf } from "../../../actors/classifier/labels.ts";
import {
  drawRows,
  poolBuilder,
  poolSize,
  rowAt,
  spacedRows,
} from "../../../actors/classifier/sampling.ts";
import { createPrng } from "../../../lib/prng.ts";
import { RULES, seriesOf, setRow, START_MINUTE, wavyHistory } from "./made_history.ts";

const SPAN = { from: START_MINUTE, to: START_MINUTE + 4_000 };

function pool(size: number, seed = 1) {
  const builder = poolBuilder({ rules: RULES, size, prng: createPrng(seed) });
  for (const [id, series] of wavyHistory({ seed: 2, brokers: 3, minutes: 4_200 })) {
    builder.offer(id, statesOf(series, RULES), SPAN);
  }
  return builder.pool();
}

Deno.test("poolBuilder() keeps every kind within its size, from the span only", () => {
  const drawn = pool(50);
  for (const rows of [drawn.changing, drawn.near, ...drawn.far]) {
    assert(rows.length <= 50);
    for (const row of rows) assert(row.minute >= SPAN.from && row.minute <= SPAN.to);
  }
  assertEquals(drawn.changing.length, 50);
  assert(drawn.changing.every((row) => row.current !== row.actual));
  assert(drawn.near.every((row) => row.current === row.actual));
  drawn.far.forEach((rows, state) => assert(rows.every((row) => row.current === state)));
});

Deno.test("drawRows() gives changing rows their share although they are rare", () => {
  const drawn = drawRows(pool(500), 200, createPrng(4));
  assertEquals(drawn.length, 200);
  assertEquals(drawn.filter((row) => row.current !== row.actual).length, 80);
});

Deno.test("drawRows() does not repeat a handful of changes without end", () => {
  const changing = [{ brokerId: 1, minute: 5, current: 1, actual: 2 }];
  const far = [{ brokerId: 1, minute: 9, current: 1, actual: 1 }];
  const drawn = drawRows({ changing, near: [], far: [[], far, []] }, 100, createPrng(1));
  assertEquals(drawn.length, 100);
  assertEquals(drawn.filter((row) => row.actual === 2).length, 2);
});

Deno.test("drawRows() is the same for the same seed", () => {
  assertEquals(drawRows(pool(80, 3), 60, createPrng(9)), drawRows(pool(80, 3), 60, createPrng(9)));
});

Deno.test("rowAt() and poolBuilder() leave out minutes whose state or label is unknown", () => {
  const series = seriesOf(100, () => 0.4);
  for (let m = 40; m < 60; m++) setRow(series, START_MINUTE + m, { cpu: NaN });
  const states = statesOf(series, RULES);
  assertEquals(rowAt(1, START_MINUTE + 50, { states, rules: RULES }), undefined);
  assertEquals(rowAt(1, START_MINUTE + 38, { states, rules: RULES }), undefined, "label unknown");
  assertEquals(
    rowAt(1, START_MINUTE + 95, { states, rules: RULES }),
    undefined,
    "label not there yet",
  );
  const builder = poolBuilder({ rules: RULES, size: 1_000, prng: createPrng(1) });
  builder.offer(1, states, { from: START_MINUTE, to: START_MINUTE + 99 });
  // States are known in minutes 0-43 and 60-103 (a window looks back); both ends of a row must be.
  assertEquals(poolSize(builder.pool()), 34 + 34);
});

Deno.test("spacedRows() stays near its bound and covers the whole span", () => {
  const history = wavyHistory({ seed: 2, brokers: 3, minutes: 4_200 });
  const states = new Map([...history].map(([id, series]) => [id, statesOf(series, RULES)]));
  const rows = spacedRows(states, SPAN, { rules: RULES, countMax: 300 });
  assert(rows.length <= 303 && rows.length > 250, String(rows.length));
  assertEquals(new Set(rows.map((row) => row.brokerId)).size, 3);
  assert(Math.max(...rows.map((row) => row.minute)) > SPAN.to - 50);
});
