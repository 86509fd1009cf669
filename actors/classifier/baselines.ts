/**
 * What a forest has to beat: predictions that anybody can make without learning.
 *
 * @module
 */
import { DAY_MINUTES, forecastCpu } from "./features.ts";
import type { Series } from "./history.ts";
import { cpuAt, memoryAt, stateAt, stateOf, type StateRules, UNKNOWN } from "./labels.ts";

/** Names of the baselines, in the order of {@link baselinesAt}. */
export const BASELINES = ["persistence", "same_time_yesterday", "linear_forecast"] as const;

/** Name of a baseline. */
export type BaselineName = typeof BASELINES[number];

/** What a baseline says about a minute one horizon later. */
export interface BaselineAnswer {
  /** State index. Never unknown where the state at the minute is known. */
  readonly state: number;
  /** The larger, the nearer it sees an overload: 0 = at the threshold. */
  readonly overScore: number;
}

/** The answers of all baselines for a minute whose state is known, from rows up to it. */
export function baselinesAt(
  series: Series,
  minute: number,
  rules: StateRules,
): Record<BaselineName, BaselineAnswer> {
  const cpu = cpuAt(series, minute, rules);
  const memory = memoryAt(series, minute, rules);
  const answer = (cpu: number, memory: number): BaselineAnswer => ({
    state: stateOf(cpu, memory, rules),
    overScore: Math.max(cpu - rules.cpuOver, memory - rules.memoryOver),
  });
  const persistence = answer(cpu, memory);
  const then = minute + rules.horizon - DAY_MINUTES;
  return {
    persistence,
    // Without a yesterday nothing is better than today.
    same_time_yesterday: stateAt(series, then, rules) === UNKNOWN
      ? persistence
      : answer(cpuAt(series, then, rules), memoryAt(series, then, rules)),
    // The lowest heap has no trend within half an hour that a line could carry on.
    linear_forecast: answer(forecastCpu(series, minute, rules), memory),
  };
}
