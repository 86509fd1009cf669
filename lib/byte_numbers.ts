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

/** "0" to "999", above them how many digits those are. */
const FIRST = BEHIND.map((digits, n) =>
  n < 10 ? digits >> 16 | 1 << 24 : n < 100 ? digits >> 8 | 2 << 24 : digits | 3 << 24
);

/** A little more than a thousandth: no whole number below {@link WHOLE_END} comes to less thousands by it, or more. */
const THOUSANDTH = 0.001;

/** Puts a whole number from 0 on, below {@link WHOLE_END}; returns where it ends. */
export function putWhole(view: DataView, at: number, value: number): number {
  let first = 0;
  if (value < 1000) {
    first = FIRST[value]!;
    view.setInt32(at, first, true);
    return at + (first >> 24);
  }
  const thousands = (value * THOUSANDTH) | 0;
  if (thousands < 1000) first = FIRST[thousands]!;
  else {
    const millions = (thousands * THOUSANDTH) | 0;
    first = FIRST[millions]!;
    view.setInt32(at, first, true);
    at += first >> 24;
    first = BEHIND[thousands - 1000 * millions]! | 3 << 24;
  }
  view.setInt32(at, first, true);
  at += first >> 24;
  view.setInt32(at, BEHIND[value - 1000 * thousands]!, true);
  return at + 3;
}

/** Puts so many thousandths, a whole number as {@link putWhole} takes it, as a number without zeros at its end; returns where it ends. */
export function putThousandths(view: DataView, at: number, value: number): number {
  const whole = (value * THOUSANDTH) | 0;
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
