/** Numbers as people write them. */

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * A number with digits, and perhaps a sign, a point and an exponent. NaN where the text is none, such as `0x10`, which
 * `Number()` takes; infinite where it is too large.
 */
export function decimalOf(text: string): number {
  return DECIMAL.test(text) ? Number(text) : NaN;
}
