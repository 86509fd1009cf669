/**
 * Rows that might have been: what is needed where a limit is decided and the history has few rows, or none because no
 * broker has reached the limit yet. Each is a real row, changed in a way that loads do change.
 *
 * ```
 * scaled  cpu of all days multiplied: the same broker with more or less capacity, as cpu grows in proportion to traffic
 * surged  cpu and traffic of the last hour multiplied, unlike the days before, by a factor that may go on growing:
 *
 *         factor |              ____----
 *              1 |____|____----
 *                   -60 min   start    t     t + horizon
 * ```
 * The factor is drawn so that the way from t to t + horizon passes near a limit of cpu. Trees thereby learn to look at
 * the last hour where it differs from the days before, which else always agree.
 *
 * @module
 */
import type { Prng } from "../../lib/prng.ts";
import { CPU_FEATURES, FEATURE_COUNT, writeFeatures } from "./features.ts";
import type { LabelledRow } from "./forest.ts";
import {
  BYTES_IN,
  CHUNK_MINUTES,
  COLUMN_COUNT,
  CPU,
  MESSAGES,
  type Series,
  valueAt,
} from "./history.ts";
import { cpuAt, memoryAt, stateAt, stateOf, type StateRules, UNKNOWN } from "./labels.ts";

/** Beyond these factors a broker is another one: idle cores do not scale. */
const FACTOR_MIN = 1 / 3;
const FACTOR_MAX = 3;

/** How far from the limit the middle of a row's way may lie, as a part of it. */
const SPREAD = 0.1;

/** A surge is of this last time, and begins to grow within it; by at most this part of the load a minute. */
const SURGE_MINUTES = 60;
const GROWTH_MAX = 0.03;

/** What a row is made from. */
export interface MakingOptions {
  readonly rules: StateRules;
  readonly prng: Prng;
}

/** A row with the cpu of all days multiplied. Undefined when that takes too large a factor, or something is not known. */
export function scaledRow(
  series: Series,
  minute: number,
  { rules, prng }: MakingOptions,
): LabelledRow | undefined {
  const factor = factorToLimit(series, minute, { rules, prng });
  const features = new Float64Array(FEATURE_COUNT);
  if (factor === undefined || !writeFeatures(series, minute, { rules, into: features })) return;
  const then = minute + rules.horizon;
  const label = stateOf(cpuAt(series, then, rules) * factor, memoryAt(series, then, rules), rules);
  if (label === UNKNOWN) return undefined;
  for (const feature of CPU_FEATURES) features[feature]! *= factor;
  return { features, label };
}

/** A row of a broker whose last hour is unlike the days before. Undefined as {@link scaledRow}. */
export function surgedRow(
  series: Series,
  minute: number,
  { rules, prng }: MakingOptions,
): LabelledRow | undefined {
  const factor = factorToLimit(series, minute, { rules, prng });
  if (factor === undefined) return undefined;
  const startsAt = minute - prng.below(SURGE_MINUTES);
  const growth = GROWTH_MAX * prng.next();
  // The whole way grows with it; the limit is to lie on the way still.
  const middle = 1 + growth * Math.max(0, minute + rules.horizon / 2 - startsAt);
  const surged = withFactor(series, {
    from: minute - SURGE_MINUTES,
    to: minute + rules.horizon,
    factorAt: (at) => factor / middle * (1 + growth * Math.max(0, at - startsAt)),
  });
  const features = new Float64Array(FEATURE_COUNT);
  if (!writeFeatures(surged, minute, { rules, into: features })) return undefined;
  const label = stateAt(surged, minute + rules.horizon, rules);
  return label === UNKNOWN ? undefined : { features, label };
}

/** The factor that brings the middle of the way from the minute to its horizon near a limit. */
function factorToLimit(
  series: Series,
  minute: number,
  { rules, prng }: MakingOptions,
): number | undefined {
  const limit = prng.next() < 0.5 ? rules.cpuUnder : rules.cpuOver;
  const near = limit * (1 + SPREAD * (2 * prng.next() - 1));
  const factor = 2 * near /
    (cpuAt(series, minute, rules) + cpuAt(series, minute + rules.horizon, rules));
  return factor >= FACTOR_MIN && factor <= FACTOR_MAX ? factor : undefined;
}

/** The series with cpu and traffic of some minutes, both ends included, multiplied. Shares all other chunks. */
function withFactor(
  series: Series,
  span: { readonly from: number; readonly to: number; factorAt(minute: number): number },
): Series {
  const chunks = [...series.chunks];
  for (let minute = span.from; minute <= span.to; minute++) {
    const chunk = Math.floor(minute / CHUNK_MINUTES);
    const at = chunk - series.firstChunk;
    if (chunks[at] === undefined) continue;
    if (chunks[at] === series.chunks[at]) chunks[at] = series.chunks[at]!.slice();
    const row = (minute - chunk * CHUNK_MINUTES) * COLUMN_COUNT;
    const factor = span.factorAt(minute);
    for (const column of [CPU, MESSAGES, BYTES_IN]) {
      chunks[at]![row + column] = valueAt(series, minute, column) * factor;
    }
  }
  return { ...series, chunks };
}
