/**
 * Sorts replicas by size over brokers that differ in size.
 *
 * Brokers of all sizes are to hold about as many replicas, so large brokers need large replicas and small brokers small ones.
 * With limits on counts in the way, large brokers are full of whatever came first. So replicas first go where bytes want them,
 * with counts out of limits, and then large brokers give the replicas of the fewest bytes back; a few times, with ever less room:
 *
 * ```
 * limits of counts   of bytes   who sheds             what
 * + 60 %             as is      small brokers         large replicas
 * as is              + 2 %      those of many, large  replicas of few bytes
 * + 10 %             as is      small brokers, what came with those
 * ...
 * ```
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_DISK,
  AXIS_LEADER_IN,
  AXIS_NW_IN,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
} from "../../../model/cluster_model.ts";
import { listSteps } from "../../../model/lists.ts";
import { descend } from "./descend.ts";
import { LEADER_AXES } from "./leadership.ts";
import { mayPrice, pricePlaces } from "./price_places.ts";
import { violationOf } from "../violation.ts";
import type { Shedding } from "./picks.ts";
import { shed } from "./shed.ts";
import { skim } from "./skim.ts";
import { fewestBytes, LARGE } from "./sized_picks.ts";
import { type Search, updatePulls } from "../state.ts";

/** Clusters up to this size are left to annealing. */
const REPLICAS_MIN = 6000;
/**
 * Up to this size those with a goal that no plan can meet are left to the repair: where racks are too small, what is sorted by
 * size ends a little farther above hard limits.
 */
const HOPELESS_MIN = 20_000;
/**
 * Mean distance from the mean of bytes for each wanted replica, in parts of it, from which on replicas are sorted. Where one of
 * 40 brokers is half as large as the others (0.02), swaps for that broker alone cost fewer bytes.
 */
const SIZES_DIFFER = 0.1;
/** Which parts of the limits hold for counts and for bytes, and what a broker above a limit sheds then; undefined = what it usually sheds. */
interface Stage {
  readonly count: number;
  readonly bytes: number;
  readonly way: (search: Search) => Shedding | undefined;
}

const LOOSE: Stage = { count: 1.6, bytes: 1, way: () => LARGE };
/** Where counts have to change as much as bytes, what moves for bytes serves them too, and no room is needed. */
const STRICT: Stage = { count: 1, bytes: 1, way: () => undefined };
/** After this one all that can be sorted at once is. */
const SORTED: Stage = { count: 1, bytes: 1.02, way: fewestBytes };
const STAGES: readonly Stage[] = [
  LOOSE,
  SORTED,
  { count: 1.1, bytes: 1, way: () => LARGE },
  { count: 1, bytes: 1.02, way: fewestBytes },
  { count: 1.05, bytes: 1, way: () => LARGE },
  { count: 1, bytes: 1.01, way: fewestBytes },
];
/** Part of all that is above limits: of bytes, from which on replicas are sorted; of counts, from which on stages begin with the strict one. */
const BYTES_OUT = 0.02;
const COUNTS_OUT = 0.3;
const BYTES_AXES = [AXIS_DISK, AXIS_NW_IN, AXIS_POTENTIAL_OUT] as const;

/** A part of the search with room for more replicas on brokers, where these differ in size. */
export function* withLooseCounts(
  search: Search,
  part: (search: Search) => Generator<void, void>,
): Generator<void, void> {
  if (!sizesDiffer(search)) return yield* part(search);
  const tighten = loosen(search, LOOSE);
  yield* part(search);
  tighten();
}

/**
 * {@link shed}, by size where brokers differ in that. A re-plan that has little to do leaves the others where they are.
 */
export function* shedBySize(search: Search): Generator<void, void> {
  if (partAbove(search, AXIS_DISK) > BYTES_OUT && sizesDiffer(search)) {
    yield* listSteps(search.model);
    const countsAreOut = partAbove(search, AXIS_REPLICAS) > COUNTS_OUT;
    for (const stage of countsAreOut ? [STRICT, ...STAGES] : STAGES) {
      yield* shedIn(search, stage);
      // Room is hardly to be found any more: prices take it from here.
      if (stage === SORTED && mayPrice(search)) return;
    }
  }
  yield* shed(search);
}

/** {@link skim}, but where brokers differ in size. */
export function* skimUnlessSized(search: Search): Generator<void, void> {
  if (!sizesDiffer(search)) yield* skim(search);
}

/**
 * Where brokers hold all that they may of few topics no broker takes every second replica: what is left is for prices. With half of this
 * plans move 1.5 % more bytes there; where topics are many nothing changes. Brokers that give back what they have too many of look longer.
 */
const REFUSED_MAX = 15;

function* shedIn(search: Search, stage: Stage): Generator<void, void> {
  const tighten = loosen(search, stage);
  const isEasy = stage === LOOSE && mayPrice(search);
  yield* shed(search, isEasy ? { ...LARGE, refusedMax: REFUSED_MAX } : stage.way(search));
  tighten();
}

/** What brokers have above their limits on an axis, as part of what all have. */
function partAbove({ context, model, upper }: Search, axis: number): number {
  let above = 0;
  for (const b of context.alive) {
    const i = b * AXIS_COUNT + axis;
    if (model.sums[i]! > upper[i]!) above += model.sums[i]! - upper[i]!;
  }
  return above / Math.max(context.totals[axis]!, Number.MIN_VALUE);
}

/** Up to so many replicas on brokers of one size trades are left to the repair. */
const ALIKE_MIN = 20_000;

/**
 * {@link descend}, which stops at the limits; where brokers differ in size, a little within those that leaders decide
 * ({@link LEADER_MARGIN}).
 */
export function* tradeBySize(search: Search): Generator<void, void> {
  if (!sizesDiffer(search)) {
    // Clusters that are small have the time for the repair, which moves fewer bytes where all brokers are alike.
    if (search.model.replicaCount > ALIKE_MIN) yield* descend(search);
    return;
  }
  const { context, upper, lower, target } = search;
  if (context.alive.every((b) => violationOf(search, b) === 0)) return;
  const before = { upper: upper.slice(), lower: lower.slice() };
  const margin = leadersAreOut(search) ? LEADER_MARGIN : LEADERS_IN_MARGIN;
  for (const b of context.alive) {
    for (const axis of LEADER_AXES) {
      const i = b * AXIS_COUNT + axis;
      upper[i]! -= margin * target[i]!;
      if (lower[i]! > 0) lower[i]! += margin * target[i]!;
    }
  }
  yield* descend(search);
  upper.set(before.upper);
  lower.set(before.lower);
}

/** Whether leadership alone could not bring all brokers within the limits that it decides. */
function leadersAreOut({ context, model, upper, lower }: Search): boolean {
  for (const b of context.alive) {
    for (const axis of LEADER_AXES) {
      const i = b * AXIS_COUNT + axis;
      if (model.sums[i]! > upper[i]! || model.sums[i]! < lower[i]!) return true;
    }
  }
  return false;
}

/** {@link pricePlaces} where brokers differ in size: trades come to nothing there while much is left. */
export function* priceBySize(search: Search): Generator<void, void> {
  if (sizesDiffer(search)) yield* pricePlaces(search, true);
}

/** {@link pricePlaces} where brokers are alike, for what trades have left, and trades for what prices leave. */
export function* priceUnlessSized(search: Search): Generator<void, void> {
  if (sizesDiffer(search)) return;
  yield* pricePlaces(search);
  if (search.prices !== undefined) yield* descend(search);
}

/**
 * Part of the target; half of what leadership itself keeps away from limits. At the limits themselves the next transfers of leadership would push
 * brokers out again: without this, a third of all time went to the repair, which ended in the same corner.
 */
const LEADER_MARGIN = 0.005;
/**
 * The same where leadership alone has brought all within its limits, as mostly in a re-plan: many are at such a limit then, and with the whole
 * margin each re-plan traded 300 replicas more to bring them away from it, for half as much CPU again.
 */
const LEADERS_IN_MARGIN = 0.001;

/** Whether some brokers should hold much larger replicas than others. */
function sizesDiffer(search: Search): boolean {
  const { model, destinations, target, hopeless } = search;
  const least = hopeless.size > 0 ? HOPELESS_MIN : REPLICAS_MIN;
  if (model.replicaCount <= least || search.onlyImmigrants || search.onlyToNew) return false;
  const sizeOf = (b: number) =>
    target[b * AXIS_COUNT + AXIS_DISK]! / Math.max(1, target[b * AXIS_COUNT + AXIS_REPLICAS]!);
  let sum = 0;
  for (let i = 0; i < destinations.length; i++) sum += sizeOf(destinations[i]!);
  const mean = sum / destinations.length;
  let distance = 0;
  for (let i = 0; i < destinations.length; i++) {
    distance += Math.abs(sizeOf(destinations[i]!) - mean);
  }
  return distance / destinations.length > mean * SIZES_DIFFER;
}

/** Widens limits until the function that it gives is called; hard limits stay. O(B). */
function loosen(search: Search, { count, bytes }: Stage): () => void {
  const { upper, hardUpper, target, steepness } = search;
  const before = { upper: upper.slice(), target: target.slice(), steepness: steepness.slice() };
  const widen = (i: number, part: number) => {
    upper[i] = Math.min(hardUpper[i]!, upper[i]! * part);
  };
  leanTowardsLeaders(search, bytes > 1 ? LEAN_ROOM : 1);
  if (bytes === 1) reserve(search);
  for (const b of search.context.alive) {
    const row = b * AXIS_COUNT;
    widen(row + AXIS_REPLICAS, count);
    for (const axis of BYTES_AXES) widen(row + axis, bytes);
  }
  updatePulls(search);
  return () => {
    upper.set(before.upper);
    target.set(before.target);
    steepness.set(before.steepness);
    updatePulls(search);
  };
}

/**
 * Bytes, as part of a replica's mean, that a broker has to keep free for each replica that it has too few of: a small broker is full of large
 * replicas before it has enough of them. Large replicas that leave make room as well. With 0.05 or 0.1, plans move up to 0.3 % more bytes;
 * with none at all up to 1.4 %, and one by one, trades for the missing replicas took twice as long as all else.
 */
const RESERVED = 0.07;

function reserve({ context, model, upper, lower }: Search): void {
  for (const b of context.alive) {
    const row = b * AXIS_COUNT;
    const few = lower[row + AXIS_REPLICAS]! - model.sums[row + AXIS_REPLICAS]!;
    if (few <= 0) continue;
    for (const axis of BYTES_AXES) {
      const mean = context.totals[axis]! / model.replicaCount;
      upper[row + axis] = Math.max(0, upper[row + axis]! - RESERVED * few * mean);
    }
  }
}

/**
 * Where brokers differ in size, those that hold most may lead less of the bytes in than they hold: that limit does not
 * follow capacity. The others have to lead more, while bytes out do follow capacity. So brokers which have to lead more
 * should hold replicas with many bytes in for those out; found in the choice of what moves anyway, it costs nothing.
 */
const LEAN = [{ axis: AXIS_NW_IN, part: 1.05 }, { axis: AXIS_POTENTIAL_OUT, part: 0.82 }] as const;
/** They shed what they hold above their fair part of potential bytes out, and take a little more with small replicas. */
const LEAN_ROOM = 1.1;

function leanTowardsLeaders(search: Search, room: number): void {
  const { context: { alive }, upper, target, steepness } = search;
  const more = alive.filter((b) => mayLeadItsPart(search, b));
  if (more.length === 0 || more.length === alive.length) return;
  for (const b of more) {
    const at = b * AXIS_COUNT + AXIS_POTENTIAL_OUT;
    upper[at] = Math.min(upper[at]!, target[at]! * room);
  }
  for (const { axis, part } of LEAN) {
    const sum = (brokers: Int32Array) =>
      brokers.reduce((total, b) => total + target[b * AXIS_COUNT + axis]!, 0);
    const theirs = sum(more);
    const others = sum(alive) - theirs;
    if (others <= 0) continue;
    const rest = 1 + theirs * (1 - part) / others;
    for (const b of alive) {
      const factor = more.includes(b) ? part : rest;
      target[b * AXIS_COUNT + axis]! *= factor;
      steepness[b * AXIS_COUNT + axis]! /= factor;
    }
  }
}

/** Whether a broker may lead as many of the bytes in as it holds of them. */
function mayLeadItsPart({ context, upper, target }: Search, broker: number): boolean {
  const row = broker * AXIS_COUNT;
  const led = context.totals[AXIS_LEADER_IN]! / context.totals[AXIS_NW_IN]!;
  return !(target[row + AXIS_NW_IN]! * led > upper[row + AXIS_LEADER_IN]!);
}
