/**
 * The gain of a plan by its bytes, as a small chart for the terminal.
 *
 * @module
 */
import type { CurvePoint } from "../model/plan.ts";
import { megabytes } from "./units.ts";

/** Lines of the chart. */
const ROWS = 12;
/** Characters of a full bar. */
const WIDTH = 40;

/** One line for about each twelfth of the bytes: MB so far, a bar of the balancedness, goals met. */
export function curveChart(curve: readonly CurvePoint[]): string {
  const last = curve.at(-1);
  if (last === undefined) return "";
  const shown: CurvePoint[] = [];
  for (let row = 0; row <= ROWS; row++) {
    const mb = last.mb * row / ROWS;
    // The last point that costs no more, so that no line promises what it does not reach.
    const point = curve.filter((candidate) => candidate.mb <= mb).at(-1);
    if (point !== undefined && point !== shown.at(-1)) shown.push(point);
  }
  if (shown.at(-1) !== last) shown.push(last);
  const labels = shown.map((point) => megabytes(point.mb));
  const width = Math.max(...labels.map((label) => label.length));
  const lines = shown.map((point, i) => {
    const bar = "#".repeat(Math.round(WIDTH * point.balancedness / 100)).padEnd(WIDTH, ".");
    const score = point.balancedness.toFixed(1).padStart(5);
    return `  ${labels[i]!.padStart(width)} ${bar} ${score}, ${point.goalsMet} goals met\n`;
  });
  return `Balancedness after the first bytes\n${lines.join("")}`;
}
