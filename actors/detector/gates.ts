/**
 * Whether a detector may look now. Pure. The table is Cruise Control's:
 *
 * | detector | nothing changed | offline replicas | dead brokers | loading | executing |
 * |---|---|---|---|---|---|
 * | goal violation | skip | skip | skip | skip | skip |
 * | disk failure | - | - | skip | skip | skip |
 * | predicted overload | - | skip | skip | skip | - |
 * | broker failure | - | - | - | - | - |
 *
 * A disk failure does not wait for the model to change: one look at the log dirs costs less than missing that an
 * earlier run was skipped for another reason. Predicted overload is ours.
 *
 * @module
 */
import type { DetectorStatus } from "../../messages/detector.ts";
import type { AnomalyKind } from "../../model/anomaly.ts";
import type { ClusterHealth } from "./cluster_health.ts";

/** What gates look at. */
export interface GateFacts {
  readonly health: ClusterHealth;
  /** Whether the aggregator still loads samples from the store. */
  readonly loading: boolean;
  readonly executing: boolean;
  /** Whether cluster and load are those that the goals were judged by last, with nothing left to do. */
  readonly unchanged: boolean;
}

/** `READY`, or the first reason not to look. */
export function gateOf(kind: AnomalyKind, facts: GateFacts): DetectorStatus {
  if (kind === "BROKER_FAILURE") return "READY";
  const { health } = facts;
  if (kind === "GOAL_VIOLATION" && facts.unchanged) return "SKIP_MODEL_GENERATION_NOT_CHANGED";
  if (kind !== "DISK_FAILURE" && health.offlineReplicas.size > 0) {
    return "SKIP_HAS_OFFLINE_REPLICAS";
  }
  if (health.failedBrokers.length > 0) return "SKIP_HAS_DEAD_BROKERS";
  if (facts.loading) return "SKIP_LOAD_MONITOR_NOT_READY";
  // An overload that comes while something executes is told, and healed afterwards.
  if (facts.executing && kind !== "PREDICTED_OVERLOAD") return "SKIP_EXECUTOR_NOT_READY";
  return "READY";
}
