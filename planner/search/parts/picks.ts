/**
 * Which replicas leave a broker that has too much.
 *
 * Of some of its replicas those go that fit best what the broker has too much of: one of 8 was measured to save 8 % of all bytes
 * against the first one, one of more to save nothing more, the best sixth of 96 at once to be as good, and fewer to cost nothing while
 * much has to leave.
 *
 * @module
 */
import { AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import { LISTED_BELOW } from "../../../model/build_model.ts";
import { listsOf } from "../../../model/lists.ts";
import type { Part, Search } from "../state.ts";
import { mayMove } from "../rules.ts";
import { type Stock, stockSteps } from "./stock.ts";

/** Replicas compared for each move where a cluster is small: its loads fit the cache, and they are drawn from all over the broker's list. */
const SAMPLE = 8;
/** Replicas that are compared at once, for many moves. */
const LOOKED = 96;
/** A broker with so many replicas comes as near to its limits with half as many compared for each that leaves. */
const LONG = 5000;
/** Part of those that have still to leave that are chosen at once. */
const PART_AT_ONCE = 1 / 4;
/** Axes that only moving a replica changes; the others follow leadership, which costs no bytes. */
export const SHED_AXES = [0, 1, 3, 4] as const;
/** A broker this near to its lower limit, as part of the range, should not lose more on that axis. */
const NEAR_LOWER = 0.25;
/** Of what a broker has of a part, no more than this is chosen: beyond, much less would fit. */
const GIVEN_MAX = 1 / 8;
/** How much such an axis counts against a replica. */
const NEAR_LOWER_WEIGHT = 0.15;

/** How replicas and their destinations are chosen. */
export interface Shedding {
  /** A broker's turn begins, of so many moves. */
  readonly begin?: (search: Search, broker: number, moves: number) => void;
  /** The replica of a broker that should leave for {@link wish}; -1 when none of those looked at. `excess` is the largest wish. */
  readonly pick: (search: Search, broker: number, excess: number) => number;
  /** About how many replicas have still to leave a broker when all destinations begin to be looked at. */
  readonly choosyBelow: number;
  /** Replicas in a row that no broker takes, after which a broker is left; as many as picks that find nothing unless given. */
  readonly refusedMax?: number;
}

/**
 * Replicas of a broker that have to leave up to which all brokers are looked at for each: without, plans move up to 0.2 % more bytes, and with
 * all of them from the start no fewer.
 */
const CHOOSY_BELOW = 32;

/** What these brokers shed usually, best fit first. */
export function* usualSteps(search: Search, brokers: Int32Array): Generator<void, Shedding, void> {
  if (search.model.replicaCount < LISTED_BELOW) {
    return { pick: pickScattered, choosyBelow: CHOOSY_BELOW };
  }
  const stock = yield* stockSteps(search, brokers, partFor(search, brokers));
  return {
    begin: (_, broker, moves) => beginTurn(search, stock, { broker, moves }),
    pick: (_, broker, excess) => pickFromStock(search, stock, { broker, excess }),
    choosyBelow: CHOOSY_BELOW,
  };
}

/** The part to look at, unless some broker would have to give away much of what it has of that. */
function partFor(search: Search, brokers: Int32Array): Part {
  const { sums, replicaCount } = search.model;
  const share = (search.part.to - search.part.from) / replicaCount;
  for (const b of brokers) {
    fillWish(search, b);
    const relative = Math.max(...wish);
    const length = sums[b << 3 | AXIS_REPLICAS]!;
    const isFew = relative <= share * GIVEN_MAX && length * share >= LOOKED;
    if (!isFew) return { from: 0, to: replicaCount };
  }
  return search.part;
}

/** For one pick, by place in disk, incoming bytes, count, potential outgoing bytes: relative excess that should leave. Kept, so that no call allocates. */
export const wish = new Float64Array(SHED_AXES.length);
/** The same for 1 / target. */
export const perUnit = new Float64Array(SHED_AXES.length);
/**
 * ```
 * array          type           length       index   value
 * sample         Int32Array     LOOKED       slot    replica that is compared
 * samplePlaces   Int32Array     LOOKED       slot    its place in the stock
 * sampleLoads    Float64Array   LOOKED x 4   slot    disk, incoming and potential outgoing bytes
 * chosen         Int32Array     LOOKED       -       slots of the best, best first
 * values         Float64Array   LOOKED       -       what they are worth
 * ```
 */
const sample = new Int32Array(LOOKED);
const samplePlaces = new Int32Array(LOOKED);
const sampleLoads = new Float64Array(LOOKED * 4);
const chosen = new Int32Array(LOOKED);
const values = new Float64Array(LOOKED);
/**
 * Of this turn: place in the stock of the next that is looked at; moves that are left; which of `chosen` is the next, and how many there are.
 * `seen` is what was read for later, of no meaning.
 */
const cursor = { place: 0, left: 0, next: 0, count: 0, seen: 0 };

/** Relative excess by axis; negative where the broker comes near to a lower limit, and more so below it. */
export function fillWish(search: Search, broker: number): void {
  const { upper, lower, target, model } = search;
  for (let k = 0; k < SHED_AXES.length; k++) {
    const i = (broker << 3) | SHED_AXES[k]!;
    const size = Math.max(target[i]!, Number.MIN_VALUE);
    perUnit[k] = target[i]! > 0 ? 1 / target[i]! : 0;
    const sum = model.sums[i]!;
    const least = lower[i]!;
    const near = least > 0 ? least + NEAR_LOWER * (upper[i]! - least) : 0;
    wish[k] = Math.max(0, sum - upper[i]!) / size +
      NEAR_LOWER_WEIGHT * Math.min(0, sum - near) / size + Math.min(0, sum - least) / size;
  }
}

/** The best of a few replicas from all over the broker's list. */
function pickScattered(search: Search, broker: number): number {
  const { model, prng } = search;
  const { loads, row } = model;
  const { lists, listLength } = listsOf(model);
  fillWish(search, broker);
  const list = lists[broker]!;
  const length = listLength[broker]!;
  for (let k = 0; k < SAMPLE; k++) sample[k] = list[prng.below(length)]!;
  for (let k = 0; k < SAMPLE; k++) {
    const at = row[sample[k]!]! << 3;
    sampleLoads[k << 2] = loads[at]!;
    sampleLoads[k << 2 | 1] = loads[at | 1]!;
    sampleLoads[k << 2 | 2] = loads[at | 4]!;
  }
  return chooseBest(search, SAMPLE, 1) > 0 ? sample[chosen[0]!]! : -1;
}

/** From a random place on, replicas follow each other through a whole turn. */
function beginTurn(
  { prng }: Search,
  { start, end }: Stock,
  { broker, moves }: { broker: number; moves: number },
): void {
  const length = end[broker]! - start[broker]!;
  cursor.place = start[broker]! + (length > 0 ? prng.below(length) : 0);
  cursor.left = moves;
  cursor.next = cursor.count = 0;
}

/** The best of those that were looked at and not given away yet; -1 when none may go. */
function pickFromStock(
  search: Search,
  stock: Stock,
  { broker, excess }: { broker: number; excess: number },
): number {
  if (cursor.next === cursor.count) look(search, stock, { broker, excess });
  cursor.left--;
  if (cursor.next === cursor.count) return -1;
  const slot = chosen[cursor.next++]!;
  stock.replica[samplePlaces[slot]!] = -1;
  return sample[slot]!;
}

/** Chooses from what comes next. */
function look(
  search: Search,
  stock: Stock,
  { broker, excess }: { broker: number; excess: number },
): void {
  fillWish(search, broker);
  const length = stock.end[broker]! - stock.start[broker]!;
  const each = comparedForEach(excess, length);
  // Towards the end fewer at once: each changes what the broker still wishes.
  const wanted = Math.ceil(excess * search.model.sums[broker << 3 | AXIS_REPLICAS]! * PART_AT_ONCE);
  const most = Math.min(wanted, Math.ceil(cursor.left), Math.floor(LOOKED / each));
  const size = drawNeighbours(stock, broker, Math.max(SAMPLE, most * each));
  cursor.next = 0;
  cursor.count = chooseBest(search, size, most);
  readChosen(search, cursor.count);
}

/** Takes up to `wanted` replicas that are still there, from the cursor on and round to it; how many. */
function drawNeighbours(stock: Stock, broker: number, wanted: number): number {
  const { replica, loads } = stock;
  const first = stock.start[broker]!;
  const end = stock.end[broker]!;
  let { place } = cursor;
  let size = 0;
  for (let looked = end - first; looked > 0 && size < wanted; looked--) {
    if (replica[place]! >= 0) {
      const from = place * 3;
      const into = size << 2;
      sample[size] = replica[place]!;
      samplePlaces[size++] = place;
      sampleLoads[into] = loads[from]!;
      sampleLoads[into | 1] = loads[from + 1]!;
      sampleLoads[into | 2] = loads[from + 2]!;
    }
    place++;
    if (place === end) place = first;
  }
  cursor.place = place;
  return size;
}

/** Puts the `most` best of the sample for the wish into `chosen`; how many there are. */
function chooseBest(search: Search, size: number, most: number): number {
  const wantedDisk = wish[0]!;
  const wantedIn = wish[1]!;
  const wantedPotential = wish[3]!;
  const count = perUnit[2]!;
  const countGain = gainOf(wish[2]!, count);
  // A factor: whichever branch comes first is compiled alone, and both again when the other comes.
  const byMb = wantedDisk <= 0 ? 1 : 0;
  let kept = 0;
  for (let k = 0; k < size; k++) {
    if (!mayMove(search, sample[k]!)) continue;
    const mb = sampleLoads[k << 2]!;
    const disk = mb * perUnit[0]!;
    const nwIn = sampleLoads[k << 2 | 1]! * perUnit[1]!;
    const potential = sampleLoads[k << 2 | 2]! * perUnit[3]!;
    const gain = gainOf(wantedDisk, disk) + gainOf(wantedIn, nwIn) + countGain +
      gainOf(wantedPotential, potential);
    if (gain <= 0) continue;
    const norm = disk * disk + nwIn * nwIn + count * count + potential * potential;
    const floored = mb + MB_FLOOR;
    // Squared: the order is the same without a root.
    const value = gain * gain / (byMb * floored * floored + (1 - byMb) * norm);
    if (kept === most) {
      if (value <= values[most - 1]!) continue;
      kept--;
    }
    let free = kept++;
    for (; free > 0 && values[free - 1]! < value; free--) {
      values[free] = values[free - 1]!;
      chosen[free] = chosen[free - 1]!;
    }
    values[free] = value;
    chosen[free] = k;
  }
  return kept;
}

/**
 * Reads what a move of each of the chosen will read, all at once: without a branch between them the processor waits for many places in memory
 * together, else each move waits for one after the other.
 */
function readChosen({ model }: Search, count: number): void {
  const { partition, topic, leader, replicaStart, home, broker, row, loads, brokerCount } = model;
  const { topicReplicas } = model;
  let seen = 0;
  for (let k = 0; k < count; k++) {
    const r = sample[chosen[k]!]!;
    const p = partition[r]!;
    const cell = topic[p]! * brokerCount + broker[r]!;
    seen |= topicReplicas[cell]! | leader[p]! | replicaStart[p]! | home[r]! |
      loads[row[r]! << 3 | 3]!;
  }
  // Kept, so that reading is not left out.
  cursor.seen = seen;
}

/**
 * Replicas that are compared for each that leaves. Where half of a broker's replicas or more have to leave anyway, one that fits is soon
 * found.
 */
function comparedForEach(excess: number, length: number): number {
  return excess > 1 ? 2 : excess > 1 / 3 || length >= LONG ? 3 : 6;
}

/** No more than the excess counts: what a replica takes beyond it is bytes for nothing. */
export function gainOf(wanted: number, relative: number): number {
  return wanted * (wanted > 0 && relative > wanted ? wanted : relative);
}

/** Keeps the gain per MB of an empty replica finite: moving it is not free, only cheap. */
export const MB_FLOOR = 0.1;
