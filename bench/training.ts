/**
 * What a training costs those who wait meanwhile: a whole running system with 30 days of metrics of 12 brokers in its
 * store, asked for its state before and during the training; and the training on its own.
 *
 * @module
 */
import { loadForestLibrary } from "../actors/classifier/forest.ts";
import { takeDirty } from "../actors/classifier/history.ts";
import { defaultConfig } from "../config/parse.ts";
import { sleepUntil, systemClock } from "../lib/clock.ts";
import { silentLog } from "../lib/log.ts";
import { brokerHistoryStore } from "../store/broker_history.ts";
import { createSystem } from "../workers/system.ts";
import { SETTINGS, simulatedHistory, train } from "./classifier.ts";
import type { BenchResult } from "./result.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

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

/** The training alone, then in a running system. */
export async function run(): Promise<BenchResult[]> {
  await loadForestLibrary();
  const { totalMs, longestMs } = train(simulatedHistory(1, 30), 1);
  return [
    { name: "training on 30 days of 12 brokers", value: totalMs / 1000, unit: "s" },
    { name: "longest block of its thread", value: longestMs, unit: "ms", target: 500 },
    ...await responsiveness(),
  ];
}
