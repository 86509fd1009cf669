/**
 * An optimization result in plain text.
 *
 * @module
 */
import { forEachInTurns } from "../../../lib/turns.ts";
import type { StatisticsRow } from "../../../model/plan.ts";
import type { GoalStatus, OptimizationResult } from "../shapes/optimization_result.ts";
import { proposalText } from "../shapes/proposal.ts";
import { double, fixed, list, right } from "../java_format.ts";
import { loadTable } from "./load_table.ts";

/** The text, made with pauses where there are many proposals. `heading` stands before the load after the change, e.g. `Optimized load:`. */
export async function optimizationText(
  result: OptimizationResult,
  heading: string,
  options: { cpuUnknown?: ReadonlySet<number> } = {},
): Promise<string> {
  const proposals: string[] = [];
  await forEachInTurns(
    result.proposals ?? [],
    (proposal) => proposals.push(proposalText(proposal)),
  );
  const parts = [
    result.proposals === undefined ? "" : list(proposals),
    summaryText(result),
    ...result.goalSummary.map(goalText),
  ];
  if (result.loadBeforeOptimization !== undefined) {
    parts.push(`\n\nCurrent load:\n${loadTable(result.loadBeforeOptimization, options)}`);
  }
  parts.push(`\n\n${heading}\n${loadTable(result.loadAfterOptimization, options)}`);
  return parts.join("");
}

function summaryText(result: OptimizationResult): string {
  const { summary, goalSummary } = result;
  const counts = goalSummary[0]?.clusterModelStats.metadata;
  const recommendation = summary.provisionRecommendation === ""
    ? ""
    : `\nProvision Recommendation: ${summary.provisionRecommendation}`;
  return `\n\nOptimization has ${summary.numReplicaMovements} inter-broker replica(${summary.dataToMoveMB} MB) moves, ` +
    `${summary.numIntraBrokerReplicaMovements} intra-broker replica(${summary.intraBrokerDataToMoveMB} MB) moves and ` +
    `${summary.numLeaderMovements} leadership moves with a cluster model of ${summary.recentWindows} recent windows and ` +
    `${fixed(summary.monitoredPartitionsPercentage, 3)}% of the partitions covered.` +
    `\nExcluded Topics: ${list(summary.excludedTopics)}.` +
    `\nExcluded Brokers For Leadership: ${list(summary.excludedBrokersForLeadership)}.` +
    `\nExcluded Brokers For Replica Move: ${list(summary.excludedBrokersForReplicaMove)}.` +
    (counts === undefined
      ? ""
      : `\nCounts: ${counts.brokers} brokers ${counts.replicas} replicas ${counts.topics} topics.`) +
    `\nOn-demand Balancedness Score Before (${
      fixed(summary.onDemandBalancednessScoreBefore, 3)
    }) After(${fixed(summary.onDemandBalancednessScoreAfter, 3)}).` +
    `\nProvision Status: ${summary.provisionStatus}.${recommendation}`;
}

function goalText(goal: GoalStatus): string {
  const { AVG, MAX, MIN, STD } = goal.clusterModelStats.statistics;
  return `\n\n[${right(goal.optimizationTimeMs, 6)} ms] Stats for ${goal.goal}(${goal.status}):` +
    `\nAVG:{${rowText(AVG, double)}}\nMAX:{${rowText(MAX, String)}}` +
    `\nMIN:{${rowText(MIN, String)}}\nSTD:{${rowText(STD, double)}`;
}

function rowText(row: StatisticsRow, count: (value: number) => string): string {
  const load = (value: number) => right(fixed(value, 3), 12);
  return `cpu:${load(row.cpu)} networkInbound:${load(row.networkInbound)} ` +
    `networkOutbound:${load(row.networkOutbound)} disk:${load(row.disk)} ` +
    `potentialNwOut:${load(row.potentialNwOut)} replicas:${count(row.replicas)} ` +
    `leaderReplicas:${count(row.leaderReplicas)} topicReplicas:${count(row.topicReplicas)}`;
}
