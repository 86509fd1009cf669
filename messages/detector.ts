/**
 * What the detector answers. It has no facts of its own: whoever wants to know asks.
 *
 * @module
 */
import type { Anomaly, AnomalyKind, HealingAttempt } from "../model/anomaly.ts";

/** Why a detector ran or did not; Cruise Control's names. */
export type DetectorStatus =
  | "READY"
  | "SKIP_HAS_OFFLINE_REPLICAS"
  | "SKIP_LOAD_MONITOR_NOT_READY"
  | "SKIP_EXECUTOR_NOT_READY"
  | "SKIP_MODEL_GENERATION_NOT_CHANGED"
  | "SKIP_HAS_DEAD_BROKERS"
  /** The cluster or the analyzer did not answer. */
  | "FAILED";

/** One detector. */
export interface DetectorView {
  readonly kind: AnomalyKind;
  /** Of its latest run, undefined before the first. */
  readonly status: DetectorStatus | undefined;
  /** Why it could not look, undefined when it could. */
  readonly problem: string | undefined;
  readonly lastRunAtMs: number | undefined;
  readonly nextRunAtMs: number;
  readonly selfHealing: boolean;
  /** Share of the time since the start for which self-healing was on, 0..1; undefined right after the start. */
  readonly selfHealingRatio: number | undefined;
  /** Anomalies of this kind since the start. */
  readonly detected: number;
}

/** What the detector knows and does. */
export interface DetectorState {
  readonly detectors: readonly DetectorView[];
  /** Newest first, at most `num.cached.recent.anomaly.states` of a kind. */
  readonly recent: readonly Anomaly[];
  /** The attempt that is being planned or executed. */
  readonly healing: HealingAttempt | undefined;
  /** 0..100, -1 while replicas are offline, 100 before the first look. */
  readonly balancedness: number;
  /** Milliseconds since this life of the detector began. */
  readonly uptimeMs: number;
  /** Attempts of all lives that reached the executor, and those that did not. */
  readonly fixesStarted: number;
  readonly fixesFailedToStart: number;
  /** Mean time from the alert to the start of the fix, ms; undefined before the first fix. */
  readonly meanTimeToStartFixMs: number | undefined;
  /** Since when there is an anomaly that somebody was told of, epoch ms. */
  readonly ongoingSinceMs: number | undefined;
  /** Notifications that reached the webhook, and those given up; both 0 without a webhook. */
  readonly notificationsSent: number;
  readonly notificationsLost: number;
}

/** Self-healing by kind. */
export type SelfHealingSwitches = Readonly<Record<AnomalyKind, boolean>>;

/** Requests that the detector answers. */
export interface DetectorRequests {
  /** Answered at once. */
  get_detector_state: {
    request: { readonly kind: "get_detector_state" };
    answer: DetectorState;
  };
  /**
   * Switches self-healing on and off by kind; kept over restarts until the configuration of that kind changes.
   * Answered when it is stored. Fails with `store_full`, `store_corrupt` or `deadline_exceeded`.
   */
  set_self_healing: {
    request: {
      readonly kind: "set_self_healing";
      readonly enable: readonly AnomalyKind[];
      readonly disable: readonly AnomalyKind[];
    };
    answer: { readonly before: SelfHealingSwitches; readonly after: SelfHealingSwitches };
  };
}
