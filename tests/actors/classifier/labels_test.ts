import { assertEquals } from "@std/assert";
import { CPU, emptySeries, setValue } from "../../../actors/classifier/history.ts";
import {
  labelAt,
  OPTIMAL,
  OVER_LOADED,
  stateAt,
  stateIn,
  stateOf,
  statesOf,
  UNDER_LOADED,
  UNKNOWN,
} from "../../../actors/classifier/labels.ts";
import { RULES, seriesOf, setRow, START_MINUTE } from "./made_history.ts";

Deno.test("stateOf() is over-loaded when one resource is, under-loaded only when both are", () => {
  const cases: [number, number, number][] = [
    [0.1, 0.1, UNDER_LOADED],
    [0.25, 0.1, OPTIMAL],
    [0.1, 0.5, OPTIMAL],
    [0.499, 0.899, OPTIMAL],
    [0.5, 0.1, OVER_LOADED],
    [0.1, 0.9, OVER_LOADED],
    [NaN, 0.9, UNKNOWN],
    [0.9, NaN, UNKNOWN],
  ];
  for (const [cpu, memory, state] of cases) {
    assertEquals(stateOf(cpu, memory, RULES), state, `cpu ${cpu}, memory ${memory}`);
  }
});

Deno.test("stateAt() is unknown without metrics, not idle", () => {
  const series = emptySeries();
  assertEquals(stateAt(series, START_MINUTE, RULES), UNKNOWN);
  setValue(series, START_MINUTE, { column: CPU, value: 0.1 });
  assertEquals(stateAt(series, START_MINUTE, RULES), UNKNOWN, "the heap is missing");
  setRow(series, START_MINUTE, { cpu: 0.1 });
  assertEquals(stateAt(series, START_MINUTE, RULES), UNDER_LOADED);
  assertEquals(stateAt(series, START_MINUTE + RULES.cpuWindow, RULES), UNKNOWN, "it fell silent");
});

Deno.test("labelAt() is decided by nothing of cpu that is known at that minute", () => {
  // Idle until minute 99, busy from minute 100 on.
  const series = seriesOf(200, (m) => m < 100 ? 0.1 : 0.8);
  assertEquals(labelAt(series, START_MINUTE + 99, RULES), OVER_LOADED);
  assertEquals(stateAt(series, START_MINUTE + 99, RULES), UNDER_LOADED);
  // All that is known at minute 99 changes, the label stays.
  for (let m = 0; m < 100; m++) setRow(series, START_MINUTE + m, { cpu: 0.4 });
  assertEquals(labelAt(series, START_MINUTE + 99, RULES), OVER_LOADED);
});

Deno.test("statesOf() is stateAt() of every minute, unknown outside", () => {
  const series = seriesOf(500, (m) => 0.375 + 0.3 * Math.sin(m / 30));
  const states = statesOf(series, RULES);
  for (let m = -3; m < 510; m++) {
    const minute = START_MINUTE + m;
    assertEquals(stateIn(states, minute), stateAt(series, minute, RULES), `minute ${m}`);
  }
  assertEquals(stateIn(states, START_MINUTE + 100_000), UNKNOWN);
  assertEquals(stateIn(statesOf(emptySeries(), RULES), START_MINUTE), UNKNOWN);
});
