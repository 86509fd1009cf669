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
/** What stands behind digits, less {@link ZERO}. */
const POINT = 0x2e - ZERO;
const EXPONENT = 0x65 - ZERO;
const LARGE_EXPONENT = 0x45 - ZERO;
/** Digits that a small integer can take. */
const DIGITS = 9;
/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Splits a double into two halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;
/** The upper halves of {@link POWERS}. */
const POWERS_UPPER = POWERS.map((power) => SPLITTER * power - (SPLITTER * power - power));
/** Far above the error of the quotient, far below half a unit in the last place in all but rare cases. */
const DOUBT = 2 ** -30;

/** Puts the integer at `at` into an array; returns the position behind it. */
export function readWhole(bytes: Uint8Array, at: number, into: Int32Array, index: number): number {
  const start = at;
  let value = 0;
  let digit = bytes[at]! - ZERO;
  while (digit >>> 0 <= 9 && at - start < DIGITS) {
    value = (value * 10 + digit) | 0;
    digit = bytes[++at]! - ZERO;
  }
  into[index] = value;
  const digits = at - start;
  const isPlain = digits > 0 && (digits === 1 || bytes[start] !== ZERO) && digit >>> 0 > 9;
  return isPlain ? at : NOWHERE;
}

/**
 * Puts the number at `at` into an array, correctly rounded; returns the position behind it.
 *
 * The first nine digits and the others are added up as integers: `(first * 10^count + rest) / 10^scale`, whose numerator
 * is exact in two doubles. Written out because files hold shortest forms of doubles, 16 and 17 digits, by the million.
 */
export function readAmount(
  bytes: Uint8Array,
  at: number,
  into: Float64Array,
  index: number,
): number {
  const start = at;
  let first = 0;
  let digit = bytes[at]! - ZERO;
  while (digit >>> 0 <= 9 && at - start < DIGITS) {
    first = (first * 10 + digit) | 0;
    digit = bytes[++at]! - ZERO;
  }
  const whole = at - start;
  if (whole === 0 || (whole > 1 && bytes[start] === ZERO)) return NOWHERE;
  if (digit !== POINT) {
    into[index] = first;
    return isBehindNumber(digit) ? at : NOWHERE;
  }
  const fraction = ++at;
  let firstEnd = at + DIGITS - whole;
  if (first === 0) {
    while (bytes[at] === ZERO) at++;
    firstEnd = at + DIGITS;
  }
  digit = bytes[at]! - ZERO;
  while (digit >>> 0 <= 9 && at < firstEnd) {
    first = (first * 10 + digit) | 0;
    digit = bytes[++at]! - ZERO;
  }
  const restStart = at;
  let rest = 0;
  while (digit >>> 0 <= 9 && at - restStart < DIGITS) {
    rest = (rest * 10 + digit) | 0;
    digit = bytes[++at]! - ZERO;
  }
  const scale = at - fraction;
  if (scale === 0 || scale >= POWERS.length || !isBehindNumber(digit)) return NOWHERE;
  const divisor = POWERS[scale]!;
  // Up to 9 digits times 10^9: exact, since 5^9 times those fits into 53 bits.
  const high = first * POWERS[at - restStart]!;
  const sum = high + rest;
  const upper = sum / divisor;
  into[index] = upper;
  // One division of exact numbers rounds correctly (Clinger 1990).
  if (sum < 2 ** 53) return at;
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
  return isCertain ? at : NOWHERE;
}

function isBehindNumber(digit: number): boolean {
  return digit >>> 0 > 9 && digit !== POINT && digit !== EXPONENT && digit !== LARGE_EXPONENT;
}
