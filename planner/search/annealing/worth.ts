/**
 * What annealing makes small, as four numbers of an array.
 *
 * @module
 */

/**
 * How far a placement is from what is wanted, the less the better; see the indices. An array, because fields that begin
 * as whole numbers and become fractions would invalidate compiled code.
 */
export type Worth = Float64Array;

/** Distance outside the limits that must be kept, relative to targets, summed over brokers. */
export const MUST = 0;
/** The same of limits that are only wished for. */
export const MAY = 1;
/** MB away from home. */
export const MB = 2;
/** Leaders that changed. */
export const LEADERS = 3;
