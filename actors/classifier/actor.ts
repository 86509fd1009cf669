/**
 * Remembers broker metrics, learns from them, and predicts how loaded each broker will be.
 *
 * A training runs in the ticks, one small step each, so that readings and questions are never kept waiting for longer
 * than one tree takes to grow.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { earliestMs } from "../../lib/clock.ts";
import { ok } from "../../lib/failure.ts";
import type { Actor, ActorContext } from "../../messages/actor.ts";
import type { StatesPredicted } from "../../messages/classifier.ts";
import type { BrokerHistoryStore } from "../../store/broker_history.ts";
import type { ModelStore } from "../../store/models.ts";
import { currentStates, predictAll } from "./prediction.ts";
import type { ModelInUse } from "./registry.ts";
import { classifierSettings } from "./settings.ts";
import { createTrainer } from "./trainer.ts";
import { createMemory } from "./memory.ts";
import { summaryOf, viewOf } from "./view.ts";
import { MINUTE_MS } from "./history.ts";
import type { Votes } from "./votes.ts";

/** What the classifier needs. The stores are closed by who opened them. */
export interface ClassifierDeps {
  readonly context: ActorContext;
  readonly config: Config;
  readonly models: ModelStore;
  readonly history: BrokerHistoryStore;
}

/** Between two counts of the history, for people. */
const SUMMARY_MS = 60_000;

/** The classifier. */
export function createClassifier(
  { context, config, models, history: store }: ClassifierDeps,
): Actor {
  const settings = classifierSettings(config);
  const { clock, log } = context;
  const { rules } = settings;
  const memory = createMemory({ store, settings, log });
  const trainer = createTrainer({
    models,
    settings,
    log,
    prng: context.prng.fork("classifier"),
    clock,
  });
  const votes: Votes = new Map();
  let predicted: StatesPredicted | undefined;
  let predictAtMs = 0;
  let summary = summaryOf(new Map());
  let summaryAtMs = -Infinity;

  function predict(nowMs: number, inUse: ModelInUse): void {
    // Votes of another model say nothing about this one.
    if (predicted?.modelVersion !== inUse.report.version) votes.clear();
    predicted = predictAll(memory.history(), nowMs, {
      rules,
      model: inUse.model,
      modelVersion: inUse.report.version,
      votes,
      votesMax: settings.votesMax,
    });
    context.emit(predicted);
  }

  async function tick(nowMs: number): Promise<number | undefined> {
    memory.keepUp(nowMs, { mayForget: !trainer.isTraining() });
    await trainer.step(memory.history(), nowMs);
    const inUse = trainer.inUse();
    if (inUse === undefined) predicted = undefined;
    if (nowMs >= predictAtMs) {
      predictAtMs = nowMs + settings.predictIntervalMs;
      if (inUse !== undefined) predict(nowMs, inUse);
    }
    if (memory.history().size === 0) return undefined;
    return earliestMs(
      memory.dueMs(),
      inUse === undefined ? undefined : predictAtMs,
      trainer.dueMs(),
    );
  }

  return {
    start() {
      memory.restore(clock.nowMs());
      trainer.restore(clock.nowMs());
      context.wake();
      return Promise.resolve();
    },
    handle(message) {
      if (message.kind !== "broker_metrics_collected") return;
      memory.record(message.atMs, { brokerIds: message.brokerIds, values: message.brokerMetrics });
      context.wake();
    },
    answers: {
      get_classifier_state() {
        const nowMs = clock.nowMs();
        if (nowMs - summaryAtMs >= SUMMARY_MS || summary.rows === 0) {
          summary = summaryOf(memory.history());
          summaryAtMs = nowMs;
        }
        return ok(viewOf({
          summary,
          ...trainer.view(),
          predicted,
          current: currentStates(memory.history(), nowMs, rules),
          horizonMs: rules.horizon * MINUTE_MS,
          storeFailure: memory.failure() ?? trainer.failure(),
        }));
      },
    },
    tick,
    stop() {
      memory.flush(clock.nowMs());
      return Promise.resolve();
    },
  };
}
