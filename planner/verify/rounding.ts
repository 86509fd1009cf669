/**
 * How near a figure of a plan has to be to what is so.
 *
 * @module
 */

/** Sums may differ by this part: other order of summation. */
const SUM_TOLERANCE = 1e-6;
/** The same of what is left of large sums, in parts of these. */
const REST_TOLERANCE = 1e-9;
/** Figures are written with three digits behind the point. */
const DIGITS = 0.001;
/** Figures for people are whole from here on, else they have three digits. */
const WHOLE_FROM = 1000;

/** Whether a figure of a plan is so. */
export function isAbout(said: number, is: number): boolean {
  return Math.abs(said - is) <= DIGITS + SUM_TOLERANCE * Math.abs(is);
}

/** Whether a figure for people is so; `of`: the largest of the sums that it comes from. */
export function readsAs(said: number, is: number, of = 0): boolean {
  const digits = Math.max(said, is) >= WHOLE_FROM ? 0.5 + DIGITS : DIGITS;
  return Math.abs(said - is) <= digits + SUM_TOLERANCE * Math.abs(is) + REST_TOLERANCE * of;
}

/** Whether two totals are the same but for the order of summation; `of` as above. */
export function isSame(said: number, is: number, of = 0): boolean {
  return Math.abs(said - is) <= SUM_TOLERANCE * (1 + Math.max(Math.abs(is), of));
}
