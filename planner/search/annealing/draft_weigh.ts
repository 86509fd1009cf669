/**
 * Judges a chain of actions as a whole, and keeps it.
 *
 * @module
 */
import { ALIVE, AXIS_COUNT, AXIS_NW_OUT, MAY_RECEIVE } from "../../../model/cluster_model.ts";
import { addLeading } from "../../../model/replica_axes.ts";
import type { Draft } from "./draft.ts";
import { FOLLOWS, forget, HANDS_OVER } from "./draft_chain.ts";
import type { DraftLimits } from "./draft_limits.ts";
import { LEADERS, MAY, MB, MUST, type Worth } from "./worth.ts";

/**
 * Whether guards and hard limits take the chain and it adds no more than `allowed` at these prices; fills in what it
 * changes then. Ends as soon as it has become too dear.
 */
export function weigh(draft: Draft, prices: Worth, allowed: number): boolean {
  const { change, touched, mustOut, mayOut, wishes, guardChange } = draft;
  for (let i = 0; i < guardChange.length; i++) if (guardChange[i]! > 0) return false;
  addActions(draft);
  const mustPrice = prices[MUST]!;
  const mayPrice = prices[MAY]!;
  let left = allowed - prices[MB]! * change[MB]! - prices[LEADERS]! * change[LEADERS]! -
    mustPrice * change[MUST]! - mayPrice * change[MAY]!;
  const count = draft.touchedCount;
  for (let k = 0; k < count; k++) {
    const b = touched[k]!;
    left += mustPrice * mustOut[b]!;
    if (wishes) left += mayPrice * mayOut[b]!;
  }
  for (let k = 0; k < count; k++) {
    if (!addBroker(draft, k)) return false;
    left -= mustPrice * draft.newMust[k]!;
    if (wishes) left -= mayPrice * draft.newMay[k]!;
    if (left < 0) return false;
  }
  for (let k = 0; k < count; k++) {
    const b = touched[k]!;
    change[MUST]! += draft.newMust[k]! - mustOut[b]!;
    if (wishes) change[MAY]! += draft.newMay[k]! - mayOut[b]!;
  }
  return true;
}

/** Adds up what the actions change on brokers and of topics. */
function addActions(draft: Draft): void {
  const { kind, model, rows } = draft;
  const { row, loads } = model;
  const count = draft.chainLength;
  for (let k = 0; k < count; k++) {
    const replica = draft.replica[k]!;
    const source = placeOf(draft, draft.from[k]!) << 3;
    const target = placeOf(draft, draft.to[k]!) << 3;
    const at = row[replica]! << 3;
    if (kind[k] === HANDS_OVER) {
      addLeading(rows, source, loads, row[draft.old[k]!]! << 3, -1);
      addLeading(rows, target, loads, at, 1);
      continue;
    }
    for (let axis = 0; axis <= AXIS_NW_OUT; axis++) {
      const load = loads[at + axis]!;
      rows[source + axis]! -= load;
      rows[target + axis]! += load;
    }
    countTopic(draft, k);
    if (kind[k] === FOLLOWS) continue;
    addLeading(rows, source, loads, at, -1);
    addLeading(rows, target, loads, at, 1);
  }
  draft.counted = true;
}

/** The broker's place among those that the chain touches. */
function placeOf(draft: Draft, broker: number): number {
  const { place, rows } = draft;
  const known = place[broker]!;
  if (known >= 0) return known;
  const k = draft.touchedCount++;
  place[broker] = k;
  draft.touched[k] = broker;
  const from = k << 3;
  for (let axis = 0; axis < AXIS_COUNT; axis++) rows[from + axis] = 0;
  return k;
}

/** Counts a replica on its new broker, and what that changes of the distance outside topics' limits. */
function countTopic(draft: Draft, k: number): void {
  const { model, change, topicScale } = draft;
  const { topicReplicas, topic, partition, brokerCount } = model;
  const t = topic[partition[draft.replica[k]!]!]!;
  const from = draft.from[k]!;
  const to = draft.to[k]!;
  const out = topicReplicas[t * brokerCount + from]!;
  const into = topicReplicas[t * brokerCount + to]!;
  const must = leaving(draft, draft.must, t, from, out) + arriving(draft, draft.must, t, to, into);
  if (must !== 0) change[MUST]! += must * topicScale;
  if (draft.wishes) {
    const may = leaving(draft, draft.may, t, from, out) + arriving(draft, draft.may, t, to, into);
    if (may !== 0) change[MAY]! += may * topicScale;
  }
  topicReplicas[t * brokerCount + from] = out - 1;
  topicReplicas[t * brokerCount + to] = into + 1;
}

/** What one replica of a topic less on a broker that has `count` of them adds to the distance. */
function leaving(draft: Draft, limits: DraftLimits, t: number, b: number, count: number): number {
  if (count > limits.topicUpper[t]!) return (draft.model.flags[b]! & ALIVE) === 0 ? 0 : -1;
  return count <= limits.topicLower[t]! && (draft.model.flags[b]! & MAY_RECEIVE) !== 0 ? 1 : 0;
}

/** The same for one more. */
function arriving(draft: Draft, limits: DraftLimits, t: number, b: number, count: number): number {
  if (count >= limits.topicUpper[t]!) return (draft.model.flags[b]! & ALIVE) === 0 ? 0 : 1;
  return count < limits.topicLower[t]! && (draft.model.flags[b]! & MAY_RECEIVE) !== 0 ? -1 : 0;
}

/** Fills in how far the broker at this place would be outside; whether hard limits are kept, or it gets no worse. */
function addBroker(draft: Draft, k: number): boolean {
  const { rows, firm, hardUpper, scale, must, may, wishes } = draft;
  const { sums } = draft.model;
  const { upper, lower } = must;
  const from = k << 3;
  const at = draft.touched[k]! << 3;
  let mustOut = 0;
  let mayOut = 0;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const i = at + axis;
    const change = rows[from + axis]!;
    const sum = sums[i]! + change;
    if (sum > firm[i]!) {
      if (change > 0 && sum > hardUpper[i]!) return false;
      if (sum > upper[i]!) mustOut += (sum - upper[i]!) * scale[i]!;
    } else if (sum < lower[i]!) mustOut += (lower[i]! - sum) * scale[i]!;
    if (!wishes) continue;
    if (sum > may.upper[i]!) mayOut += (sum - may.upper[i]!) * scale[i]!;
    else if (sum < may.lower[i]!) mayOut += (may.lower[i]! - sum) * scale[i]!;
  }
  draft.newMust[k] = mustOut;
  draft.newMay[k] = mayOut;
  return true;
}

/** Keeps the chain that was weighed. */
export function keepChain(draft: Draft): void {
  const { worth, change, touched, touchedCount, mustOut, mayOut, rows } = draft;
  const { sums } = draft.model;
  for (let k = 0; k < touchedCount; k++) {
    const b = touched[k]!;
    mustOut[b] = draft.newMust[k]!;
    mayOut[b] = draft.newMay[k]!;
    for (let axis = 0; axis < AXIS_COUNT; axis++) sums[b << 3 | axis]! += rows[k << 3 | axis]!;
  }
  worth[MUST] = Math.max(0, worth[MUST]! + change[MUST]!);
  worth[MAY] = Math.max(0, worth[MAY]! + change[MAY]!);
  worth[MB]! += change[MB]!;
  worth[LEADERS]! += change[LEADERS]!;
  forget(draft);
}
