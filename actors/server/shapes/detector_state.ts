/**
 * Cruise Control's anomaly detector state, a sub-state of `state`. Clients read every member unconditionally, so the
 * kinds that there is no detector for are shown as switched off and never seen.
 *
 * @module
 */
import type { DetectorState } from "../../../messages/detector.ts";
import type { Anomaly, AnomalyKind } from "../../../model/anomaly.ts";

/** Kinds of anomalies that upstream has, in the order that it prints them. */
export const ANOMALY_TYPES = [
  "BROKER_FAILURE",
  "DISK_FAILURE",
  "GOAL_VIOLATION",
  "METRIC_ANOMALY",
  "TOPIC_ANOMALY",
  "MAINTENANCE_EVENT",
] as const;

/** One anomaly as clients read it. Which members it has beside the first four depends on its kind. */
export interface AnomalyJson {
  readonly anomalyId: string;
  readonly detectionMs: number;
  readonly status: string;
  readonly statusUpdateMs: number;
  readonly fixableViolatedGoals?: readonly string[];
  readonly unfixableViolatedGoals?: readonly string[];
  /** Epoch ms by broker id. */
  readonly failedBrokersByTimeMs?: Readonly<Record<string, number>>;
  /** Epoch ms by broker id and log dir. */
  readonly failedDisksByTimeMs?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The state in Cruise Control's shape at `nowMs`. */
export function detectorStateJson(state: DetectorState, nowMs: number) {
  const ofKind = (kind: AnomalyKind) =>
    state.recent.filter(({ condition }) => condition.kind === kind).map(anomalyJson);
  const view = (type: string) => state.detectors.find(({ kind }) => kind === type);
  const isOn = (type: string) => view(type)?.selfHealing === true;
  const seen = (type: string) => view(type)?.detected ?? 0;
  const byType = (value: (type: string) => number): Record<string, number> =>
    Object.fromEntries(ANOMALY_TYPES.map((type) => [type, value(type)]));
  return {
    selfHealingEnabled: ANOMALY_TYPES.filter(isOn) as readonly string[],
    selfHealingDisabled: ANOMALY_TYPES.filter((type) => !isOn(type)) as readonly string[],
    selfHealingEnabledRatio: byType((type) => view(type)?.selfHealingRatio ?? 0),
    recentGoalViolations: ofKind("GOAL_VIOLATION"),
    recentBrokerFailures: ofKind("BROKER_FAILURE"),
    recentMetricAnomalies: [] as readonly AnomalyJson[],
    recentDiskFailures: ofKind("DISK_FAILURE"),
    recentTopicAnomalies: [] as readonly AnomalyJson[],
    recentMaintenanceEvents: [] as readonly AnomalyJson[],
    metrics: {
      meanTimeBetweenAnomaliesMs: byType((type) =>
        seen(type) === 0 ? 0 : state.uptimeMs / seen(type)
      ),
      meanTimeToStartFixMs: state.meanTimeToStartFixMs ?? 0,
      numSelfHealingStarted: state.fixesStarted,
      numSelfHealingFailedToStart: state.fixesFailedToStart,
      ongoingAnomalyDurationMs: state.ongoingSinceMs === undefined
        ? 0
        : nowMs - state.ongoingSinceMs,
    },
    ...(state.healing === undefined ? {} : { ongoingSelfHealingAnomaly: state.healing.anomalyId }),
    balancednessScore: state.balancedness,
  };
}

function anomalyJson(anomaly: Anomaly): AnomalyJson {
  const { id, detectedAtMs, status, statusAtMs, condition } = anomaly;
  const common = { anomalyId: id, detectionMs: detectedAtMs, status, statusUpdateMs: statusAtMs };
  switch (condition.kind) {
    case "GOAL_VIOLATION":
      return {
        ...common,
        fixableViolatedGoals: condition.fixable,
        unfixableViolatedGoals: condition.unfixable,
      };
    // Upstream has no such list, so that this is never asked for; our own API shows all of it.
    case "PREDICTED_OVERLOAD":
      return common;
    case "BROKER_FAILURE":
      return {
        ...common,
        failedBrokersByTimeMs: Object.fromEntries(
          condition.failedBrokers.map(({ brokerId, sinceMs }) => [brokerId, sinceMs]),
        ),
      };
    case "DISK_FAILURE": {
      const disks: Record<string, Record<string, number>> = {};
      for (const { brokerId, logDir, sinceMs } of condition.failedDisks) {
        (disks[brokerId] ??= {})[logDir] = sinceMs;
      }
      return { ...common, failedDisksByTimeMs: disks };
    }
  }
}
