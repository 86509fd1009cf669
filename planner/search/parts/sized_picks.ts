/**
 * What brokers shed where replicas are sorted by size (`sizes.ts`).
 *
 * @module
 */
import { fillWish, gainOf, MB_FLOOR, perUnit, type Shedding, wish } from "./picks.ts";
import { mayMove } from "../rules.ts";
import type { Search } from "../state.ts";
import { listsOf } from "../../../model/lists.ts";

/** Replicas compared for each move; with 8, plans move up to 4 % more bytes. */
const SAMPLE = 32;

/**
 * The replica that fits the wish best; of those that fit as well the larger one. Looks at some that follow each other in the broker's list,
 * from a random one on.
 */
function pickLarge(search: Search, broker: number): number {
  const { loads, row } = search.model;
  const { lists, listLength } = listsOf(search.model);
  fillWish(search, broker);
  const list = lists[broker]!;
  const length = listLength[broker]!;
  const forDisk = wish[0]!;
  const forIn = wish[1]!;
  const forPotential = wish[3]!;
  const count = perUnit[2]!;
  const countGain = gainOf(wish[2]!, count);
  let place = search.prng.below(length);
  let best = -1;
  let most = 0;
  for (let k = 0; k < SAMPLE; k++) {
    const replica = list[place]!;
    place = place + 1 < length ? place + 1 : 0;
    const at = row[replica]! << 3;
    const mb = loads[at]!;
    const disk = mb * perUnit[0]!;
    const nwIn = loads[at | 1]! * perUnit[1]!;
    const potential = loads[at | 4]! * perUnit[3]!;
    const gain = gainOf(forDisk, disk) + gainOf(forIn, nwIn) + countGain +
      gainOf(forPotential, potential);
    if (gain <= 0) continue;
    const norm = disk * disk + nwIn * nwIn + count * count + potential * potential;
    // The order of gain / norm to the power of 0.8: near the direction alone, but not quite.
    const value = forDisk > 0 ? gain * gain * Math.sqrt(gain) / norm : gain / (mb + MB_FLOOR);
    if (value <= most || !mayMove(search, replica)) continue;
    best = replica;
    most = value;
  }
  return best;
}

/** Replicas that fit, large ones sooner. All destinations are looked at: the emptiest are so for replicas of mean size. */
export const LARGE: Shedding = { pick: pickLarge, choosyBelow: Infinity };

/** How much bytes in and out count beside those on disk, which alone cost something. */
const TRAFFIC_WEIGHT = 0.1;
/** Replicas that are looked for, as part of those that a broker has too many, since not all find a taker. */
const LOOKED_FOR = 1.25;

/**
 * Of brokers with too many replicas those that take up least of what is scarce where they go, in this order. Best of 32 again and again
 * would read a broker's loads several times over, and not find the smallest.
 */
export function fewestBytes(search: Search): Shedding {
  /** By broker, what is left to shed of, largest first. */
  const smallest: (number[] | undefined)[] = new Array(search.model.brokerCount);
  const pick = (_: Search, broker: number) => {
    fillWish(search, broker);
    if (wish[2]! <= 0) return pickLarge(search, broker);
    let left = smallest[broker];
    if (left === undefined || left.length === 0) {
      left = smallest[broker] = smallestOf(search, broker);
    }
    return left.pop() ?? -1;
  };
  return { pick, choosyBelow: Infinity };
}

function smallestOf(search: Search, broker: number): number[] {
  const { lists, listLength } = listsOf(search.model);
  const length = listLength[broker]!;
  const list = lists[broker]!;
  const costs = new Float64Array(length);
  for (let i = 0; i < length; i++) costs[i] = costOf(search, list[i]!);
  const sorted = costs.slice().sort();
  const count = Math.ceil(LOOKED_FOR * wish[2]! / perUnit[2]!);
  const most = sorted[Math.min(count, length - 1)]!;
  const places: number[] = [];
  for (let i = 0; i < length; i++) {
    if (costs[i]! <= most && mayMove(search, list[i]!)) places.push(i);
  }
  places.sort((a, b) => costs[b]! - costs[a]!);
  return places.map((place) => list[place]!);
}

function costOf(search: Search, replica: number): number {
  const { loads, row } = search.model;
  const at = row[replica]! << 3;
  const traffic = loads[at | 1]! * perUnit[1]! + loads[at | 4]! * perUnit[3]!;
  return loads[at]! * perUnit[0]! + TRAFFIC_WEIGHT * traffic;
}
