/**
 * Every broker leads at least some partitions of chosen topics (Cruise Control, MinTopicLeadersPerBrokerGoal).
 *
 * @module
 */
import { ALIVE, MAY_LEAD, MAY_RECEIVE } from "../model/cluster_model.ts";
import { UNDECIDED } from "./axis_goal.ts";
import type { Goal, GoalContext, Infeasible, PreparedGoal } from "./goal.ts";
import { recommendationText } from "./provision.ts";

/** See the file's head. */
export const minTopicLeadersPerBrokerGoal: Goal = {
  name: "MinTopicLeadersPerBrokerGoal",
  hard: true,
  resources: [],
  prepare: prepareMinLeaders,
};

/** A topic that the goal looks at. */
interface Wanted {
  readonly topic: number;
  /** Row in the model's `topicLeaders`. */
  readonly row: number;
  readonly leaders: number;
  readonly least: number;
}

function prepareMinLeaders(context: GoalContext): PreparedGoal {
  const { model } = context;
  const { flags, topicLeaders, brokerCount } = model;
  const needed = ALIVE | MAY_LEAD | MAY_RECEIVE;
  const eligible = (broker: number) => (flags[broker]! & needed) === needed;
  const eligibleCount = context.alive.filter(eligible).length;
  const wanted = wantedTopics(context, eligibleCount);
  const leastOf = new Int32Array(model.topicCount);
  for (const { topic, least } of wanted) leastOf[topic] = least;
  const count = (topic: number, broker: number) =>
    topicLeaders[model.leaderRow[topic]! * brokerCount + broker]!;
  const missing = (topic: number, broker: number, leaders: number) =>
    eligible(broker) ? Math.max(0, leastOf[topic]! - leaders) : 0;
  const shift = (topic: number, from: number, to: number): number => {
    if (leastOf[topic] === 0) return 0;
    const source = count(topic, from);
    const target = count(topic, to);
    return missing(topic, from, source - 1) - missing(topic, from, source) +
      missing(topic, to, target + 1) - missing(topic, to, target);
  };
  return {
    name: "MinTopicLeadersPerBrokerGoal",
    hard: true,
    idle: wanted.length === 0,
    amount: { unit: "leaders", of: 1 },
    topicLeaders: (topic, broker) => eligible(broker) ? leastOf[topic]! : 0,
    penalty(broker) {
      let sum = 0;
      for (const { topic } of wanted) sum += missing(topic, broker, count(topic, broker));
      return sum;
    },
    moveDelta(replica, to) {
      const p = model.partition[replica]!;
      if (model.leader[p] !== replica) return 0;
      return shift(model.topic[p]!, model.broker[replica]!, to);
    },
    leadDelta: (p, replica) =>
      shift(model.topic[p]!, model.broker[model.leader[p]!]!, model.broker[replica]!),
    infeasible: () => tooFewPartitions(context, wanted, eligibleCount),
    provision: () => UNDECIDED,
    explain(broker) {
      const short = wanted.find(({ topic }) => missing(topic, broker, count(topic, broker)) > 0);
      if (short === undefined) return "all topics have enough leaders";
      return `leads ${count(short.topic, broker)} partitions of topic ${
        model.input.topicNames[short.topic]
      }, wanted ${short.least}`;
    },
  };
}

function wantedTopics(context: GoalContext, eligibleCount: number): Wanted[] {
  const { model, constraint } = context;
  const wanted: Wanted[] = [];
  for (let topic = 0; topic < model.topicCount; topic++) {
    const row = model.leaderRow[topic]!;
    if (row < 0) continue;
    const leaders = model.input.partitionStart[topic + 1]! - model.input.partitionStart[topic]!;
    const share = eligibleCount > 0 ? Math.floor(leaders / eligibleCount) : 0;
    const least = constraint.minTopicLeadersPerBroker > 0
      ? constraint.minTopicLeadersPerBroker
      : share;
    // A topic without partitions is none.
    if (leaders > 0 && least > 0) wanted.push({ topic, row, leaders, least });
  }
  return wanted;
}

function tooFewPartitions(
  context: GoalContext,
  wanted: readonly Wanted[],
  eligibleCount: number,
): Infeasible | undefined {
  for (const { topic, leaders, least } of wanted) {
    const needed = eligibleCount * least;
    if (leaders >= needed) continue;
    const name = context.model.input.topicNames[topic]!;
    return {
      reason:
        `topic ${name} has ${leaders} leaders, ${eligibleCount} brokers x ${least} need ${needed}; ` +
        `${needed - leaders} partitions are missing`,
      recommendation: recommendationText("UNDER_PROVISIONED", {
        partitions: needed,
        topicPattern: name,
      }),
    };
  }
  return undefined;
}
