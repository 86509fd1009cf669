/**
 * When to train, and which model is in use.
 *
 * ```
 *  waiting --due--> training --ended--> waiting (until the next interval)
 *     ^                |
 *     +--- too little history: asked again later
 * ```
 *
 * @module
 */
import type { Clock } from "../../lib/clock.ts";
import type { Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { Prng } from "../../lib/prng.ts";
import type { ModelStore } from "../../store/models.ts";
import type { History } from "./history.ts";
import { lastGood, type ModelInUse, modelOf, rowOf, verdictOf } from "./registry.ts";
import type { ClassifierSettings } from "./settings.ts";
import { loadForestLibrary } from "./forest.ts";
import { type Trained, type TrainingStep, trainSteps } from "./training.ts";

/** How long to wait when there is too little history to train from. */
const ASK_AGAIN_MS = 10 * 60_000;

/** No training in the first minute after a start: others have more urgent things to do with the processor. */
const START_DELAY_MS = 60_000;

/** What people are told of trainings. */
export interface TrainerView {
  readonly training: TrainingStep | undefined;
  readonly lastTraining: { readonly endedAtMs: number; readonly verdict: string } | undefined;
  readonly waitingFor: string | undefined;
  readonly nextTrainingAtMs: number | undefined;
  readonly inUse: ModelInUse | undefined;
}

/** Trains and keeps models. */
export interface Trainer {
  /** Reads the last good model. */
  restore(nowMs: number): void;
  /** Does one step of a training, or begins one when it is due. Waits only while the library is loaded, once. */
  step(history: History, nowMs: number): Promise<void>;
  isTraining(): boolean;
  /** When it wants the next step. */
  dueMs(): number;
  inUse(): ModelInUse | undefined;
  view(): TrainerView;
  /** Why the store refused a model, undefined when it did not. */
  failure(): string | undefined;
}

/** A trainer without a model. */
export function createTrainer(deps: {
  readonly models: ModelStore;
  readonly settings: ClassifierSettings;
  readonly log: Log;
  readonly prng: Prng;
  readonly clock: Clock;
}): Trainer {
  const { models, settings, log, prng, clock } = deps;
  let inUse: ModelInUse | undefined;
  let running: Generator<TrainingStep, Result<Trained>, void> | undefined;
  let at: TrainingStep | undefined;
  let lastTraining: TrainerView["lastTraining"];
  let waitingFor: string | undefined;
  let nextAtMs = 0;
  let trainings = 0;
  let stepAtMs = 0;
  let failure: string | undefined;

  function end(result: Result<Trained>, nowMs: number): void {
    running = undefined;
    at = undefined;
    if (!result.ok) {
      nextAtMs = nowMs + Math.min(ASK_AGAIN_MS, settings.trainIntervalMs);
      waitingFor = result.failure.message;
      return;
    }
    waitingFor = undefined;
    nextAtMs = nowMs + settings.trainIntervalMs;
    takeOver(result.value, nowMs);
  }

  function takeOver(trained: Trained, nowMs: number): void {
    const verdict = verdictOf(trained, {
      minGain: settings.minGain,
      previousVersion: inUse?.report.version,
    });
    const row = rowOf(trained, {
      rules: settings.rules,
      onsetPrecision: settings.training.onsetPrecision,
      createdMs: nowMs,
      verdict,
    });
    const stays = verdict.use === "previous" ? inUse?.report.version : undefined;
    const saved = models.save(row, {
      keep: settings.modelsKept,
      inUse: stays,
      retire: verdict.use === "none" ? inUse?.report.version : undefined,
    });
    failure = saved.ok ? undefined : saved.failure.message;
    if (!saved.ok) log.error("A model is used but not saved", { reason: saved.failure.message });
    lastTraining = { endedAtMs: nowMs, verdict: verdict.text };
    log.info("A training ended", { verdict: verdict.text, use: verdict.use });
    if (verdict.use === "none") inUse = undefined;
    if (verdict.use !== "new") return;
    // Read back, so that what is used is what a restart would use.
    const version = saved.ok ? saved.value : (inUse?.report.version ?? 0) + 1;
    const model = modelOf({ ...row, version }, settings.rules);
    if (model.ok) inUse = model.value;
    else log.error("A new model cannot be used", { reason: model.failure.message });
  }

  return {
    restore(nowMs) {
      nextAtMs = nowMs + START_DELAY_MS;
      const rows = models.list();
      if (!rows.ok) {
        failure = rows.failure.message;
        log.error("Starting without stored models", { reason: failure });
        return;
      }
      const found = lastGood(rows.value, settings.rules);
      for (const reason of found.passedOver) log.warn("A stored model is passed over", { reason });
      inUse = found.inUse;
      const newest = rows.value[0];
      if (newest === undefined || (inUse === undefined && found.passedOver.length > 0)) return;
      lastTraining = { endedAtMs: newest.createdMs, verdict: newest.verdict };
      nextAtMs = Math.max(
        nextAtMs,
        Math.min(newest.createdMs, nowMs) + settings.trainIntervalMs,
      );
    },
    async step(history, nowMs) {
      if (running === undefined) {
        if (nowMs < nextAtMs || history.size === 0) return;
        await loadForestLibrary();
        running = trainSteps(history, {
          ...settings.training,
          prng: prng.fork(`training-${nowMs}-${trainings++}`),
          ...(inUse === undefined ? {} : { previous: inUse.model }),
        });
      }
      if (nowMs < stepAtMs) return;
      const beforeMs = clock.monotonicMs();
      const next = running.next();
      // As long a pause as the step took: a training never has more than half a processor.
      stepAtMs = clock.nowMs() + Math.ceil(clock.monotonicMs() - beforeMs);
      if (next.done) end(next.value, nowMs);
      else at = next.value;
    },
    isTraining: () => running !== undefined,
    dueMs: () => running !== undefined ? stepAtMs : nextAtMs,
    inUse: () => inUse,
    view: () => ({
      training: at,
      lastTraining,
      waitingFor,
      nextTrainingAtMs: running === undefined ? nextAtMs : undefined,
      inUse,
    }),
    failure: () => failure,
  };
}
