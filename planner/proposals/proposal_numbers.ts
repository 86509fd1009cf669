/**
 * Numbers of proposals as they stand in plan files, put into bytes where there must be room.
 *
 * @module
 */
import { shortened } from "../../goals/axis_goal.ts";
import { putAny, putThousandths, putWhole, WHOLE_END } from "../../lib/byte_numbers.ts";
import { eightBytes } from "../../lib/byte_text.ts";
import { BETWEEN } from "../../model/plan_file.ts";

const COMMA = 0x2c;

// Of this module, as hot loops would load what they import anew each time.
const PART_END = WHOLE_END / 1000;
const FIGURES_END_0 = eightBytes(BETWEEN.figuresEnd);
const FIGURES_END_BYTES = BETWEEN.figuresEnd.length;

/** MB with three digits behind the point. */
export function putMb(view: DataView, at: number, mb: Float64Array): number {
  return mb[0]! < PART_END
    ? putThousandths(view, at, Math.round(mb[0]! * 1000) | 0)
    : putAny(view, at, Math.round(mb[0]! * 1000) / 1000);
}

/** As `shortened` in `axis_goal.ts` has it. */
export function putShortened(view: DataView, at: number, values: Float32Array, i: number): number {
  const value = values[i]!;
  if (!(value >= 0 && value < WHOLE_END)) return putAny(view, at, shortened(value));
  const whole = value | 0;
  if (whole === value) return putWhole(view, at, whole);
  if (value >= 1000) return putWhole(view, at, Math.round(value) | 0);
  return putThousandths(
    view,
    at,
    value >= 10 ? (Math.round(value * 10) | 0) * 100 : Math.round(value * 1000) | 0,
  );
}

/** Four of them, rounded as in `figures.ts`. */
export function putFigures(
  view: DataView,
  at: number,
  figures: Float64Array,
  first: number,
): number {
  for (let k = 0; k < 4; k++) {
    const figure = figures[first + k]!;
    const whole = figure | 0;
    // Counts, which most are.
    if (whole === figure && figure >= 0 && figure < WHOLE_END) at = putWhole(view, at, whole);
    else if (figure >= WHOLE_END) at = putAny(view, at, Math.round(figure));
    else if (figure >= 1000) at = putWhole(view, at, Math.round(figure) | 0);
    else at = putThousandths(view, at, figure > 0 ? Math.round(figure * 1000) | 0 : 0);
    view.setInt8(at++, COMMA);
  }
  view.setFloat64(at - 1, FIGURES_END_0, true);
  return at - 1 + FIGURES_END_BYTES;
}
