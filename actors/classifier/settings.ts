/** The classifier's part of the configuration. */
import type { Config } from "../../config/table.ts";
import type { StateRules } from "./labels.ts";
import type { TrainingOptions } from "./training.ts";

/** What the classifier is told. Times in ms unless named otherwise. */
export interface ClassifierSettings {
  readonly rules: StateRules;
  readonly training: Omit<TrainingOptions, "prng" | "previous">;
  readonly predictIntervalMs: number;
  readonly votesMax: number;
  readonly history: { readonly days: number; readonly rowsMax: number };
  readonly flushIntervalMs: number;
  readonly trainIntervalMs: number;
  /** Macro-F1. */
  readonly minGain: number;
  readonly modelsKept: number;
}

/** Reads the settings. */
export function classifierSettings(config: Config): ClassifierSettings {
  const horizon = config["evenkeel.classifier.horizon.minutes"];
  const rules: StateRules = {
    cpuUnder: config["evenkeel.classifier.cpu.under.threshold"],
    cpuOver: config["evenkeel.classifier.cpu.over.threshold"],
    memoryUnder: config["evenkeel.classifier.memory.under.threshold"],
    memoryOver: config["evenkeel.classifier.memory.over.threshold"],
    horizon,
    // A longer one would begin before the prediction: labels must lie in the future.
    cpuWindow: Math.min(horizon, config["evenkeel.classifier.cpu.window.minutes"]),
    memoryWindow: config["evenkeel.classifier.memory.window.minutes"],
  };
  return {
    rules,
    training: {
      rules,
      trees: config["evenkeel.classifier.train.trees"],
      rowsPerTree: config["evenkeel.classifier.train.rows.per.tree"],
      testFraction: config["evenkeel.classifier.train.test.fraction"],
      onsetPrecision: config["evenkeel.classifier.onset.precision"],
      minMinutes: config["evenkeel.classifier.train.min.minutes"],
    },
    predictIntervalMs: config["evenkeel.classifier.predict.interval.ms"],
    votesMax: config["evenkeel.classifier.votes"],
    history: {
      days: config["evenkeel.classifier.history.days"],
      rowsMax: config["evenkeel.classifier.history.rows.max"],
    },
    flushIntervalMs: config["evenkeel.classifier.history.flush.interval.ms"],
    trainIntervalMs: config["evenkeel.classifier.train.interval.ms"],
    minGain: config["evenkeel.classifier.min.gain"],
    modelsKept: config["evenkeel.classifier.models.kept"],
  };
}
