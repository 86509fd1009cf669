/**
 * What brokers shed where replicas are sorted by size (`sizes.ts`). Of some replicas that follow each other in the broker's list, from a
 * random one on.
 *
 * @module
 */
import { gainOf, MB_FLOOR, perUnit, type Shedding, wish } from "./shed.ts";
import { mayMove, type Search } from "./state.ts";

/** Replicas compared for each move; with 8, plans move up to 4 % more bytes. */
const SAMPLE = 32;
/** The replica that fits the wish best; of those that fit as well the larger one. */
function pickLarge(search: Search, broker: number): number {
  const { loads, row, lists, listLength } = search.model;
  const list = lists[broker]!;
  const length = listLength[broker]!;
  const [forDisk, forIn, forPotential] = [wish[0]!, wish[1]!, wish[3]!];
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

/** How much bytes in and out count beside those on disk, which alone cost something. */
const TRAFFIC_WEIGHT = 0.1;

/** Of a broker with too many replicas the one that takes up least of what is scarce where it goes. */
function pickFewestBytes(search: Search, broker: number): number {
  if (wish[2]! <= 0) return pickLarge(search, broker);
  const { loads, row, lists, listLength } = search.model;
  const list = lists[broker]!;
  const length = listLength[broker]!;
  let place = search.prng.below(length);
  let best = -1;
  let least = Infinity;
  for (let k = 0; k < SAMPLE; k++) {
    const replica = list[place]!;
    place = place + 1 < length ? place + 1 : 0;
    const at = row[replica]! << 3;
    const traffic = loads[at | 1]! * perUnit[1]! + loads[at | 4]! * perUnit[3]!;
    const cost = loads[at]! * perUnit[0]! + TRAFFIC_WEIGHT * traffic;
    if (cost >= least || !mayMove(search, replica)) continue;
    best = replica;
    least = cost;
  }
  return best;
}

/** Replicas that fit, large ones sooner. All destinations are looked at: the emptiest are so for replicas of mean size. */
export const LARGE: Shedding = {
  pick: pickLarge,
  choosyBelow: Infinity,
};

/** Of brokers with too many replicas those of the fewest bytes. */
export const FEWEST_BYTES: Shedding = { pick: pickFewestBytes, choosyBelow: Infinity };
