/**
 * What a forest sees of a broker at minute t. Pure, and from rows up to t only: nothing here reads a later one.
 *
 * Values as they are, lags, a straight line through the last half hour, yesterday around the same time (all of it
 * past, so it may be smoothed on both sides), time of day and of week.
 *
 * @module
 */
import {
  BYTES_IN,
  CPU,
  FETCH_MS,
  meanOver,
  MESSAGES,
  PRODUCE_MS,
  type Series,
  valueAt,
} from "./history.ts";
import { cpuAt, memoryAt, type StateRules } from "./labels.ts";

/** Minutes of the straight line. */
const LINE_MINUTES = 30;

/** Minutes of a day: how far back "yesterday" lies. Horizons must stay well below. */
export const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Minutes on both sides over which a time of an earlier day is smoothed. */
const PAST_SIDE = 7;

/** Days that make up what is usual at a time of the day. */
const USUAL_DAYS = 4;

/** Names, in the order of a row. Fractions of cpu and heap; ratios for the rest; sine and cosine for times. */
export const FEATURES = [
  "cpu",
  "cpuLatest",
  "cpuLag5",
  "cpuLag10",
  "cpuLag20",
  "cpuLag30",
  "cpuLag60",
  "cpuMean30",
  "cpuLevel30",
  "cpuDeviation30",
  "cpuSlope15",
  "cpuSlope30",
  "cpuForecast",
  "cpuYesterdayAhead",
  "cpuByYesterdaysChange",
  "cpuDaysAhead",
  "cpuByDaysChange",
  "cpuAboveDays",
  "cpuAboveHour",
  "cpuAboveLag10",
  "memory",
  "memoryLag30",
  "messagesChange",
  "bytesInChange",
  "produceMs",
  "fetchMs",
  "daySine",
  "dayCosine",
  "weekSine",
  "weekCosine",
] as const;

/** Length of a row of features. */
export const FEATURE_COUNT = FEATURES.length;

/** Features that are a cpu or a difference of cpus: all grow in proportion with it. The first one is the cpu now. */
export const CPU_FEATURES: readonly number[] = FEATURES.flatMap((name, i) =>
  name.startsWith("cpu") ? [i] : []
);

/** A straight line through known minutes. */
export interface Line {
  /** Value at the last minute. */
  readonly level: number;
  /** Change a minute. */
  readonly slope: number;
  /** Standard deviation around the mean. */
  readonly deviation: number;
  readonly mean: number;
}

/** Least squares through the known values of the minutes (to - length, to]; flat when fewer than two, NaN when none. */
export function lineThrough(
  series: Series,
  to: number,
  window: { readonly column: number; readonly length: number },
): Line {
  let n = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXx = 0;
  let sumXy = 0;
  let sumYy = 0;
  for (let x = 1 - window.length; x <= 0; x++) {
    const y = valueAt(series, to + x, window.column);
    if (y !== y) continue;
    n++;
    sumX += x;
    sumY += y;
    sumXx += x * x;
    sumXy += x * y;
    sumYy += y * y;
  }
  const mean = sumY / n;
  const spread = n * sumXx - sumX * sumX;
  if (n < 2 || spread === 0) return { level: mean, slope: 0, deviation: 0, mean };
  const slope = (n * sumXy - sumX * sumY) / spread;
  return {
    level: mean - slope * sumX / n,
    slope,
    deviation: Math.sqrt(Math.max(0, sumYy / n - mean * mean)),
    mean,
  };
}

/** The cpu that a straight line through the last half hour gives for the state one horizon later; NaN when unknown. */
export function forecastCpu(series: Series, minute: number, rules: StateRules): number {
  const line = lineThrough(series, minute, { column: CPU, length: LINE_MINUTES });
  return line.level + line.slope * stepsAhead(rules);
}

/** Minutes from now to the middle of the window of the label. */
function stepsAhead(rules: StateRules): number {
  return rules.horizon - (rules.cpuWindow - 1) / 2;
}

/**
 * Writes the features of a minute to `into`, length FEATURE_COUNT. False, and nothing written, when the state at that
 * minute is unknown. A lag that is not known stands as "no change".
 */
export function writeFeatures(
  series: Series,
  minute: number,
  options: { readonly rules: StateRules; readonly into: Float64Array },
): boolean {
  const { rules, into } = options;
  const cpu = cpuAt(series, minute, rules);
  const memory = memoryAt(series, minute, rules);
  if (Number.isNaN(cpu) || Number.isNaN(memory)) return false;
  const or = (value: number, instead: number) => Number.isNaN(value) ? instead : value;
  const lag = (minutes: number) => or(cpuAt(series, minute - minutes, rules), cpu);
  const half = lineThrough(series, minute, { column: CPU, length: LINE_MINUTES });
  const quarter = lineThrough(series, minute, { column: CPU, length: 15 });
  const ahead = stepsAhead(rules);
  const forecast = half.level + half.slope * ahead;
  const then = minute + Math.round(ahead);
  const yesterday = pastAround(series, then - DAY_MINUTES);
  const change = or(yesterday - pastAround(series, minute - DAY_MINUTES), 0);
  const days = usualAround(series, then);
  const daysNow = usualAround(series, minute);
  const day = 2 * Math.PI * (minute % DAY_MINUTES) / DAY_MINUTES;
  const week = 2 * Math.PI * (minute % WEEK_MINUTES) / WEEK_MINUTES;
  let at = 0;
  into[at++] = cpu;
  into[at++] = or(valueAt(series, minute, CPU), cpu);
  for (const minutes of [5, 10, 20, 30, 60]) into[at++] = lag(minutes);
  into[at++] = half.mean;
  into[at++] = half.level;
  into[at++] = half.deviation;
  into[at++] = quarter.slope;
  into[at++] = half.slope;
  into[at++] = forecast;
  into[at++] = or(yesterday, cpu);
  into[at++] = half.level + change;
  into[at++] = or(days, cpu);
  into[at++] = half.level + or(days - daysNow, 0);
  into[at++] = or(cpu - daysNow, 0);
  into[at++] = cpu - meanOver(series, minute, { column: CPU, length: 60 });
  into[at++] = cpu - lag(10);
  into[at++] = memory;
  into[at++] = or(memoryAt(series, minute - rules.memoryWindow, rules), memory);
  into[at++] = relativeChange(series, minute, MESSAGES);
  into[at++] = relativeChange(series, minute, BYTES_IN);
  into[at++] = or(meanOver(series, minute, { column: PRODUCE_MS, length: rules.cpuWindow }), 0);
  into[at++] = or(meanOver(series, minute, { column: FETCH_MS, length: rules.cpuWindow }), 0);
  into[at++] = Math.sin(day);
  into[at++] = Math.cos(day);
  into[at++] = Math.sin(week);
  into[at++] = Math.cos(week);
  return true;
}

/** Cpu around a minute of the past; only for minutes whose whole surroundings are past. */
function pastAround(series: Series, minute: number): number {
  return meanOver(series, minute + PAST_SIDE, { column: CPU, length: 2 * PAST_SIDE + 1 });
}

/** Mean of {@link pastAround} at the same time of the days before, as far as they are known: bursts even out. */
function usualAround(series: Series, minute: number): number {
  let sum = 0;
  let known = 0;
  for (let day = 1; day <= USUAL_DAYS; day++) {
    const value = pastAround(series, minute - day * DAY_MINUTES);
    if (value !== value) continue;
    sum += value;
    known++;
  }
  return known === 0 ? NaN : sum / known;
}

/** Last five minutes against the last half hour, 0 = no change or not known. */
function relativeChange(series: Series, minute: number, column: number): number {
  const now = meanOver(series, minute, { column, length: 5 });
  const before = meanOver(series, minute, { column, length: LINE_MINUTES });
  return Number.isNaN(now) || !(before > 0) ? 0 : now / before - 1;
}
