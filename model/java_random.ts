/**
 * The random numbers of Java's `java.util.Random`, so that clusters that Cruise Control's tests draw can be drawn here.
 * Source: the algorithm that the Java class's documentation prescribes, a linear congruential generator of 48 bits.
 *
 * @module
 */

/** Low and high 24 bits of the multiplier 0x5DEECE66D. */
const MULTIPLIER_LOW = 0xece66d;
const MULTIPLIER_HIGH = 0x5de;
const ADDEND = 0xb;
const HALF = 0x1000000;

/** A generator; its state is two halves of 24 bits, so that every product is exact in a double. */
export interface JavaRandom {
  /** An integer in [0, limit); limit in 1 .. 2^31 - 1. */
  nextInt(limit: number): number;
  /** A float in [0, 1). */
  nextDouble(): number;
}

/** A generator for a seed in 0 .. 2^48 - 1. */
export function javaRandom(seed: number): JavaRandom {
  let low = ((seed % HALF) ^ MULTIPLIER_LOW) >>> 0;
  let high = (Math.floor(seed / HALF) ^ MULTIPLIER_HIGH) >>> 0;
  const step = () => {
    const product = low * MULTIPLIER_LOW + ADDEND;
    const carry = Math.floor(product / HALF);
    const nextHigh = high * MULTIPLIER_LOW + low * MULTIPLIER_HIGH + carry;
    low = product - carry * HALF;
    high = nextHigh % HALF;
  };
  const next31 = () => {
    step();
    return high * 128 + (low >>> 17);
  };
  return {
    nextInt(limit) {
      if ((limit & (limit - 1)) === 0) return Math.floor(limit * next31() / 2147483648);
      for (;;) {
        const bits = next31();
        const value = bits % limit;
        // Java rejects the last, incomplete run of residues by letting this sum overflow.
        if (bits - value + (limit - 1) <= 2147483647) return value;
      }
    },
    nextDouble() {
      step();
      const upper = high * 4 + (low >>> 22);
      step();
      return (upper * 134217728 + high * 8 + (low >>> 21)) / 2 ** 53;
    },
  };
}

/** One draw in low .. high, both included, from a generator of its own. */
export function drawBetween(low: number, high: number, seed: number): number {
  const limit = high - low + 1;
  // The first step of javaRandom(), without making one: this is called for every replica.
  const lowHalf = ((seed % HALF) ^ MULTIPLIER_LOW) >>> 0;
  const highHalf = (Math.floor(seed / HALF) ^ MULTIPLIER_HIGH) >>> 0;
  const product = lowHalf * MULTIPLIER_LOW + ADDEND;
  const carry = Math.floor(product / HALF);
  const mixed = (highHalf * MULTIPLIER_LOW + lowHalf * MULTIPLIER_HIGH + carry) % HALF;
  const bits = mixed * 128 + ((product - carry * HALF) >>> 17);
  if ((limit & (limit - 1)) === 0) return low + Math.floor(limit * bits / 2147483648);
  const value = bits % limit;
  if (bits - value + (limit - 1) <= 2147483647) return low + value;
  return low + javaRandom(seed).nextInt(limit);
}

/** A draw from the exponential distribution. */
export function drawExponential(mean: number, stream: JavaRandom): number {
  return -mean * Math.log(1 - stream.nextDouble());
}
