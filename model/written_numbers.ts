/**
 * Numbers as `String(number)` writes most of them, read from bytes into arrays: no sign, no exponent, at most 18 digits.
 * What is none, is longer or is hard to round is answered with {@link NOWHERE}.
 *
 * @module
 */

/**
 * Position of what could not be read. The byte there is 0 and part of no text, so that whatever is read from there is
 * nowhere, too. A constant, because code that was compiled before the first failure then stays valid.
 */
export const NOWHERE = 0;

const ZERO = 0x30;
/** Digits that a small integer can take. */
const DIGITS = 9;
/** The least number with so many digits. */
const FULL = 1e8;
/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** The upper halves of {@link POWERS}. */
const POWERS_UPPER = POWERS.map((power) => SPLITTER * power - (SPLITTER * power - power));
/** Far above the error of the quotient, far below half a unit in the last place in all but rare cases. */
const DOUBT = 2 ** -30;

/**
 * Adds what is behind the point to a number in an array, which then is correctly rounded; returns the position behind it.
 *
 * The first nine digits and the others are added up as integers: `(first * 10^count + rest) / 10^scale`, whose numerator
 * is exact in two doubles. Written out because files hold shortest forms of doubles, 16 and 17 digits, by the million.
 *
 * @param fraction behind the point
 * @param whole what is before it, nine digits at most
 */
export function readFraction(
  bytes: Uint8Array,
  fraction: number,
  whole: number,
  into: Float64Array,
  index: number,
): number {
  // Counted from 0, as a tagged integer, which a caller's is, would be converted in every turn.
  let scale = 0;
  let first = whole + 0;
  let digit = bytes[fraction]! - ZERO;
  if (first === 0) { while (digit === 0) digit = bytes[fraction + ++scale]! - ZERO; }
  while (digit >= 0 && digit <= 9 && first < FULL) {
    first = (Math.imul(first, 10) + digit) | 0;
    digit = bytes[fraction + ++scale]! - ZERO;
  }
  let rest = 0;
  let restDigits = 0;
  while (digit >= 0 && digit <= 9 && restDigits < DIGITS) {
    rest = (Math.imul(rest, 10) + digit) | 0;
    restDigits++;
    digit = bytes[fraction + ++scale]! - ZERO;
  }
  if (scale === 0 || scale >= POWERS.length) return NOWHERE;
  const divisor = POWERS[scale]!;
  // Up to 9 digits times 10^9: exact, since 5^9 times those fits into 53 bits.
  const high = first * POWERS[restDigits]!;
  const sum = high + rest;
  const upper = sum / divisor;
  into[index] = upper;
  // One division of exact numbers rounds correctly (Clinger 1990).
  if (sum < 2 ** 53) return fraction + scale;
  // Else a quotient of double-doubles (Dekker 1971), in place: floats that functions hand over would be allocated.
  const cut = SPLITTER * upper;
  const upperHigh = cut - (cut - upper);
  const upperLow = upper - upperHigh;
  const divisorHigh = POWERS_UPPER[scale]!;
  const divisorLow = divisor - divisorHigh;
  const product = upper * divisor;
  const error = ((upperHigh * divisorHigh - product) + upperHigh * divisorLow +
    upperLow * divisorHigh) + upperLow * divisorLow;
  const correction = ((sum - product) - error + (rest - (sum - high))) / divisor;
  const value = upper + correction;
  into[index] = value;
  const isCertain = value === upper + correction * (1 + DOUBT) &&
    value === upper + correction * (1 - DOUBT);
  return isCertain ? fraction + scale : NOWHERE;
}
