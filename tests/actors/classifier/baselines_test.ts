import { assert, assertEquals } from "@std/assert";
import { baselinesAt } from "../../../actors/classifier/baselines.ts";
import { OPTIMAL, OVER_LOADED, UNDER_LOADED } from "../../../actors/classifier/labels.ts";
import { RULES, seriesOf, setRow, START_MINUTE } from "./made_history.ts";

Deno.test("persistence says what is, the linear forecast what a straight line leads to", () => {
  const series = seriesOf(60, (m) => 0.2 + 0.0048 * m); // 0.48 at the end, rising
  const answers = baselinesAt(series, START_MINUTE + 59, RULES);
  assertEquals(answers.persistence.state, OPTIMAL);
  assertEquals(answers.linear_forecast.state, OVER_LOADED);
  assert(answers.persistence.overScore < 0);
  assert(answers.linear_forecast.overScore > 0);
});

Deno.test("same time yesterday looks one horizon ahead of now, a day ago", () => {
  const series = seriesOf(1440 + 100, (m) => m >= 105 && m < 115 ? 0.9 : 0.1);
  const at = (m: number) => baselinesAt(series, START_MINUTE + m, RULES).same_time_yesterday.state;
  assertEquals(at(1440 + 99), OVER_LOADED, "minutes 105 to 109 of yesterday");
  assertEquals(at(1440 + 60), UNDER_LOADED);
});

Deno.test("same time yesterday is persistence where there is no yesterday", () => {
  const series = seriesOf(300, () => 0.7);
  const answers = baselinesAt(series, START_MINUTE + 299, RULES);
  assertEquals(answers.same_time_yesterday, answers.persistence);
  assertEquals(answers.persistence.state, OVER_LOADED);
});

Deno.test("memory alone makes a baseline see an overload", () => {
  const series = seriesOf(60, () => 0.1);
  for (let m = 50; m < 60; m++) setRow(series, START_MINUTE + m, { cpu: 0.1, heap: 0.95 });
  const answers = baselinesAt(series, START_MINUTE + 59, RULES);
  assertEquals(answers.linear_forecast.state, OVER_LOADED);
  assert(answers.linear_forecast.overScore > 0);
});
