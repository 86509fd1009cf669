/**
 * In which order prices look at replicas or partitions.
 *
 * @module
 */
import { type Draft, drawBelow } from "../annealing/draft.ts";

/** An order of all of `count` numbers in which those that follow each other, as of a topic, are far apart. */
export interface Walk {
  at: number;
  /** Has no divisor in common with `count`. */
  readonly stride: number;
  readonly count: number;
}

/** Begins anywhere. */
export function walkOf(draft: Draft, count: number): Walk {
  let stride = 1 + drawBelow(draft, count);
  while (divisorOf(stride, count) !== 1) stride++;
  return { at: drawBelow(draft, count), stride, count };
}

function divisorOf(a: number, b: number): number {
  return b === 0 ? a : divisorOf(b, a % b);
}

/** The next number. */
export function nextOf(walk: Walk): number {
  walk.at = (walk.at + walk.stride) % walk.count;
  return walk.at;
}
