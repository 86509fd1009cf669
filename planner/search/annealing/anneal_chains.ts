/**
 * The chains that annealing draws from. Counts of replicas and leaders leave next to no room on small clusters, so that
 * most chains keep them: what comes to a broker, leaves it. Without the exchanges of leaders, leaders' bytes stayed
 * unbalanced on three times as many clusters; without the chains that begin at home, plans cost 3 % more.
 *
 * @module
 */
import { type Draft, drawBelow } from "./draft.ts";
import { draftLead, draftMove, draftTrade } from "./draft_chain.ts";
import { isBlocked } from "../rules.ts";

/** Draws of a partition or replica until one fits. */
const DRAWS = 24;
/** Draws of what takes part in a move or an exchange until brokers and racks allow it. */
const PARTNER_DRAWS = 6;
const MOVE_DRAWS = 3;

type Chain = (draft: Draft) => boolean;

/** How often each is drawn; found by hand on clusters whose best plan is known. */
const CHAINS: readonly (readonly [number, Chain])[] = [
  [2, lead],
  [5, exchangeLeaders],
  [2, rotateLeaders],
  [2, move],
  [1, moveForLead],
  [2, moveAgainstLeader],
  [4, exchangeAny],
  [3, exchangeInTopic],
  [2, exchangeLeading],
  [1, rotate],
  [2, goHome],
  [2, goHomeAgainstLeader],
  [4, goHomeAgainstAny],
  [4, goHomeInExchange],
  [3, goHomeInRotation],
  [1, goHomeForOther],
];

const WHEEL: readonly Chain[] = CHAINS.flatMap(([times, chain]) =>
  new Array<Chain>(times).fill(chain)
);

/** Carries out a random chain; whether rules allowed all of it. Otherwise what was done is to be dropped. */
export function proposeChain(draft: Draft): boolean {
  return WHEEL[drawBelow(draft, WHEEL.length)]!(draft);
}

function anyReplica(draft: Draft): number {
  return drawBelow(draft, draft.model.replicaCount);
}

function anyReplicaOf(draft: Draft, p: number): number {
  const { replicaStart } = draft.model;
  const first = replicaStart[p]!;
  return first + drawBelow(draft, replicaStart[p + 1]! - first);
}

function lead(draft: Draft): boolean {
  return draftLead(draft, anyReplicaOf(draft, drawBelow(draft, draft.model.partitionCount)));
}

/** Leadership of one partition goes from one broker to another, that of a second partition the other way. */
function exchangeLeaders(draft: Draft): boolean {
  const { model } = draft;
  const p = drawBelow(draft, model.partitionCount);
  const replica = anyReplicaOf(draft, p);
  const from = model.broker[model.leader[p]!]!;
  const to = model.broker[replica]!;
  return from !== to && draftLead(draft, replica) && leadBack(draft, to, from);
}

/** A partition that `from` leads and `to` has a replica of is led by `to`, if one is drawn. */
function leadBack(draft: Draft, from: number, to: number): boolean {
  const { leader, broker, partitionCount, replicaStart } = draft.model;
  for (let drawn = 0; drawn < DRAWS; drawn++) {
    const p = drawBelow(draft, partitionCount);
    if (broker[leader[p]!] !== from) continue;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) if (broker[r] === to) return draftLead(draft, r);
  }
  return true;
}

/** Three brokers, each hands leadership of a partition to the next. */
function rotateLeaders(draft: Draft): boolean {
  const { leader, broker, partitionCount } = draft.model;
  const p = drawBelow(draft, partitionCount);
  const replica = anyReplicaOf(draft, p);
  const first = broker[leader[p]!]!;
  const second = broker[replica]!;
  if (first === second || !draftLead(draft, replica)) return false;
  for (let drawn = 0; drawn < DRAWS; drawn++) {
    const q = drawBelow(draft, partitionCount);
    if (q === p || broker[leader[q]!] !== second) continue;
    const next = anyReplicaOf(draft, q);
    const third = broker[next]!;
    if (third === second) continue;
    return draftLead(draft, next) && (third === first || leadBack(draft, third, first));
  }
  return false;
}

function move(draft: Draft): boolean {
  return moveSomewhere(draft, anyReplica(draft));
}

function moveSomewhere(draft: Draft, replica: number): boolean {
  const { destinations } = draft.search;
  if (destinations.length === 0) return false;
  let to = destinations[drawBelow(draft, destinations.length)]!;
  for (let drawn = 1; drawn < MOVE_DRAWS; drawn++) {
    if (to !== draft.model.broker[replica] && !isBlocked(draft.search, replica, to)) break;
    to = destinations[drawBelow(draft, destinations.length)]!;
  }
  return draftMove(draft, replica, to);
}

/** A replica moves, and any of its partition leads. */
function moveForLead(draft: Draft): boolean {
  const replica = anyReplica(draft);
  const p = draft.model.partition[replica]!;
  return moveSomewhere(draft, replica) && draftLead(draft, anyReplicaOf(draft, p));
}

/** A replica moves; when it leads, leadership of another partition comes back. */
function moveAgainstLeader(draft: Draft): boolean {
  const { model } = draft;
  const replica = anyReplica(draft);
  const from = model.broker[replica]!;
  if (!moveSomewhere(draft, replica)) return false;
  if (model.leader[model.partition[replica]!] !== replica) return true;
  return leadBack(draft, model.broker[replica]!, from);
}

/** Any replica that may change places with this one as far as brokers and racks go, if one is drawn; else -1. */
function anyPartner(draft: Draft, a: number, first: number, count: number): number {
  const { model, search } = draft;
  const { broker, partition } = model;
  const from = broker[a]!;
  for (let drawn = 0; drawn < PARTNER_DRAWS; drawn++) {
    const b = first + drawBelow(draft, count);
    const to = broker[b]!;
    if (to === from || partition[a] === partition[b]) continue;
    if (!isBlocked(search, a, to) && !isBlocked(search, b, from)) return b;
  }
  return -1;
}

function exchange(draft: Draft, a: number, b: number): boolean {
  const { broker, partition } = draft.model;
  if (partition[a] === partition[b]) return false;
  const from = broker[a]!;
  const to = broker[b]!;
  return draftMove(draft, a, to) && draftMove(draft, b, from);
}

/** Any other replica that may go to the broker as far as brokers and racks go, if one is drawn. */
function anyArriving(draft: Draft, than: number, to: number): number {
  const { broker } = draft.model;
  let other = anyReplica(draft);
  for (let drawn = 1; drawn < PARTNER_DRAWS; drawn++) {
    if (other !== than && broker[other] !== to && !isBlocked(draft.search, other, to)) break;
    other = anyReplica(draft);
  }
  return other;
}

function exchangeAny(draft: Draft): boolean {
  const a = anyReplica(draft);
  const b = anyPartner(draft, a, 0, draft.model.replicaCount);
  return b >= 0 && exchange(draft, a, b);
}

function exchangeInTopic(draft: Draft): boolean {
  const { topic, partition, input, replicaStart } = draft.model;
  const replica = anyReplica(draft);
  const t = topic[partition[replica]!]!;
  const first = replicaStart[input.partitionStart[t]!]!;
  const b = anyPartner(draft, replica, first, replicaStart[input.partitionStart[t + 1]!]! - first);
  return b >= 0 && exchange(draft, replica, b);
}

function exchangeLeading(draft: Draft): boolean {
  const { leader, partitionCount } = draft.model;
  const a = leader[drawBelow(draft, partitionCount)]!;
  return exchange(draft, a, leader[drawBelow(draft, partitionCount)]!);
}

/** Three replicas, each to the next one's broker. */
function rotate(draft: Draft): boolean {
  const { broker, partition } = draft.model;
  const a = anyReplica(draft);
  const b = anyReplica(draft);
  const c = anyReplica(draft);
  if (partition[a] === partition[b] || partition[b] === partition[c]) return false;
  if (partition[a] === partition[c]) return false;
  const first = broker[a]!;
  const second = broker[b]!;
  const third = broker[c]!;
  if (first === second || second === third || first === third) return false;
  return draftMove(draft, a, second) && draftMove(draft, b, third) && draftMove(draft, c, first);
}

/** A replica that is away from home, if one is drawn. */
function anyAway(draft: Draft): number {
  const { broker, home } = draft.model;
  let replica = anyReplica(draft);
  for (let drawn = 0; drawn < DRAWS && broker[replica] === home[replica]; drawn++) {
    replica = anyReplica(draft);
  }
  return replica;
}

function goHome(draft: Draft): boolean {
  const replica = anyAway(draft);
  return draftMove(draft, replica, draft.model.home[replica]!);
}

/** A replica goes home, and leadership of some partition comes back. */
function goHomeAgainstLeader(draft: Draft): boolean {
  const { broker, home } = draft.model;
  const replica = anyAway(draft);
  const from = broker[replica]!;
  const to = home[replica]!;
  return draftMove(draft, replica, to) && leadBack(draft, to, from);
}

/** A replica goes home, and any other takes its place. */
function goHomeAgainstAny(draft: Draft): boolean {
  const { broker, home } = draft.model;
  const replica = anyAway(draft);
  const from = broker[replica]!;
  if (!draftMove(draft, replica, home[replica]!)) return false;
  return draftMove(draft, anyArriving(draft, replica, from), from);
}

/** A replica goes home, and another one of its partition goes where it was. */
function goHomeForOther(draft: Draft): boolean {
  const { broker, home, partition } = draft.model;
  const replica = anyAway(draft);
  const from = broker[replica]!;
  const other = anyReplicaOf(draft, partition[replica]!);
  if (other === replica) return false;
  if (draftMove(draft, replica, home[replica]!)) return draftMove(draft, other, from);
  return draft.trades && draftTrade(draft, replica, other);
}

/** A replica that is on this broker and may go to that one as far as brokers and racks go, if one is drawn; else -1. */
function anyBetween(draft: Draft, from: number, to: number): number {
  const { broker } = draft.model;
  for (let drawn = 0; drawn < DRAWS; drawn++) {
    const replica = anyReplica(draft);
    if (broker[replica] === from && !isBlocked(draft.search, replica, to)) return replica;
  }
  return -1;
}

/** A replica goes home, and another one comes from there. */
function goHomeInExchange(draft: Draft): boolean {
  const { broker, home } = draft.model;
  const replica = anyAway(draft);
  const from = broker[replica]!;
  const to = home[replica]!;
  if (!draftMove(draft, replica, to)) return false;
  const other = anyBetween(draft, to, from);
  return other >= 0 && draftMove(draft, other, from);
}

/** A replica goes home, another one leaves from there for a third broker, and one from there takes the place of the first. */
function goHomeInRotation(draft: Draft): boolean {
  const { destinations } = draft.search;
  const { broker, home } = draft.model;
  const replica = anyAway(draft);
  const from = broker[replica]!;
  const to = home[replica]!;
  if (destinations.length < 3 || !draftMove(draft, replica, to)) return false;
  const third = destinations[drawBelow(draft, destinations.length)]!;
  if (third === from || third === to) return false;
  const second = anyBetween(draft, to, third);
  if (second < 0 || second === replica || !draftMove(draft, second, third)) return false;
  const last = anyBetween(draft, third, from);
  return last >= 0 && last !== second && draftMove(draft, last, from);
}
