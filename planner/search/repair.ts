/**
 * Moves and swaps for what shedding and filling left: brokers that need other replicas rather than fewer, such as
 * one of half the size among equals.
 *
 * @module
 */
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import { listsOf, listSteps } from "../../model/lists.ts";
import { isAnnealed } from "./anneal.ts";
import { checkpoint, compareStanding, restore, standingOf } from "./checkpoint.ts";
import { shortGoal } from "./fill.ts";
import { keepsHardLimits, moveIsLegal, swapIsLegal } from "./legal.ts";
import { balanceLeadership } from "./leadership.ts";
import { NO_GOAL, REASON } from "./reasons.ts";
import { exceededGoal } from "./shed.ts";
import { gradientAt, relocate, type Search } from "./state.ts";
import { addReplica, fillSlope, priceOf, violationOf, violationWith } from "./violation.ts";

/** Brokers that are tried as partners of the worst one, most opposite first. */
const PARTNERS = 16;
/** Replicas looked at on either side. */
const SAMPLE = 16;
/** Of those, the best by price that swaps are tried with. */
const SHORTLIST = 3;
/** Rounds of repair and leadership. */
const ROUNDS_MAX = 4;
/** A gain below this is rounding. */
const GAIN_MIN = 1e-12;
/** Steps between two yields. */
const YIELD_STEPS = 64;
/** Steps for each replica where annealing follows, of at least so many replicas. */
const ANNEALED_STEPS = { replica: 20, replicas: 1000 };
/** Tries of one broker before another is worst. */
const TRIES_MAX = 6;

/** Work space, so that nothing is allocated for an action. */
interface Scratch {
  readonly worstSlope: Float64Array;
  /** First the partner's slope, then how much steeper the worst broker's is. */
  readonly partnerSlope: Float64Array;
  readonly away: Float64Array;
  readonly back: Float64Array;
  readonly mine: Int32Array;
  readonly theirs: Int32Array;
  readonly prices: Float64Array;
}

/** An action found: `theirs` < 0 for a move. */
interface Found {
  mine: number;
  theirs: number;
  partner: number;
  value: number;
}

/** Repairs until no broker is out, nothing improves, or the budget is used up. Takes back what met no goal. */
export function* repair(search: Search): Generator<void, void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (search.context.alive.every((b) => violationOf(search, b) === 0)) return;
    const before = checkpoint(search);
    yield* improve(search);
    yield* balanceLeadership(search);
    const after = standingOf(search);
    if (compareStanding(search, after, before.standing) >= 0) {
      restore(search, before);
      return;
    }
  }
}

function* improve(search: Search): Generator<void, void> {
  const { context } = search;
  yield* listSteps(search.model);
  const scratch: Scratch = {
    worstSlope: new Float64Array(AXIS_COUNT),
    partnerSlope: new Float64Array(AXIS_COUNT),
    away: new Float64Array(AXIS_COUNT),
    back: new Float64Array(AXIS_COUNT),
    mine: new Int32Array(SHORTLIST),
    theirs: new Int32Array(SHORTLIST),
    prices: new Float64Array(SHORTLIST),
  };
  const violation = new Float64Array(search.model.brokerCount);
  for (const b of context.alive) violation[b] = violationOf(search, b);
  const tries = new Int32Array(search.model.brokerCount);
  const end = Math.min(search.stepsMax, search.steps + stepsFor(search.model.replicaCount));
  for (let step = 1; search.steps < end; step++) {
    const worst = worstBroker(search, violation, tries);
    if (worst < 0) return;
    const found = bestAction(search, worst, { scratch, violation });
    if (found === undefined) tries[worst]!++;
    else {
      apply(search, worst, found);
      for (const b of [worst, found.partner]) violation[b] = violationOf(search, b);
      tries[worst] = 0;
      tries[found.partner] = 0;
    }
    if (step % YIELD_STEPS === 0) yield;
  }
}

/** Steps that are worth their time: where annealing follows, it finds what is left in less. */
function stepsFor(replicas: number): number {
  return isAnnealed(replicas)
    ? ANNEALED_STEPS.replica * Math.max(replicas, ANNEALED_STEPS.replicas)
    : Infinity;
}

function worstBroker(search: Search, violation: Float64Array, tries: Int32Array): number {
  let worst = -1;
  for (const b of search.context.alive) {
    if (violation[b]! <= 0 || tries[b]! >= TRIES_MAX) continue;
    // A broker that found nothing steps back behind the others, but comes again: samples differ.
    if (worst < 0 || violation[b]! / (1 + tries[b]!) > violation[worst]! / (1 + tries[worst]!)) {
      worst = b;
    }
  }
  return worst;
}

function bestAction(
  search: Search,
  worst: number,
  options: { scratch: Scratch; violation: Float64Array },
): Found | undefined {
  const { scratch, violation } = options;
  fillSlope(search, worst, scratch.worstSlope);
  const found: Found = { mine: -1, theirs: -1, partner: -1, value: 0 };
  for (const partner of partnersOf(search, worst, scratch.worstSlope)) {
    fillSlope(search, partner, scratch.partnerSlope);
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      scratch.partnerSlope[axis] = scratch.worstSlope[axis]! - scratch.partnerSlope[axis]!;
    }
    const limit = violation[worst]! + violation[partner]!;
    const pair = { scratch, limit, worst, found, partner };
    shortlist(search, worst, { scratch, into: scratch.mine, sign: 1 });
    shortlist(search, partner, { scratch, into: scratch.theirs, sign: -1 });
    for (const mine of scratch.mine) {
      if (mine < 0) continue;
      consider(search, pair, mine, -1);
      for (const theirs of scratch.theirs) {
        if (theirs < 0) continue;
        consider(search, pair, mine, theirs);
      }
    }
    for (const theirs of scratch.theirs) {
      if (theirs < 0) continue;
      consider(search, pair, -1, theirs);
    }
  }
  return found.partner < 0 ? undefined : found;
}

/** Brokers whose surplus is most opposite to what the worst one suffers from. */
function partnersOf(search: Search, worst: number, slope: Float64Array): number[] {
  const { context, target } = search;
  const ranked: { broker: number; score: number }[] = [];
  for (const b of context.allowed) {
    if (b === worst) continue;
    let score = 0;
    for (let axis = 0; axis < AXIS_COUNT; axis++) {
      const i = b * AXIS_COUNT + axis;
      const size = target[worst * AXIS_COUNT + axis]!;
      score += slope[axis]! * size * gradientAt(search, i) * target[i]!;
    }
    ranked.push({ broker: b, score });
  }
  ranked.sort((a, b) => a.score - b.score || a.broker - b.broker);
  return ranked.slice(0, PARTNERS).map((entry) => entry.broker);
}

/** The sampled replicas of a broker that the other should rather have, best first; -1 where there is none. */
function shortlist(
  search: Search,
  broker: number,
  options: { scratch: Scratch; into: Int32Array; sign: number },
): void {
  const { model, prng } = search;
  const { into, sign } = options;
  const { prices, partnerSlope: slope } = options.scratch;
  const { lists, listLength } = listsOf(model);
  const length = listLength[broker]!;
  prices.fill(-Infinity);
  into.fill(-1);
  if (length === 0) return;
  const every = length <= SAMPLE;
  for (let k = 0; k < (every ? length : SAMPLE); k++) {
    const replica = lists[broker]![every ? k : prng.below(length)]!;
    const price = sign * priceOf(search, replica, slope);
    if (price <= prices[SHORTLIST - 1]! || into.includes(replica)) continue;
    let place = SHORTLIST;
    while (place > 0 && price > prices[place - 1]!) place--;
    for (let i = SHORTLIST - 1; i > place; i--) {
      into[i] = into[i - 1]!;
      prices[i] = prices[i - 1]!;
    }
    if (place === SHORTLIST) continue;
    into[place] = replica;
    prices[place] = price;
  }
}

function consider(
  search: Search,
  pair: { scratch: Scratch; limit: number; worst: number; found: Found; partner: number },
  mine: number,
  theirs: number,
): void {
  const { scratch, found, worst, partner } = pair;
  const { away, back } = scratch;
  search.steps++;
  back.fill(0);
  if (mine >= 0) addReplica(search, back, mine, 1);
  if (theirs >= 0) addReplica(search, back, theirs, -1);
  for (let axis = 0; axis < AXIS_COUNT; axis++) away[axis] = -back[axis]!;
  const drop = pair.limit - violationWith(search, worst, away) -
    violationWith(search, partner, back);
  if (drop <= GAIN_MIN) return;
  const value = drop / (mbOf(search, mine) + mbOf(search, theirs) + 1);
  if (value <= found.value) return;
  if (!keepsHardLimits(search, worst, away) || !keepsHardLimits(search, partner, back)) return;
  const legal = mine >= 0 && theirs >= 0
    ? swapIsLegal(search, mine, theirs)
    : mine >= 0
    ? moveIsLegal(search, mine, partner)
    : moveIsLegal(search, theirs, worst);
  if (!legal) return;
  found.mine = mine;
  found.theirs = theirs;
  found.partner = partner;
  found.value = value;
}

/** MB that moving the replica adds to the plan; coming home saves, and away from home again costs nothing more. */
export function mbOf(search: Search, replica: number): number {
  if (replica < 0) return 0;
  const { model } = search;
  if (model.broker[replica] !== model.home[replica]) return 0;
  return replicaMb(model, replica);
}

function apply(search: Search, worst: number, found: Found): void {
  const reason = repairReason(search, worst);
  if (found.mine >= 0) {
    search.reasons.noteMove(found.mine, reason);
    relocate(search, found.mine, found.partner);
  }
  if (found.theirs >= 0) {
    const swap = { goal: reason.goal, kind: REASON.swap, value: 0 };
    search.reasons.noteMove(found.theirs, found.mine >= 0 ? swap : reason);
    relocate(search, found.theirs, worst);
  }
}

/** The axis on which the broker is furthest out says why. */
export function repairReason(search: Search, broker: number) {
  const { upper, lower, target, model } = search;
  let worst = 0;
  let reason: { goal: number; kind: 0 | 1; value: number } = {
    goal: NO_GOAL,
    kind: REASON.sourceOut,
    value: 0,
  };
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    const i = broker * AXIS_COUNT + axis;
    const sum = model.sums[i]!;
    const size = Math.max(target[i]!, Number.MIN_VALUE);
    const over = (sum - upper[i]!) / size;
    const under = (lower[i]! - sum) / size;
    if (over > worst) {
      worst = over;
      reason = { goal: exceededGoal(search, broker, axis), kind: REASON.sourceOut, value: sum };
    } else if (under > worst) {
      worst = under;
      reason = { goal: shortGoal(search, broker, axis), kind: REASON.destinationShort, value: sum };
    }
  }
  return reason;
}
