/**
 * Cruise Control's analyzer and anomaly detector states, sub-states of `state`.
 *
 * @module
 */
import type { AnalyzerState } from "../../../messages/analyzer.ts";

/** The analyzer's state as clients read it. */
export interface AnalyzerStateJson {
  readonly isProposalReady: boolean;
  readonly readyGoals: readonly string[];
  readonly goalReadiness?: readonly {
    readonly name: string;
    readonly status: "ready" | "notReady";
    readonly modelCompleteRequirement: {
      readonly requiredNumSnapshots: number;
      readonly minMonitoredPartitionsPercentage: number;
      readonly includeAllTopics: boolean;
    };
  }[];
}

/** The state in Cruise Control's shape. */
export function analyzerStateJson(
  state: AnalyzerState,
  options: { verbose: boolean },
): AnalyzerStateJson {
  return {
    isProposalReady: state.isProposalReady,
    readyGoals: state.readyGoals,
    ...(options.verbose
      ? {
        goalReadiness: state.goalReadiness.map(({ goal, ready, requirements }) => ({
          name: goal,
          status: ready ? "ready" as const : "notReady" as const,
          modelCompleteRequirement: {
            requiredNumSnapshots: requirements.windows,
            minMonitoredPartitionsPercentage: requirements.minValidRatio,
            includeAllTopics: requirements.includeAllTopics,
          },
        })),
      }
      : {}),
  };
}

/** Kinds of anomalies, in the order that upstream prints them. */
export const ANOMALY_TYPES = [
  "BROKER_FAILURE",
  "DISK_FAILURE",
  "GOAL_VIOLATION",
  "METRIC_ANOMALY",
  "TOPIC_ANOMALY",
  "MAINTENANCE_EVENT",
] as const;

function eachType(value: number): Record<string, number> {
  return Object.fromEntries(ANOMALY_TYPES.map((type) => [type, value]));
}

/**
 * The anomaly detector's state while there is no detector: every kind is disabled and nothing was ever detected.
 * Clients read these members unconditionally. 100 is upstream's balancedness before the first evaluation.
 */
export function noDetectorStateJson() {
  return {
    selfHealingEnabled: [] as readonly string[],
    selfHealingDisabled: [...ANOMALY_TYPES] as readonly string[],
    selfHealingEnabledRatio: eachType(0),
    recentGoalViolations: [],
    recentBrokerFailures: [],
    recentMetricAnomalies: [],
    recentDiskFailures: [],
    recentTopicAnomalies: [],
    recentMaintenanceEvents: [],
    metrics: {
      meanTimeBetweenAnomaliesMs: eachType(0),
      meanTimeToStartFixMs: 0,
      numSelfHealingStarted: 0,
      numSelfHealingFailedToStart: 0,
      ongoingAnomalyDurationMs: 0,
    },
    balancednessScore: 100,
  };
}
