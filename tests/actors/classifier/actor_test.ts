import { assert, assertEquals, assertMatch } from "@std/assert";
import { createClassifier } from "../../../actors/classifier/mod.ts";
import { FEATURES } from "../../../actors/classifier/features.ts";
import { defaultConfig } from "../../../config/parse.ts";
import type { KeyName } from "../../../config/table.ts";
import { ManualClock } from "../../../lib/clock.ts";
import { type LogRecord, logTo, silentLog } from "../../../lib/log.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { Actor, ActorContext } from "../../../messages/actor.ts";
import type { ClassifierState, StatesPredicted } from "../../../messages/classifier.ts";
import type { Message } from "../../../messages/mod.ts";
import { BROKER_METRICS } from "../../../model/readings.ts";
import { brokerHistoryStore } from "../../../store/broker_history.ts";
import { modelStore } from "../../../store/models.ts";
import { openState, type Store } from "../../../store/open.ts";
import { START_MINUTE } from "./made_history.ts";

const START_MS = START_MINUTE * 60_000;
const MINUTE_MS = 60_000;

const SETTINGS: Partial<Record<KeyName, string>> = {
  "evenkeel.classifier.memory.under.threshold": "0.4",
  "evenkeel.classifier.train.min.minutes": "1000",
  "evenkeel.classifier.train.trees": "12",
  "evenkeel.classifier.train.rows.per.tree": "120",
  "evenkeel.classifier.predict.interval.ms": "60000",
};

interface Rig {
  readonly actor: Actor;
  readonly clock: ManualClock;
  readonly emitted: StatesPredicted[];
  readonly records: LogRecord[];
  readonly state: Store;
  /** A tick now and as long as another one is wanted now. Gives how many there were. */
  tick(): Promise<number>;
  view(): Promise<ClassifierState>;
  stop(): Promise<void>;
}

async function rigIn(directory: string, nowMs: number, settings = SETTINGS): Promise<Rig> {
  const clock = new ManualClock(nowMs);
  const emitted: StatesPredicted[] = [];
  const records: LogRecord[] = [];
  const opened = openState({ directory, clock, log: silentLog });
  assert(opened.ok);
  const history = brokerHistoryStore({ directory, clock, log: silentLog });
  const context = {
    name: "classifier",
    clock,
    prng: createPrng(1),
    log: logTo((record) => records.push(record), "classifier", { nowMs: () => clock.nowMs() }),
    emit: (message: Message) => {
      if (message.kind === "states_predicted") emitted.push(message);
    },
    wake: () => {},
  } as unknown as ActorContext;
  const config = defaultConfig(settings);
  const models = modelStore(opened.value);
  const actor = createClassifier({ context, config, models, history });
  await actor.start();
  return {
    actor,
    clock,
    emitted,
    records,
    state: opened.value,
    async tick() {
      for (let ticks = 1;; ticks++) {
        const next = await actor.tick(clock.nowMs());
        if (next === undefined || next > clock.nowMs()) return ticks;
      }
    },
    async view() {
      const answer = await actor.answers.get_classifier_state!({ kind: "get_classifier_state" });
      assert(answer.ok);
      return answer.value;
    },
    async stop() {
      await actor.stop();
      history.close();
      opened.value.close();
    },
  };
}

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = Deno.makeTempDirSync();
  try {
    await test(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** A reading of these brokers' cpu; NaN = the broker answers without metrics. */
function reading(atMs: number, cpus: ReadonlyMap<number, number>): Message {
  const brokerMetrics = new Float64Array(cpus.size * BROKER_METRICS.length).fill(NaN);
  [...cpus.values()].forEach((cpu, i) => {
    const set = (name: typeof BROKER_METRICS[number], value: number) =>
      brokerMetrics[i * BROKER_METRICS.length + BROKER_METRICS.indexOf(name)] = value;
    set("cpuUsage", cpu);
    if (!Number.isNaN(cpu)) set("heapUsedFraction", 0.3);
  });
  const brokerIds = Int32Array.from(cpus.keys());
  return { kind: "broker_metrics_collected", atMs, brokerIds, brokerMetrics };
}

/** Two brokers that go up and down, in turns, with some noise. */
function waves(minute: number): Map<number, number> {
  const prng = createPrng(minute);
  return new Map([3, 8].map((id, i) => {
    const wave = Math.sin(2 * Math.PI * (minute / 150 + i / 2));
    return [id, 0.375 + 0.25 * wave + 0.01 * prng.normal()];
  }));
}

/** Hands minutes to the rig; the clock follows, ticks only at the end. */
async function feed(rig: Rig, minutes: number, cpus = waves): Promise<void> {
  const from = Math.round((rig.clock.nowMs() - START_MS) / MINUTE_MS);
  for (let m = from; m < from + minutes; m++) {
    await rig.clock.advanceTo(START_MS + m * MINUTE_MS);
    rig.actor.handle(reading(rig.clock.nowMs(), cpus(m)));
  }
}

Deno.test("createClassifier() learns in small ticks, then predicts with votes", async () => {
  await withDirectory(async (directory) => {
    const rig = await rigIn(directory, START_MS);
    assertEquals((await rig.view()).status, "no_metrics");
    await feed(rig, 500);
    await rig.tick();
    const early = await rig.view();
    assertEquals(early.status, "collecting");
    assertMatch(early.explanation, /there are 500 minutes of broker metrics, wanted 1000/);
    assertEquals([early.historyRows, early.historyFromMs], [1_000, START_MS]);
    assertEquals(rig.emitted, [], "nothing is said without a model");
    await feed(rig, 1_500);
    const ticks = await rig.tick();
    assert(ticks > 15, `a training of 12 trees took ${ticks} ticks`);
    const view = await rig.view();
    assertEquals(view.status, "predicting");
    assertMatch(view.explanation, /^Model 1 predicts; the latest training was better than /);
    assert(view.model!.scores.forest.macroF1! > view.model!.scores.persistence.macroF1!);
    for (const { feature } of view.model!.importance) assert(FEATURES.includes(feature as never));
    for (let i = 0; i < 7; i++) {
      await feed(rig, 1);
      await rig.tick();
      await rig.clock.advanceTo(rig.clock.nowMs() + MINUTE_MS);
    }
    const last = rig.emitted.at(-1)!;
    assertEquals([...last.brokerIds], [3, 8]);
    assertEquals([last.modelVersion, last.votesMax, last.horizonMs], [1, 5, 600_000]);
    for (const i of [0, 1]) {
      const votes = [...last.votes.subarray(3 * i, 3 * i + 3)];
      assertEquals(votes.reduce((a, b) => a + b), 5, "the last five count");
      assert(votes[last.states[i]!]! > 0);
    }
    await rig.stop();
  });
});

Deno.test("a broker whose metrics are missing is unknown, not idle; the other goes on", async () => {
  await withDirectory(async (directory) => {
    const rig = await rigIn(directory, START_MS);
    await feed(rig, 2_000);
    await rig.tick();
    const silent = (minute: number) => new Map([[3, NaN], [8, waves(minute).get(8)!]]);
    await feed(rig, 10, silent);
    await rig.tick();
    const last = rig.emitted.at(-1)!;
    assertEquals([last.currentStates[0], last.states[0]], [-1, -1]);
    assert(last.states[1]! >= 0);
    const { brokers } = await rig.view();
    assertEquals([brokers[0]!.current, brokers[0]!.predicted], [null, null]);
    assert(brokers[1]!.current !== null);
    // A day later nobody speaks of it any more.
    await feed(rig, 1_441, (minute) => new Map([[8, waves(minute).get(8)!]]));
    await rig.tick();
    assertEquals((await rig.view()).brokers.map((broker) => broker.brokerId), [8]);
    await rig.stop();
  });
});

Deno.test("a restart keeps history and model, and a damaged model gives way to the one before", async () => {
  await withDirectory(async (directory) => {
    const first = await rigIn(directory, START_MS);
    await feed(first, 2_000);
    await first.tick();
    const before = await first.view();
    assertEquals(before.model!.version, 1);
    await first.stop();

    const second = await rigIn(directory, START_MS + 2_000 * MINUTE_MS);
    const after = await second.view();
    assertEquals(after.model, before.model);
    assertEquals([after.historyRows, after.historyFromMs], [
      before.historyRows,
      before.historyFromMs,
    ]);
    assertEquals(
      after.nextTrainingAtMs,
      before.nextTrainingAtMs,
      "it does not train at each start",
    );
    // A newer good model, whose blob is then damaged.
    second.state.connection.exec(
      `INSERT INTO classifier_model (created_ms, trained_from_ms, trained_to_ms, features, rules, scores, change_share,
        good, verdict, forest) SELECT created_ms, trained_from_ms, trained_to_ms, features, rules, scores, change_share,
        1, verdict, zeroblob(100) FROM classifier_model`,
    );
    await second.stop();

    const third = await rigIn(directory, START_MS + 2_000 * MINUTE_MS);
    assertEquals((await third.view()).model!.version, 1);
    assert(
      third.records.some((r) =>
        /passed over/.test(r.message) && /model 2/.test(String(r.fields.reason))
      ),
    );
    await third.stop();
  });
});

Deno.test("a model that does not beat the baselines is not used, and the state says so", async () => {
  await withDirectory(async (directory) => {
    // Every minute is drawn anew: nothing can be foreseen.
    const rig = await rigIn(directory, START_MS, {
      ...SETTINGS,
      "evenkeel.classifier.min.gain": "0.2",
    });
    await feed(rig, 2_000, (minute) => new Map([[3, 0.1 + 0.6 * createPrng(minute).next()]]));
    await rig.tick();
    const view = await rig.view();
    assertEquals(view.status, "not_better");
    assertMatch(
      view.explanation,
      /not better than \w+: macro-F1 0\.\d+ vs 0\.\d+; nothing is predicted/,
    );
    assertEquals([view.model, view.predictedAtMs], [null, null]);
    await rig.clock.advanceTo(rig.clock.nowMs() + MINUTE_MS);
    await rig.tick();
    assertEquals(rig.emitted, []);
    await rig.stop();
    // Nor is it after a restart.
    const again = await rigIn(directory, rig.clock.nowMs(), SETTINGS);
    assertEquals((await again.view()).status, "not_better");
    await again.stop();
  });
});

Deno.test("readings and questions are taken in the middle of a training", async () => {
  await withDirectory(async (directory) => {
    const rig = await rigIn(directory, START_MS);
    await feed(rig, 2_000);
    const progress: number[] = [];
    for (let i = 0; i < 12; i++) {
      assertEquals(await rig.actor.tick(rig.clock.nowMs()), rig.clock.nowMs(), "at once again");
      rig.actor.handle(reading(rig.clock.nowMs(), waves(1_999)));
      const { training } = await rig.view();
      progress.push(training!.progress);
    }
    assert(progress.at(-1)! > progress[0]!);
    await rig.stop();
  });
});
