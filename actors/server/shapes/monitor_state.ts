/**
 * Cruise Control's monitor state, one of the sub-states of `state`.
 *
 * @module
 */
import type { MonitorState } from "../../../messages/aggregator.ts";
import type { SamplerState } from "../../../messages/sampler.ts";

/** The state as clients read it. */
export interface MonitorStateJson {
  readonly state: "NOT_STARTED" | "RUNNING" | "PAUSED" | "SAMPLING" | "LOADING";
  readonly trained: boolean;
  readonly trainingPct: number;
  readonly numMonitoredWindows: number;
  readonly monitoredWindows?: Readonly<Record<string, number>>;
  readonly numValidPartitions: number;
  readonly numTotalPartitions: number;
  readonly numFlawedPartitions: number;
  readonly monitoringCoveragePct: number;
  readonly reasonOfLatestPauseOrResume?: string;
  readonly loadingProgressPct?: number;
}

/** Share of partitions that a window needs to count as valid in plain text, upstream's default. */
const VALID_WINDOW_RATIO = 0.995;

function stateName(sampler: SamplerState, monitor: MonitorState): MonitorStateJson["state"] {
  if (sampler.state === "paused") return "PAUSED";
  if (monitor.loadingProgress < 1) return "LOADING";
  if (sampler.state === "not_started") return "NOT_STARTED";
  return sampler.state === "sampling" ? "SAMPLING" : "RUNNING";
}

/** The state in Cruise Control's shape. There is no CPU model to train, so it is never trained. */
export function monitorStateJson(
  sampler: SamplerState,
  monitor: MonitorState,
  options: { verbose: boolean },
): MonitorStateJson {
  const state = stateName(sampler, monitor);
  const showsReason = state === "RUNNING" || state === "PAUSED";
  return {
    state,
    trained: false,
    trainingPct: 0,
    numMonitoredWindows: monitor.windows.length,
    ...(options.verbose
      ? {
        monitoredWindows: Object.fromEntries(
          monitor.windows.map((window) => [String(window.endMs), window.monitoredRatio]),
        ),
      }
      : {}),
    numValidPartitions: monitor.validPartitions,
    numTotalPartitions: monitor.totalPartitions,
    numFlawedPartitions: monitor.flawedPartitions,
    monitoringCoveragePct: percent(monitor.validPartitions, monitor.totalPartitions),
    ...(showsReason ? { reasonOfLatestPauseOrResume: sampler.reason ?? "N/A" } : {}),
    ...(state === "LOADING" ? { loadingProgressPct: monitor.loadingProgress * 100 } : {}),
  };
}

/** Windows that enough partitions are valid in. */
export function validWindowCount(monitor: MonitorState): number {
  return monitor.windows.filter((window) => window.monitoredRatio >= VALID_WINDOW_RATIO).length;
}

function percent(part: number, whole: number): number {
  return whole > 0 ? (part / whole) * 100 : 0;
}
