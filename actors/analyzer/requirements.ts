/**
 * How well the load must be known for each goal, and the algebra of such requirements. Pure.
 * Families and rules: Cruise Control's ModelCompletenessRequirements.
 *
 * @module
 */
import type { CompletenessRequirements, MonitorState } from "../../messages/aggregator.ts";

/** Goals that count replicas or look at racks: they need no load at all. */
const COUNTING_GOALS: ReadonlySet<string> = new Set([
  "RackAwareGoal",
  "RackAwareDistributionGoal",
  "BrokerSetAwareGoal",
  "ReplicaCapacityGoal",
  "ReplicaDistributionGoal",
  "TopicReplicaDistributionGoal",
  "LeaderReplicaDistributionGoal",
  "MinTopicLeadersPerBrokerGoal",
  "PreferredLeaderElectionGoal",
]);

/** Goals that need the load of every topic, also of those that are not known well. */
const WHOLE_LOAD_GOALS: ReadonlySet<string> = new Set([
  "CpuCapacityGoal",
  "DiskCapacityGoal",
  "NetworkInboundCapacityGoal",
  "NetworkOutboundCapacityGoal",
  "DiskUsageDistributionGoal",
]);

/** Settings that requirements depend on. */
export interface RequirementSettings {
  /** `num.partition.metrics.windows` */
  readonly windowCount: number;
  /** `min.valid.partition.ratio`, 0..1 */
  readonly minValidRatio: number;
}

/** What one goal needs; a goal that is not listed is taken for a balance goal, the most demanding. */
export function goalRequirements(
  goal: string,
  settings: RequirementSettings,
): CompletenessRequirements {
  if (COUNTING_GOALS.has(goal)) return { windows: 1, minValidRatio: 0, includeAllTopics: true };
  const { minValidRatio, windowCount } = settings;
  if (WHOLE_LOAD_GOALS.has(goal)) return { windows: 1, minValidRatio, includeAllTopics: true };
  const windows = Math.max(1, Math.floor(windowCount / 14));
  return { windows, minValidRatio, includeAllTopics: false };
}

/** Fulfils both. */
export function stronger(
  a: CompletenessRequirements,
  b: CompletenessRequirements,
): CompletenessRequirements {
  return {
    windows: Math.max(a.windows, b.windows),
    minValidRatio: Math.max(a.minValidRatio, b.minValidRatio),
    includeAllTopics: a.includeAllTopics || b.includeAllTopics,
  };
}

/** Is fulfilled by whatever fulfils one of them. */
export function weaker(
  a: CompletenessRequirements,
  b: CompletenessRequirements,
): CompletenessRequirements {
  return {
    windows: Math.min(a.windows, b.windows),
    minValidRatio: Math.min(a.minValidRatio, b.minValidRatio),
    includeAllTopics: a.includeAllTopics && b.includeAllTopics,
  };
}

/** What a list of goals needs; `goals` is not empty. */
export function combinedRequirements(
  goals: readonly string[],
  settings: RequirementSettings,
): CompletenessRequirements {
  return goals.map((goal) => goalRequirements(goal, settings)).reduce(stronger);
}

/** Whether the aggregator can fulfil a requirement now; `mayUseActive` as configured for planning. */
export function isMet(
  requirement: CompletenessRequirements,
  monitor: MonitorState,
  mayUseActive: boolean,
): boolean {
  const good =
    monitor.windows.filter((window) =>
      window.validRatio > 0 && window.validRatio >= requirement.minValidRatio
    ).length;
  if (good > 0) return good >= requirement.windows;
  return mayUseActive && monitor.activeRatio > 0 &&
    monitor.activeRatio >= requirement.minValidRatio;
}
