/**
 * The gain of a plan by its bytes, as a small chart for the terminal.
 *
 * @module
 */
import type { CheaperPlan, CurvePoint } from "../model/plan.ts";
import { megabytes } from "./units.ts";

/** Lines of the chart. */
const ROWS = 12;
/** Characters of a full bar. */
const WIDTH = 40;

/**
 * One line for each twelfth of the bytes that buys something: MB so far, a bar of the balancedness, goals met; then one for each
 * cheaper plan. `leftOut`: partitions that a budget left out, so that the curve is not that of the plan itself.
 */
export function curveChart(
  curve: readonly CurvePoint[],
  { cheaper = [], leftOut = 0 }: { cheaper?: readonly CheaperPlan[]; leftOut?: number } = {},
): string {
  const last = curve.at(-1);
  if (last === undefined) return "";
  const shown = curve.slice(0, 1);
  for (let row = 1; row <= ROWS; row++) {
    const [from, to] = [last.mb * (row - 1) / ROWS, last.mb * row / ROWS];
    const points = curve.filter((point) => point.mb > from && point.mb <= to);
    // Of each twelfth the point that is best: a good place to stop.
    const best = Math.max(...points.map((point) => point.balancedness));
    const point = row === ROWS ? last : points.find((one) => one.balancedness === best);
    if (point === undefined || point === shown.at(-1)) continue;
    if (row === ROWS || buysMore(point, shown.at(-1)!)) shown.push(point);
  }
  const shownToo = [...shown, ...cheaper];
  const width = Math.max(...shownToo.map((point) => megabytes(point.mb).length));
  const lines = shown.map((point) => `${pointText(point, width)}\n`);
  const offers = cheaper.map((plan) =>
    `${pointText(plan, width)}; without ${plan.without.map(shortName).join(", ")}\n`
  );
  const menu = offers.length === 0
    ? ""
    : `\nPlans for fewer goals, as --max-mb makes them\n${offers.join("")}`;
  const title = "Balancedness after the first bytes";
  const whole = leftOut === 0 ? "" : " of the whole plan, which the budget cuts";
  return `${title}${whole}\n${lines.join("")}${menu}`;
}

/** Whether there is anything else to see than at the point shown before it. */
function buysMore(point: CurvePoint, before: CurvePoint): boolean {
  return point.balancedness !== before.balancedness || point.goalsMet !== before.goalsMet;
}

function pointText({ mb, balancedness, goalsMet }: CurvePoint, width: number): string {
  const bar = "#".repeat(Math.round(WIDTH * balancedness / 100)).padEnd(WIDTH, ".");
  const score = balancedness.toFixed(1).padStart(5);
  return `  ${megabytes(mb).padStart(width)} ${bar} ${score}, ${goalsMet} goals met`;
}

function shortName(goal: string): string {
  return goal.replace(/(Distribution)?Goal$/, "");
}
