/**
 * Evens out how often brokers are at each place of replica lists, by exchanging two places of one list: that moves no
 * replica. Only for the goal of Kafka assigner mode, and after all others, which even out replicas as a whole.
 *
 * Replica lists are edges between brokers: a partition with broker a at the place in question and b at a later one lets
 * a give a place to b. A broker that has too many gives along the shortest way to one that has room, and every
 * partition on the way exchanges its two places. With replicas evened out as a whole, such a way exists: bipartite
 * graphs have equitable edge colourings (D. de Werra, 1971).
 *
 * @module
 */
import {
  countPlaces,
  mostPlaces,
  type PlaceLimits,
  placeLimits,
  replicaAtPlace,
} from "../../../goals/list_positions.ts";
import { KAFKA_ASSIGNER_GOALS } from "../../../goals/kafka_assigner.ts";
import { ALIVE } from "../../../model/cluster_model.ts";
import { isElsewhere, placesAtHome } from "../checkpoint.ts";
import { REASON } from "../reasons.ts";
import { promote, relocate, type Search } from "../state.ts";
import { mayLead } from "../rules.ts";

/** Ways looked for between two yields. */
const CHUNK = 200;

/** What is known while one place is evened out. */
interface Evening {
  readonly search: Search;
  /** Index of the goal. */
  readonly goal: number;
  readonly limits: PlaceLimits;
  readonly place: number;
  /** Lists by place and broker. */
  readonly counts: Int32Array;
  /** Fewest and most lists of each broker at the place, so that later places can be evened out as well. */
  readonly least: Int32Array;
  readonly most: Int32Array;
  /** Partitions by broker at the place x broker at a later one. What has changed since is dropped when it is met. */
  readonly edges: number[][];
}

/** Does nothing unless KafkaAssignerEvenRackAwareGoal is planned for and replicas may move freely. O(R + ways x B^2). */
export function* evenPositions(search: Search): Generator<void, void> {
  const goal = search.goals.findIndex(({ name }) => name === KAFKA_ASSIGNER_GOALS[0]);
  if (goal < 0 || search.onlyImmigrants || search.strictImmigrants || search.onlyToNew) return;
  const { model } = search;
  const limits = placeLimits(search.context);
  const counts = countPlaces(model, () => true);
  for (let place = 0; place < mostPlaces(model) - 1; place++) {
    yield;
    const evening = eveningOf({ search, goal, limits, place, counts });
    let ways = 0;
    for (const b of search.context.alive) {
      for (const gives of [true, false]) {
        while (isOut(evening, b, gives) && shift(evening, b, gives)) {
          if (++ways % CHUNK === 0) yield;
        }
      }
    }
  }
}

function isOut({ counts, place, search, least, most }: Evening, b: number, above: boolean) {
  const count = counts[place * search.model.brokerCount + b]!;
  return above ? count > most[b]! : count < least[b]!;
}

function eveningOf(parts: Omit<Evening, "least" | "most" | "edges">): Evening {
  const { search, limits, place, counts } = parts;
  const { model } = search;
  const { brokerCount } = model;
  const least = new Int32Array(brokerCount);
  const most = new Int32Array(brokerCount);
  for (let b = 0; b < brokerCount; b++) {
    // What later places can have together: the rest has to be at this one.
    let [left, fewest, room] = [0, 0, 0];
    for (let k = place; k < limits.places; k++) {
      const at = k * brokerCount + b;
      left += counts[at]!;
      if (k > place) fewest += limits.lower[at]!;
      if (k > place) room += limits.upper[at]!;
    }
    const at = place * brokerCount + b;
    most[b] = Math.min(limits.upper[at]!, Math.max(limits.lower[at]!, left - fewest));
    least[b] = Math.max(limits.lower[at]!, Math.min(limits.upper[at]!, left - room));
  }
  const edges: number[][] = Array.from({ length: brokerCount * brokerCount }, () => []);
  const evening = { ...parts, least, most, edges };
  // The last ones are taken first: those that the plan changes in any case.
  const home = placesAtHome(model);
  for (const changed of [false, true]) {
    for (let p = 0; p < model.partitionCount; p++) {
      if (model.pinned[p] === 0 && isElsewhere(model, p, model, home) === changed) {
        addEdges(evening, p);
      }
    }
  }
  return evening;
}

function addEdges({ search, place, edges }: Evening, p: number): void {
  const { model } = search;
  const factor = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  if (place >= factor - 1) return;
  const from = model.broker[replicaAtPlace(model, p, place)]!;
  for (let later = place + 1; later < factor; later++) {
    const to = model.broker[replicaAtPlace(model, p, later)]!;
    edges[from * model.brokerCount + to]!.push(p);
  }
}

/** The replica of a broker behind the place, -1 = none or the two may not exchange. */
function partnerOf(evening: Evening, p: number, from: number, to: number): number {
  const { search, place } = evening;
  const { model } = search;
  const own = replicaAtPlace(model, p, place);
  if (model.broker[own] !== from) return -1;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] !== to || r === own) continue;
    const isLater = placeOf(search, p, r) > place;
    return isLater && mayExchange(evening, p, own, r) ? r : -1;
  }
  return -1;
}

function placeOf({ model }: Search, p: number, replica: number): number {
  if (model.leader[p] === replica) return 0;
  const first = model.replicaStart[p]!;
  return (replica === first ? model.leader[p]! : replica) - first;
}

function mayExchange(evening: Evening, p: number, own: number, other: number): boolean {
  const { search, goal, place } = evening;
  const { model, context } = search;
  if ((model.flags[model.broker[own]!]! & model.flags[model.broker[other]!]! & ALIVE) === 0) {
    return false;
  }
  if (place === 0) {
    if (!mayLead(search, other)) return false;
    return search.goals.every((one, index) =>
      index === goal || search.hopeless.has(one) || (index > goal && !one.hard) ||
      one.leadDelta(p, other) <= 0
    );
  }
  // Followers exchange their brokers in the model; where each has loads or a log dir of its own, that is not the same.
  return context.logDirs === undefined && model.row[own] === model.row[other];
}

/** One list more or less for a broker at the place, by the shortest way; false when there is none. */
function shift(evening: Evening, broker: number, gives: boolean): boolean {
  const { search, counts, place, least, most } = evening;
  const { brokerCount } = search.model;
  const came = new Int32Array(brokerCount).fill(-1);
  came[broker] = broker;
  const queue = [broker];
  for (let i = 0; i < queue.length; i++) {
    const at = queue[i]!;
    for (const next of search.context.alive) {
      if (came[next]! >= 0) continue;
      const [from, to] = gives ? [at, next] : [next, at];
      if (lastEdge(evening, from, to) < 0) continue;
      came[next] = at;
      const count = counts[place * brokerCount + next]!;
      if (gives ? count < most[next]! : count > least[next]!) {
        return exchangeAlong(evening, came, { end: next, gives });
      }
      queue.push(next);
    }
  }
  return false;
}

/** A partition by which `from` can give its place to `to`, -1 = none. Drops what is none any more. */
function lastEdge(evening: Evening, from: number, to: number): number {
  const list = evening.edges[from * evening.search.model.brokerCount + to]!;
  while (list.length > 0) {
    evening.search.steps++;
    const p = list[list.length - 1]!;
    if (partnerOf(evening, p, from, to) >= 0) return p;
    list.pop();
  }
  return -1;
}

/** From the end of the way back to the broker where it began; false when other goals forbid what is left of it by then. */
function exchangeAlong(
  evening: Evening,
  came: Int32Array,
  { end, gives }: { end: number; gives: boolean },
): boolean {
  let at = end;
  while (came[at] !== at) {
    const before = came[at]!;
    const [from, to] = gives ? [before, at] : [at, before];
    const p = lastEdge(evening, from, to);
    if (p < 0) return false;
    exchange(evening, p, partnerOf(evening, p, from, to));
    at = before;
  }
  return true;
}

function exchange(evening: Evening, p: number, other: number): void {
  const { search, goal, place } = evening;
  const { model, reasons } = search;
  countPartition(evening, p, -1);
  const reason = { goal, kind: REASON.place, value: place };
  if (place === 0) {
    reasons.noteLead(p, reason);
    promote(search, p, other);
  } else {
    const own = replicaAtPlace(model, p, place);
    const from = model.broker[own]!;
    const to = model.broker[other]!;
    reasons.noteMove(own, reason);
    reasons.noteMove(other, reason);
    relocate(search, own, to);
    relocate(search, other, from);
  }
  countPartition(evening, p, 1);
  addEdges(evening, p);
}

function countPartition({ search, counts }: Evening, p: number, sign: number): void {
  const { model } = search;
  const factor = model.replicaStart[p + 1]! - model.replicaStart[p]!;
  for (let k = 0; k < factor; k++) {
    counts[k * model.brokerCount + model.broker[replicaAtPlace(model, p, k)]!]! += sign;
  }
}
