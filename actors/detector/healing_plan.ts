/**
 * From an anomaly to the plan that heals it, and a plan's worth in a few figures. Pure.
 *
 * @module
 */
import type { ExpectedLoad, PlanRequest } from "../../messages/analyzer.ts";
import type { StatesPredicted } from "../../messages/classifier.ts";
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
  /** The latest prediction; undefined when there is none. */
  readonly predicted: StatesPredicted | undefined;
}

/**
 * The brokers that plans of the detector leave out. Only brokers that the cluster still has are named. Brokers with a
 * failed log dir receive nothing: what they had lost with the dir they cannot host again before a restart (seen on
 * Kafka 4.4: such a move never gets in sync), and other disks of theirs may follow.
 */
export function exclusions(
  { health, executor, settings }: Omit<HealingFacts, "predicted">,
) {
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
    heals: true,
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
    case "PREDICTED_OVERLOAD":
      return {
        // Few moves in little time: hard goals only, and nothing is evened out on the occasion.
        plan: {
          ...plan,
          goals: [],
          operation: "rebalance",
          expected: expectedLoad(condition, facts),
        },
        options: {},
        reason,
      };
    case "GOAL_VIOLATION":
      return {
        plan: { ...plan, operation: "rebalance", triggeredByGoalViolation: true },
        options: {},
        reason,
      };
  }
}

/**
 * The load to plan for. A broker that is predicted to be over-loaded is taken for no less than its limit, whatever the
 * forecast of its cpu says: the predictions that have been voted on see more than that.
 */
function expectedLoad(
  condition: AnomalyCondition & { readonly kind: "PREDICTED_OVERLOAD" },
  { settings, predicted }: HealingFacts,
): ExpectedLoad {
  const overloads = condition.overloads.filter(({ resource }) => resource === "cpu");
  const limit = Math.min(...overloads.map((one) => one.limit));
  const known = new Map<number, number>();
  predicted?.brokerIds.forEach((id, i) => {
    const cpu = predicted.expectedCpu[i]!;
    if (!Number.isNaN(cpu)) known.set(id, cpu);
  });
  for (const one of overloads) {
    known.set(one.brokerId, Math.max(one.limit, one.expected, known.get(one.brokerId) ?? 0));
  }
  return {
    brokers: [...known].map(([brokerId, cpu]) => ({ brokerId, cpu })),
    cpuLimit: limit * (1 - settings.overloadHeadroom),
  };
}

/** What a plan would change. */
export function figuresOf(operation: string, plan: Plan, atMs: number): HealingPlan {
  const { summary } = plan;
  // The first detail names the partition, replica or broker; there may be many.
  const left = (summary.unmet ?? []).map(({ message, details: [first] }) =>
    first === undefined ? message : `${message} (${first})`
  ).join("; ");
  return {
    operation,
    interBrokerReplicaMoves: summary.interBrokerReplicaMoves,
    intraBrokerReplicaMoves: summary.intraBrokerReplicaMoves,
    leadershipMoves: summary.leadershipMoves,
    mbToMove: summary.mbToMove,
    goalsMet: summary.goals.filter((goal) => goal.violatedBefore && !goal.violatedAfter)
      .map(({ name }) => name),
    ...(left === "" ? {} : { left }),
    atMs,
  };
}

/** A part of a sentence for people. */
export function describePlan(plan: HealingPlan): string {
  const { operation, interBrokerReplicaMoves, intraBrokerReplicaMoves, leadershipMoves } = plan;
  const left = plan.left === undefined ? "" : `; not healed is: ${plan.left}`;
  const disks = intraBrokerReplicaMoves > 0 ? `, ${intraBrokerReplicaMoves} between disks` : "";
  return `${operation}: ${interBrokerReplicaMoves} replica moves${disks}, ${leadershipMoves} ` +
    `leadership moves, ${Math.ceil(plan.mbToMove)} MB${left}`;
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
    case "PREDICTED_OVERLOAD":
    case "GOAL_VIOLATION":
      // A plan for goals is for a whole cluster: what fails meanwhile comes first.
      return now.failedBrokers.length === 0 && now.offlineReplicas.size === 0;
  }
}
