/**
 * Puts chains of actions together. Replicas and leaders are where the chain has them at once, since later actions of
 * the chain ask for that; sums are left alone until the chain is weighed: half of all chains turn out not to be allowed.
 *
 * @module
 */
import { replicaMb } from "../../../model/replica_axes.ts";
import type { Draft } from "./draft.ts";
import { promote, relocate } from "../state.ts";
import { isBlocked, mayGoTo, mayLeadAgain, mayMove } from "../rules.ts";
import { LEADERS, MB } from "./worth.ts";

/** Kind of an action: a follower moves. */
export const FOLLOWS = 0;
/** A leader moves. */
export const LEADS = 1;
/** Leadership goes to another replica. */
export const HANDS_OVER = 2;

/** Moves a replica as the next action of the chain; whether rules and racks allow it. O(RF). */
export function draftMove(draft: Draft, replica: number, to: number): boolean {
  if (draft.model.broker[replica] === to || isBlocked(draft.search, replica, to)) return false;
  if (isForbidden(draft, replica, to)) return false;
  if (draft.guarded && !guardsTakeMove(draft, replica, to)) return false;
  addMove(draft, replica, to);
  return true;
}

/**
 * Sends a replica home and another one of its partition to where it was, as the next two actions of the chain; whether rules
 * and racks allow it when both are done. One after the other racks may forbid it: the one is on the rack that the other goes to. O(RF).
 */
export function draftTrade(draft: Draft, replica: number, other: number): boolean {
  const { search, guarded } = draft;
  const { broker, home } = draft.model;
  const [from, to, old] = [broker[replica]!, home[replica]!, broker[other]!];
  // Guards are told action by action.
  if (guarded || from === to) return false;
  if (isForbidden(draft, replica, to) || isForbidden(draft, other, from)) return false;
  broker[replica] = to;
  const isOtherBlocked = isBlocked(search, other, from);
  broker[replica] = from;
  if (isOtherBlocked) return false;
  broker[other] = from;
  const isBack = !isBlocked(search, replica, to);
  broker[other] = old;
  if (!isBack) return false;
  addMove(draft, other, from);
  addMove(draft, replica, to);
  return true;
}

function isForbidden(draft: Draft, replica: number, to: number): boolean {
  const { restricted, search } = draft;
  return restricted && !(mayMove(search, replica) && mayGoTo(search, replica, to));
}

function addMove(draft: Draft, replica: number, to: number): void {
  const { model, change } = draft;
  const { broker, home, leader, partition } = model;
  const from = broker[replica]!;
  const k = draft.chainLength++;
  draft.kind[k] = leader[partition[replica]!] === replica ? LEADS : FOLLOWS;
  draft.replica[k] = replica;
  draft.from[k] = from;
  draft.to[k] = to;
  broker[replica] = to;
  if (to === home[replica]) change[MB]! -= replicaMb(model, replica);
  else if (from === home[replica]) change[MB]! += replicaMb(model, replica);
}

/** Hands leadership to a replica as the next action of the chain; whether the rules allow it. O(1). */
export function draftLead(draft: Draft, replica: number): boolean {
  const { model, search, change } = draft;
  const { partition, broker, leader, homeLeader, pinned } = model;
  const p = partition[replica]!;
  const old = leader[p]!;
  if (replica === old) return false;
  if (draft.restricted && (pinned[p] === 1 || !mayLeadAgain(search, replica))) return false;
  if (draft.guarded && !guardsTakeLeader(draft, p, replica)) return false;
  const k = draft.chainLength++;
  draft.kind[k] = HANDS_OVER;
  draft.replica[k] = replica;
  draft.old[k] = old;
  draft.from[k] = broker[old]!;
  draft.to[k] = broker[replica]!;
  leader[p] = replica;
  if (replica === homeLeader[p]) change[LEADERS]! -= 1;
  else if (old === homeLeader[p]) change[LEADERS]! += 1;
  return true;
}

function guardsTakeMove(draft: Draft, replica: number, to: number): boolean {
  const { guards } = draft.real;
  for (const goal of guards) if (goal.mayHold?.(replica, to) === false) return false;
  for (const [i, goal] of guards.entries()) {
    if (goal.mayHold === undefined) draft.guardChange[i]! += goal.moveDelta(replica, to);
  }
  relocate(draft.real, replica, to);
  return true;
}

function guardsTakeLeader(draft: Draft, p: number, replica: number): boolean {
  for (const [i, goal] of draft.real.guards.entries()) {
    draft.guardChange[i]! += goal.leadDelta(p, replica);
  }
  promote(draft.real, p, replica);
  return true;
}

/** Takes back every action since the last chain, to the last bit. */
export function dropChain(draft: Draft): void {
  const { model, kind } = draft;
  const { broker, leader, partition } = model;
  if (draft.counted) uncountTopics(draft);
  for (let k = draft.chainLength - 1; k >= 0; k--) {
    const replica = draft.replica[k]!;
    if (kind[k] === HANDS_OVER) leader[partition[replica]!] = draft.old[k]!;
    else broker[replica] = draft.from[k]!;
    if (draft.guarded) tellGuards(draft, k);
  }
  forget(draft);
}

function uncountTopics(draft: Draft): void {
  const { kind, model } = draft;
  const { topicReplicas, topic, partition, brokerCount } = model;
  for (let k = 0; k < draft.chainLength; k++) {
    if (kind[k] === HANDS_OVER) continue;
    const cell = topic[partition[draft.replica[k]!]!]! * brokerCount;
    topicReplicas[cell + draft.to[k]!]! -= 1;
    topicReplicas[cell + draft.from[k]!]! += 1;
  }
}

/** The model that guards know follows what was taken back. */
function tellGuards({ real, model, kind, replica, from, old }: Draft, k: number): void {
  const r = replica[k]!;
  if (kind[k] === HANDS_OVER) promote(real, model.partition[r]!, old[k]!);
  else relocate(real, r, from[k]!);
}

/** Begins the next chain. */
export function forget(draft: Draft): void {
  const { change, place, touched, touchedCount } = draft;
  for (let k = 0; k < touchedCount; k++) place[touched[k]!] = -1;
  draft.touchedCount = 0;
  draft.chainLength = 0;
  draft.counted = false;
  if (draft.guarded) draft.guardChange.fill(0);
  // Stores instead of a call of fill(): this follows every chain.
  change[0] =
    change[1] =
    change[2] =
    change[3] =
      0;
}
