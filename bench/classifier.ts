/**
 * What the classifier is worth: three seeds of a simulated week, a training on the metrics of each, and its scores
 * beside those of who has not learned; the same for a month.
 *
 * The clusters are drawn as everywhere, with twice the usual traffic so that brokers cross both thresholds of cpu. The
 * lower threshold of memory is raised to 0.4: simulated heaps never fall below 0.25, so that no broker would ever be
 * under-loaded.
 *
 * @module
 */
import { loadForestLibrary } from "../actors/classifier/forest.ts";
import { type History, recordReading } from "../actors/classifier/history.ts";
import { classifierSettings } from "../actors/classifier/settings.ts";
import { type Trained, trainSteps } from "../actors/classifier/training.ts";
import { pastMetrics, simSpec } from "../cluster/sim/mod.ts";
import { defaultConfig } from "../config/parse.ts";
import { systemClock } from "../lib/clock.ts";
import { createPrng } from "../lib/prng.ts";
import type { BenchResult } from "./result.ts";

const SEEDS = [1, 2, 3];
/** Other seeds, separated by commas: then a week and 30 days of each are scored, and nothing else is measured. */
const OTHER_SEEDS = Deno.env.get("EVENKEEL_CLASSIFIER_SEEDS");
/** A Monday. */
const START_MS = Date.UTC(2026, 0, 5);
/** See the top of the file. */
export const SETTINGS = { "evenkeel.classifier.memory.under.threshold": "0.4" };
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

/** Broker metrics of a simulated cluster, a reading a minute. */
export function simulatedHistory(
  seed: number,
  days: number,
  endMs = START_MS + days * DAY_MS,
): History {
  const spec = simSpec({ seed, brokers: 12, bytesPerSecPerBroker: 2e6 });
  const history: History = new Map();
  const startMs = endMs - days * DAY_MS;
  for (const read of pastMetrics(spec, { seed, startMs, endMs })) {
    recordReading(history, read.atMs, read);
  }
  return history;
}

/** Trains as the actor does; gives the longest step, too, ms. */
export function train(
  history: History,
  seed: number,
): { trained: Trained; longestMs: number; totalMs: number } {
  const settings = classifierSettings(
    defaultConfig(SETTINGS),
  );
  const wall = systemClock();
  const steps = trainSteps(history, { ...settings.training, prng: createPrng(seed) });
  let longestMs = 0;
  const startMs = wall.monotonicMs();
  for (;;) {
    const beforeMs = wall.monotonicMs();
    const step = steps.next();
    longestMs = Math.max(longestMs, wall.monotonicMs() - beforeMs);
    if (!step.done) continue;
    if (!step.value.ok) throw new Error(step.value.failure.message);
    return { trained: step.value.value, longestMs, totalMs: wall.monotonicMs() - startMs };
  }
}

function figures(seed: number, trained: Trained): BenchResult[] {
  return Object.entries(trained.scores).flatMap(([who, scores]) => {
    const of = (name: string, value: number) => ({
      name: `seed ${seed}, ${who}: ${name}`,
      value,
      unit: "share",
    });
    return [
      of("macro-F1", scores.macroF1),
      of(
        `accuracy on ${scores.changedRows} of ${scores.rows} rows that change`,
        scores.changedAccuracy,
      ),
      of(`recall of ${scores.onsetRows} onsets of overload at precision 0.5`, scores.onsetRecall),
    ];
  });
}

/** Scores of three seeds, and of a month. */
export async function run(): Promise<BenchResult[]> {
  await loadForestLibrary();
  const results: BenchResult[] = [];
  if (OTHER_SEEDS !== undefined) {
    for (const seed of OTHER_SEEDS.split(",").map(Number)) {
      for (const days of [7, 30]) {
        const { trained } = train(simulatedHistory(seed, days), seed);
        results.push(
          ...figures(seed, trained).map((one) => ({ ...one, name: `${days} days, ${one.name}` })),
        );
      }
    }
    return results;
  }
  for (const seed of SEEDS) {
    const { trained } = train(simulatedHistory(seed, 7), seed);
    results.push(...figures(seed, trained));
  }
  const month = train(simulatedHistory(1, 30), 1);
  results.push(
    ...figures(1, month.trained).map((one) => ({ ...one, name: `30 days, ${one.name}` })),
  );
  return results;
}
