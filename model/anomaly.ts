/**
 * An anomaly: something about the cluster that people should know of, from when it was first seen until it is gone,
 * and what was done about it. Plain data, as it is stored and sent.
 *
 * @module
 */

/** Kinds of anomalies that there is a detector for, most urgent first; Cruise Control's names, and one of our own. */
export const ANOMALY_KINDS = [
  "BROKER_FAILURE",
  "DISK_FAILURE",
  "PREDICTED_OVERLOAD",
  "GOAL_VIOLATION",
] as const;

/** Kind of an anomaly. */
export type AnomalyKind = typeof ANOMALY_KINDS[number];

/** What became of an anomaly so far; Cruise Control's names. */
export type AnomalyStatus =
  | "DETECTED"
  | "IGNORED"
  | "FIX_STARTED"
  | "FIX_FAILED_TO_START"
  | "CHECK_WITH_DELAY"
  | "LOAD_MONITOR_NOT_READY"
  | "COMPLETENESS_NOT_READY";

/** What is wrong. */
export type AnomalyCondition =
  | {
    readonly kind: "BROKER_FAILURE";
    /** Brokers that host replicas and are not alive, by id; `sinceMs`: when that was first seen, epoch ms. */
    readonly failedBrokers: readonly { readonly brokerId: number; readonly sinceMs: number }[];
    readonly aliveBrokers: number;
  }
  | {
    readonly kind: "DISK_FAILURE";
    /** Log dirs that their broker reports as failed, by broker id and path. */
    readonly failedDisks: readonly {
      readonly brokerId: number;
      readonly logDir: string;
      readonly sinceMs: number;
    }[];
    /** Replicas on those brokers that are offline and whose partition has a leader: what can be moved. */
    readonly offlineReplicas: number;
  }
  | {
    readonly kind: "PREDICTED_OVERLOAD";
    /** Brokers that most of the latest predictions call over-loaded, by id. */
    readonly overloads: readonly PredictedOverload[];
    /** How far ahead was predicted, ms. */
    readonly horizonMs: number;
  }
  | {
    readonly kind: "GOAL_VIOLATION";
    /** Violated goals that a plan meets, most important first. */
    readonly fixable: readonly string[];
    /** Violated goals that no plan was found for. */
    readonly unfixable: readonly string[];
    /** Those of them that a plan brings nearer: what can be healed of them is. Absent when there is none. */
    readonly partly?: readonly string[];
  };

/** A broker that is going to be over-loaded, or is and is going to stay so. Fractions of its cores or its heap. */
export interface PredictedOverload {
  readonly brokerId: number;
  /** When that was first predicted, epoch ms. */
  readonly sinceMs: number;
  /** Which limit it is expected to reach. */
  readonly resource: "cpu" | "memory";
  /** Cpu one horizon later, or memory now; at the time of the latest prediction. */
  readonly expected: number;
  readonly limit: number;
}

/** What a plan would change. */
export interface HealingPlan {
  readonly operation: string;
  readonly interBrokerReplicaMoves: number;
  readonly intraBrokerReplicaMoves: number;
  readonly leadershipMoves: number;
  readonly mbToMove: number;
  /** Goals violated before and met afterwards. */
  readonly goalsMet: readonly string[];
  /** What it cannot heal, for people; absent when it heals all. */
  readonly left?: string;
  /** When it was made, epoch ms. */
  readonly atMs: number;
}

/** One change of an anomaly's status. */
export interface AnomalyTransition {
  readonly atMs: number;
  readonly status: AnomalyStatus;
  /** Why, for people. */
  readonly reason: string;
}

/** One attempt to heal. */
export interface HealingAttempt {
  readonly executionUuid: string;
  readonly anomalyId: string;
  readonly begunAtMs: number;
  /**
   * ```
   * planning --> executing --> ended
   *     +-----------------------^
   * ```
   */
  readonly state: "planning" | "executing" | "ended";
  readonly plan: HealingPlan | undefined;
  readonly endedAtMs: number | undefined;
  /** How it ended: an outcome of the executor, or why nothing was executed. */
  readonly outcome: string | undefined;
}

/** One anomaly: from when its condition was first seen until it is gone. */
export interface Anomaly {
  readonly id: string;
  readonly condition: AnomalyCondition;
  readonly detectedAtMs: number;
  readonly status: AnomalyStatus;
  /** Why it has this status. */
  readonly reason: string;
  readonly statusAtMs: number;
  /** When the condition was gone, undefined while it lasts. */
  readonly endedAtMs: number | undefined;
  /** When somebody was told of it first, undefined while nobody was. */
  readonly alertedAtMs: number | undefined;
  /** What self-healing would have done, while it is off for this kind. */
  readonly wouldDo: HealingPlan | undefined;
  /** Oldest first; the latest ones when there are many. */
  readonly transitions: readonly AnomalyTransition[];
  /** Oldest first. */
  readonly attempts: readonly HealingAttempt[];
}
