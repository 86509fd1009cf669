/**
 * Replicas of one topic are spread over the brokers (Cruise Control, TopicReplicaDistributionGoal).
 *
 * @module
 */
import { ALIVE, MAY_RECEIVE } from "../model/cluster_model.ts";
import { counted as recall, joined } from "../model/counted.ts";
import { UNDECIDED } from "./axis_goal.ts";
import { margin } from "./context.ts";
import {
  type Goal,
  type GoalContext,
  NO_LIMIT,
  type PreparedGoal,
  type TopicLimits,
} from "./goal.ts";
import {
  concernsMost,
  TOPIC_FEWEST,
  TOPIC_FIGURES,
  TOPIC_MOST,
  topicFigures,
} from "./topic_figures.ts";
import { TOPIC_MAX_GAP_WIDTH, TOPIC_MIN_GAP_WIDTH } from "./width.ts";

/** See the file's head. */
export const topicReplicaDistributionGoal: Goal = {
  name: "TopicReplicaDistributionGoal",
  hard: false,
  resources: [],
  widths: [TOPIC_MIN_GAP_WIDTH, TOPIC_MAX_GAP_WIDTH],
  prepare: (context) => prepareTopicGoal(context, topicLimits(context)),
};

/**
 * Limits by topic: the mean with a margin, at least the minimum gap and at most the maximum gap away. Topics that stay
 * where they are have none: what they exceed is nobody's fault, and what an evacuation changes of that is no gain.
 */
export function topicLimits(context: GoalContext): TopicLimits {
  const { constraint, topicTotals, allowed } = context;
  const counted = countedTopics(context);
  const { topicReplicaMinGap: minGap, topicReplicaMaxGap: maxGap } = constraint;
  const distance = margin(constraint.topicReplicaCountThreshold, context);
  const upper = new Int32Array(topicTotals.length);
  const lower = new Int32Array(topicTotals.length);
  for (let t = 0; t < topicTotals.length; t++) {
    if (counted[t] === 0) {
      upper[t] = NO_LIMIT;
      continue;
    }
    const mean = allowed.length > 0 ? topicTotals[t]! / allowed.length : 0;
    const high = Math.ceil(mean);
    const low = Math.floor(mean);
    const wantedUpper = Math.ceil(mean * (1 + distance));
    const wantedLower = Math.floor(mean * Math.max(0, 1 - distance));
    upper[t] = Math.min(Math.max(wantedUpper, high + minGap), high + maxGap);
    lower[t] = Math.min(
      Math.max(wantedLower, Math.max(0, low - maxGap)),
      Math.max(0, low - minGap),
    );
  }
  return { upper, lower };
}

function prepareTopicGoal(context: GoalContext, limits: TopicLimits): PreparedGoal {
  const { model } = context;
  const { topicReplicas, brokerCount, topicCount, flags, topic, partition } = model;
  const { upper, lower } = limits;
  const outside = (t: number, broker: number, count: number): number => {
    if ((flags[broker]! & ALIVE) === 0) return 0;
    if (count > upper[t]!) return count - upper[t]!;
    const low = (flags[broker]! & MAY_RECEIVE) !== 0 ? lower[t]! : 0;
    return count < low ? low - count : 0;
  };
  const isOut = (figures: Float64Array, t: number): boolean => {
    const at = t * TOPIC_FIGURES;
    const within = figures[at + TOPIC_MOST]! <= upper[t]! &&
      figures[at + TOPIC_FEWEST]! >= lower[t]!;
    return !within && addOutside(context, limits, { t }) > 0;
  };
  // One pass in the order of the matrix, then only what moves concern: the goal is judged again and again.
  const allOut = () => {
    const figures = topicFigures(context);
    const found: number[] = [];
    for (let t = 0; t < topicCount; t++) if (isOut(figures, t)) found.push(t);
    return Int32Array.from(found);
  };
  const topicsOut = () =>
    recall(model, "topics out of limits", {
      owner: context,
      all: allOut,
      after(values, moved) {
        if (concernsMost(model, moved)) return allOut();
        const figures = topicFigures(context);
        return joined(values, moved.map((replica) => topic[partition[replica]!]!)).filter((t) =>
          isOut(figures, t)
        );
      },
    });
  return {
    name: "TopicReplicaDistributionGoal",
    hard: false,
    topicLimits: limits,
    amount: { unit: "replicas", of: 1 },
    penalty(broker) {
      let sum = 0;
      for (let t = 0; t < topicCount; t++) {
        sum += outside(t, broker, topicReplicas[t * brokerCount + broker]!);
      }
      return sum;
    },
    penalties(into) {
      const out = topicsOut();
      for (let i = 0; i < out.length; i++) addOutside(context, limits, { t: out[i]!, into });
    },
    moveDelta(replica, to) {
      const t = topic[partition[replica]!]!;
      const from = model.broker[replica]!;
      const source = topicReplicas[t * brokerCount + from]!;
      const target = topicReplicas[t * brokerCount + to]!;
      return outside(t, from, source - 1) - outside(t, from, source) +
        outside(t, to, target + 1) - outside(t, to, target);
    },
    leadDelta: () => 0,
    infeasible: () => undefined,
    provision: () => UNDECIDED,
    explain: (broker) => explain(context, limits, broker),
  };
}

/** Adds how far each alive broker is outside a topic's limits to `into`; without it, tells of the first one. O(B). */
function addOutside(
  { model }: GoalContext,
  { upper, lower }: TopicLimits,
  { t, into }: { t: number; into?: Float64Array },
): number {
  const { topicReplicas, brokerCount, flags } = model;
  const row = t * brokerCount;
  const most = upper[t]!;
  const least = lower[t]!;
  for (let b = 0; b < brokerCount; b++) {
    const count = topicReplicas[row + b]!;
    if (count <= most && count >= least) continue;
    const needed = count > most ? ALIVE : ALIVE | MAY_RECEIVE;
    if ((flags[b]! & needed) !== needed) continue;
    const distance = count > most ? count - most : least - count;
    if (into === undefined) return distance;
    into[b]! += distance;
  }
  return 0;
}

/** Topics with a partition that may move: 1 by topic. O(P) where some may not. */
function countedTopics({ model }: GoalContext): Uint8Array {
  const counted = new Uint8Array(model.topicCount);
  if (!model.pinned.includes(1)) return counted.fill(1);
  for (let p = 0; p < model.partitionCount; p++) {
    if (model.pinned[p] === 0) counted[model.topic[p]!] = 1;
  }
  return counted;
}

function explain({ model }: GoalContext, limits: TopicLimits, broker: number): string {
  let topics = 0;
  let example = "";
  for (let t = 0; t < model.topicCount; t++) {
    const count = model.topicReplicas[t * model.brokerCount + broker]!;
    const high = count > limits.upper[t]!;
    if (!high && count >= limits.lower[t]!) continue;
    topics++;
    if (example !== "") continue;
    const limit = high ? `above ${limits.upper[t]}` : `below ${limits.lower[t]}`;
    example = `${count} replicas of topic ${model.input.topicNames[t]} are ${limit}`;
  }
  return topics > 1 ? `${example}, and ${topics - 1} more topics` : example;
}
