/**
 * Brings replicas of a topic to brokers that hold too few of it: alone where there is room, against a replica of another
 * topic elsewhere. Only topics with many replicas have to be on each broker.
 *
 * @module
 */
import { ALIVE } from "../../../model/cluster_model.ts";
import { replicaMb } from "../../../model/replica_axes.ts";
import { moveIsLegal } from "../legal.ts";
import { REASON } from "../reasons.ts";
import { relocate, type Search } from "../state.ts";
import { isBlocked, mayGoTo, mayMove } from "../rules.ts";
import { fittingPartner, staysWithinWith, type Trading } from "./topic_partners.ts";

/** Replicas that are tried for each that a broker lacks. */
const TRIES = 40;
/** Replicas of a partner that are tried: those that are tried next may find one sooner. */
const SAMPLE = 100;

/** A broker that holds too few of a topic. */
interface Short {
  readonly topic: number;
  readonly broker: number;
}

/** See the file's head. One pass over the topics that brokers must hold; what finds nothing stays. */
export function* supplyTopics(search: Search, trading: Trading): Generator<void, void> {
  const { model, topicLower } = search;
  for (let topic = 0; topic < model.topicCount; topic++) {
    if (topicLower[topic]! <= 0) continue;
    for (let broker = 0; broker < model.brokerCount; broker++) {
      if ((model.flags[broker]! & ALIVE) === 0) continue;
      if (lacking(search, topic, broker) > 0) supply(search, trading, { topic, broker });
    }
    yield;
  }
}

/** How many more of a topic a broker must hold; negative = how many it may give away. */
function lacking({ model, topicLower }: Search, topic: number, broker: number): number {
  return topicLower[topic]! - model.topicReplicas[topic * model.brokerCount + broker]!;
}

function supply(search: Search, trading: Trading, short: Short): void {
  const { topic, broker } = short;
  let tries = TRIES * lacking(search, topic, broker);
  for (const replica of givable(search, short)) {
    if (lacking(search, topic, broker) <= 0 || trading.patience <= 0 || tries-- <= 0) return;
    if (lacking(search, topic, search.model.broker[replica]!) >= 0) continue;
    if (!moveAlone(search, trading, replica, short)) tradeFor(search, trading, replica, short);
  }
}

/** Replicas of the topic that may come from brokers with enough of them, smallest first. O(replicas of the topic). */
function givable(search: Search, { topic, broker }: Short): number[] {
  const { input, replicaStart, broker: brokerOf } = search.model;
  const found: number[] = [];
  const end = replicaStart[input.partitionStart[topic + 1]!]!;
  for (let r = replicaStart[input.partitionStart[topic]!]!; r < end; r++) {
    if (lacking(search, topic, brokerOf[r]!) >= 0 || !mayMove(search, r)) continue;
    if (mayGoTo(search, r, broker) && !isBlocked(search, r, broker)) found.push(r);
  }
  const mb = (r: number) => replicaMb(search.model, r);
  return found.sort((a, b) => mb(a) - mb(b) || a - b);
}

/** Moves a replica where that leaves neither broker further outside its limits. */
function moveAlone(search: Search, trading: Trading, replica: number, short: Short): boolean {
  search.steps++;
  trading.back.fill(0);
  if (!staysWithinWith(search, trading, replica, short.broker)) return false;
  if (!moveIsLegal(search, replica, short.broker)) return false;
  move(search, trading, replica, short);
  return true;
}

function tradeFor(search: Search, trading: Trading, replica: number, short: Short): void {
  const partner = fittingPartner(search, trading, { replica, on: short.broker, sample: SAMPLE });
  if (partner < 0) return;
  const from = search.model.broker[replica]!;
  search.reasons.noteMove(partner, { goal: trading.goal, kind: REASON.swap, value: 0 });
  move(search, trading, replica, short);
  relocate(search, partner, from);
}

/** The reason has the count before the move. */
function move(search: Search, { goal }: Trading, replica: number, { topic, broker }: Short): void {
  const value = search.model.topicReplicas[topic * search.model.brokerCount + broker]!;
  search.reasons.noteMove(replica, { goal, kind: REASON.topicShort, value });
  relocate(search, replica, broker);
}
