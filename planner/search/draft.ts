/**
 * A placement to try actions on: copies of what actions change, without the lists and gradients that other parts of
 * the search need and that would cost more than the actions. Actions are carried out one after the other until they
 * are kept or taken back all together, so that any chain of them is judged as a whole.
 *
 * ```
 * array        type           length   index           value
 * scale        Float64Array   B x 8    broker, axis    1 / target; what a unit outside weighs; 0 on dead brokers
 * must, may    Float64Array   B        broker          summed relative distance outside the limits
 * ```
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  type ClusterModel,
  MAY_RECEIVE,
  ROW_LEADER_CPU,
} from "../../model/cluster_model.ts";
import { mbAway, replicaMb } from "../../model/replica_axes.ts";
import type { Places } from "./checkpoint.ts";
import type { DraftLimits } from "./draft_limits.ts";
import { LEADERS, MAY, MB, MUST, type Worth } from "./worth.ts";
import { isBlocked, mayGoTo, mayLead, mayMove, promote, relocate, type Search } from "./state.ts";

/** Actions in one chain at most, and brokers that they may touch. */
const CHAIN_MAX = 4;
const TOUCHED_MAX = 2 * CHAIN_MAX;

/** See the table above. */
export interface Draft {
  /** The real search: its guards know only the real model, which follows the draft where there are any. */
  readonly real: Search;
  /** The same over copies. */
  readonly search: Search;
  readonly must: DraftLimits;
  /** Limits that are only wished for. */
  readonly may: DraftLimits;
  /** Whether there are any; `may` is `must` otherwise. */
  readonly wishes: boolean;
  readonly scale: Float64Array;
  /** What a replica of a topic too many or too few weighs: as much as one too many on a broker. */
  readonly topicScale: number;
  readonly mustOut: Float64Array;
  readonly mayOut: Float64Array;
  /** Of the placement before the chain that is being tried. */
  readonly worth: Worth;
  /** What the chain adds to it; of MUST and MAY only the topics' part. */
  readonly change: Worth;
  /** Brokers that the chain touches, and their rows of sums before it. */
  readonly touched: Int32Array;
  touchedCount: number;
  readonly rows: Float64Array;
  readonly newMust: Float64Array;
  readonly newMay: Float64Array;
  /** The chain: replicas and the brokers where they were or, where `leads` is 1, partitions and who led before. */
  readonly chain: Int32Array;
  readonly before: Int32Array;
  readonly leads: Uint8Array;
  chainLength: number;
  /** What the chain adds to the penalty of each guard. */
  readonly guardChange: Float64Array;
  /** State of the generator of draws. */
  readonly random: Int32Array;
}

/** The next 32 bits (xorshift by Marsaglia, 2003): annealing draws more often than it does anything else. */
function draw({ random }: Draft): number {
  let x = random[0]!;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  random[0] = x;
  return x >>> 0;
}

/** An integer in [0, limit). */
export function drawBelow(draft: Draft, limit: number): number {
  return Math.floor(draw(draft) * limit / 2 ** 32);
}

/** A number in [0, 1). */
export function drawPart(draft: Draft): number {
  return draw(draft) / 2 ** 32;
}

/** Copies the present placement. O(R + T x B). */
export function draftOf(
  real: Search,
  options: { must: DraftLimits; may: DraftLimits | undefined; passesHard: boolean },
): Draft {
  const { must } = options;
  const may = options.may ?? must;
  const wishes = options.may !== undefined;
  const model: ClusterModel = {
    ...real.model,
    broker: real.model.broker.slice(),
    leader: real.model.leader.slice(),
    sums: real.model.sums.slice(),
    topicReplicas: real.model.topicReplicas.slice(),
  };
  const { brokerCount, replicaCount } = model;
  const alive = real.context.alive.length;
  const { hardUpper: limit } = real;
  const hardUpper = options.passesHard ? new Float64Array(limit.length).fill(Infinity) : limit;
  const draft: Draft = {
    real,
    search: { ...real, model, hardUpper },
    must,
    may,
    wishes,
    scale: scaleOf(real),
    topicScale: Math.max(1, alive) / Math.max(1, replicaCount),
    mustOut: new Float64Array(brokerCount),
    mayOut: new Float64Array(brokerCount),
    worth: Float64Array.of(0, 0, mbAway(model), changedLeaders(model)),
    change: new Float64Array(4),
    touched: new Int32Array(TOUCHED_MAX),
    touchedCount: 0,
    rows: new Float64Array(TOUCHED_MAX * AXIS_COUNT),
    newMust: new Float64Array(TOUCHED_MAX),
    newMay: new Float64Array(TOUCHED_MAX),
    chain: new Int32Array(CHAIN_MAX),
    before: new Int32Array(CHAIN_MAX),
    leads: new Uint8Array(CHAIN_MAX),
    chainLength: 0,
    guardChange: new Float64Array(real.guards.length),
    random: Int32Array.of(1 + real.prng.below(2 ** 31 - 1)),
  };
  for (let b = 0; b < brokerCount; b++) {
    draft.worth[MUST]! += draft.mustOut[b] = rowOutside(draft, must, b);
    if (wishes) draft.worth[MAY]! += draft.mayOut[b] = rowOutside(draft, may, b);
  }
  addTopics(draft);
  return draft;
}

function scaleOf({ model, target }: Search): Float64Array {
  const scale = new Float64Array(target.length);
  for (let i = 0; i < scale.length; i++) {
    if ((model.flags[Math.floor(i / AXIS_COUNT)]! & ALIVE) === 0) continue;
    scale[i] = target[i]! > 0 ? 1 / target[i]! : 1;
  }
  return scale;
}

function changedLeaders({ leader, homeLeader, partitionCount }: ClusterModel): number {
  let count = 0;
  for (let p = 0; p < partitionCount; p++) if (leader[p] !== homeLeader[p]) count++;
  return count;
}

function addTopics(draft: Draft): void {
  const { topicCount, brokerCount } = draft.search.model;
  for (let t = 0; t < topicCount; t++) {
    for (let b = 0; b < brokerCount; b++) {
      draft.worth[MUST]! += topicOutside(draft, draft.must, t, b);
      if (draft.wishes) draft.worth[MAY]! += topicOutside(draft, draft.may, t, b);
    }
  }
}

function topicOutside(draft: Draft, limits: DraftLimits, t: number, b: number): number {
  const { flags, topicReplicas, brokerCount } = draft.search.model;
  const count = topicReplicas[t * brokerCount + b]!;
  const high = limits.topicUpper[t]!;
  if (count > high) return (flags[b]! & ALIVE) === 0 ? 0 : (count - high) * draft.topicScale;
  const low = limits.topicLower[t]!;
  return count < low && (flags[b]! & MAY_RECEIVE) !== 0 ? (low - count) * draft.topicScale : 0;
}

function rowOutside(draft: Draft, limits: DraftLimits, broker: number): number {
  const { upper, lower } = limits;
  const { scale } = draft;
  const { sums } = draft.search.model;
  let total = 0;
  const end = (broker + 1) * AXIS_COUNT;
  for (let i = broker * AXIS_COUNT; i < end; i++) {
    const sum = sums[i]!;
    if (sum > upper[i]!) total += (sum - upper[i]!) * scale[i]!;
    else if (sum < lower[i]!) total += (lower[i]! - sum) * scale[i]!;
  }
  return total;
}

/** Copies where everything is: thousands of times in an annealing, so that nothing is allocated. O(R). */
export function copyPlaces({ search }: Draft, into: Places): void {
  into.broker.set(search.model.broker);
  into.leader.set(search.model.leader);
}

/** Moves a replica as the next action of the chain; whether rules and racks allow it. O(RF). */
export function draftMove(draft: Draft, replica: number, to: number): boolean {
  const { search, change } = draft;
  const { model } = search;
  const from = model.broker[replica]!;
  if (from === to || !mayMove(search, replica) || !mayGoTo(search, replica, to)) return false;
  if (isBlocked(search, replica, to) || !guardsTakeMove(draft, replica, to)) return false;
  touch(draft, from);
  touch(draft, to);
  record(draft, replica, from, 0);
  shiftSums(model, replica, to);
  model.broker[replica] = to;
  countTopic(draft, replica, from, to);
  const home = model.home[replica]!;
  const away = (to === home ? 0 : 1) - (from === home ? 0 : 1);
  if (away !== 0) change[MB]! += away * replicaMb(model, replica);
  return true;
}

/** Hands leadership to a replica as the next action of the chain; whether the rules allow it. O(1). */
export function draftLead(draft: Draft, replica: number): boolean {
  const { search, change } = draft;
  const { model } = search;
  const { partition, broker, leader, homeLeader, pinned } = model;
  const p = partition[replica]!;
  const old = leader[p]!;
  if (replica === old || pinned[p] === 1 || !mayLead(search, replica)) return false;
  if (!guardsTakeLeader(draft, p, replica)) return false;
  touch(draft, broker[old]!);
  touch(draft, broker[replica]!);
  record(draft, p, old, 1);
  const source = broker[old]! * AXIS_COUNT;
  const target = broker[replica]! * AXIS_COUNT;
  addLeading(model, source, old, -1);
  addLeading(model, target, replica, 1);
  leader[p] = replica;
  const home = homeLeader[p]!;
  change[LEADERS]! += (replica === home ? 0 : 1) - (old === home ? 0 : 1);
  return true;
}

/** Adds what leading costs beyond following to a broker's row of sums, which begins at `row`. */
function addLeading(model: ClusterModel, row: number, replica: number, sign: number): void {
  const { sums, loads } = model;
  const at = model.row[replica]! * AXIS_COUNT;
  sums[row + AXIS_CPU]! += sign * loads[at + ROW_LEADER_CPU]!;
  sums[row + AXIS_NW_OUT]! += sign * loads[at + AXIS_POTENTIAL_OUT]!;
  sums[row + AXIS_LEADERS]! += sign;
  sums[row + AXIS_LEADER_IN]! += sign * loads[at + AXIS_NW_IN]!;
}

function shiftSums(model: ClusterModel, replica: number, to: number): void {
  const { broker, row, loads, sums, leader, partition } = model;
  const at = row[replica]! * AXIS_COUNT;
  const source = broker[replica]! * AXIS_COUNT;
  const target = to * AXIS_COUNT;
  for (let axis = 0; axis <= AXIS_NW_OUT; axis++) {
    const load = loads[at + axis]!;
    sums[source + axis]! -= load;
    sums[target + axis]! += load;
  }
  if (leader[partition[replica]!] !== replica) return;
  addLeading(model, source, replica, -1);
  addLeading(model, target, replica, 1);
}

function countTopic(draft: Draft, replica: number, from: number, to: number): void {
  const { must, may, change } = draft;
  const { topicReplicas, topic, partition, brokerCount } = draft.search.model;
  const t = topic[partition[replica]!]!;
  change[MUST]! -= topicOutside(draft, must, t, from) + topicOutside(draft, must, t, to);
  if (draft.wishes) {
    change[MAY]! -= topicOutside(draft, may, t, from) + topicOutside(draft, may, t, to);
  }
  topicReplicas[t * brokerCount + from]! -= 1;
  topicReplicas[t * brokerCount + to]! += 1;
  change[MUST]! += topicOutside(draft, must, t, from) + topicOutside(draft, must, t, to);
  if (draft.wishes) {
    change[MAY]! += topicOutside(draft, may, t, from) + topicOutside(draft, may, t, to);
  }
}

function touch(draft: Draft, broker: number): void {
  const { touched, rows } = draft;
  const { sums } = draft.search.model;
  const count = draft.touchedCount;
  for (let k = 0; k < count; k++) if (touched[k] === broker) return;
  touched[count] = broker;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    rows[count * AXIS_COUNT + axis] = sums[broker * AXIS_COUNT + axis]!;
  }
  draft.touchedCount = count + 1;
}

function record(draft: Draft, at: number, before: number, leads: number): void {
  const k = draft.chainLength++;
  draft.chain[k] = at;
  draft.before[k] = before;
  draft.leads[k] = leads;
}

function guardsTakeMove(draft: Draft, replica: number, to: number): boolean {
  const { guards } = draft.real;
  if (guards.length === 0) return true;
  for (const goal of guards) if (goal.mayHold?.(replica, to) === false) return false;
  for (const [i, goal] of guards.entries()) {
    if (goal.mayHold === undefined) draft.guardChange[i]! += goal.moveDelta(replica, to);
  }
  relocate(draft.real, replica, to);
  return true;
}

function guardsTakeLeader(draft: Draft, p: number, replica: number): boolean {
  const { guards } = draft.real;
  if (guards.length === 0) return true;
  for (const [i, goal] of guards.entries()) draft.guardChange[i]! += goal.leadDelta(p, replica);
  promote(draft.real, p, replica);
  return true;
}

/** Whether guards and hard limits take the chain; fills in what it changes of the distances. */
export function weigh(draft: Draft): boolean {
  const { touched, touchedCount, rows, change, must, may, mustOut, mayOut } = draft;
  const { hardUpper, model } = draft.search;
  const { sums } = model;
  for (let i = 0; i < draft.guardChange.length; i++) if (draft.guardChange[i]! > 0) return false;
  for (let k = 0; k < touchedCount; k++) {
    const b = touched[k]!;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      const sum = sums[b * AXIS_COUNT + axis]!;
      if (sum > hardUpper[b * AXIS_COUNT + axis]! && sum > rows[k * AXIS_COUNT + axis]!) {
        return false;
      }
    }
    draft.newMust[k] = rowOutside(draft, must, b);
    change[MUST]! += draft.newMust[k]! - mustOut[b]!;
    if (!draft.wishes) continue;
    draft.newMay[k] = rowOutside(draft, may, b);
    change[MAY]! += draft.newMay[k]! - mayOut[b]!;
  }
  return true;
}

/** Keeps the chain that was weighed. */
export function keepChain(draft: Draft): void {
  const { worth, change, touched, touchedCount, mustOut, mayOut } = draft;
  for (let k = 0; k < touchedCount; k++) {
    mustOut[touched[k]!] = draft.newMust[k]!;
    mayOut[touched[k]!] = draft.newMay[k]!;
  }
  worth[MUST] = Math.max(0, worth[MUST]! + change[MUST]!);
  worth[MAY] = Math.max(0, worth[MAY]! + change[MAY]!);
  worth[MB]! += change[MB]!;
  worth[LEADERS]! += change[LEADERS]!;
  forget(draft);
}

/** Takes back every action since the last chain, to the last bit. */
export function dropChain(draft: Draft): void {
  const { model } = draft.search;
  const { sums, topicReplicas, brokerCount, topic, partition } = model;
  for (let k = draft.chainLength - 1; k >= 0; k--) {
    const at = draft.chain[k]!;
    const old = draft.before[k]!;
    if (draft.leads[k] === 1) {
      model.leader[at] = old;
      if (draft.real.guards.length > 0) promote(draft.real, at, old);
      continue;
    }
    const cell = topic[partition[at]!]! * brokerCount;
    topicReplicas[cell + model.broker[at]!]! -= 1;
    topicReplicas[cell + old]! += 1;
    model.broker[at] = old;
    if (draft.real.guards.length > 0) relocate(draft.real, at, old);
  }
  for (let k = 0; k < draft.touchedCount; k++) {
    const b = draft.touched[k]! * AXIS_COUNT;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      sums[b + axis] = draft.rows[k * AXIS_COUNT + axis]!;
    }
  }
  forget(draft);
}

function forget(draft: Draft): void {
  const { change } = draft;
  draft.touchedCount = 0;
  draft.chainLength = 0;
  if (draft.guardChange.length > 0) draft.guardChange.fill(0);
  // Stores instead of a call of fill(): this follows every chain.
  change[MUST] =
    change[MAY] =
    change[MB] =
    change[LEADERS] =
      0;
}
