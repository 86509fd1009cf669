/**
 * A placement of a {@link Puzzle} on its way, and what actions change of how far it is from all limits.
 *
 * ```
 * array      type           length         index          value
 * at         Int32Array     n              item           bin where it is; -1 = none
 * slot       Int32Array     n              item           its place in the list of `members`
 * leader     Int32Array     groups         group          item that leads; -1 = what cannot move leads
 * load       Float64Array   n x axes       item, axis     what it puts on its broker in its present role
 * sum        Float64Array   B x axes       broker, axis   of the items there
 * dirSum     Float64Array   bins x layers  bin, layer     the same
 * scale      Float64Array   B x axes       broker, axis   1 / limit
 * weight     Float64Array   B x axes       broker, axis   what a unit above the limit costs: `scale`, and more the longer it is passed
 * dirScale, dirWeight       bins x layers  bin, layer     the same
 * until      Int32Array     n              item           last round in which it stays
 * away       Int32Array     groups         group          items that are on another broker than at home
 * shifted    Int32Array     groups         group          items that are at home on another log dir
 * members    number[][]     bins           bin            items in it
 * version    Int32Array     bins           bin            changes of what is in it, or leads there
 * ```
 *
 * @module
 */
import type { Prng } from "../../../lib/prng.ts";
import type { Puzzle } from "./puzzle.ts";

/** Where limits are nothing, the unit is this part of the mean one. */
const LEAST_LIMIT = 0.05;

/** Sets of few items of a bin, the empty one first; see `sets.ts`. */
export interface Sets {
  /** Of the bin that they were made for. */
  readonly version: number;
  readonly items: readonly number[];
  /** Each as bits by place in `items`. */
  readonly bits: Int32Array;
  /** Length sets x (axes + layers): what each weighs. */
  readonly weights: Float64Array;
  /** By axis, once it is asked for: sets, lightest first. */
  readonly orders: (Int32Array | undefined)[];
}

/** See the table above. */
export interface Fitting {
  readonly puzzle: Puzzle;
  readonly at: Int32Array;
  readonly slot: Int32Array;
  readonly leader: Int32Array;
  readonly load: Float64Array;
  readonly sum: Float64Array;
  readonly dirSum: Float64Array;
  readonly scale: Float64Array;
  readonly dirScale: Float64Array;
  readonly weight: Float64Array;
  readonly dirWeight: Float64Array;
  readonly until: Int32Array;
  readonly away: Int32Array;
  readonly shifted: Int32Array;
  readonly members: readonly number[][];
  readonly version: Int32Array;
  /** Sets of items by bin, as far as they were asked for. */
  readonly sets: (Sets | undefined)[];
  readonly prng: Prng;
  /** Sums that were compared with limits so far. */
  looks: number;
  round: number;
}

/** All that may stay where it is, the rest where that is least bad; undefined where an item may be nowhere. */
export function beginFitting(puzzle: Puzzle, prng: Prng): Fitting | undefined {
  const { items, axes, layers, binBroker, upper, dirUpper, lead } = puzzle;
  const { brokerCount } = puzzle.search.model;
  const scale = scaleOf(upper, axes);
  const dirScale = scaleOf(dirUpper, layers);
  const fitting: Fitting = {
    puzzle,
    at: new Int32Array(items.length).fill(-1),
    slot: new Int32Array(items.length),
    leader: lead.slice(),
    load: puzzle.follow.slice(),
    sum: new Float64Array(brokerCount * axes),
    dirSum: new Float64Array(binBroker.length * layers),
    scale,
    dirScale,
    weight: scale.slice(),
    dirWeight: dirScale.slice(),
    until: new Int32Array(items.length),
    away: new Int32Array(lead.length),
    shifted: new Int32Array(lead.length),
    members: Array.from(binBroker, () => []),
    version: new Int32Array(binBroker.length),
    sets: new Array(binBroker.length),
    prng,
    looks: 0,
    round: 1,
  };
  for (const i of lead) if (i >= 0) addLeading(fitting, i, 1);
  for (let i = 0; i < items.length; i++) {
    const x = puzzle.start[i]!;
    if (x >= 0 && mayGo(fitting, i, x)) enter(fitting, i, x);
  }
  for (let i = 0; i < items.length; i++) {
    if (fitting.at[i]! >= 0) continue;
    // What racks allow nowhere stays.
    const x = bestBin(fitting, i);
    const place = x < 0 ? puzzle.start[i]! : x;
    if (place < 0) return undefined;
    enter(fitting, i, place);
  }
  return fitting;
}

function scaleOf(upper: Float64Array, axes: number): Float64Array {
  const scale = new Float64Array(upper.length);
  for (let k = 0; k < axes; k++) {
    const limits: number[] = [];
    for (let i = k; i < upper.length; i += axes) limits.push(upper[i]!);
    const usual = limits.filter((limit) => limit > 0 && limit < Infinity);
    const mean = usual.reduce((sum, limit) => sum + limit, 0) / Math.max(1, usual.length);
    const least = usual.length > 0 ? LEAST_LIMIT * mean : 1;
    for (const [n, limit] of limits.entries()) {
      scale[n * axes + k] = limit === Infinity ? 0 : 1 / Math.max(limit, least);
    }
  }
  return scale;
}

/** The bin that an item which is nowhere makes least worse; -1 = none may hold it. */
function bestBin(f: Fitting, i: number): number {
  const { binBroker } = f.puzzle;
  let best = -1;
  let least = Infinity;
  for (let x = 0; x < binBroker.length; x++) {
    if (!mayGo(f, i, x)) continue;
    const worse = brokerChange(f, binBroker[x]!, i, -1) + dirChange(f, x, i, -1);
    if (worse < least) {
      least = worse;
      best = x;
    }
  }
  return best;
}

/** Puts an item that is nowhere into a bin. */
export function enter(f: Fitting, i: number, x: number): void {
  const list = f.members[x]!;
  f.at[i] = x;
  f.slot[i] = list.length;
  list.push(i);
  addTo(f, i, x, 1);
}

/** Takes an item out of its bin. */
export function leave(f: Fitting, i: number): void {
  const x = f.at[i]!;
  const list = f.members[x]!;
  const last = list.pop()!;
  const gap = f.slot[i]!;
  if (last !== i) {
    list[gap] = last;
    f.slot[last] = gap;
  }
  f.at[i] = -1;
  addTo(f, i, x, -1);
}

/** Puts an item into another bin, and one of that into its own; `other`: -1 = none. */
export function changePlaces(f: Fitting, item: number, bin: number, other: number): void {
  const from = f.at[item]!;
  leave(f, item);
  if (other >= 0) {
    leave(f, other);
    enter(f, other, from);
  }
  enter(f, item, bin);
}

function addTo(f: Fitting, i: number, x: number, sign: number): void {
  const { puzzle: { axes, layers, binBroker, mb, group }, sum, dirSum, load } = f;
  const b = binBroker[x]!;
  f.version[x]!++;
  for (let k = 0; k < axes; k++) sum[b * axes + k]! += sign * load[i * axes + k]!;
  for (let k = 0; k < layers; k++) dirSum[x * layers + k]! += sign * mb[i * layers + k]!;
  if (isAway(f, i, x)) f.away[group[i]!]! += sign;
  else if (isShifted(f, i, x)) f.shifted[group[i]!]! += sign;
}

function isAway({ puzzle: { binBroker, items, search } }: Fitting, i: number, x: number): boolean {
  return binBroker[x] !== search.model.home[items[i]!];
}

/** Of an item at home. */
function isShifted({ puzzle: { hasDirs, homeBin } }: Fitting, i: number, x: number): boolean {
  return hasDirs && homeBin[i] !== x;
}

/** Has another item of the group lead. */
export function handOver(f: Fitting, from: number, to: number): void {
  addLeading(f, from, -1);
  addLeading(f, to, 1);
  f.leader[f.puzzle.group[to]!] = to;
}

function addLeading(f: Fitting, i: number, sign: number): void {
  const { puzzle: { axes, leading, binBroker }, sum, load, at } = f;
  const x = at[i]!;
  if (x >= 0) f.version[x]!++;
  for (let k = 0; k < axes; k++) {
    const change = sign * leading[i * axes + k]!;
    load[i * axes + k]! += change;
    if (x >= 0) sum[binBroker[x]! * axes + k]! += change;
  }
}

/** Whether rules and the other replicas of its partition let an item be in a bin. O(RF). */
export function mayGo(f: Fitting, i: number, x: number): boolean {
  const { puzzle, at, leader } = f;
  const { mayHold, group, groupStart, binBroker, held, perRack, search, items } = puzzle;
  const { brokerCount, rack, home, offline, row } = search.model;
  const b = binBroker[x]!;
  const g = group[i]!;
  const role = leader[g] === i ? 2 : 1;
  if ((mayHold[i * brokerCount + b]! & role) === 0) return false;
  let onRack = 0;
  const own = items[i]!;
  for (let j = groupStart[g]!; j < groupStart[g + 1]!; j++) {
    if (j === i) continue;
    const other = items[j]!;
    // Of replicas that are alike it does not matter which is at home; others cannot take each other's place.
    if (home[other] === b && (puzzle.hasDirs || row[other] !== row[own] || offline[other] === 1)) {
      return false;
    }
    if (at[j]! < 0) continue;
    const there = binBroker[at[j]!]!;
    if (there === b) return false;
    if (rack[there] === rack[b]) onRack++;
  }
  for (const there of held[g]!) {
    if (there === b) return false;
    if (rack[there] === rack[b]) onRack++;
  }
  if (search.racksDiffer && onRack >= perRack[g]!) return false;
  return !puzzle.hasDirs || keepsProposal(f, i, x);
}

/** One proposal does not move replicas between brokers and others between log dirs. */
function keepsProposal(f: Fitting, i: number, x: number): boolean {
  const { at, away, shifted, puzzle: { group } } = f;
  const g = group[i]!;
  const from = at[i]!;
  const wasAway = from >= 0 && isAway(f, i, from);
  const wasShifted = from >= 0 && !wasAway && isShifted(f, i, from);
  if (isAway(f, i, x)) return shifted[g]! === (wasShifted ? 1 : 0);
  return !isShifted(f, i, x) || away[g]! === (wasAway ? 1 : 0);
}

/** How much more a sum costs that was one and is another now: what is above its limit does, by weight. */
function worsening(most: number, weight: number, was: number, now: number): number {
  if (now > most) return weight * (now - (was > most ? was : most));
  return was > most ? -weight * (was - most) : 0;
}

/** How much worse a broker is with one item more and one less; -1 = none. */
export function brokerChange(f: Fitting, b: number, comes: number, goes: number): number {
  const { puzzle: { axes, upper }, sum, load, weight } = f;
  const more = comes * axes;
  const less = goes * axes;
  let change = 0;
  for (let k = 0, o = b * axes; k < axes; k++, o++) {
    const was = sum[o]!;
    const now = was + (comes < 0 ? 0 : load[more + k]!) - (goes < 0 ? 0 : load[less + k]!);
    change += worsening(upper[o]!, weight[o]!, was, now);
  }
  return change;
}

/** The same of a bin, by what log dirs may hold. */
export function dirChange(f: Fitting, x: number, comes: number, goes: number): number {
  const { puzzle: { layers, dirUpper, mb }, dirSum, dirWeight } = f;
  let change = 0;
  for (let k = 0; k < layers; k++) {
    const o = x * layers + k;
    const was = dirSum[o]!;
    const now = was + (comes < 0 ? 0 : mb[comes * layers + k]!) -
      (goes < 0 ? 0 : mb[goes * layers + k]!);
    change += worsening(dirUpper[o]!, dirWeight[o]!, was, now);
  }
  return change;
}

/** How much worse the broker of an item is when that takes up (1) or gives up (-1) leading. */
export function leadChange(f: Fitting, i: number, sign: number): number {
  const { puzzle: { axes, upper, leading, binBroker }, sum, weight, at } = f;
  const b = binBroker[at[i]!]!;
  let change = 0;
  for (let k = 0; k < axes; k++) {
    const o = b * axes + k;
    const was = sum[o]!;
    const now = was + sign * leading[i * axes + k]!;
    change += worsening(upper[o]!, weight[o]!, was, now);
  }
  return change;
}
