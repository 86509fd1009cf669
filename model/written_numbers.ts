/**
 * Decimal numbers in bytes, four digits at a time, and their quotients by powers of ten, correctly rounded.
 *
 * @module
 */

/** Digits behind the point that {@link divide} takes, those that an exponent adds included. */
const SCALE_MAX = 32;
/** Powers of ten, each the nearest double; exact up to 10^22. */
export const POWERS: Float64Array = Float64Array.from(
  { length: SCALE_MAX + 1 },
  (_, i) => Number(`1e${i}`),
);
/** Splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** The upper halves of {@link POWERS}, and what they lack of the powers. */
const UPPER = POWERS.map((power) => SPLITTER * power - (SPLITTER * power - power));
const LACKING = POWERS.map((power, i) => Number(10n ** BigInt(i) - BigInt(power)));
/** Integers below that keep exact when they are multiplied by the power of ten. */
const EXACT = POWERS.map((_, i) => 2 ** 53 / 5 ** i);
/** Far above the error of the quotient, far below half a unit in the last place in all but rare cases. */
const DOUBT = 2 ** -30;

/** What {@link divide} takes and gives: floats that functions hand over would be allocated. */
export const dividend: Float64Array = new Float64Array(2);
/** The result of {@link divide}. */
export const quotient: Float64Array = new Float64Array(1);

/**
 * Divides an integer of two parts by a power of ten: `(dividend[0] * 10^digits + dividend[1]) / 10^scale`, correctly
 * rounded. False when that is hard to tell, or the parts are too large.
 *
 * A quotient of double-doubles (Dekker 1971), whose dividend is exact.
 *
 * @param digits of the lower part
 */
export function divide(digits: number, scale: number): boolean {
  const first = dividend[0]!;
  const rest = dividend[1]!;
  if (scale > SCALE_MAX || first >= EXACT[digits]!) return false;
  const high = first * POWERS[digits]!;
  const sum = high + rest;
  const divisor = POWERS[scale]!;
  const upper = sum / divisor;
  const cut = SPLITTER * upper;
  const upperHigh = cut - (cut - upper);
  const upperLow = upper - upperHigh;
  const divisorHigh = UPPER[scale]!;
  const divisorLow = divisor - divisorHigh;
  const product = upper * divisor;
  const error = ((upperHigh * divisorHigh - product) + upperHigh * divisorLow +
    upperLow * divisorHigh) + upperLow * divisorLow;
  const remainder = (sum - product) - error + (rest - (sum - high)) - upper * LACKING[scale]!;
  const correction = remainder / divisor;
  const value = upper + correction;
  quotient[0] = value;
  return value === upper + correction * (1 + DOUBT) && value === upper + correction * (1 - DOUBT);
}
