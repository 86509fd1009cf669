/**
 * Ids that need no registry: UUID version 7 (RFC 9562), from the passed-in clock and randomness. The time in front
 * keeps ids unique over restarts with the same seed.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { Prng } from "./prng.ts";

/** Makes ids; each call gives another one. */
export function uuidSource(clock: Clock, prng: Prng): () => string {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const nowMs = clock.nowMs();
    counter = nowMs === lastMs ? counter + 1 : 0;
    lastMs = nowMs;
    const time = nowMs.toString(16).padStart(12, "0");
    const variant = 0x8000 | prng.below(0x4000);
    const tail = hex(prng.below(2 ** 24), 6) + hex(prng.below(2 ** 24), 6);
    return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(counter & 0xfff, 3)}-${
      hex(variant, 4)
    }-${tail}`;
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
