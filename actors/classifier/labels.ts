/**
 * Load states: what a broker's cpu and memory at a time mean, and the label of a row, which lies in its future.
 *
 * ```
 *   features of t                       label of t
 *   .... rows up to t ......|           state at t + horizon: mean cpu of (t + horizon - cpu window, t + horizon]
 * ```
 * The cpu window is at most the horizon, so nothing of the label's cpu is known at t. The memory is the lowest heap of
 * a longer window, of which a part may lie before t: that part is known to everybody, persistence included.
 *
 * @module
 */
import { LOAD_STATES } from "../../messages/classifier.ts";
import {
  CHUNK_MINUTES,
  CPU,
  HEAP,
  lowestOver,
  meanOver,
  oldestMinute,
  type Series,
} from "./history.ts";

/** State index: cpu and memory are below their lower thresholds. */
export const UNDER_LOADED = 0;
/** State index. */
export const OPTIMAL = 1;
/** State index: cpu or memory reaches its upper threshold. */
export const OVER_LOADED = 2;
/** State index: metrics are missing. A broker that says nothing is not idle. */
export const UNKNOWN = -1;

/** States without the unknown. */
export const STATE_COUNT = LOAD_STATES.length;

/** What the states mean. */
export interface StateRules {
  /** Fractions, lower and upper thresholds. */
  readonly cpuUnder: number;
  readonly cpuOver: number;
  readonly memoryUnder: number;
  readonly memoryOver: number;
  /** Minutes. `cpuWindow` <= `horizon`. */
  readonly horizon: number;
  readonly cpuWindow: number;
  readonly memoryWindow: number;
}

/** State of a broker with this cpu and memory, fractions; unknown when one is NaN. */
export function stateOf(cpu: number, memory: number, rules: StateRules): number {
  if (Number.isNaN(cpu) || Number.isNaN(memory)) return UNKNOWN;
  if (cpu >= rules.cpuOver || memory >= rules.memoryOver) return OVER_LOADED;
  return cpu < rules.cpuUnder && memory < rules.memoryUnder ? UNDER_LOADED : OPTIMAL;
}

/** The cpu that the state at a minute is of, NaN when it is not known. */
export function cpuAt(series: Series, minute: number, rules: StateRules): number {
  return meanOver(series, minute, { column: CPU, length: rules.cpuWindow });
}

/** The memory that the state at a minute is of, NaN when it is not known. */
export function memoryAt(series: Series, minute: number, rules: StateRules): number {
  return lowestOver(series, minute, { column: HEAP, length: rules.memoryWindow });
}

/** State of the broker at a minute, from rows up to it. */
export function stateAt(series: Series, minute: number, rules: StateRules): number {
  return stateOf(cpuAt(series, minute, rules), memoryAt(series, minute, rules), rules);
}

/** The label of a minute: the state one horizon later. */
export function labelAt(series: Series, minute: number, rules: StateRules): number {
  return stateAt(series, minute + rules.horizon, rules);
}

/** States of every minute of a series. */
export interface States {
  readonly firstMinute: number;
  /** State index a minute, UNKNOWN = -1. */
  readonly values: Int8Array;
}

/** {@link stateAt} of every minute. */
export function statesOf(series: Series, rules: StateRules): States {
  if (series.chunks.length === 0) return { firstMinute: 0, values: new Int8Array(0) };
  const firstMinute = oldestMinute(series);
  const values = new Int8Array(series.chunks.length * CHUNK_MINUTES);
  for (let i = 0; i < values.length; i++) values[i] = stateAt(series, firstMinute + i, rules);
  return { firstMinute, values };
}

/** State at a minute, unknown outside the series. */
export function stateIn(states: States, minute: number): number {
  return states.values[minute - states.firstMinute] ?? UNKNOWN;
}
