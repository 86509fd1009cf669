/**
 * Conditions: made from what was seen, compared, and put into words. Pure.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { GoalStanding } from "../../messages/analyzer.ts";
import type { AnomalyCondition } from "../../model/anomaly.ts";
import type { ClusterHealth } from "./cluster_health.ts";

/** Parts named one by one; more are only counted. */
const NAMED_MAX = 10;

/** Failed brokers; undefined when there are none. `since`: epoch ms by broker id. */
export function brokerFailure(
  health: ClusterHealth,
  since: ReadonlyMap<number, number>,
): AnomalyCondition | undefined {
  if (health.failedBrokers.length === 0) return undefined;
  const failedBrokers = health.failedBrokers.map((brokerId) => {
    const sinceMs = since.get(brokerId);
    assert(sinceMs !== undefined, "Each failed broker must have a time");
    return { brokerId, sinceMs };
  });
  return {
    kind: "BROKER_FAILURE",
    failedBrokers,
    aliveBrokers: health.aliveBrokers.length,
  };
}

/** Failed log dirs; undefined when there are none. Those of `known` keep their time. */
export function diskFailure(
  health: ClusterHealth,
  known: AnomalyCondition | undefined,
  nowMs: number,
): AnomalyCondition | undefined {
  if (health.failedDisks.length === 0) return undefined;
  const before = known?.kind === "DISK_FAILURE" ? known.failedDisks : [];
  const failedDisks = health.failedDisks.map((disk) => {
    const same = before.find((one) => one.brokerId === disk.brokerId && one.logDir === disk.logDir);
    return { ...disk, sinceMs: same?.sinceMs ?? nowMs };
  });
  let offlineReplicas = 0;
  for (const id of new Set(failedDisks.map(({ brokerId }) => brokerId))) {
    offlineReplicas += health.offlineReplicas.get(id) ?? 0;
  }
  return { kind: "DISK_FAILURE", failedDisks, offlineReplicas };
}

/** Violated goals; undefined when there are none. */
export function goalViolation(goals: readonly GoalStanding[]): AnomalyCondition | undefined {
  const violated = goals.filter((goal) => goal.violated);
  if (violated.length === 0) return undefined;
  const partly = violated.filter((goal) => goal.partly === true).map(({ goal }) => goal);
  return {
    kind: "GOAL_VIOLATION",
    fixable: violated.filter((goal) => goal.fixable).map(({ goal }) => goal),
    unfixable: violated.filter((goal) => !goal.fixable).map(({ goal }) => goal),
    ...(partly.length === 0 ? {} : { partly }),
  };
}

/** The parts of a condition: two conditions are the same when their parts are. */
export function partsOf(condition: AnomalyCondition): string[] {
  switch (condition.kind) {
    case "BROKER_FAILURE":
      return condition.failedBrokers.map(({ brokerId, sinceMs }) => `${brokerId}@${sinceMs}`);
    case "DISK_FAILURE":
      return condition.failedDisks.map(({ brokerId, logDir, sinceMs }) =>
        `${brokerId}:${logDir}@${sinceMs}`
      );
    case "PREDICTED_OVERLOAD":
      return condition.overloads.map(({ brokerId, sinceMs, resource }) =>
        `${brokerId} ${resource}@${sinceMs}`
      );
    case "GOAL_VIOLATION":
      return [
        ...condition.fixable.map((goal) => `${goal} fixable`),
        ...condition.unfixable.map((goal) => `${goal} unfixable`),
        ...(condition.partly ?? []).map((goal) => `${goal} fixable in part`),
      ];
  }
}

/** One text for {@link partsOf}. */
export function fingerprint(condition: AnomalyCondition): string {
  return JSON.stringify(partsOf(condition));
}

/** A part of a sentence for people. */
export function describe(condition: AnomalyCondition): string {
  switch (condition.kind) {
    case "BROKER_FAILURE": {
      const brokers = condition.failedBrokers.map(({ brokerId, sinceMs }) =>
        `${brokerId} since ${utc(sinceMs)}`
      );
      return `${brokers.length === 1 ? "broker" : "brokers"} ${listed(brokers)} not alive, ` +
        `${condition.aliveBrokers} alive`;
    }
    case "DISK_FAILURE": {
      const disks = condition.failedDisks.map(({ brokerId, logDir }) =>
        `${logDir} of broker ${brokerId}`
      );
      return `log ${disks.length === 1 ? "dir" : "dirs"} ${listed(disks)} failed, ` +
        `${condition.offlineReplicas} replicas offline that can be copied`;
    }
    case "PREDICTED_OVERLOAD": {
      const brokers = condition.overloads.map(({ brokerId, resource, expected, limit }) =>
        `broker ${brokerId} (${resource} ${percent(expected)}, limit ${percent(limit)})`
      );
      return `${listed(brokers)} over-loaded in ${Math.round(condition.horizonMs / 60_000)} min`;
    }
    case "GOAL_VIOLATION": {
      const { fixable, partly = [] } = condition;
      const unfixable = condition.unfixable.filter((goal) => !partly.includes(goal));
      const parts = [
        ...(fixable.length > 0 ? [`${listed(fixable)} violated`] : []),
        ...(partly.length > 0 ? [`${listed(partly)} violated, of which a plan heals a part`] : []),
        ...(unfixable.length > 0 ? [`${listed(unfixable)} violated beyond any plan found`] : []),
      ];
      return parts.join(", ");
    }
  }
}

function listed(items: readonly string[]): string {
  const more = items.length - NAMED_MAX;
  const named = items.slice(0, NAMED_MAX).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

/** `2026-01-05 00:15:00Z` */
export function utc(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace("T", " ") + "Z";
}
