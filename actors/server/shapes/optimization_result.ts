/**
 * Cruise Control's optimization result: what `proposals`, `rebalance` and their like answer.
 *
 * @module
 */
import { forEachInTurns } from "../../../lib/turns.ts";
import type { AnswerOf } from "../../../messages/mod.ts";
import { type GoalOutcome, recommendationsOf, type StatisticsRow } from "../../../model/plan.ts";
import {
  diskMoves,
  type Proposal,
  replicasToAdd,
  replicasToRemove,
} from "../../../model/proposal.ts";
import { type BrokerStats, brokerStatsOf } from "./broker_stats.ts";
import { type ProposalJson, proposalJson } from "./proposal.ts";

/** Statistics of a cluster model. */
export interface ClusterModelStats {
  readonly metadata: {
    readonly brokers: number;
    readonly replicas: number;
    readonly topics: number;
  };
  readonly statistics: Readonly<Record<"AVG" | "MAX" | "MIN" | "STD", StatisticsRow>>;
}

/** A goal in the result. */
export interface GoalStatus {
  readonly goal: string;
  readonly status: "NO-ACTION" | "FIXED" | "VIOLATED";
  readonly clusterModelStats: ClusterModelStats;
  readonly optimizationTimeMs: number;
}

/** Head of the result. */
export interface SummaryJson {
  readonly numReplicaMovements: number;
  readonly numIntraBrokerReplicaMovements: number;
  readonly numLeaderMovements: number;
  readonly dataToMoveMB: number;
  readonly intraBrokerDataToMoveMB: number;
  readonly recentWindows: number;
  readonly monitoredPartitionsPercentage: number;
  readonly excludedTopics: readonly string[];
  readonly excludedBrokersForLeadership: readonly number[];
  readonly excludedBrokersForReplicaMove: readonly number[];
  readonly onDemandBalancednessScoreBefore: number;
  readonly onDemandBalancednessScoreAfter: number;
  readonly provisionStatus: string;
  readonly provisionRecommendation: string;
}

/** The whole result. */
export interface OptimizationResult {
  readonly summary: SummaryJson;
  readonly goalSummary: readonly GoalStatus[];
  readonly loadAfterOptimization: BrokerStats;
  /** With `verbose=true` only. */
  readonly loadBeforeOptimization?: BrokerStats;
  readonly proposals?: readonly ProposalJson[];
}

/** What was left out on the caller's wish. */
export interface Exclusions {
  readonly topics: readonly string[];
  readonly forLeadership: readonly number[];
  readonly forReplicaMove: readonly number[];
}

/** What Cruise Control counts of a plan. */
interface MovementCounts {
  /** Partitions that get or lose a replica, however many of them. */
  between: number;
  /** Replicas that change their log dir. */
  within: number;
  /** All other partitions of the plan, also those whose list only gets another order. */
  leaders: number;
  /** MB of the replicas that change their log dir. */
  withinMb: number;
}

function countMovements(counts: MovementCounts, proposal: Proposal): void {
  if (replicasToAdd(proposal).length + replicasToRemove(proposal).length > 0) {
    counts.between++;
    return;
  }
  const moves = diskMoves(proposal).length;
  if (moves === 0) counts.leaders++;
  counts.within += moves;
  counts.withinMb += moves * proposal.sizeMb;
}

/**
 * The answer of the analyzer in Cruise Control's shape, made with pauses where there are many proposals. Goals that are
 * off are not listed: no status would be true.
 */
export async function optimizationResultOf(
  answer: AnswerOf<"make_plan">,
  options: { verbose: boolean; excluded: Exclusions; tellsBefore?: boolean },
): Promise<OptimizationResult> {
  const { summary, proposals } = answer.plan;
  const after = summary.statisticsAfter;
  // The planner searches for all goals at once, so every goal shows the statistics of the finished plan.
  const clusterModelStats: ClusterModelStats = {
    metadata: { brokers: after.brokers, replicas: after.replicas, topics: after.topics },
    statistics: { AVG: after.avg, MAX: after.max, MIN: after.min, STD: after.std },
  };
  const counts: MovementCounts = { between: 0, within: 0, leaders: 0, withinMb: 0 };
  const told: ProposalJson[] = [];
  await forEachInTurns(proposals, (proposal) => {
    countMovements(counts, proposal);
    if (options.verbose) told.push(proposalJson(proposal));
  });
  return {
    summary: {
      numReplicaMovements: counts.between,
      numIntraBrokerReplicaMovements: counts.within,
      numLeaderMovements: counts.leaders,
      dataToMoveMB: Math.round(summary.mbToMove),
      intraBrokerDataToMoveMB: Math.round(counts.withinMb),
      recentWindows: answer.windows,
      monitoredPartitionsPercentage: answer.validRatio * 100,
      excludedTopics: options.excluded.topics,
      excludedBrokersForLeadership: options.excluded.forLeadership,
      excludedBrokersForReplicaMove: options.excluded.forReplicaMove,
      onDemandBalancednessScoreBefore: summary.balancednessBefore,
      onDemandBalancednessScoreAfter: summary.balancednessAfter,
      provisionStatus: summary.provision.status,
      provisionRecommendation: recommendationsOf(summary).join(" "),
    },
    goalSummary: summary.goals.filter((goal) => goal.off === undefined).map((goal) => ({
      goal: goal.name,
      status: statusOf(goal),
      clusterModelStats,
      optimizationTimeMs: 0,
    })),
    loadAfterOptimization: brokerStatsOf(answer.after),
    ...(options.verbose || options.tellsBefore === true
      ? { loadBeforeOptimization: brokerStatsOf(answer.before) }
      : {}),
    ...(options.verbose ? { proposals: told } : {}),
  };
}

function statusOf(goal: GoalOutcome): GoalStatus["status"] {
  if (goal.violatedAfter) return "VIOLATED";
  return goal.violatedBefore ? "FIXED" : "NO-ACTION";
}
