/**
 * Which rows a model may learn from, which it is tuned on and which it is scored on: by time and by broker.
 *
 * ```
 *  minutes:   from .......... trainTo | gap | tuneFrom ..... tuneTo | gap | testFrom .......... testTo
 *  brokers:   learned only            |     | learned only         |     | learned, and held-out ones apart
 * ```
 * A row of minute m has a label that reaches to m + horizon. The gap is as long as a label and the longest window of a
 * state together, so that no label of one part shares a reading with a label of the next.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { Prng } from "../../lib/prng.ts";
import type { StateRules } from "./labels.ts";

/** Minutes since the epoch, both ends included, of rows (not of their labels); and brokers. */
export interface Split {
  readonly train: Span;
  readonly tune: Span;
  readonly test: Span;
  /** Broker ids, ascending. */
  readonly learned: readonly number[];
  /** Brokers of which no row is learned or tuned on; empty with fewer than 4 brokers. */
  readonly heldOut: readonly number[];
}

/** Minutes, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Part of the time before the test that a model is tuned on. */
const TUNE_FRACTION = 0.2;

/** One of this many brokers is held out. */
const BROKERS_A_HELD_OUT = 4;

/** Minutes between two parts. */
export function purgeGap(rules: StateRules): number {
  return rules.horizon + Math.max(rules.cpuWindow, rules.memoryWindow);
}

/**
 * Splits the minutes `range` with known rows; the labels of the test end with it. Undefined when the range is too
 * short to have all parts.
 */
export function splitRows(
  range: Span,
  brokerIds: readonly number[],
  options: { readonly rules: StateRules; readonly testFraction: number; readonly prng: Prng },
): Split | undefined {
  const gap = purgeGap(options.rules);
  const to = range.to - options.rules.horizon;
  const minutes = to - range.from + 1;
  const testFrom = to + 1 - Math.floor(minutes * options.testFraction);
  const tuneTo = testFrom - gap - 1;
  const before = tuneTo - range.from + 1;
  const tuneFrom = tuneTo + 1 - Math.floor(before * TUNE_FRACTION);
  const trainTo = tuneFrom - gap - 1;
  if (trainTo - range.from < gap || tuneTo <= tuneFrom || to <= testFrom) return undefined;
  const { learned, heldOut } = splitBrokers(brokerIds, options.prng);
  assert(
    trainTo + options.rules.horizon < tuneFrom,
    "Labels of the training reach into the tuning",
  );
  return {
    train: { from: range.from, to: trainTo },
    tune: { from: tuneFrom, to: tuneTo },
    test: { from: testFrom, to },
    learned,
    heldOut,
  };
}

function splitBrokers(brokerIds: readonly number[], prng: Prng) {
  const shuffled = [...brokerIds].sort((a, b) => a - b);
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const count = Math.floor(shuffled.length / BROKERS_A_HELD_OUT);
  const ascending = (ids: number[]) => ids.sort((a, b) => a - b);
  return {
    heldOut: ascending(shuffled.slice(0, count)),
    learned: ascending(shuffled.slice(count)),
  };
}
