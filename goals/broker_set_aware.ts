/**
 * All replicas of a topic are on brokers of one set (Cruise Control, BrokerSetAwareGoal).
 *
 * @module
 */
import { countOf } from "../lib/count_of.ts";
import { ALIVE } from "../model/cluster_model.ts";
import { listsOf } from "../model/lists.ts";
import { UNDECIDED } from "./axis_goal.ts";
import { setOfTopic, UNMAPPED } from "./broker_sets.ts";
import { topicPattern } from "./constraint.ts";
import type { Goal, GoalContext, Infeasible, PreparedGoal } from "./goal.ts";

/** See the file's head. */
export const brokerSetAwareGoal: Goal = {
  name: "BrokerSetAwareGoal",
  hard: true,
  resources: [],
  prepare: prepareSets,
};

/** Set index by broker and by topic; -1 for topics that the goal leaves alone. */
interface Mapping {
  readonly names: readonly string[];
  readonly ofBroker: Int32Array;
  readonly ofTopic: Int32Array;
}

function mappingOf(context: GoalContext): Mapping {
  const { model, constraint } = context;
  const sets = constraint.brokerSets ?? new Map<number, string>();
  const ofId = model.input.brokers.map((broker) => sets.get(broker.id) ?? UNMAPPED);
  const names = [...new Set([...sets.values(), ...ofId])].sort();
  const free = topicPattern(constraint.minLeaderTopics, "topics.with.min.leaders.per.broker");
  const ofTopic = Int32Array.from(
    model.input.topicNames,
    (topic) => free.ok && free.value(topic) ? -1 : names.indexOf(setOfTopic(topic, names)),
  );
  return { names, ofBroker: Int32Array.from(ofId, (name) => names.indexOf(name)), ofTopic };
}

function prepareSets(context: GoalContext): PreparedGoal {
  const { model } = context;
  const { names, ofBroker, ofTopic } = mappingOf(context);
  const mayHold = (replica: number, broker: number) => {
    const p = model.partition[replica]!;
    const wanted = ofTopic[model.topic[p]!]!;
    return model.pinned[p] === 1 || wanted < 0 || ofBroker[broker] === wanted;
  };
  const outside = (replica: number, broker: number) =>
    (model.flags[broker]! & ALIVE) === 0 || mayHold(replica, broker) ? 0 : 1;
  const penalty = (broker: number) => {
    const { lists, listLength } = listsOf(model);
    let count = 0;
    for (let i = 0; i < listLength[broker]!; i++) {
      count += outside(lists[broker]![i]!, broker);
    }
    return count;
  };
  return {
    name: "BrokerSetAwareGoal",
    hard: true,
    mayHold,
    amount: { unit: "replicas", of: 1 },
    penalty,
    moveDelta: (replica, to) => outside(replica, to) - outside(replica, model.broker[replica]!),
    leadDelta: () => 0,
    infeasible: () => noBroker(context, { names, ofBroker, ofTopic }),
    provision: () => UNDECIDED,
    explain: (broker) =>
      `${penalty(broker)} replicas belong to another broker set than ${names[ofBroker[broker]!]}`,
  };
}

/** A set without enough brokers for one of its topics. */
function noBroker(context: GoalContext, mapping: Mapping): Infeasible | undefined {
  const { model } = context;
  const alive = new Int32Array(mapping.names.length);
  for (const b of context.alive) alive[mapping.ofBroker[b]!]!++;
  for (let p = 0; p < model.partitionCount; p++) {
    const set = mapping.ofTopic[model.topic[p]!]!;
    const needed = model.replicaStart[p + 1]! - model.replicaStart[p]!;
    if (set < 0 || model.pinned[p] === 1 || alive[set]! >= needed) continue;
    const topic = model.input.topicNames[model.topic[p]!]!;
    const missing = needed - alive[set]!;
    return {
      reason: `topic ${topic} belongs to broker set ${mapping.names[set]}, which has ${
        alive[set]
      } alive brokers, wanted ${needed}`,
      recommendation: `Add at least ${countOf(missing, "broker")} to set ${mapping.names[set]}.`,
    };
  }
  return undefined;
}
