/**
 * Numbers as ASCII digits, three at once, put into bytes where there must be room for {@link NUMBER_BYTES}. Given and returned are
 * integers alone: V8's middle compiler makes an object of each fraction that a function is given.
 *
 * @module
 */

/** Room that a number takes at most. */
export const NUMBER_BYTES = 32;

/** Whole numbers and thousandths are below. */
export const WHOLE_END = 1_000_000_000;

const ZERO = 0x30;
const POINT = 0x2e;

/** "000" to "999" as three bytes each, the first the lowest: what follows the thousands. */
const BEHIND = Int32Array.from(
  { length: 1000 },
  (_, n) => (ZERO + n / 100 | 0) | (ZERO + n / 10 % 10 | 0) << 8 | (ZERO + n % 10) << 16,
);

/** Puts a whole number from 0 on, below {@link WHOLE_END}; returns where it ends. */
export function putWhole(view: DataView, at: number, value: number): number {
  if (value < 1000) return putFirst(view, at, value);
  const thousands = (value / 1000) | 0;
  let end = 0;
  if (thousands < 1000) end = putFirst(view, at, thousands);
  else {
    const millions = (thousands / 1000) | 0;
    end = putFirst(view, at, millions);
    view.setInt32(end, BEHIND[thousands - 1000 * millions]!, true);
    end += 3;
  }
  view.setInt32(end, BEHIND[value - 1000 * thousands]!, true);
  return end + 3;
}

/** Puts so many thousandths, a whole number as {@link putWhole} takes it, as a number without zeros at its end; returns where it ends. */
export function putThousandths(view: DataView, at: number, value: number): number {
  const whole = (value / 1000) | 0;
  const parts = value - 1000 * whole;
  const end = putWhole(view, at, whole);
  if (parts === 0) return end;
  view.setInt32(end, (BEHIND[parts]! << 8) | POINT, true);
  return end + (parts % 10 > 0 ? 4 : parts % 100 > 0 ? 3 : 2);
}

/** Puts any number as `String` has it; returns where it ends. */
export function putAny(view: DataView, at: number, value: number): number {
  const text = String(value);
  for (let k = 0; k < text.length; k++) view.setUint8(at + k, text.charCodeAt(k));
  return at + text.length;
}

/** Puts a number below 1000 without zeros before it. */
function putFirst(view: DataView, at: number, value: number): number {
  const zeros = value < 10 ? 2 : value < 100 ? 1 : 0;
  view.setInt32(at, BEHIND[value]! >> (8 * zeros), true);
  return at + 3 - zeros;
}
