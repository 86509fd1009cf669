/**
 * Packs the replicas of a few brokers anew where hard limits are passed: what brokers may be left empty by in all is next to
 * nothing, so that few sets of replicas fill one of them, and all of these can be looked at (bin completion; Korf, 2003).
 *
 * ```
 * waste = limits of all brokers - what they hold          by axis, before the first is filled
 * fill a broker to at least its limit - waste, at most its limit; what it is left empty by is taken off waste; the next one
 * ```
 *
 * @module
 */
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import type { DraftLimits } from "../annealing/draft_limits.ts";
import { type Places, placesOf } from "../checkpoint.ts";
import { mayGoTo, mayMove } from "../rules.ts";
import { relocate, type Search } from "../state.ts";
import { addReplica, isOver } from "../violation.ts";

/** Replicas that are tried on brokers: for some brokers together, and all of them. Twice as many hardly find more. */
const TRIES = { set: 20_000, sets: 800_000, all: 800_000 };
/** Most replicas of which sets are looked for: of more there are too many sets. */
const REPLICAS_MOST = 160;
/** Brokers beside the one that is above a limit, at most. */
const OTHERS_MOST = 3;
/** Sums that differ by less, in parts of limits, are the same. */
const ROUNDING = 1e-9;
/** Tries to a step of the search, which looks at several brokers each time. */
const TRIES_A_STEP = 10;

/**
 * Where everything is once brokers above hard limits are packed together with some others, then with all; undefined where
 * none could be brought within. The model stays as it is.
 */
export function* pack(search: Search, limits: DraftLimits): Generator<void, Places | undefined> {
  const { alive } = search.context;
  const bins = [...alive].filter((b) => search.closed[b] === 0);
  const budget = { left: TRIES.sets };
  const home = placesOf(search);
  const isAbove = (b: number) => isOver({ model: search.model, upper: limits.upper }, b);
  let found = false;
  let counts = itemCounts(search);
  const isFew = (set: readonly number[]) =>
    set.reduce((sum, b) => sum + counts[b]!, 0) <= REPLICAS_MOST;
  for (let others = 1; others <= OTHERS_MOST; others++) {
    for (const broker of bins) {
      if (!isAbove(broker)) continue;
      for (const set of setsWith(broker, bins, others)) {
        if (budget.left <= 0) break;
        if (!isFew(set)) continue;
        const packed = packSet(search, { limits, bins: set, budget, most: TRIES.set });
        if (others === OTHERS_MOST) yield;
        if (!packed) continue;
        found = true;
        counts = itemCounts(search);
        break;
      }
      yield;
    }
  }
  if (bins.some(isAbove)) {
    const all = { left: TRIES.all };
    found = packSet(search, { limits, bins, budget: all, most: TRIES.all }) || found;
    budget.left += all.left - TRIES.all;
  }
  search.steps += Math.ceil((TRIES.sets - budget.left) / TRIES_A_STEP);
  const places = found ? placesOf(search) : undefined;
  for (const [r, b] of home.broker.entries()) {
    if (search.model.broker[r] !== b) relocate(search, r, b);
  }
  return places;
}

/** The broker with so many others, each set once. */
function* setsWith(broker: number, bins: readonly number[], others: number): Generator<number[]> {
  const rest = bins.filter((b) => b !== broker);
  const chosen = [broker];
  function* choose(from: number): Generator<number[]> {
    if (chosen.length > others) yield [...chosen];
    else {
      for (let k = from; k < rest.length; k++) {
        chosen.push(rest[k]!);
        yield* choose(k + 1);
        chosen.pop();
      }
    }
  }
  yield* choose(0);
}

/** Brokers to be packed together, and what that may take. */
interface PackOptions {
  readonly limits: DraftLimits;
  readonly bins: readonly number[];
  /** Tries that are left for all sets. */
  readonly budget: { left: number };
  readonly most: number;
}

/** Packs these brokers, and moves what goes elsewhere; false when that was not found. */
function packSet(search: Search, options: PackOptions): boolean {
  const packing = packingOf(search, options);
  if (packing === undefined) return false;
  const { items, bins, at, tries: before } = packing;
  const found = fillNext(packing, 0);
  options.budget.left -= before - packing.tries;
  if (!found) return false;
  for (const [i, r] of items.entries()) {
    const to = bins[at[i]!]!;
    if (search.model.broker[r] !== to) relocate(search, r, to);
  }
  return true;
}

/**
 * ```
 * array     type          length           index          value
 * items     number[]      n                item           replica, largest first
 * load      Float64Array  n x axes         item, axis     what it puts on a broker
 * upper     Float64Array  bins x axes      bin, axis      what the bin may hold of items
 * allowed   Uint8Array    n x bins         item, bin      1 = rules let it go there
 * zone      Int32Array    bins             bin            its rack, or where racks may be shared itself
 * taken     Uint8Array    partitions x z   group, zone    1 = a replica of the partition is there
 * rest      Float64Array  bins x (n + 1) x axes           what is left from the item on when the bin is begun
 * sum       Float64Array  bins x axes      bin, axis      what it holds so far
 * waste     Float64Array  (bins + 1) x axes               what bins from here on may be left empty by
 * at        Int32Array    n                item           bin; -1 = none yet
 * ```
 */
interface Packing {
  readonly items: readonly number[];
  readonly bins: readonly number[];
  readonly axes: readonly number[];
  readonly load: Float64Array;
  readonly upper: Float64Array;
  readonly allowed: Uint8Array;
  readonly group: Int32Array;
  readonly zone: Int32Array;
  readonly zones: number;
  readonly taken: Uint8Array;
  readonly rest: Float64Array;
  readonly sum: Float64Array;
  readonly waste: Float64Array;
  readonly at: Int32Array;
  tries: number;
}

/** Undefined where they hold more than they all may, or too many replicas. */
function packingOf(search: Search, options: PackOptions): Packing | undefined {
  const { model } = search;
  const { limits, budget } = options;
  const axes = [...Array(AXIS_COUNT).keys()].filter((axis) =>
    options.bins.every((b) => limits.upper[b << 3 | axis]! < Infinity)
  );
  const total = (b: number, axis: number) => limits.upper[b << 3 | axis]!;
  const spare = axes.map((axis) =>
    options.bins.reduce((sum, b) => sum + total(b, axis) - model.sums[b << 3 | axis]!, 0)
  );
  if (spare.some((left) => left < 0)) return undefined;
  // The fewest sets fill the smallest one.
  const sizeOf = (b: number) => axes.reduce((sum, axis) => sum + total(b, axis), 0);
  const bins = [...options.bins].sort((a, b) => sizeOf(a) - sizeOf(b) || a - b);
  const items = itemsOf(search, bins);
  if (items.length > REPLICAS_MOST) return undefined;
  const row = new Float64Array(AXIS_COUNT);
  const loads = new Map(items.map((r) => {
    addReplica(search, row.fill(0), r, 1);
    return [r, axes.map((axis) => row[axis]!)];
  }));
  const mean = axes.map((axis) => bins.reduce((sum, b) => sum + total(b, axis), 0) / bins.length);
  const weight = (r: number) =>
    Math.max(0, ...loads.get(r)!.map((one, k) => mean[k]! > 0 ? one / mean[k]! : 0));
  items.sort((a, b) => weight(b) - weight(a) || a - b);
  const load = Float64Array.from(items.flatMap((r) => loads.get(r)!));
  const upper = Float64Array.from(
    bins.flatMap((b) => axes.map((axis) => total(b, axis) - model.sums[b << 3 | axis]!)),
  );
  for (const [i, r] of items.entries()) {
    const j = bins.indexOf(model.broker[r]!);
    for (let k = 0; k < axes.length; k++) upper[j * axes.length + k]! += load[i * axes.length + k]!;
  }
  const waste = new Float64Array((bins.length + 1) * axes.length);
  waste.set(spare);
  return {
    items,
    bins,
    axes,
    load,
    upper,
    ...standsOf(search, items, bins),
    rest: new Float64Array(bins.length * (items.length + 1) * axes.length),
    sum: new Float64Array(bins.length * axes.length),
    waste,
    at: new Int32Array(items.length).fill(-1),
    tries: Math.min(options.most, budget.left),
  };
}

/** Replicas on these brokers that may go, by index. */
function itemsOf(search: Search, bins: readonly number[]): number[] {
  const { model } = search;
  const items: number[] = [];
  for (let r = 0; r < model.replicaCount; r++) {
    if (bins.includes(model.broker[r]!) && isItem(search, r)) items.push(r);
  }
  return items;
}

/** How many those are, by broker. O(R x RF). */
function itemCounts(search: Search): Int32Array {
  const { broker, brokerCount, replicaCount } = search.model;
  const counts = new Int32Array(brokerCount);
  for (let r = 0; r < replicaCount; r++) if (isItem(search, r)) counts[broker[r]!]!++;
  return counts;
}

function isItem(search: Search, r: number): boolean {
  return mayMove(search, r) && !sharesZone(search, r);
}

/** Whether another replica of its partition is in the same zone: what cannot be told apart stays. */
function sharesZone(search: Search, replica: number): boolean {
  const { broker, replicaStart, partition } = search.model;
  const p = partition[replica]!;
  const own = zoneOf(search, broker[replica]!);
  for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
    if (r !== replica && zoneOf(search, broker[r]!) === own) return true;
  }
  return false;
}

function zoneOf({ racksDiffer, model }: Search, broker: number): number {
  return racksDiffer ? model.rack[broker]! : broker;
}

/** Where each may be. */
function standsOf(search: Search, items: readonly number[], bins: readonly number[]) {
  const { broker, replicaStart, partition, home, brokerCount } = search.model;
  const groups = new Map<number, number>();
  for (const r of items) if (!groups.has(partition[r]!)) groups.set(partition[r]!, groups.size);
  const zones = Math.max(brokerCount, ...bins.map((b) => zoneOf(search, b) + 1));
  const taken = new Uint8Array(groups.size * zones);
  const allowed = new Uint8Array(items.length * bins.length);
  const free = new Set(items);
  for (const [p, group] of groups) {
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      const zone = zoneOf(search, broker[r]!);
      if (!free.has(r)) taken[group * zones + zone] = 1;
    }
  }
  for (const [i, r] of items.entries()) {
    const p = partition[r]!;
    for (const [j, b] of bins.entries()) {
      let may = b === broker[r] || mayGoTo(search, r, b);
      // Where another one of the partition has its home, that one should be.
      for (let other = replicaStart[p]!; other < replicaStart[p + 1]!; other++) {
        if (other !== r && b !== broker[r] && home[other] === b) may = false;
      }
      allowed[i * bins.length + j] = may ? 1 : 0;
    }
  }
  return {
    allowed,
    taken,
    zones,
    group: Int32Array.from(items, (r) => groups.get(partition[r]!)!),
    zone: Int32Array.from(bins, (b) => zoneOf(search, b)),
  };
}

/** Begins a bin: what is left from each item on. */
function fillNext(packing: Packing, bin: number): boolean {
  const { items, bins, axes, rest, at, load } = packing;
  if (bin === bins.length) return at.every((where) => where >= 0);
  const n = items.length;
  const width = axes.length;
  const base = bin * (n + 1) * width;
  rest.fill(0, base + n * width, base + (n + 1) * width);
  for (let i = n - 1; i >= 0; i--) {
    for (let k = 0; k < width; k++) {
      const o = base + i * width + k;
      rest[o] = rest[o + width]! + (at[i]! < 0 ? load[i * width + k]! : 0);
    }
  }
  packing.sum.fill(0, bin * width, (bin + 1) * width);
  return fillFrom(packing, bin, 0);
}

/** Adds items from `start` on to the bin, and goes on with the next one wherever it is full enough. */
function fillFrom(packing: Packing, bin: number, start: number): boolean {
  const {
    items,
    bins,
    axes: { length: width },
    at,
    sum,
    load,
    upper,
    waste,
    group,
    zone,
    zones,
    taken,
  } = packing;
  if (isFull(packing, bin)) {
    for (let k = 0; k < width; k++) {
      const o = bin * width + k;
      waste[o + width] = waste[o]! - (upper[o]! - sum[o]!);
    }
    if (fillNext(packing, bin + 1)) return true;
  }
  for (let i = start; i < items.length; i++) {
    if (packing.tries <= 0 || !mayGetFull(packing, bin, i)) return false;
    if (at[i]! >= 0 || packing.allowed[i * bins.length + bin] === 0) continue;
    packing.tries--;
    const cell = group[i]! * zones + zone[bin]!;
    if (taken[cell] === 1 || !fits(packing, bin, i)) continue;
    taken[cell] = 1;
    at[i] = bin;
    for (let k = 0; k < width; k++) sum[bin * width + k]! += load[i * width + k]!;
    if (fillFrom(packing, bin, i + 1)) return true;
    for (let k = 0; k < width; k++) sum[bin * width + k]! -= load[i * width + k]!;
    at[i] = -1;
    taken[cell] = 0;
  }
  return false;
}

/** Whether what the bin is left empty by is no more than all bins from here on may be. */
function isFull(packing: Packing, bin: number): boolean {
  return mayGetFull(packing, bin, packing.items.length);
}

/** Whether it would be with all that is left from the item on. */
function mayGetFull(
  { items, axes: { length: width }, sum, upper, waste, rest }: Packing,
  bin: number,
  from: number,
) {
  const base = (bin * (items.length + 1) + from) * width;
  for (let k = 0; k < width; k++) {
    const o = bin * width + k;
    if (upper[o]! - sum[o]! - rest[base + k]! > waste[o]! + ROUNDING * Math.abs(upper[o]!)) {
      return false;
    }
  }
  return true;
}

function fits(
  { axes: { length: width }, sum, upper, load }: Packing,
  bin: number,
  item: number,
): boolean {
  for (let k = 0; k < width; k++) {
    if (sum[bin * width + k]! + load[item * width + k]! > upper[bin * width + k]!) return false;
  }
  return true;
}
