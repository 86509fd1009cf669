/**
 * Brings brokers nearer to all limits in many small steps, where shedding and filling left much: brokers that differ
 * in size have to trade small replicas for large ones, and must go a little over one limit to mend another more.
 *
 * Each step takes the broker that is furthest out, looks at a sample of replicas that could leave it or come to it, and
 * carries out what takes away most of the squared distance per MB. It is the repair with a cheaper look at each step
 * (a fortieth of the actions).
 *
 * @module
 */
import { AXIS_COUNT } from "../../../model/cluster_model.ts";
import { listsOf, listSteps } from "../../../model/lists.ts";
import { REJECTED_MAX } from "../destination.ts";
import { keepsHardLimits, moveIsLegal, swapIsLegal } from "../legal.ts";
import { REASON } from "../reasons.ts";
import { mbOf, repairReason } from "./repair.ts";
import { gradientAt, relocate, type Search } from "../state.ts";
import { addReplica, fillSlope, isOver, violationOf, violationOfPair } from "../violation.ts";

/** Replicas looked at for a move away from the broker, and for one to it. Twice as many save 0.5 % of all bytes. */
const SAMPLE_OUT = 24;
const SAMPLE_IN = 48;
/** Replicas looked at on either side of a swap. */
const SAMPLE_SWAP = 48;
/**
 * Only each so manieth is drawn, the others follow it: neighbours in a broker's list lie near each other in memory. So
 * do replicas with numbers this far apart, which mostly belong to different partitions.
 */
const RUN = 8;
const STRIDE = 31;
/** Of those, the best by price that are tried. */
const SHORTLIST = 3;
/** Brokers that swaps are tried with, most opposite first. */
const PARTNERS = 4;
/** A gain below this is rounding. */
const GAIN_MIN = 1e-12;
/** Tries of one broker in a row before it is left to later parts. */
const TRIES_MAX = 1;
/** Steps between two yields. */
const YIELD_STEPS = 256;

/** The entries of highest price, descending; `items` is -1 where there is none. */
interface Shortlist {
  readonly items: Int32Array;
  readonly prices: Float64Array;
}

/** An action: `mine` leaves the worst broker for the partner, `theirs` comes back; -1 = neither. */
interface Swap {
  mine: number;
  theirs: number;
  partner: number;
}

/** What is known of all brokers, and work space, so that no step allocates. */
interface Descent {
  readonly search: Search;
  /** Squared relative distance outside the limits, by broker. */
  readonly violation: Float64Array;
  /** What one more unit costs, by broker and axis; and the same as a row a broker. */
  readonly slopes: Float64Array;
  readonly slopeRows: readonly Float64Array[];
  readonly tries: Int32Array;
  /** Brokers that may not take the replica in question; all 0 between questions. Home may, also where it takes no others. */
  readonly rejected: Uint8Array;
  readonly mine: Shortlist;
  readonly theirs: Shortlist;
  readonly partners: Shortlist;
  /** What a replica puts on a broker, by axis. */
  readonly weights: Float64Array;
  /** What an action adds to the partner, and to the worst broker. */
  readonly forth: Float64Array;
  readonly back: Float64Array;
  /** The best action so far, and what it takes away per MB. */
  readonly best: Swap;
  value: number;
}

/** Until no broker is out, nothing improves, or the budget is used up. */
export function* descend(search: Search): Generator<void, void> {
  const descent = createDescent(search);
  if (worstBroker(descent) >= 0) yield* listSteps(search.model);
  for (let step = 1; search.steps < search.stepsMax; step++) {
    const worst = worstBroker(descent);
    if (worst < 0) return;
    descent.best.partner = -1;
    descent.value = 0;
    if (isOver(search, worst)) tryMovesOut(descent, worst);
    // Coming replicas help a broker that is over only where it is also short of something.
    if (isShort(search, worst)) tryMovesIn(descent, worst);
    if (descent.best.partner < 0) trySwaps(descent, worst);
    if (descent.best.partner < 0) descent.tries[worst]!++;
    else carryOut(descent, worst);
    if (step % YIELD_STEPS === 0) yield;
  }
}

function createDescent(search: Search): Descent {
  const { brokerCount } = search.model;
  const slopes = new Float64Array(brokerCount * AXIS_COUNT);
  const descent: Descent = {
    search,
    violation: new Float64Array(brokerCount),
    slopes,
    slopeRows: Array.from(
      { length: brokerCount },
      (_, b) => slopes.subarray(b << 3, (b + 1) * AXIS_COUNT),
    ),
    tries: new Int32Array(brokerCount),
    rejected: new Uint8Array(brokerCount),
    mine: createShortlist(SHORTLIST),
    theirs: createShortlist(SHORTLIST),
    partners: createShortlist(PARTNERS),
    weights: new Float64Array(AXIS_COUNT),
    forth: new Float64Array(AXIS_COUNT),
    back: new Float64Array(AXIS_COUNT),
    best: { mine: -1, theirs: -1, partner: -1 },
    value: 0,
  };
  for (const b of search.context.alive) refresh(descent, b);
  return descent;
}

/** Recomputes what is known of a broker. */
function refresh({ search, violation, slopeRows }: Descent, broker: number): void {
  violation[broker] = violationOf(search, broker);
  fillSlope(search, broker, slopeRows[broker]!);
}

/** The broker that is furthest out; one that found nothing steps back behind the others, but comes again. */
function worstBroker({ search, violation, tries }: Descent): number {
  const { alive } = search.context;
  let worst = -1;
  let most = 0;
  for (let i = 0; i < alive.length; i++) {
    const b = alive[i]!;
    if (violation[b]! <= 0 || tries[b]! >= TRIES_MAX) continue;
    const weighed = violation[b]! / (1 + tries[b]!);
    if (weighed <= most) continue;
    worst = b;
    most = weighed;
  }
  return worst;
}

function isShort({ lower, model }: Search, broker: number): boolean {
  const end = (broker + 1) << 3;
  for (let i = broker << 3; i < end; i++) if (model.sums[i]! < lower[i]!) return true;
  return false;
}

function createShortlist(length: number): Shortlist {
  return { items: new Int32Array(length), prices: new Float64Array(length) };
}

/** Empties a list; only what has a price above `least` will get into it. */
function clear(list: Shortlist, least: number): void {
  list.items.fill(-1);
  list.prices.fill(least);
}

function enlist({ items, prices }: Shortlist, item: number, price: number): void {
  let place = items.length - 1;
  if (price <= prices[place]! || items.includes(item)) return;
  while (place > 0 && price > prices[place - 1]!) {
    items[place] = items[place - 1]!;
    prices[place] = prices[place - 1]!;
    place--;
  }
  items[place] = item;
  prices[place] = price;
}

/** What a replica weighs, in its present role, on the slope of the broker whose row begins at `o`. */
function priceAt({ search, slopes }: Descent, replica: number, o: number): number {
  const { loads, row, leader, partition } = search.model;
  const at = row[replica]! << 3;
  const nwIn = loads[at | 1]!;
  const potential = loads[at | 4]!;
  const price = loads[at]! * slopes[o]! + nwIn * slopes[o | 1]! + loads[at | 2]! * slopes[o | 2]! +
    slopes[o | 3]! + potential * slopes[o | 4]! + loads[at | 5]! * slopes[o | 5]!;
  if (leader[partition[replica]!] !== replica) return price;
  return price + loads[at | 7]! * slopes[o | 2]! + potential * slopes[o | 5]! + slopes[o | 6]! +
    nwIn * slopes[o | 7]!;
}

/** Keeps the action if it is better than the best so far, and allowed. */
function consider(descent: Descent, worst: number, swap: Swap): void {
  const { search, forth, back, violation, best } = descent;
  const { mine, theirs, partner } = swap;
  search.steps++;
  forth.fill(0);
  if (mine >= 0) addReplica(search, forth, mine, 1);
  if (theirs >= 0) addReplica(search, forth, theirs, -1);
  const pair = { from: worst, to: partner };
  const drop = violation[worst]! + violation[partner]! - violationOfPair(search, pair, forth);
  if (drop <= GAIN_MIN) return;
  const value = drop / (mbOf(search, mine) + mbOf(search, theirs) + 1);
  if (value <= descent.value) return;
  for (let axis = 0; axis < AXIS_COUNT; axis++) back[axis] = -forth[axis]!;
  if (!keepsHardLimits(search, worst, back) || !keepsHardLimits(search, partner, forth)) return;
  if (!isLegal(search, worst, swap)) return;
  best.mine = mine;
  best.theirs = theirs;
  best.partner = partner;
  descent.value = value;
}

function isLegal(search: Search, worst: number, { mine, theirs, partner }: Swap): boolean {
  if (theirs < 0) return moveIsLegal(search, mine, partner);
  if (mine < 0) return moveIsLegal(search, theirs, worst);
  return swapIsLegal(search, mine, theirs);
}

function tryMovesOut(descent: Descent, worst: number): void {
  const { search, mine } = descent;
  const { model, prng } = search;
  const { lists, listLength } = listsOf(model);
  const list = lists[worst]!;
  const length = listLength[worst]!;
  clear(mine, 0);
  let place = 0;
  for (let k = 0; k < SAMPLE_OUT && length > 0; k++) {
    place = k % RUN === 0 ? prng.below(length) : (place + 1) % length;
    const replica = list[place]!;
    const price = priceAt(descent, replica, worst << 3);
    if (price > 0) enlist(mine, replica, price / (mbOf(search, replica) + 1));
  }
  for (let i = 0; i < SHORTLIST && mine.items[i]! >= 0; i++) {
    const partner = bestTaker(descent, mine.items[i]!);
    if (partner >= 0) consider(descent, worst, { mine: mine.items[i]!, theirs: -1, partner });
  }
}

/** The broker on whose slope the replica weighs least, of those that may take it. O(B), seldom more than once. */
function bestTaker(descent: Descent, replica: number): number {
  const { search, weights, rejected } = descent;
  weights.fill(0);
  addReplica(search, weights, replica, 1);
  let best = leastPrice(descent);
  let rejections = 0;
  while (best >= 0 && rejections <= REJECTED_MAX && !moveIsLegal(search, replica, best)) {
    rejected[best] = 1;
    if (++rejections > REJECTED_MAX) rejectAll(descent, replica);
    best = leastPrice(descent);
  }
  if (rejections > 0) rejected.fill(0);
  return best;
}

function rejectAll({ search, rejected }: Descent, replica: number): void {
  for (let b = 0; b < rejected.length; b++) {
    if (rejected[b] === 0 && !moveIsLegal(search, replica, b)) rejected[b] = 1;
  }
}

/** The broker on whose slope `weights` cost least; nothing but numbers in this loop, as in `destination.ts`. */
function leastPrice({ search, weights, slopes, rejected }: Descent): number {
  const { brokerCount } = search.model;
  // One by one: taking an array apart calls an iterator for each.
  const disk = weights[0]!;
  const nwIn = weights[1]!;
  const cpu = weights[2]!;
  const potential = weights[4]!;
  const nwOut = weights[5]!;
  const leaders = weights[6]!;
  const leaderIn = weights[7]!;
  let best = -1;
  let least = Infinity;
  for (let b = 0; b < brokerCount; b++) {
    const o = b << 3;
    let price = disk * slopes[o]! + nwIn * slopes[o | 1]! + cpu * slopes[o | 2]! + slopes[o | 3]! +
      potential * slopes[o | 4]! + nwOut * slopes[o | 5]!;
    if (leaders > 0) price += leaders * slopes[o | 6]! + leaderIn * slopes[o | 7]!;
    if (price >= least || rejected[b] !== 0) continue;
    best = b;
    least = price;
  }
  return best;
}

function tryMovesIn(descent: Descent, worst: number): void {
  const { search, theirs } = descent;
  const { model, prng } = search;
  const { broker, replicaCount } = model;
  clear(theirs, 0);
  let replica = 0;
  for (let k = 0; k < SAMPLE_IN; k++) {
    replica = k % RUN === 0 ? prng.below(replicaCount) : (replica + STRIDE) % replicaCount;
    const from = broker[replica]!;
    if (from === worst) continue;
    const price = priceAt(descent, replica, from << 3) -
      priceAt(descent, replica, worst << 3);
    if (price > 0) enlist(theirs, replica, price / (mbOf(search, replica) + 1));
  }
  for (let i = 0; i < SHORTLIST && theirs.items[i]! >= 0; i++) {
    const replica = theirs.items[i]!;
    consider(descent, worst, { mine: -1, theirs: replica, partner: broker[replica]! });
  }
}

function trySwaps(descent: Descent, worst: number): void {
  const { mine, theirs, partners } = descent;
  rankPartners(descent, worst);
  for (let i = 0; i < PARTNERS && partners.items[i]! >= 0; i++) {
    const partner = partners.items[i]!;
    sampleSide(descent, { from: worst, to: partner, into: mine });
    sampleSide(descent, { from: partner, to: worst, into: theirs });
    for (let a = 0; a < SHORTLIST && mine.items[a]! >= 0; a++) {
      for (let b = 0; b < SHORTLIST && theirs.items[b]! >= 0; b++) {
        consider(descent, worst, { mine: mine.items[a]!, theirs: theirs.items[b]!, partner });
      }
    }
  }
}

/** Brokers whose surplus is most opposite to what the worst one suffers from. */
function rankPartners({ search, slopes, partners }: Descent, worst: number): void {
  const { target, context } = search;
  const { allowed } = context;
  const w = worst << 3;
  clear(partners, -Infinity);
  for (let i = 0; i < allowed.length; i++) {
    const o = allowed[i]! << 3;
    if (o === w) continue;
    let score = 0;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      score -= slopes[w | axis]! * target[w | axis]! * gradientAt(search, o | axis) *
        target[o | axis]!;
    }
    enlist(partners, allowed[i]!, score);
  }
}

/** The sampled replicas of a broker that the other should rather have. */
function sampleSide(
  descent: Descent,
  side: { from: number; to: number; into: Shortlist },
): void {
  const { model, prng } = descent.search;
  const { lists, listLength } = listsOf(model);
  const list = lists[side.from]!;
  const length = listLength[side.from]!;
  clear(side.into, -Infinity);
  let place = 0;
  for (let k = 0; k < SAMPLE_SWAP && length > 0; k++) {
    place = k % RUN === 0 ? prng.below(length) : (place + 1) % length;
    const replica = list[place]!;
    const price = priceAt(descent, replica, side.from << 3) -
      priceAt(descent, replica, side.to << 3);
    enlist(side.into, replica, price);
  }
}

function carryOut(descent: Descent, worst: number): void {
  const { search, tries } = descent;
  const { mine, theirs, partner } = descent.best;
  const reason = repairReason(search, worst);
  if (mine >= 0) {
    search.reasons.noteMove(mine, reason);
    relocate(search, mine, partner);
  }
  if (theirs >= 0) {
    const swap = { goal: reason.goal, kind: REASON.swap, value: 0 };
    search.reasons.noteMove(theirs, mine >= 0 ? swap : reason);
    relocate(search, theirs, worst);
  }
  refresh(descent, worst);
  refresh(descent, partner);
  tries[worst] = 0;
  tries[partner] = 0;
}
