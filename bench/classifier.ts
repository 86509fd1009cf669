/**
 * What the classifier is worth: three seeds of a simulated week, a training on the metrics of each, and its scores
 * beside those of who has not learned. Then a training on 30 days of 12 brokers, and how long it blocks its thread.
 *
 * The clusters are drawn as everywhere, with twice the usual traffic so that brokers cross both thresholds of cpu. The
 * lower threshold of memory is raised to 0.4: simulated heaps never fall below 0.25, so that no broker would ever be
 * under-loaded.
 *
 * @module
 */
import { loadForestLibrary } from "../actors/classifier/forest.ts";
import { type History, recordReading, takeDirty } from "../actors/classifier/history.ts";
import { classifierSettings } from "../actors/classifier/settings.ts";
import { type Trained, trainSteps } from "../actors/classifier/training.ts";
import { pastMetrics, simSpec } from "../cluster/sim/mod.ts";
import { defaultConfig } from "../config/parse.ts";
import { sleepUntil, systemClock } from "../lib/clock.ts";
import { silentLog } from "../lib/log.ts";
import { createPrng } from "../lib/prng.ts";
import { brokerHistoryStore } from "../store/broker_history.ts";
import { createSystem } from "../workers/system.ts";
import type { BenchResult } from "./result.ts";

const SEEDS = [1, 2, 3];
/** Other seeds, separated by commas: then a week and 30 days of each are scored, and nothing else is measured. */
const OTHER_SEEDS = Deno.env.get("EVENKEEL_CLASSIFIER_SEEDS");
/** A Monday. */
const START_MS = Date.UTC(2026, 0, 5);
/** See the top of the file. */
const SETTINGS = { "evenkeel.classifier.memory.under.threshold": "0.4" };
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

/** Training in a whole running system with 30 days in its store: how long people and sampling wait meanwhile. */
async function responsiveness(): Promise<BenchResult[]> {
  const directory = await Deno.makeTempDir();
  const clock = systemClock();
  const history = simulatedHistory(1, 30, Math.floor(clock.nowMs() / DAY_MS) * DAY_MS);
  const options = { directory, clock, log: silentLog };
  const store = brokerHistoryStore(options);
  const saved = store.save(takeDirty(history), { keepFromChunk: 0 });
  store.close();
  if (!saved.ok) throw new Error(saved.failure.message);
  const port = freePort();
  const { supervisor, close } = createSystem({
    config: defaultConfig({
      "evenkeel.data.dir": directory,
      "webserver.http.port": String(port),
      ...SETTINGS,
    }),
    clock,
    sink: () => {},
    onClusterLost: (failure) => {
      throw new Error(failure.message);
    },
  });
  const started = await supervisor.start();
  if (!started.ok) throw new Error(started.failure.message);
  const beforeMs: number[] = [];
  const stateMs: number[] = [];
  const classifierMs: number[] = [];
  const url = `http://127.0.0.1:${port}/kafkacruisecontrol/state?json=true`;
  const timed = async (list: number[], work: () => Promise<unknown>) => {
    const startMs = clock.monotonicMs();
    await work();
    list.push(clock.monotonicMs() - startMs);
  };
  const askState = () => fetch(url).then((response) => response.text());
  const giveUpMs = clock.nowMs() + 10 * MINUTE_MS;
  const classifier = async () => {
    const state = await supervisor.request<"get_classifier_state">({
      kind: "get_classifier_state",
    });
    if (!state.ok) throw new Error(state.failure.message);
    return state.value;
  };
  await sleepUntil(clock, clock.nowMs() + MINUTE_MS / 2);
  for (;;) {
    const state = await classifier();
    if (state.lastTraining !== null) break;
    if (clock.nowMs() > giveUpMs) throw new Error(state.explanation);
    await timed(state.training === null ? beforeMs : stateMs, askState);
    if (state.training !== null) await timed(classifierMs, classifier);
    await sleepUntil(clock, clock.nowMs() + 10);
  }
  await supervisor.stop();
  close();
  await Deno.remove(directory, { recursive: true });
  const figure = (name: string, list: number[], share: number, target?: number): BenchResult => ({
    name: `${name} (${list.length} calls)`,
    value: list.sort((a, b) => a - b)[Math.ceil(share * list.length) - 1]!,
    unit: "ms",
    ...(target === undefined ? {} : { target }),
  });
  return [
    figure("p99 of state before a training", beforeMs, 0.99),
    figure("p99 of state during a training on 30 days", stateMs, 0.99, 50),
    figure("median of the classifier's own answer meanwhile", classifierMs, 0.5),
    figure("longest of the classifier's own answers meanwhile", classifierMs, 1, 500),
  ];
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Scores of three seeds, then the cost of a training. */
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
  results.push({
    name: "training on 30 days of 12 brokers",
    value: month.totalMs / 1000,
    unit: "s",
  });
  results.push(...await responsiveness());
  results.push({
    name: "longest block of its thread",
    value: month.longestMs,
    unit: "ms",
    target: 500,
  });
  return results;
}
