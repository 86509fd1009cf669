/**
 * Cluster statistics as Cruise Control reports them (ClusterModelStats): average, maximum, minimum and deviation of
 * resources, potential outgoing bytes and counts. Hosts with several brokers count broker by broker.
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_DISK,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type ClusterModel,
} from "../model/cluster_model.ts";
import { realBrokerCount } from "../model/cluster_input.ts";
import type { ClusterStatistics, StatisticsRow } from "../model/plan.ts";
import { resourceOfAxis } from "./axis_goal.ts";
import type { GoalContext } from "./goal.ts";
import {
  TOPIC_DEVIATION,
  TOPIC_FEWEST,
  TOPIC_FIGURES,
  TOPIC_MOST,
  topicFigures,
} from "./topic_figures.ts";

/** One quantity, four ways. */
interface Spread {
  readonly avg: number;
  readonly max: number;
  readonly min: number;
  readonly std: number;
}

/**
 * Statistics of the model as it is now. O(T x B).
 *
 * @param then statistics of another time when each topic was spread as it is now
 */
export function clusterStatistics(
  model: ClusterModel,
  context: GoalContext,
  then?: ClusterStatistics,
): ClusterStatistics {
  const spreads = {
    cpu: resourceSpread(model, context, AXIS_CPU),
    networkInbound: resourceSpread(model, context, AXIS_NW_IN),
    networkOutbound: resourceSpread(model, context, AXIS_NW_OUT),
    disk: resourceSpread(model, context, AXIS_DISK),
    potentialNwOut: resourceSpread(model, context, AXIS_POTENTIAL_OUT),
    replicas: countSpread(model, context, AXIS_REPLICAS),
    leaderReplicas: countSpread(model, context, AXIS_LEADERS),
    topicReplicas: then === undefined ? topicSpread(model, context) : topicSpreadOf(then),
  };
  const row = (of: keyof Spread): StatisticsRow => ({
    cpu: spreads.cpu[of],
    networkInbound: spreads.networkInbound[of],
    networkOutbound: spreads.networkOutbound[of],
    disk: spreads.disk[of],
    potentialNwOut: spreads.potentialNwOut[of],
    replicas: spreads.replicas[of],
    leaderReplicas: spreads.leaderReplicas[of],
    topicReplicas: spreads.topicReplicas[of],
  });
  return {
    brokers: realBrokerCount(model.input),
    replicas: model.replicaCount,
    topics: model.topicCount,
    avg: row("avg"),
    max: row("max"),
    min: row("min"),
    std: row("std"),
  };
}

/** Potential bytes are averaged over the allowed brokers' own sums, resources over the whole cluster's. */
function resourceSpread(model: ClusterModel, context: GoalContext, axis: number): Spread {
  const { allowed, alive } = context;
  const resource = resourceOfAxis(axis);
  const sum = (b: number) => model.sums[b * AXIS_COUNT + axis]!;
  const capacity = (b: number) => model.input.brokers[b]!.capacity[resource]!;
  let total = 0;
  if (axis === AXIS_POTENTIAL_OUT) { for (const b of allowed) total += sum(b); }
  else for (let b = 0; b < model.brokerCount; b++) total += sum(b);
  const n = allowed.length;
  const mean = context.allowedCapacity[resource]! > 0
    ? total / context.allowedCapacity[resource]!
    : 0;
  let max = 0;
  let min = Number.MAX_VALUE;
  for (const b of alive) {
    max = Math.max(max, sum(b));
    min = Math.min(min, sum(b));
  }
  let squares = 0;
  for (const b of allowed) squares += (sum(b) - mean * capacity(b)) ** 2;
  return { avg: n > 0 ? total / n : 0, max, min, std: n > 0 ? Math.sqrt(squares / n) : 0 };
}

function countSpread(model: ClusterModel, context: GoalContext, axis: number): Spread {
  const { allowed } = context;
  const n = allowed.length;
  const count = (b: number) => model.sums[b * AXIS_COUNT + axis]!;
  let total = 0;
  for (let b = 0; b < model.brokerCount; b++) total += count(b);
  const avg = n > 0 ? total / n : 0;
  let squares = 0;
  for (const b of allowed) squares += (count(b) - avg) ** 2;
  let max = 0;
  let min = Number.MAX_VALUE;
  for (let b = 0; b < realBrokerCount(model.input); b++) {
    max = Math.max(max, count(b));
    min = Math.min(min, count(b));
  }
  return { avg, max, min, std: n > 0 ? Math.sqrt(squares / n) : 0 };
}

function topicSpreadOf({ avg, max, min, std }: ClusterStatistics): Spread {
  return {
    avg: avg.topicReplicas,
    max: max.topicReplicas,
    min: min.topicReplicas,
    std: std.topicReplicas,
  };
}

function topicSpread(model: ClusterModel, context: GoalContext): Spread {
  const { topicCount } = model;
  if (topicCount === 0) return { avg: 0, max: 0, min: 0, std: 0 };
  const figures = topicFigures(context);
  const n = context.allowed.length;
  let avg = 0;
  let std = 0;
  let max = 0;
  let min = Number.MAX_VALUE;
  for (let t = 0; t < topicCount; t++) {
    const at = t * TOPIC_FIGURES;
    max = Math.max(max, figures[at + TOPIC_MOST]!);
    min = Math.min(min, figures[at + TOPIC_FEWEST]!);
    avg += n > 0 ? context.topicTotals[t]! / n : 0;
    std += figures[at + TOPIC_DEVIATION]!;
  }
  return { avg: avg / topicCount, max, min, std: std / topicCount };
}
