/**
 * The order of a plan that goes on from the one before, where little is another than there.
 *
 * ```
 * order   free, as before | free, made anew | bound: steps as before, then what is another or does not fit any more
 *         not looked at     not weighed       judged step by step (`order.ts`)
 * ```
 *
 * Free proposals (`way/volumes.ts`) may come at any time. They stay free for as long as brokers are tight where they were, with a margin; so
 * most of an order is taken over without a look at it.
 *
 * @module
 */
import type { TopicLimits } from "../goals/goal.ts";
import { equal } from "../model/arrange.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import { writeRow } from "../model/load_rows.ts";
import { type Altered, marked } from "./altered.ts";
import { newOrdering, type Ordered, take, takeAll } from "./order.ts";
import type { Places } from "./places.ts";
import { isElsewhere, placesAtHome } from "./search/checkpoint.ts";
import type { Part, Search } from "./search/state.ts";
import { JudgedWay } from "./way/judged.ts";
import type { Ordering } from "./way/joining.ts";
import { wayLimits } from "./way/limits.ts";
import { addProposal } from "./way/sums.ts";
import {
  addVolumes,
  isFree,
  isTighter,
  noVolumes,
  type Tight,
  tightSides,
  type Volumes,
} from "./way/volumes.ts";

/** Proposals looked at between two yields, and steps tried. */
const CHUNK = 50_000;
const STEPS_CHUNK = 2000;
/** How near to a limit a broker counts as tight when all are asked, in parts of its sum: loads change a little from plan to plan. */
const MARGIN = 0.003;

/**
 * What of an order is as in the plan before, and what the next one may go on from.
 *
 * ```
 * array   type           length   index          value
 * from    Int32Array     n        place          place in the plan before of a proposal that is taken over as it is; -1 = made anew
 * group   Int32Array     n        place          number of its group, 0 = none
 * ```
 */
export interface Again {
  readonly places: Places;
  readonly from: Int32Array;
  readonly group: Int32Array;
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

/** Which proposals of an order may come at any time, and why. */
export interface Freedom {
  /** Of all proposals, and of the free ones. */
  readonly volumes: Volumes;
  readonly freeVolumes: Volumes;
  /** Free is what touches none of this. */
  readonly tight: Tight;
  /** How many are free: they come first. */
  readonly free: number;
  /** What is known of each topic, with its limits: see `way/topic_row.ts`. */
  readonly ways: Uint8Array;
  readonly limits: TopicLimits | undefined;
}

/** What an order goes on from. */
export interface Before {
  readonly places: Places;
  readonly altered: Altered;
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
): Generator<void, Ordered | undefined, void> {
  const { model } = search;
  const way = new JudgedWay(search, homeSums.slice());
  if (!way.rows.areSoft) return undefined;
  const { places, altered } = before;
  const known = places.freedom;
  const limits = way.rows.topicLimits;
  const isSeen = known !== undefined && sameLimits(known.limits, limits);
  const unseen = isSeen ? ofAlteredTopics(model, altered.moved) : changed;
  const ways = isSeen ? known.ways : new Uint8Array(model.topicCount);
  yield* way.rows.recall({ ways, unseen });
  const volumes = known === undefined
    ? yield* volumesOf(model, changed)
    : volumesAfter(model, before, known.volumes);
  const { band } = wayLimits(search);
  const isAsFree = known !== undefined &&
    isTighter(tightSides(volumes, homeSums, { band, margin: 0 }), known.tight);
  const tight = isAsFree ? known.tight : tightSides(volumes, homeSums, { band, margin: MARGIN });
  const isFirst = (p: number) => !way.rows.watch(p) && isFree(model, tight, p);
  const sorted = newSorted(model, changed.length, altered);
  if (isAsFree) markWeighed(sorted, unseen, way);
  for (let k = 0; k < places.changed.length; k += CHUNK) {
    const range = { from: k, to: Math.min(k + CHUNK, places.changed.length) };
    if (isAsFree) sortAgain(sorted, places, range, known.free);
    else sortAnew(sorted, places, range, isFirst);
    yield;
  }
  sortAltered(model, sorted, altered, isFirst);
  const bound = sorted.bound.subarray(0, sorted.held);
  yield* way.begin(bound);
  const freeVolumes = isAsFree
    ? freeVolumesAfter(model, before, known, sorted)
    : yield* volumesOf(model, sorted.order.subarray(0, sorted.kept));
  const sums = sumsAfter(homeSums, freeVolumes);
  addToVolumes(freeVolumes, model, sorted.fresh);
  way.resume(sumsAfter(homeSums, freeVolumes));
  const ordering = newOrdering(way, changed.length);
  const { order, joined } = ordering;
  const free = sorted.kept + sorted.fresh.length;
  order.set(sorted.order.subarray(0, sorted.kept));
  order.set(sorted.fresh, sorted.kept);
  ordering.done = free;
  const left: number[] = [];
  for (let i = 0; i < bound.length;) {
    i = takeSteps(ordering, bound, before, { from: i, to: i + STEPS_CHUNK, left });
    yield;
  }
  yield* takeAll(ordering, Int32Array.from(left));
  const said = compare(ordering, sorted, before, free);
  const tail = firstAltered(order, sorted, free);
  const tailSums = addAll(model.sums.slice(), model, order.subarray(tail), -1);
  const freedom = { volumes, freeVolumes, tight, free, limits, ways: way.rows.ways ?? ways };
  const figures = { kept: sorted.kept, sums, free, tail, tailSums };
  return { order, joined, again: { ...said, places, figures, freedom } };
}

/** Sums of the brokers once these proposals are carried out. */
function sumsAfter(homeSums: Float64Array, { gains, losses }: Volumes): Float64Array {
  return homeSums.map((sum, i) => sum + gains[i]! - losses[i]!);
}

/** Rules may be others than those of the plan before. */
function sameLimits(some: TopicLimits | undefined, other: TopicLimits | undefined): boolean {
  if (some === undefined || other === undefined) return some === other;
  return equal(some.upper, other.upper) && equal(some.lower, other.lower);
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

/** The first place from there on whose proposal tells of figures of now. */
function firstAltered(order: Int32Array, { state }: Sorted, from: number): number {
  let place = from;
  while (place < order.length && state[order[place]!] !== ALTERED) place++;
  return place;
}

/** Changed partitions of topics of which any is not as before, ascending. */
function ofAlteredTopics(model: ClusterModel, moved: Int32Array): Int32Array {
  const { partitionStart } = model.input;
  const home = placesAtHome(model);
  const found: number[] = [];
  let latest = -1;
  for (let i = 0; i < moved.length; i++) {
    const t = model.topic[moved[i]!]!;
    if (t === latest) continue;
    latest = t;
    for (let p = partitionStart[t]!; p < partitionStart[t + 1]!; p++) {
      if (isElsewhere(model, p, model, home)) found.push(p);
    }
  }
  return Int32Array.from(found);
}

function* volumesOf(
  model: ClusterModel,
  changed: Int32Array,
): Generator<void, Volumes, void> {
  const volumes = noVolumes(model.brokerCount);
  for (let from = 0; from < changed.length; from += CHUNK) {
    addToVolumes(volumes, model, changed.subarray(from, from + CHUNK));
    yield;
  }
  return volumes;
}

function addToVolumes(
  volumes: Volumes,
  model: ClusterModel,
  partitions: ArrayLike<number>,
  sign = 1,
): void {
  const row = { loads: model.loads, at: 0 };
  for (let i = 0; i < partitions.length; i++) {
    row.at = partitions[i]! << 3;
    addVolumes(volumes, model, partitions[i]!, { places: model, row, sign });
  }
}

/** From those of the plan before, which took each partition with its loads of then. */
function volumesAfter(
  model: ClusterModel,
  { places, altered }: Before,
  { losses, gains }: Volumes,
): Volumes {
  const volumes = { losses: losses.slice(), gains: gains.slice() };
  takeOff(volumes, model, places, altered.any);
  addToVolumes(volumes, model, altered.any);
  return volumes;
}

/** Takes off what these were in the plan before. */
function takeOff(
  volumes: Volumes,
  model: ClusterModel,
  places: Places,
  partitions: ArrayLike<number>,
): void {
  const row = { loads: new Float64Array(8), at: 0 };
  for (let i = 0; i < partitions.length; i++) {
    writeRow(places.loads!, partitions[i]!, row.loads);
    addVolumes(volumes, model, partitions[i]!, { places, row, sign: -1 });
  }
}

/** Of what is free as before: without what is another now, or weighed. */
function freeVolumesAfter(
  model: ClusterModel,
  { places, altered }: Before,
  { freeVolumes, free }: Freedom,
  { state }: Sorted,
): Volumes {
  const volumes = { losses: freeVolumes.losses.slice(), gains: freeVolumes.gains.slice() };
  const wasFree = (p: number) => {
    const k = places.proposalOf[p]!;
    return k >= 0 && k < free;
  };
  takeOff(volumes, model, places, altered.any.filter(wasFree));
  const weighed = state.indexOf(WEIGHED) < 0
    ? []
    : places.changed.filter((p) => state[p] === WEIGHED && wasFree(p));
  addToVolumes(volumes, model, weighed, -1);
  return volumes;
}

/** States of partitions: another than before, or as before but of a topic that is weighed now. */
const ALTERED = 1;
const WEIGHED = 2;

/** Proposals by what has to be done about them. */
interface Sorted {
  /** By partition. */
  readonly state: Uint8Array;
  /** By place: what is free as before, up to `kept`. */
  readonly order: Int32Array;
  readonly from: Int32Array;
  kept: number;
  /** What is not free in the order to try it, up to `held`. */
  readonly bound: Int32Array;
  held: number;
  /** Free, and made anew. */
  readonly fresh: number[];
}

function newSorted({ partitionCount }: ClusterModel, count: number, { any }: Altered): Sorted {
  return {
    state: marked(partitionCount, any),
    order: new Int32Array(count),
    from: new Int32Array(count).fill(-1),
    kept: 0,
    bound: new Int32Array(count),
    held: 0,
    fresh: [],
  };
}

/** What of topics that are altered is weighed now. */
function markWeighed({ state }: Sorted, unseen: Int32Array, { rows }: JudgedWay): void {
  for (let i = 0; i < unseen.length; i++) {
    const p = unseen[i]!;
    if (rows.watch(p) && state[p] === 0) state[p] = WEIGHED;
  }
}

/** Some of what is as before, in its order then; `free`: how many were free. */
function sortAgain(sorted: Sorted, { changed }: Places, { from, to }: Part, free: number): void {
  const { state, order, bound } = sorted;
  let { kept, held } = sorted;
  for (let k = from; k < to; k++) {
    const p = changed[k]!;
    const is = state[p]!;
    if (is === ALTERED) continue;
    if (is !== 0 || k >= free) bound[held++] = p;
    else {
      sorted.from[kept] = k;
      order[kept++] = p;
    }
  }
  sorted.kept = kept;
  sorted.held = held;
}

/** The same where each is asked. */
function sortAnew(
  sorted: Sorted,
  { changed, joined }: Places,
  { from, to }: Part,
  isFirst: (p: number) => boolean,
): void {
  for (let k = from; k < to; k++) {
    const p = changed[k]!;
    if (sorted.state[p] === ALTERED) continue;
    // What was joined is tried as it was.
    if (joined[k] === 0 && joined[k + 1] !== 1 && isFirst(p)) {
      sorted.from[sorted.kept] = k;
      sorted.order[sorted.kept++] = p;
    } else sorted.bound[sorted.held++] = p;
  }
}

function sortAltered(
  model: ClusterModel,
  sorted: Sorted,
  { any }: Altered,
  isFirst: (p: number) => boolean,
): void {
  const home = placesAtHome(model);
  for (let i = 0; i < any.length; i++) {
    const p = any[i]!;
    if (!isElsewhere(model, p, model, home)) continue;
    if (isFirst(p)) sorted.fresh.push(p);
    else sorted.bound[sorted.held++] = p;
  }
}

/** Tries some of what is not free, steps of the plan before as a whole where their first cannot go alone; returns how far it came. */
function takeSteps(
  ordering: Ordering,
  bound: Int32Array,
  { places: { proposalOf, joined } }: Before,
  { from, to, left }: { from: number; to: number; left: number[] },
): number {
  let i = from;
  while (i < bound.length && i < to) {
    const first = proposalOf[bound[i]!]!;
    let end = i + 1;
    while (
      end < bound.length && first >= 0 && joined[first + end - i] === 1 &&
      proposalOf[bound[end]!] === first + end - i
    ) end++;
    if (take(ordering, bound[i]!)) i++;
    else if (end > i + 1 && takeJoined(ordering, bound.subarray(i, end))) i = end;
    else left.push(bound[i++]!);
  }
  return i;
}

/** Takes all of these as one step, if they may be one. */
function takeJoined(ordering: Ordering, step: Int32Array): boolean {
  const { way } = ordering;
  ordering.tries -= step.length;
  for (const p of step) way.measureFor(p);
  for (const p of step) way.change(p, 1);
  if (way.excess() > 0) {
    for (const p of step) way.change(p, -1);
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

/** What of the order is as before, and the numbers of its groups. */
function compare(
  { order, joined, done }: Ordering,
  { from, state }: Sorted,
  { places }: Before,
  free: number,
): Pick<Again, "from" | "group" | "groups"> {
  const group = new Int32Array(order.length);
  let { groups } = places;
  for (let i = free; i < done;) {
    let end = i + 1;
    while (end < done && joined[end] === 1) end++;
    const first = places.proposalOf[order[i]!]!;
    const same = wasStep(places, order, { from: i, to: end }, state);
    const number = end === i + 1 ? 0 : same ? places.proposals.columns.group[first]! : ++groups;
    for (let k = i; k < end; k++) {
      group[k] = number;
      from[k] = same ? first + k - i : -1;
    }
    i = end;
  }
  return { from, group, groups };
}

/** Whether a step was one of the plan before, and nothing of it is altered. */
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
    if (state[p] === ALTERED || proposalOf[p] !== first + k) return false;
    if (k > 0 && joined[first + k] !== 1) return false;
  }
  return true;
}
