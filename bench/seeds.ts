/**
 * Which seeds benchmarks draw their clusters with: those that figures in the docs are of, or others that nobody has seen.
 *
 * @module
 */

/** The seed that draws begin with: `EVENKEEL_FIRST_SEED`, or 1. Throws `TypeError` when that is no whole number from 1 on. */
export function firstSeed(): number {
  const given = Deno.env.get("EVENKEEL_FIRST_SEED") ?? "1";
  const seed = Number(given);
  if (!Number.isSafeInteger(seed) || seed < 1) {
    throw new TypeError(`EVENKEEL_FIRST_SEED is ${given}, wanted a whole number from 1 on`);
  }
  return seed;
}

/** So many seeds in a row from there on. */
export function seeds(count: number): number[] {
  const first = firstSeed();
  return Array.from({ length: count }, (_, i) => first + i);
}
