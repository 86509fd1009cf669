/**
 * Takes replicas of a topic off brokers that hold too many of it.
 *
 * @module
 */
import { brokersOut } from "../../../goals/goal.ts";
import { topicsAreCounted } from "../../../goals/topic_figures.ts";
import { ALIVE, AXIS_COUNT } from "../../../model/cluster_model.ts";
import { bestDestination } from "../destination.ts";
import { emptiestBrokers } from "../ranking.ts";
import { REASON } from "../reasons.ts";
import { relocate, type Search } from "../state.ts";
import { mayMove } from "../rules.ts";

/** Topics looked at between two yields. */
const CHUNK = 250;

/** One pass over the topic x broker matrix; smallest replicas first. What finds no place is left to later parts. */
export function* spreadTopics(search: Search): Generator<void, void> {
  const goal = search.goals.findIndex((candidate) => candidate.topicLimits !== undefined);
  if (goal < 0 || search.hopeless.has(search.goals[goal]!)) return;
  // Looking for surplus costs less than counting anew how topics stand.
  if (
    topicsAreCounted(search.context) &&
    brokersOut(search.goals[goal]!, search.context).length === 0
  ) return;
  const { topicCount, brokerCount } = search.model;
  for (let t = 0; t < topicCount; t += CHUNK) {
    for (const cell of surplusCells(search, t, Math.min(t + CHUNK, topicCount))) {
      relieve(search, { topic: Math.floor(cell / brokerCount), broker: cell % brokerCount, goal });
    }
    yield;
  }
}

/**
 * Cells of the topic x broker matrix above the topic's limit, of alive brokers, for topics `[from, to)`, ascending.
 * O(replicas of those topics): most topics are on few of the brokers.
 */
export function surplusCells(search: Search, from: number, to: number): number[] {
  const { topicUpper } = search;
  const { topicReplicas, brokerCount, flags, broker, replicaStart, input } = search.model;
  const cells: number[] = [];
  let r = replicaStart[input.partitionStart[from]!]!;
  for (let t = from; t < to; t++) {
    const most = topicUpper[t]!;
    const row = t * brokerCount;
    const before = cells.length;
    const end = replicaStart[input.partitionStart[t + 1]!]!;
    for (; r < end; r++) {
      const b = broker[r]!;
      if (topicReplicas[row + b]! <= most || (flags[b]! & ALIVE) === 0) continue;
      if (!cells.includes(row + b, before)) cells.push(row + b);
    }
    if (cells.length - before > 1) cells.push(...cells.splice(before).sort((a, b) => a - b));
  }
  return cells;
}

function relieve(search: Search, at: { topic: number; broker: number; goal: number }): void {
  const { model, topicUpper } = search;
  const { topicReplicas, brokerCount, loads, row } = model;
  const disk = (r: number) => loads[row[r]! * AXIS_COUNT]!;
  const replicas = replicasOf(search, at.topic, at.broker).filter((r) => mayMove(search, r));
  replicas.sort((a, b) => disk(a) - disk(b) || a - b);
  for (const replica of replicas) {
    const count = topicReplicas[at.topic * brokerCount + at.broker]!;
    if (count <= topicUpper[at.topic]!) return;
    const to = bestDestination(search, replica, "joint", emptiestBrokers(search));
    if (to < 0) continue;
    search.reasons.noteMove(replica, { goal: at.goal, kind: REASON.topic, value: count });
    relocate(search, replica, to);
  }
}

/** Replicas of a topic on a broker. O(replicas of the topic). */
export function replicasOf(search: Search, topic: number, broker: number): number[] {
  const { input, replicaStart, broker: brokerOf } = search.model;
  const found: number[] = [];
  const start = replicaStart[input.partitionStart[topic]!]!;
  const end = replicaStart[input.partitionStart[topic + 1]!]!;
  for (let r = start; r < end; r++) if (brokerOf[r] === broker) found.push(r);
  return found;
}
