/**
 * From an anomaly to the plan that heals it, and a plan's worth in a few figures. Pure.
 *
 * @module
 */
import type { PlanRequest } from "../../messages/analyzer.ts";
import type { ExecutionOptions, ExecutorState } from "../../messages/executor.ts";
import type { AnomalyCondition, HealingPlan } from "../../model/anomaly.ts";
import type { Plan } from "../../model/plan.ts";
import type { ClusterHealth } from "./cluster_health.ts";
import { describe } from "./conditions.ts";
import type { DetectorSettings } from "./settings.ts";

/** What to ask the analyzer and the executor for. */
export interface HealingRequest {
  readonly plan: PlanRequest;
  readonly options: ExecutionOptions;
  /** Reason of the execution, for people. */
  readonly reason: string;
}

/** What a plan that heals is made from. */
export interface HealingFacts {
  readonly health: ClusterHealth;
  readonly executor: ExecutorState;
  readonly settings: DetectorSettings;
}

/**
 * The brokers that plans of the detector leave out. Only brokers that the cluster still has are named. Brokers with a
 * failed log dir receive nothing: what they had lost with the dir they cannot host again before a restart (seen on
 * Kafka 4.4: such a move never gets in sync), and other disks of theirs may follow.
 */
export function exclusions({ health, executor, settings }: HealingFacts) {
  const known = new Set([...health.aliveBrokers, ...health.failedBrokers]);
  const named = (ids: readonly number[], wanted: boolean) =>
    wanted ? ids.filter((id) => known.has(id)) : [];
  const receivesNothing = new Set([
    ...named(executor.recentlyRemovedBrokers, settings.excludeRemoved),
    ...health.failedDisks.map(({ brokerId }) => brokerId),
  ]);
  return {
    excludedForLeadership: named(executor.recentlyDemotedBrokers, settings.excludeDemoted),
    excludedForReplicaMove: [...receivesNothing].sort((x, y) => x - y),
  };
}

/** The request that heals a condition. */
export function healingRequest(condition: AnomalyCondition, facts: HealingFacts): HealingRequest {
  const plan = {
    ...exclusions(facts),
    goals: facts.settings.healingGoals,
    ignoreProposalCache: true,
    topologyGeneration: facts.health.topologyGeneration,
  };
  const reason = `Self healing for ${condition.kind}: ${describe(condition)}`;
  switch (condition.kind) {
    case "BROKER_FAILURE": {
      const brokerIds = condition.failedBrokers.map(({ brokerId }) => brokerId);
      return {
        plan: { ...plan, operation: "remove_broker", brokerIds },
        options: { removedBrokers: brokerIds },
        reason,
      };
    }
    case "DISK_FAILURE":
      return { plan: { ...plan, operation: "fix_offline_replicas" }, options: {}, reason };
    case "GOAL_VIOLATION":
      return {
        plan: { ...plan, operation: "rebalance", triggeredByGoalViolation: true },
        options: {},
        reason,
      };
  }
}

/** What a plan would change. */
export function figuresOf(operation: string, plan: Plan, atMs: number): HealingPlan {
  const { summary } = plan;
  return {
    operation,
    interBrokerReplicaMoves: summary.interBrokerReplicaMoves,
    intraBrokerReplicaMoves: summary.intraBrokerReplicaMoves,
    leadershipMoves: summary.leadershipMoves,
    mbToMove: summary.mbToMove,
    goalsMet: summary.goals.filter((goal) => goal.violatedBefore && !goal.violatedAfter)
      .map(({ name }) => name),
    atMs,
  };
}

/** A part of a sentence for people. */
export function describePlan(plan: HealingPlan): string {
  const { operation, interBrokerReplicaMoves, intraBrokerReplicaMoves, leadershipMoves } = plan;
  const disks = intraBrokerReplicaMoves > 0 ? `, ${intraBrokerReplicaMoves} between disks` : "";
  return `${operation}: ${interBrokerReplicaMoves} replica moves${disks}, ${leadershipMoves} ` +
    `leadership moves, ${Math.ceil(plan.mbToMove)} MB`;
}

/** Whether everything that `wanted` is about is still broken in `now`. */
export function stillHolds(wanted: AnomalyCondition, now: ClusterHealth): boolean {
  switch (wanted.kind) {
    case "BROKER_FAILURE":
      return wanted.failedBrokers.every(({ brokerId }) => now.failedBrokers.includes(brokerId));
    case "DISK_FAILURE":
      return wanted.failedDisks.every((disk) =>
        now.failedDisks.some((one) => one.brokerId === disk.brokerId && one.logDir === disk.logDir)
      );
    case "GOAL_VIOLATION":
      // A plan for goals is for a whole cluster: what fails meanwhile comes first.
      return now.failedBrokers.length === 0 && now.offlineReplicas.size === 0;
  }
}
