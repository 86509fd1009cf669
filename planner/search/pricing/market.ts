/**
 * A market on a copy of the placement, how steep its prices are, and how far from limits they leave brokers.
 *
 * @module
 */
import { usualMb } from "../annealing/anneal.ts";
import { draftOf } from "../annealing/draft.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import type { Search } from "../state.ts";
import { outsideSquared } from "../violation.ts";
import { type Market, OF_BROKERS, OF_TOPICS, type Prices, pricesOf } from "./prices.ts";

/** A gain below this is rounding, in parts of a usual replica. */
const GAIN_MIN = 1e-6;

/**
 * Prices of nothing for a copy of the present placement. `mbPrice`: what a MB away from home costs; `leader`: usual replicas that a changed
 * leader counts as. O(R + T x B).
 */
export function marketOf(
  search: Search,
  must: DraftLimits,
  { mbPrice, leader }: { mbPrice: number; leader: number },
): Market {
  const prices = pricesOf(draftOf(search, { must, may: undefined, passesHard: true }));
  const unit = usualMb(search);
  return {
    prices,
    costs: new Float64Array(search.model.brokerCount),
    mbPrice,
    leaderMb: unit * leader,
    gainMin: unit * GAIN_MIN,
  };
}

/** What a target or a replica beyond a limit costs in the first sweep and in the last. */
export interface Steepness {
  readonly brokers: readonly [number, number];
  readonly topics: readonly [number, number];
}

/** Prices become as steep as they are `part` of the way from the first sweep to the last, each step by the same factor. `unit`: what either is in, MB. */
export function steepen(
  { steepness }: Prices,
  { brokers, topics }: Steepness,
  { part, unit }: { part: number; unit: { readonly brokers: number; readonly topics: number } },
): void {
  steepness[OF_BROKERS] = unit.brokers * between(brokers, part);
  steepness[OF_TOPICS] = unit.topics * between(topics, part);
}

function between([from, to]: readonly [number, number], part: number): number {
  return from * (to / from) ** part;
}

/**
 * Squared distances of `sums` from the joined limits on these axes; Infinity where a broker would be above a hard limit that it keeps
 * now. O(B).
 */
export function outsideBy(search: Search, sums: Float64Array, axes: readonly number[]): number {
  const { context: { alive }, hardUpper, model } = search;
  let total = 0;
  for (let k = 0; k < alive.length; k++) {
    for (let j = 0; j < axes.length; j++) {
      const i = alive[k]! << 3 | axes[j]!;
      if (sums[i]! > hardUpper[i]! && sums[i]! > model.sums[i]!) return Infinity;
      total += outsideSquared(search, i, sums[i]!);
    }
  }
  return total;
}
