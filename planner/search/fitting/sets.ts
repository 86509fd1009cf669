/**
 * Sets of few items of a bin, and what each weighs; kept for as long as the bin stays as it is.
 *
 * @module
 */
import type { Fitting, Sets } from "./fitting.ts";
import { shuffledTo } from "./improve.ts";

/** Items of a bin that sets are made of, drawn where there are more; and those of which sets have three items. */
const ITEMS_MOST = 12;
const ITEMS_OF_THREE = 7;

/** Those of a bin. */
export function setsOf(f: Fitting, x: number): Sets {
  const known = f.sets[x];
  if (known?.version === f.version[x]) return known!;
  return f.sets[x] = makeSets(f, x);
}

function makeSets(f: Fitting, x: number): Sets {
  const { puzzle: { axes, layers, mb }, members, load, prng } = f;
  const width = axes + layers;
  const items = shuffledTo(members[x]!.slice(), ITEMS_MOST, prng);
  const bits = setBits(items.length);
  const weights = new Float64Array(bits.length * width);
  for (let s = 1; s < bits.length; s++) {
    for (let rest = bits[s]!; rest !== 0; rest &= rest - 1) {
      const i = items[31 - Math.clz32(rest & -rest)]!;
      for (let k = 0; k < axes; k++) weights[s * width + k]! += load[i * axes + k]!;
      for (let k = 0; k < layers; k++) weights[s * width + axes + k]! += mb[i * layers + k]!;
    }
  }
  f.looks += 2 * bits.length * width;
  return { version: f.version[x]!, items, bits, weights, orders: new Array(width) };
}

/** Sets by what they weigh on an axis, lightest first. */
export function orderOf(f: Fitting, { bits, weights, orders }: Sets, axis: number): Int32Array {
  const width = orders.length;
  f.looks += orders[axis] === undefined ? 20 * bits.length : 0;
  return orders[axis] ??= Int32Array.from(bits.keys()).sort((a, b) =>
    weights[a * width + axis]! - weights[b * width + axis]!
  );
}

const KNOWN_BITS: Int32Array[] = [];

/** All sets of up to two of so many items, of up to three where these are few. */
function setBits(count: number): Int32Array {
  const most = count <= ITEMS_OF_THREE ? 3 : 2;
  return KNOWN_BITS[count] ??= Int32Array.from(
    [...Array(1 << count).keys()].filter((bits) => {
      let size = 0;
      for (let rest = bits; rest !== 0; rest &= rest - 1) size++;
      return size <= most;
    }),
  );
}

/** The items of a set. */
export function itemsOf({ items }: Sets, bits: number): number[] {
  return items.filter((_, k) => (bits >> k & 1) === 1);
}
