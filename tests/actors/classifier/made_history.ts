/** Histories that are made up, for tests. */
import {
  BYTES_IN,
  CPU,
  emptySeries,
  FETCH_MS,
  HEAP,
  type History,
  MESSAGES,
  PRODUCE_MS,
  type Series,
  setValue,
} from "../../../actors/classifier/history.ts";
import type { StateRules } from "../../../actors/classifier/labels.ts";
import { createPrng, type Prng } from "../../../lib/prng.ts";

/** Minutes since the epoch of a Monday, 00:00 UTC. */
export const START_MINUTE = Date.UTC(2026, 0, 5) / 60_000;

/** The usual thresholds, with short windows. */
export const RULES: StateRules = {
  cpuUnder: 0.25,
  cpuOver: 0.5,
  memoryUnder: 0.5,
  memoryOver: 0.9,
  horizon: 10,
  cpuWindow: 5,
  memoryWindow: 5,
};

/** Writes a whole row: `cpu` and what follows from it. */
export function setRow(series: Series, minute: number, row: { cpu: number; heap?: number }): void {
  const set = (column: number, value: number) => setValue(series, minute, { column, value });
  set(CPU, row.cpu);
  set(HEAP, row.heap ?? 0.3);
  set(MESSAGES, 1000 * row.cpu);
  set(BYTES_IN, 500 * row.cpu);
  set(PRODUCE_MS, 2 / (1.01 - row.cpu));
  set(FETCH_MS, 1 / (1.01 - row.cpu));
}

/** A series of `minutes` rows from START_MINUTE on, by a function of the minute from 0. */
export function seriesOf(minutes: number, cpu: (minute: number) => number): Series {
  const series = emptySeries();
  for (let m = 0; m < minutes; m++) setRow(series, START_MINUTE + m, { cpu: cpu(m) });
  return series;
}

/** Brokers 0.. with cpu that goes up and down with a period of their own of some hours, and noise. */
export function wavyHistory(
  options: { readonly seed: number; readonly brokers: number; readonly minutes: number },
): History {
  const history: History = new Map();
  for (let id = 0; id < options.brokers; id++) {
    const prng: Prng = createPrng(options.seed).fork(`broker-${id}`);
    const period = 120 + 60 * prng.next();
    const phase = prng.next();
    history.set(
      id,
      seriesOf(options.minutes, (m) => {
        const wave = Math.sin(2 * Math.PI * (m / period + phase));
        return Math.min(0.95, Math.max(0.02, 0.375 + 0.25 * wave + 0.01 * prng.normal()));
      }),
    );
  }
  return history;
}
