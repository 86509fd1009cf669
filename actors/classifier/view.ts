/**
 * How the classifier is, in words and figures. Pure.
 *
 * @module
 */
import {
  type ClassifierState,
  LOAD_STATES,
  type StatesPredicted,
} from "../../messages/classifier.ts";
import {
  CHUNK_MINUTES,
  CPU,
  type History,
  MINUTE_MS,
  oldestMinute,
  rangeOf,
  valueAt,
} from "./history.ts";
import type { ModelInUse } from "./registry.ts";

/** What is remembered of brokers. */
export interface HistorySummary {
  readonly rows: number;
  /** Minutes since the epoch; undefined for an empty history. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

/** Counts the minutes with known cpu. O(rows): some ms a million. */
export function summaryOf(history: History): HistorySummary {
  let rows = 0;
  for (const series of history.values()) {
    const from = oldestMinute(series);
    const end = from + series.chunks.length * CHUNK_MINUTES;
    for (let minute = from; minute < end; minute++) {
      const value = valueAt(series, minute, CPU);
      if (value === value) rows++;
    }
  }
  return { rows, range: rangeOf(history) };
}

/** What the view is made of. */
export interface ViewParts {
  readonly summary: HistorySummary;
  readonly training: { readonly progress: number; readonly step: string } | undefined;
  readonly lastTraining: { readonly endedAtMs: number; readonly verdict: string } | undefined;
  /** Why the latest training did not begin, undefined when it did. */
  readonly waitingFor: string | undefined;
  readonly nextTrainingAtMs: number | undefined;
  readonly inUse: ModelInUse | undefined;
  readonly predicted: StatesPredicted | undefined;
  readonly current: { readonly brokerIds: readonly number[]; readonly states: Int8Array };
  readonly horizonMs: number;
  readonly storeFailure: string | undefined;
}

/** The state that others see. */
export function viewOf(parts: ViewParts): ClassifierState {
  const { summary, inUse, predicted } = parts;
  const status = statusOf(parts);
  return {
    status,
    explanation: explanationOf(status, parts),
    historyRows: summary.rows,
    historyFromMs: summary.range === undefined ? null : summary.range.from * MINUTE_MS,
    historyToMs: summary.range === undefined ? null : summary.range.to * MINUTE_MS,
    training: parts.training ?? null,
    lastTraining: parts.lastTraining ?? null,
    nextTrainingAtMs: parts.nextTrainingAtMs ?? null,
    model: inUse?.report ?? null,
    predictedAtMs: predicted?.atMs ?? null,
    horizonMs: parts.horizonMs,
    brokers: brokersOf(parts),
    storeFailure: parts.storeFailure ?? null,
  };
}

function statusOf(parts: ViewParts): ClassifierState["status"] {
  if (parts.summary.rows === 0) return "no_metrics";
  if (parts.inUse !== undefined) return "predicting";
  if (parts.lastTraining !== undefined) return "not_better";
  return parts.training !== undefined ? "training" : "collecting";
}

function explanationOf(status: ClassifierState["status"], parts: ViewParts): string {
  const { training, lastTraining, inUse } = parts;
  const busy = training === undefined
    ? ""
    : `; training ${Math.round(100 * training.progress)}% (${training.step})`;
  switch (status) {
    case "no_metrics":
      return "No broker metrics have arrived: load states are unknown";
    case "collecting":
      return parts.waitingFor ?? "Collecting broker metrics";
    case "training":
      return `First training${busy.replace("; training", ":")}`;
    case "not_better":
      return `The latest model is ${lastTraining!.verdict}; nothing is predicted${busy}`;
    case "predicting":
      return `Model ${inUse!.report.version} predicts${
        lastTraining === undefined ? "" : `; the latest training was ${lastTraining.verdict}`
      }${busy}`;
    default:
      return status satisfies never;
  }
}

function brokersOf({ current, predicted }: ViewParts): ClassifierState["brokers"] {
  const name = (state: number | undefined) => LOAD_STATES[state ?? -1] ?? null;
  return current.brokerIds.map((brokerId, i) => {
    const at = predicted === undefined ? -1 : predicted.brokerIds.indexOf(brokerId);
    const width = LOAD_STATES.length;
    return {
      brokerId,
      current: name(current.states[i]),
      predicted: at < 0 ? null : name(predicted!.states[at]),
      votes: at < 0
        ? [0, 0, 0]
        : Array.from(predicted!.votes.subarray(at * width, (at + 1) * width)),
    };
  });
}
