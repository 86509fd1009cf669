/**
 * A placement to try actions on: copies of what actions change, without the lists and gradients that other parts of
 * the search need and that would cost more than the actions. A chain of actions is put together first
 * (`draft_chain.ts`), then judged as a whole, and kept or dropped (`draft_weigh.ts`).
 *
 * ```
 * array        type           length   index           value
 * upper, lower Float64Array   B x 8    broker, axis    limits that must be kept, or are wished for
 * firm         Float64Array   B x 8    broker, axis    least of the upper limit that must be kept and the hard one
 * scale        Float64Array   B x 8    broker, axis    1 / target, or more (`reweigh.ts`); what a unit outside weighs; 0 on dead brokers
 * mustOut      Float64Array   B        broker          summed relative distance outside the limits that must be kept
 * mayOut       Float64Array   B        broker          the same for those that are only wished for
 * place        Int8Array      B        broker          its row in `rows` while the chain touches it, else -1
 * rows         Float64Array   8 x 8    place, axis     what the chain adds to the sums of a broker that it touches
 * ```
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  type ClusterModel,
  MAY_LEAD,
  MAY_RECEIVE,
} from "../../../model/cluster_model.ts";
import { mbAway } from "../../../model/replica_axes.ts";
import type { Places } from "../checkpoint.ts";
import type { DraftLimits } from "./draft_limits.ts";
import type { Search } from "../state.ts";
import { MAY, MUST, type Worth } from "./worth.ts";

/** Actions in one chain at most, and brokers that they may touch. */
const CHAIN_MAX = 4;
const TOUCHED_MAX = 2 * CHAIN_MAX;

/** See the table above. */
export interface Draft {
  /** The real search: its guards know only the real model, which follows the draft where there are any. */
  readonly real: Search;
  /** The same over copies. */
  readonly search: Search;
  readonly model: ClusterModel;
  /** Whether rules keep any replica, broker or leader from what others may do. */
  readonly restricted: boolean;
  readonly guarded: boolean;
  /** Whether chains try `draftTrade`. */
  readonly trades: boolean;
  readonly must: DraftLimits;
  /** Limits that are only wished for. */
  readonly may: DraftLimits;
  /** Whether there are any; `may` is `must` otherwise. */
  readonly wishes: boolean;
  readonly hardUpper: Float64Array;
  readonly firm: Float64Array;
  readonly scale: Float64Array;
  /** What a replica of a topic too many or too few weighs: as much as one too many on a broker. */
  readonly topicScale: number;
  readonly mustOut: Float64Array;
  readonly mayOut: Float64Array;
  /** Of the placement before the chain that is being tried. */
  readonly worth: Worth;
  /** What the chain adds to it. */
  readonly change: Worth;
  readonly place: Int8Array;
  readonly touched: Int32Array;
  touchedCount: number;
  readonly rows: Float64Array;
  readonly newMust: Float64Array;
  readonly newMay: Float64Array;
  /** The chain: what acts (see `draft_chain.ts`), on which replica, from which broker to which, who led before. */
  readonly kind: Uint8Array;
  readonly replica: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly old: Int32Array;
  chainLength: number;
  /** Whether `topicReplicas` has the chain. */
  counted: boolean;
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
  return x;
}

/** An integer in [0, limit), where `limit` is below 2^14. */
export function drawBelow(draft: Draft, limit: number): number {
  return (draw(draft) >>> 15) * limit >>> 17;
}

/** A number in [0, 1). */
export function drawPart(draft: Draft): number {
  return (draw(draft) >>> 0) / 2 ** 32;
}

/** Copies the present placement. O(R + T x B). */
export function draftOf(
  real: Search,
  options: {
    must: DraftLimits;
    may: DraftLimits | undefined;
    passesHard: boolean;
    trades?: boolean;
  },
): Draft {
  const { must } = options;
  const may = options.may ?? must;
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
  const search: Search = { ...real, model, hardUpper };
  const draft: Draft = {
    real,
    search,
    model,
    restricted: isRestricted(real),
    guarded: real.guards.length > 0,
    trades: options.trades === true,
    must,
    may,
    wishes: options.may !== undefined,
    hardUpper,
    firm: must.upper.map((upper, i) => Math.min(upper, hardUpper[i]!)),
    scale: scaleOf(real),
    topicScale: Math.max(1, alive) / Math.max(1, replicaCount),
    mustOut: new Float64Array(brokerCount),
    mayOut: new Float64Array(brokerCount),
    worth: Float64Array.of(0, 0, mbAway(model), changedLeaders(model)),
    change: new Float64Array(4),
    place: new Int8Array(brokerCount).fill(-1),
    touched: new Int32Array(TOUCHED_MAX),
    touchedCount: 0,
    rows: new Float64Array(TOUCHED_MAX * AXIS_COUNT),
    newMust: new Float64Array(TOUCHED_MAX),
    newMay: new Float64Array(TOUCHED_MAX),
    kind: new Uint8Array(CHAIN_MAX),
    replica: new Int32Array(CHAIN_MAX),
    from: new Int32Array(CHAIN_MAX),
    to: new Int32Array(CHAIN_MAX),
    old: new Int32Array(CHAIN_MAX),
    chainLength: 0,
    counted: false,
    guardChange: new Float64Array(real.guards.length),
    random: Int32Array.of(1 + real.prng.below(2 ** 31 - 1)),
  };
  addOutside(draft);
  return draft;
}

/** Whether any replica, broker or leader is not free to do what others are: rules are asked about each action then. */
function isRestricted(search: Search): boolean {
  const { hasPinned, onlyImmigrants, hasOffline, onlyToNew, context, closed, model } = search;
  const free = ALIVE | MAY_LEAD;
  return hasPinned || onlyImmigrants || hasOffline || onlyToNew || context.logDirs !== undefined ||
    closed.includes(1) || model.flags.some((flags) => (flags & free) !== free);
}

/** What a unit outside weighs by broker and axis: 1 / target; 0 on dead brokers. O(B). */
export function scaleOf({ model, target }: Search): Float64Array {
  const scale = new Float64Array(target.length);
  for (let i = 0; i < scale.length; i++) {
    if ((model.flags[i >> 3]! & ALIVE) === 0) continue;
    scale[i] = target[i]! > 0 ? 1 / target[i]! : 1;
  }
  return scale;
}

function changedLeaders({ leader, homeLeader, partitionCount }: ClusterModel): number {
  let count = 0;
  for (let p = 0; p < partitionCount; p++) if (leader[p] !== homeLeader[p]) count++;
  return count;
}

/** Adds up how far brokers and topics are outside. O(B + T x B). */
export function addOutside(draft: Draft): void {
  const { must, may, wishes, worth } = draft;
  const { topicCount, brokerCount } = draft.model;
  worth[MUST] = 0;
  worth[MAY] = 0;
  for (let b = 0; b < brokerCount; b++) {
    worth[MUST]! += draft.mustOut[b] = rowOutside(draft, must, b);
    if (wishes) worth[MAY]! += draft.mayOut[b] = rowOutside(draft, may, b);
  }
  for (let t = 0; t < topicCount; t++) {
    for (let b = 0; b < brokerCount; b++) {
      worth[MUST]! += topicOutside(draft, must, t, b) * draft.topicScale;
      if (wishes) worth[MAY]! += topicOutside(draft, may, t, b) * draft.topicScale;
    }
  }
}

function topicOutside(draft: Draft, limits: DraftLimits, t: number, b: number): number {
  const { flags, topicReplicas, brokerCount } = draft.model;
  const count = topicReplicas[t * brokerCount + b]!;
  const high = limits.topicUpper[t]!;
  if (count > high) return (flags[b]! & ALIVE) === 0 ? 0 : count - high;
  const low = limits.topicLower[t]!;
  return count < low && (flags[b]! & MAY_RECEIVE) !== 0 ? low - count : 0;
}

function rowOutside(draft: Draft, limits: DraftLimits, broker: number): number {
  const { upper, lower } = limits;
  const { scale } = draft;
  const { sums } = draft.model;
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
export function copyPlaces({ model }: Draft, into: Places): void {
  into.broker.set(model.broker);
  into.leader.set(model.leader);
}
