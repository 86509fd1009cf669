/**
 * The anomaly detector's sub-state of `state` in plain text.
 *
 * @module
 */
import {
  ANOMALY_TYPES,
  type AnomalyJson,
  type detectorStateJson,
} from "../shapes/detector_state.ts";
import { double, fixed, list, map, utcSeconds } from "../java_format.ts";

/** Kinds whose mean times upstream prints, in its order. */
const MEAN_TYPES = [
  "GOAL_VIOLATION",
  "BROKER_FAILURE",
  "METRIC_ANOMALY",
  "DISK_FAILURE",
  "TOPIC_ANOMALY",
];

/** The line of the anomaly detector, and the empty line that follows it. */
export function detectorText(state: ReturnType<typeof detectorStateJson>): string {
  const { metrics } = state;
  const ratios = map(
    ANOMALY_TYPES.map((type) => [type, double(state.selfHealingEnabledRatio[type] ?? 0)] as const),
  );
  const means = MEAN_TYPES.map((type) =>
    `${type}:${duration(metrics.meanTimeBetweenAnomaliesMs[type] ?? 0)}`
  ).join(", ");
  const figures = `{meanTimeBetweenAnomalies:{${means}}, ` +
    `meanTimeToStartFix:${duration(metrics.meanTimeToStartFixMs)}, ` +
    `numSelfHealingStarted:${metrics.numSelfHealingStarted}, ` +
    `numSelfHealingFailedToStart:${metrics.numSelfHealingFailedToStart}, ` +
    `ongoingAnomalyDuration=${duration(metrics.ongoingAnomalyDurationMs)}}`;
  return `AnomalyDetectorState: {selfHealingEnabled:${list(state.selfHealingEnabled)}, ` +
    `selfHealingDisabled:${list(state.selfHealingDisabled)}, selfHealingEnabledRatio:${ratios}, ` +
    `recentGoalViolations:${anomalies(state.recentGoalViolations)}, ` +
    `recentBrokerFailures:${anomalies(state.recentBrokerFailures)}, ` +
    `recentMetricAnomalies:${anomalies(state.recentMetricAnomalies)}, ` +
    `recentDiskFailures:${anomalies(state.recentDiskFailures)}, ` +
    `recentTopicAnomalies:${anomalies(state.recentTopicAnomalies)}, ` +
    `recentMaintenanceEvents:${anomalies(state.recentMaintenanceEvents)}, metrics:${figures}, ` +
    `ongoingSelfHealingAnomaly:${state.ongoingSelfHealingAnomaly ?? "None"}, ` +
    `balancednessScore:${fixed(state.balancednessScore, 3)}}\n\n`;
}

function anomalies(items: readonly AnomalyJson[]): string {
  return list(items.map((item) =>
    map([
      ["anomalyId", item.anomalyId],
      ["detectionDate", utcSeconds(item.detectionMs)],
      ["statusUpdateDate", utcSeconds(item.statusUpdateMs)],
      ["status", item.status],
      ...details(item),
    ])
  ));
}

function details(item: AnomalyJson): (readonly [string, string])[] {
  const { fixableViolatedGoals, failedBrokersByTimeMs, failedDisksByTimeMs } = item;
  if (fixableViolatedGoals !== undefined) {
    return [
      ["fixableViolatedGoals", list(fixableViolatedGoals)],
      ["unfixableViolatedGoals", list(item.unfixableViolatedGoals ?? [])],
    ];
  }
  if (failedBrokersByTimeMs !== undefined) {
    return [["failedBrokersByTimeMs", map(Object.entries(failedBrokersByTimeMs))]];
  }
  const disks = Object.entries(failedDisksByTimeMs ?? {}).map(([broker, dirs]) =>
    [broker, map(Object.entries(dirs))] as const
  );
  return [["failedDisksByTimeMs", map(disks)]];
}

function duration(ms: number): string {
  const units: readonly [number, string][] = [
    [86_400_000, "days"],
    [3_600_000, "hours"],
    [60_000, "minutes"],
    [1_000, "seconds"],
  ];
  const unit = units.find(([size]) => ms >= size);
  return unit === undefined
    ? `${fixed(ms, 2)} milliseconds`
    : `${fixed(ms / unit[0], 2)} ${unit[1]}`;
}
