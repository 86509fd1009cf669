/**
 * Randomness, passed in. Same seed, same draws, on any machine.
 * Generator: xoshiro128** by Blackman and Vigna (public domain, 2018), seeded through splitmix32.
 *
 * @module
 */

/** A seeded source of random numbers. */
export interface Prng {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, limit). */
  below(limit: number): number;
  /** A draw from the normal distribution with mean 0 and deviation 1. */
  normal(): number;
  /** A new independent generator; the same name gives the same one, however many draws happened in between. */
  fork(name: string): Prng;
}

/** A 32-bit hash of a text (FNV-1a), for deriving seeds from names. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** A generator for `seed`, any 32-bit integer. */
export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  const split = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  // Typed, because 32-bit numbers in variables of a closure would each be allocated anew at every draw.
  const words = Uint32Array.of(split(), split(), split(), split());
  const draw = () => {
    const b = words[1]!;
    const product = Math.imul(b, 5);
    const c = words[2]! ^ words[0]!;
    const d = words[3]! ^ b;
    words[0]! ^= d;
    words[1] = b ^ c;
    words[2] = c ^ (b << 9);
    words[3] = (d << 11) | (d >>> 21);
    return Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
  };
  const next = () => (draw() * 2 ** 21 + (draw() >>> 11)) / 2 ** 53;
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: (name) => createPrng((seed ^ hashText(name)) >>> 0),
  };
}
