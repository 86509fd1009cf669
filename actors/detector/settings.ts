/** The detector's part of the configuration, checked against itself. */
import type { Config } from "../../config/table.ts";
import { ALL_GOAL_NAMES } from "../../goals/catalog.ts";
import { goalListsOf } from "../../goals/goal_lists.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { SelfHealingSwitches } from "../../messages/detector.ts";
import type { AnomalyKind } from "../../model/anomaly.ts";

/** Steps of the doubling wait after fixes that failed: 1, 2, 4, 8, then 12 times the backoff. */
const BACKOFF_FACTOR_MAX = 12;

/** When broker failures are told and healed. Times in ms. */
export interface BrokerFailureRules {
  readonly alertMs: number;
  readonly healMs: number;
  /** More failed brokers than this, or a greater share of all, are left to people. */
  readonly fixableCount: number;
  readonly fixableShare: number;
}

/** What the detector is told. Times in ms. */
export interface DetectorSettings {
  readonly intervalMs: Readonly<Record<AnomalyKind, number>>;
  readonly backoffMs: number;
  readonly brokerFailure: BrokerFailureRules;
  /** As configured; people may switch while running. */
  readonly selfHealing: SelfHealingSwitches;
  /** Part of a limit that plans against predicted overload leave free, 0..1. */
  readonly overloadHeadroom: number;
  readonly excludeDemoted: boolean;
  readonly excludeRemoved: boolean;
  /** Goals whose violation is an anomaly. */
  readonly goals: readonly string[];
  /** Goals of plans that heal. */
  readonly healingGoals: readonly string[];
  readonly recentMax: number;
  readonly historyMax: number;
}

/** Reads the settings. Fails with `invalid_argument` when they contradict each other. */
export function detectorSettings(config: Config): Result<DetectorSettings> {
  const lists = goalListsOf(config, ALL_GOAL_NAMES);
  if (!lists.ok) return lists;
  const alertMs = config["broker.failure.alert.threshold.ms"];
  const healMs = config["broker.failure.self.healing.threshold.ms"];
  if (healMs < alertMs) {
    return fail(
      "invalid_argument",
      `Cannot use broker.failure.self.healing.threshold.ms ${healMs}: must be >= ` +
        `broker.failure.alert.threshold.ms, which is ${alertMs}`,
    );
  }
  const intervalMs = config["anomaly.detection.interval.ms"];
  const healing = config["self.healing.enabled"];
  return ok({
    intervalMs: {
      BROKER_FAILURE: config["broker.failure.detection.interval.ms"] ?? intervalMs,
      DISK_FAILURE: config["disk.failure.detection.interval.ms"] ?? intervalMs,
      PREDICTED_OVERLOAD: config["evenkeel.predicted.overload.detection.interval.ms"] ?? intervalMs,
      GOAL_VIOLATION: config["goal.violation.detection.interval.ms"] ?? intervalMs,
    },
    backoffMs: config["broker.failure.detection.backoff.ms"],
    brokerFailure: {
      alertMs,
      healMs,
      fixableCount: config["fixable.failed.broker.count.threshold"],
      fixableShare: config["fixable.failed.broker.percentage.threshold"],
    },
    selfHealing: {
      BROKER_FAILURE: config["self.healing.broker.failure.enabled"] ?? healing,
      DISK_FAILURE: config["self.healing.disk.failure.enabled"] ?? healing,
      PREDICTED_OVERLOAD: config["evenkeel.self.healing.predicted.overload.enabled"] ?? healing,
      GOAL_VIOLATION: config["self.healing.goal.violation.enabled"] ?? healing,
    },
    overloadHeadroom: config["evenkeel.predicted.overload.headroom"],
    excludeDemoted: config["self.healing.exclude.recently.demoted.brokers"],
    excludeRemoved: config["self.healing.exclude.recently.removed.brokers"],
    goals: lists.value.anomalyDetection,
    healingGoals: lists.value.selfHealing,
    recentMax: config["num.cached.recent.anomaly.states"],
    historyMax: config["evenkeel.anomaly.history.max"],
  });
}

/** How long to wait after `failures` fixes in a row that did not heal. */
export function retryWaitMs(failures: number, backoffMs: number): number {
  return backoffMs * Math.min(BACKOFF_FACTOR_MAX, 2 ** Math.max(0, failures - 1));
}
