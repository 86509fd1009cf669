/**
 * The order of a plan that goes on from the one before, where little is another than there.
 *
 * ```
 * order    stretch | stretch | ... | last stretch                          | left
 * stretch  free, as before | bound: judged step by step (`order.ts`)
 * last     free, as before | free, moved anew | bound, and what is moved anew
 * ```
 *
 * An order is cut into stretches of about as many proposals each. Free proposals (`way/tight.ts`) may come at any time within theirs, and come first
 * there. They stay free for as long as brokers are tight where they were, and outside where they were, with a margin; so most of an order is taken over without a look
 * at it. The shorter a stretch, the less its proposals bring to a broker before anything leaves it, and the more of them are free.
 *
 * @module
 */
import type { TopicLimits } from "../../goals/goal.ts";
import { equal } from "../../model/arrange.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import { newOrdering, type Ordered, take, takeAll, takeBetter } from "../way/order.ts";
import { ofAlteredTopics } from "./altered.ts";
import { isAlone, type Places } from "./places.ts";
import { isElsewhere, placesAtHome } from "../search/checkpoint.ts";
import type { Part, Search } from "../search/state.ts";
import {
  addToVolumes,
  type Before,
  MOVED,
  netAgain,
  netOf,
  type Old,
  oldStretches,
  type Refreed,
  RESIZED,
  statesOf,
  volumesNow,
  WEIGHED,
} from "./stretches.ts";
import type { Freedom, Stretch } from "./freedom.ts";
import { JudgedWay } from "../way/judged.ts";
import type { Ordering } from "../way/joining.ts";
import { addProposal } from "../way/sums.ts";
import { isFree, isTighter, newTight, type Tight, TightSides } from "../way/tight.ts";
import type { Volumes } from "../way/volumes.ts";

/** Steps tried between two yields. */
const STEPS_CHUNK = 2000;
/** How near to a limit a broker counts as tight when all are asked, in parts of its sum: loads change a little from plan to plan. */
const MARGIN = 0.012;
/** A step that cannot be taken is joined with so many of those behind it, to one of so many proposals, at most. */
const LONGER = { steps: 2, proposals: 6 };
/**
 * What of an order is as in the plan before, and what the next one may go on from.
 *
 * ```
 * array   type           length   index          value
 * from    Int32Array     n        place          place in the plan before of what is where it was then; -1 = moved anew
 * group   Int32Array     n        place          number of its group, 0 = none
 * renewed Uint8Array     n        place          1 = it is where it was then, but of another size, or in another group
 * ```
 */
export interface Again {
  readonly places: Places;
  readonly from: Int32Array;
  readonly group: Int32Array;
  readonly renewed: Uint8Array;
  readonly figures: Anchors;
  /** Highest number of a group. */
  readonly groups: number;
  readonly freedom: Freedom;
}

/**
 * Where in the order proposals are that tell what brokers hold: from `kept` to `free`, and from `tail` on. With the sums of the brokers
 * at both places, B x 8 as in the model, none of the others needs to be added up.
 */
export interface Anchors {
  readonly kept: number;
  readonly sums: Float64Array;
  readonly free: number;
  readonly tail: number;
  readonly tailSums: Float64Array;
}

/** An order that goes on from the one before, where `again` is set. */
export interface Reordered extends Ordered {
  readonly again?: Again;
}

/** An order at work. */
interface Reordering extends Before {
  readonly model: ClusterModel;
  readonly way: JudgedWay;
  readonly sides: TightSides;
  readonly ordering: Ordering;
  /** See {@link Again}. */
  readonly from: Int32Array;
  readonly renewed: Uint8Array;
  readonly state: Uint8Array;
  /** What could not be taken in its stretch. */
  readonly left: number[];
  /** Steps tried since the last yield. */
  tried: number;
}

/**
 * Orders changed partitions, which are ascending; undefined where that has to be done from scratch. The model is in the state of
 * the plan, and each partition has one row of loads. A few looks at each proposal that is not free, or another than before.
 *
 * @param homeSums sums of the brokers before the first proposal, B x 8 as in the model
 */
export function* reorderSteps(
  search: Search,
  changed: Int32Array,
  homeSums: Float64Array,
  before: Before,
): Generator<void, Reordered | undefined, void> {
  const { model } = search;
  const way = new JudgedWay(search, homeSums.slice());
  const { places, altered } = before;
  const known = places.freedom;
  const limits = way.rows.topicLimits;
  const isSeen = known !== undefined && sameLimits(known.limits, limits);
  const unseen = isSeen ? ofAlteredTopics(model, altered.moved) : changed;
  const ways = isSeen ? known.ways : new Uint8Array(model.topicCount);
  yield* way.rows.recall({ ways, unseen }, changed);
  const state = statesOf(model, before);
  markWeighed(state, unseen, way);
  markWeighed(state, way.rows.held(changed), way);
  yield* way.begin(way.rows.concerned(changed));
  const ordering = newOrdering(way, changed.length);
  const from = new Int32Array(changed.length).fill(-1);
  const renewed = new Uint8Array(changed.length);
  const left: number[] = [];
  const sides = new TightSides(way.limits, model.brokerCount);
  const at = { ...before, model, way, sides, ordering, from, renewed, state, left, tried: 0 };
  const stretches: Stretch[] = [];
  const olds = oldStretches(model, before);
  for (const old of olds.slice(0, -1)) {
    const { free, bound, parts } = takeFree(at, old);
    yield* takeBound(at, bound, parts.volumes);
    stretches.push({ ...parts, free, end: ordering.done });
  }
  const home = placesAtHome(model);
  const moved = altered.moved.filter((p) => isElsewhere(model, p, model, home));
  const last = takeFree(at, olds.at(-1)!, moved);
  yield* takeBound(at, last.bound, last.parts.volumes);
  addToVolumes(last.parts.volumes, model, at.left);
  yield* takeAll(ordering, Int32Array.from(at.left));
  stretches.push({ ...last.parts, free: last.free, end: ordering.done });
  const { order, joined } = ordering;
  const tail = firstMoved(at, last.free);
  const tailSums = addAll(model.sums.slice(), model, order.subarray(tail), -1);
  const { kept, sums, free } = last;
  const figures = { kept, sums, free, tail, tailSums };
  const freedom = { stretches, limits, ways: way.rows.ways ?? ways };
  return { order, joined, again: { ...groupsOf(at, stretches), places, figures, freedom } };
}

/** Rules may be others than those of the plan before. */
function sameLimits(some: TopicLimits | undefined, other: TopicLimits | undefined): boolean {
  if (some === undefined || other === undefined) return some === other;
  return some === other || (equal(some.upper, other.upper) && equal(some.lower, other.lower));
}

/** What of topics that are altered is weighed now, and what might bring too much to a log dir. */
function markWeighed(state: Uint8Array, unseen: Int32Array, { rows }: JudgedWay): void {
  for (let i = 0; i < unseen.length; i++) {
    const p = unseen[i]!;
    if (rows.concern(p) && state[p] === 0) state[p] = WEIGHED;
  }
}

/** A stretch whose free proposals are taken. */
interface Freed {
  /** What is still to be judged. */
  readonly bound: Int32Array;
  /** Places behind what is free as before, and behind all that is free. */
  readonly kept: number;
  readonly free: number;
  /** Of the brokers behind what is free as before. */
  readonly sums: Float64Array;
  readonly parts: Pick<Stretch, "volumes" | "net" | "tight">;
}

/** Takes what is free of a stretch, and of what is `moved` anew. */
function takeFree(at: Reordering, old: Old, moved = new Int32Array(0)): Freed {
  const { model, way, ordering, sides } = at;
  const volumes = volumesNow(model, at, { old, state: at.state });
  addToVolumes(volumes, model, moved);
  const { sums } = way;
  const room = way.room();
  const known = old.known?.tight;
  const isAsFree = known !== undefined &&
    isTighter(sides.tell(volumes, sums, { room, margin: 0 }), known);
  const tight = isAsFree
    ? known
    : sides.tellInto(newTight(model.brokerCount), volumes, sums, { room, margin: MARGIN });
  const bound = new Int32Array(old.to - old.from + moved.length);
  const refreed = { stay: [], weighed: [] };
  let held = isAsFree
    ? sortAgain(at, old, { tight, bound, refreed })
    : sortAnew(at, old, tight, bound);
  bound.set(moved, held);
  const net = isAsFree
    ? netAgain(model, at, old, refreed)
    : addAll(netOf(volumes), model, bound.subarray(0, held + moved.length), -1);
  way.advance(net, tight.paid);
  const kept = ordering.done;
  const sumsKept = way.sums.slice();
  for (let i = 0; i < moved.length; i++) {
    const p = moved[i]!;
    if (isFirst(at, tight, p) && way.takeBetter(p)) ordering.order[ordering.done++] = p;
    else bound[held++] = p;
  }
  addAll(net, model, ordering.order.subarray(kept, ordering.done), 1);
  return {
    bound: bound.subarray(0, held),
    kept,
    free: ordering.done,
    sums: sumsKept,
    parts: { volumes, net, tight },
  };
}

/** Whether a proposal may come at any time within its stretch. */
function isFirst({ model, way }: Reordering, tight: Tight, p: number): boolean {
  return !way.rows.concern(p) && isFree(model, tight, p);
}

/** Takes what is free as before, and holds the rest in its order then; returns how many are held. A loop of its own: V8 does not optimize generators. */
function sortAgain(
  at: Reordering,
  { from, to, known }: Old,
  { tight, bound, refreed }: { tight: Tight; bound: Int32Array; refreed: Refreed },
): number {
  const { state, ordering, places: { changed } } = at;
  const { order } = ordering;
  const { free } = known!;
  let { done } = ordering;
  let held = 0;
  for (let k = from; k < to; k++) {
    const p = changed[k]!;
    const is = state[p]!;
    if (is === MOVED) continue;
    if (k < free && (is === 0 || (is === RESIZED && isFirst(at, tight, p)))) {
      at.from[done] = k;
      if (is === RESIZED) {
        at.renewed[done] = 1;
        refreed.stay.push(p);
      }
      order[done++] = p;
    } else {
      if (k < free && is === WEIGHED) refreed.weighed.push(p);
      bound[held++] = p;
    }
  }
  ordering.done = done;
  return held;
}

/** The same where each is asked. */
function sortAnew(at: Reordering, { from, to }: Old, tight: Tight, bound: Int32Array): number {
  const { state, ordering, places } = at;
  let held = 0;
  for (let k = from; k < to; k++) {
    const p = places.changed[k]!;
    if (state[p] === MOVED) continue;
    // What was joined is tried as it was.
    if (isAlone(places, k) && isFirst(at, tight, p)) {
      at.from[ordering.done] = k;
      if (state[p] === RESIZED) at.renewed[ordering.done] = 1;
      ordering.order[ordering.done++] = p;
    } else bound[held++] = p;
  }
  return held;
}

/** Judges what is not free. What has to wait is taken off the volumes of the stretch. */
function* takeBound(
  at: Reordering,
  bound: Int32Array,
  volumes: Volumes,
): Generator<void, void, void> {
  const { left, model } = at;
  const before = left.length;
  for (let i = 0; i < bound.length;) {
    const from = i;
    i = takeSteps(at, bound, { from, to: from + STEPS_CHUNK - at.tried });
    at.tried += i - from;
    if (at.tried < STEPS_CHUNK) continue;
    at.tried = 0;
    yield;
  }
  addToVolumes(volumes, model, left.slice(before), -1);
}

/** Adds what these proposals change to `sums`, or takes it off with `sign` -1. */
function addAll(
  sums: Float64Array,
  model: ClusterModel,
  proposals: ArrayLike<number>,
  sign: number,
): Float64Array {
  for (let i = 0; i < proposals.length; i++) addProposal(model, sums, proposals[i]!, sign);
  return sums;
}

/** The first place from there on whose proposal is moved anew. */
function firstMoved({ ordering: { order }, state }: Reordering, from: number): number {
  let place = from;
  while (place < order.length && state[order[place]!] !== MOVED) place++;
  return place;
}

/** Tries some of what is not free, steps of the plan before as a whole where their first does not certainly go alone; returns how far it came. */
function takeSteps(
  { ordering, left, places }: Reordering,
  bound: Int32Array,
  { from, to }: Part,
): number {
  let i = from;
  while (i < bound.length && i < to) {
    const end = stepEndAt(places, bound, i);
    const isStep = end > i + 1;
    if (isStep && takeBetter(ordering, bound[i]!)) i++;
    else if (isStep && takeJoined(ordering, bound.subarray(i, end))) i = end;
    else if (take(ordering, bound[i]!)) i++;
    else {
      const longer = takeLonger(ordering, places, bound, { from: i, to: end });
      if (longer === i) left.push(bound[i]!);
      i = Math.max(longer, i + 1);
    }
  }
  return i;
}

/** Where a step of the plan before ends of which the proposal at `i` is the first that is left. */
function stepEndAt({ proposalOf, joined }: Places, bound: Int32Array, i: number): number {
  const first = proposalOf[bound[i]!]!;
  let end = i + 1;
  while (
    end < bound.length && first >= 0 && joined[first + end - i] === 1 &&
    proposalOf[bound[end]!] === first + end - i
  ) end++;
  return end;
}

/**
 * Joins a step with those behind it: what trades one goal for another by a hair more than it may now is made up for by the next that only makes things
 * better. To wait does not help, as all that comes later lowers what it may. Returns the end of the step, or its beginning where it is none.
 */
function takeLonger(
  ordering: Ordering,
  places: Places,
  bound: Int32Array,
  { from, to }: Part,
): number {
  let end = to;
  for (let k = 0; k < LONGER.steps && end < bound.length; k++) {
    end = stepEndAt(places, bound, end);
    if (end - from > LONGER.proposals) break;
    if (takeJoined(ordering, bound.subarray(from, end))) return end;
  }
  return from;
}

/** Takes all of these as one step, if they may be one. */
function takeJoined(ordering: Ordering, step: Int32Array): boolean {
  const { way } = ordering;
  ordering.tries -= step.length;
  for (let i = 0; i < step.length; i++) way.measureFor(step[i]!);
  way.changeAll(step, 1);
  if (way.excess() > 0) {
    way.changeAll(step, -1);
    way.forget();
    return false;
  }
  way.settle();
  for (const p of step) {
    ordering.joined[ordering.done] = p === step[0] ? 0 : 1;
    ordering.order[ordering.done++] = p;
  }
  return true;
}

/** Where what was judged has been in the plan before, and the numbers of groups: of steps of then as they were. */
function groupsOf(
  { ordering: { order, joined }, from, renewed, state, places }: Reordering,
  stretches: readonly Stretch[],
): Pick<Again, "from" | "group" | "renewed" | "groups"> {
  const group = new Int32Array(order.length);
  let { groups } = places;
  for (const { free, end: last } of stretches) {
    for (let i = free; i < last;) {
      let end = i + 1;
      while (end < last && joined[end] === 1) end++;
      const first = places.proposalOf[order[i]!]!;
      const same = wasStep(places, order, { from: i, to: end }, state);
      const number = end === i + 1 ? 0 : same ? places.proposals.group[first]! : ++groups;
      for (; i < end; i++) {
        group[i] = number;
        renewed[i] = same && state[order[i]!] !== RESIZED ? 0 : 1;
        from[i] = state[order[i]!] === MOVED ? -1 : places.proposalOf[order[i]!]!;
      }
    }
  }
  return { from, group, renewed, groups };
}

/** Whether a step was one of the plan before, and nothing of it is elsewhere. */
function wasStep(
  { proposalOf, joined }: Places,
  order: Int32Array,
  step: Part,
  state: Uint8Array,
): boolean {
  const first = proposalOf[order[step.from]!]!;
  const count = step.to - step.from;
  if (first < 0 || joined[first] !== 0 || joined[first + count] === 1) return false;
  for (let k = 0; k < count; k++) {
    const p = order[step.from + k]!;
    if (state[p] === MOVED || proposalOf[p] !== first + k) return false;
    if (k > 0 && joined[first + k] !== 1) return false;
  }
  return true;
}
