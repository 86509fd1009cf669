/**
 * A few items of a bin against a few of another one, where sums of single items stand in each other's way: all sets of them are looked at.
 *
 * Those of the other bin are ordered by the axis that the first is most above its limit on. What two bins cost on it falls and then rises again
 * along that order, so for each set of the first only a stretch of the others can be better than the best so far.
 *
 * @module
 */
import { enter, type Fitting, leave, mayGo, type Sets } from "./fitting.ts";
import { stay } from "./improve.ts";
import { itemsOf, orderOf, setsOf } from "./sets.ts";

/** What a bin and its broker hold above their limits, negative where there is room, and what a unit of that costs: by axis, then layer. */
interface Room {
  readonly bin: number;
  readonly over: Float64Array;
  readonly weight: Float64Array;
  readonly cost: number;
  readonly sets: Sets;
}

/** Sets, by bits of their items, that change places. */
interface Exchange {
  readonly own: Room;
  readonly other: Room;
  readonly leaves: number;
  readonly comes: number;
  readonly change: number;
}

/** Carries out the best exchange of these bins with others; false where all make it worse by `most` or more. */
export function exchangeSets(f: Fitting, bins: readonly number[], most: number): boolean {
  const { puzzle: { binBroker } } = f;
  let best: Exchange | undefined;
  for (const x of bins) {
    const own = roomOf(f, x);
    for (let y = 0; y < binBroker.length; y++) {
      if (binBroker[y] === binBroker[x]) continue;
      best = bestOf(f, { own, other: roomOf(f, y), most: best?.change ?? most }) ?? best;
    }
  }
  if (best === undefined) return false;
  const { own, other } = best;
  const [leaves, comes] = [itemsOf(own.sets, best.leaves), itemsOf(other.sets, best.comes)];
  for (const i of [...leaves, ...comes]) {
    leave(f, i);
    stay(f, i);
  }
  for (const i of leaves) enter(f, i, other.bin);
  for (const i of comes) enter(f, i, own.bin);
  return true;
}

function roomOf(f: Fitting, x: number): Room {
  const { puzzle: { axes, layers, upper, dirUpper, binBroker }, sum, dirSum } = f;
  const over = new Float64Array(axes + layers);
  const weight = new Float64Array(axes + layers);
  for (let k = 0, o = binBroker[x]! * axes; k < axes; k++, o++) {
    over[k] = sum[o]! - upper[o]!;
    weight[k] = f.weight[o]!;
  }
  for (let k = axes, o = x * layers; k < over.length; k++, o++) {
    over[k] = dirSum[o]! - dirUpper[o]!;
    weight[k] = f.dirWeight[o]!;
  }
  let cost = 0;
  for (let k = 0; k < over.length; k++) if (over[k]! > 0) cost += weight[k]! * over[k]!;
  return { bin: x, over, weight, cost, sets: setsOf(f, x) };
}

/** Bits of the items that may go to the bin. */
function allowedTo(f: Fitting, { items }: Sets, x: number): number {
  const { until, round } = f;
  let bits = 0;
  for (let k = 0; k < items.length; k++) {
    if (until[items[k]!]! <= round && mayGo(f, items[k]!, x)) bits |= 1 << k;
  }
  return bits;
}

function bestOf(
  f: Fitting,
  { own, other, most }: { own: Room; other: Room; most: number },
): Exchange | undefined {
  const width = own.over.length;
  const main = mainAxis(own);
  const { bits, weights } = own.sets;
  const may = allowedTo(f, own.sets, other.bin);
  const against = {
    here: new Float64Array(width),
    there: new Float64Array(width),
    own,
    other,
    may: allowedTo(f, other.sets, own.bin),
    main,
    order: orderOf(f, other.sets, main),
  };
  f.looks += 12 * width + 4 * (own.sets.items.length + other.sets.items.length);
  const was = own.cost + other.cost;
  const best = { least: was + most, comes: -1, looks: 0 };
  let leaves = -1;
  for (let s = 0; s < bits.length; s++) {
    if ((bits[s]! & ~may) !== 0) continue;
    for (let k = 0; k < width; k++) {
      const goes = weights[s * width + k]!;
      against.here[k] = own.over[k]! - goes;
      against.there[k] = other.over[k]! + goes;
    }
    if (bestAgainst(against, best)) leaves = bits[s]!;
  }
  f.looks += best.looks;
  if (leaves < 0) return undefined;
  return { own, other, leaves, comes: best.comes, change: best.least - was };
}

/** The axis on which it costs most. */
function mainAxis({ over, weight }: Room): number {
  let main = 0;
  for (let k = 1; k < over.length; k++) {
    if (over[k]! * weight[k]! > over[main]! * weight[main]!) main = k;
  }
  return main;
}

/** What both bins are above their limits when a set has left the first, and what may come instead. */
interface Against {
  readonly here: Float64Array;
  readonly there: Float64Array;
  readonly own: Room;
  readonly other: Room;
  /** Bits of items of the other one. */
  readonly may: number;
  readonly main: number;
  readonly order: Int32Array;
}

/** Whether one of the other sets is better than the best so far. */
function bestAgainst(
  { here, there, own: { weight: mine }, other, may, main, order }: Against,
  best: { least: number; comes: number; looks: number },
): boolean {
  const { sets: { weights, bits }, weight: its } = other;
  const width = here.length;
  let { least, comes } = best;
  let low = 0;
  // Where so little comes back that the other one costs more than the best.
  for (let high = order.length; low < high;) {
    const middle = (low + high) >> 1;
    const back = weights[order[middle]! * width + main]!;
    if ((there[main]! - back) * its[main]! >= least) low = middle + 1;
    else high = middle;
  }
  const before = least;
  let looks = 2 * width;
  for (let t = low; t < order.length; t++) {
    const s = order[t]!;
    const at = s * width;
    if ((here[main]! + weights[at + main]!) * mine[main]! >= least) break;
    looks += width;
    if ((bits[s]! & ~may) !== 0) continue;
    let cost = 0;
    for (let k = 0; k < width; k++) {
      const back = weights[at + k]!;
      const over = here[k]! + back;
      const overThere = there[k]! - back;
      if (over > 0) cost += mine[k]! * over;
      if (overThere > 0) cost += its[k]! * overThere;
    }
    if (cost >= least) continue;
    least = cost;
    comes = bits[s]!;
  }
  best.looks += looks;
  if (least >= before) return false;
  best.least = least;
  best.comes = comes;
  return true;
}
