/**
 * Moves and swaps for what shedding and filling left: brokers that need other replicas rather than fewer, such as
 * one of half the size among equals.
 *
 * @module
 */
import { AXIS_COUNT, AXIS_DISK } from "../../../model/cluster_model.ts";
import { replicaMb } from "../../../model/replica_axes.ts";
import { listSteps } from "../../../model/lists.ts";
import { isAnnealed } from "../annealing/anneal.ts";
import { checkpoint, compareStanding, restore, standingOf } from "../checkpoint.ts";
import { keepsHardLimits, moveIsLegal, swapIsLegal } from "../legal.ts";
import { balanceLeadership } from "./leadership.ts";
import { NO_GOAL, REASON } from "../reasons.ts";
import {
  areOfOneTopic,
  createPicks,
  findPartners,
  PARTNERS,
  pickReplicas,
  type Picks,
  SHORTLIST,
} from "./repair_picks.ts";
import { relocate, type Search } from "../state.ts";
import { outsideSquared, violationOf, violationOfPair } from "../violation.ts";
import { exceededGoal, shortGoal } from "../goal_of_limit.ts";

/** Partners that are tried at first where only what may go is shortlisted: most of them have something then. */
const PARTNERS_CAREFUL = 4;
/**
 * Only what may go is shortlisted after so many steps for each replica, and at least, of which so small a part of what was asked for was
 * legal. Where goals cannot be met, brokers hold all that they may of most topics: of a hundred actions that are worth most one is legal
 * then. Where nearly all are, as usual, to ask before costs more than it saves.
 */
const CARELESS = { replica: 2, least: 100_000, legal: 0.05 };
/**
 * MB of so many average replicas are added to those of an action before what it is worth is divided by them. By its own MB alone the
 * smallest of replicas went first, each of which helps next to nothing: it took half as many looks again, and more bytes in the end.
 */
const AVERAGES = 2;
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

/** Steps after which it stops unless something came nearer since; where only what may go is shortlisted. */
const LOOK_STEPS = { replica: 2, least: 100_000 };
/** What has to be left, at most, of squared distances on an axis. */
const NEARER = 0.95;

/** Whether only what may go is shortlisted. */
interface Care {
  /** Steps from which on it may be. */
  readonly from: number;
  isTaken: boolean;
  /** Actions of worth that were asked about until then, and those of them that were legal. */
  asked: number;
  legal: number;
}

/** Work space, so that nothing is allocated for an action. */
interface Scratch {
  readonly picks: Picks;
  readonly away: Float64Array;
  readonly back: Float64Array;
  readonly care: Care;
  /** MB that are added to those of each action. */
  readonly least: number;
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
  const care: Care = {
    from: search.steps + stepsOf(search, CARELESS),
    isTaken: false,
    asked: 0,
    legal: 0,
  };
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (search.context.alive.every((b) => violationOf(search, b) === 0)) return;
    const before = checkpoint(search);
    yield* improve(search, care);
    yield* balanceLeadership(search);
    const after = standingOf(search);
    if (compareStanding(search, after, before.standing) >= 0) {
      restore(search, before);
      return;
    }
  }
}

function* improve(search: Search, care: Care): Generator<void, void> {
  const { context } = search;
  yield* listSteps(search.model);
  const scratch: Scratch = {
    picks: createPicks(),
    away: new Float64Array(AXIS_COUNT),
    back: new Float64Array(AXIS_COUNT),
    care,
    least: leastMb(search),
  };
  const violation = new Float64Array(search.model.brokerCount);
  for (const b of context.alive) violation[b] = violationOf(search, b);
  const tries = new Int32Array(search.model.brokerCount);
  const { replicaCount } = search.model;
  const end = Math.min(search.stepsMax, search.steps + stepsFor(replicaCount));
  const least = new Float64Array(AXIS_COUNT).fill(Infinity);
  let look = 0;
  for (let step = 1; search.steps < end; step++) {
    const worst = worstBroker(search, violation, tries);
    if (worst < 0) return;
    care.isTaken ||= search.steps >= care.from && care.legal < CARELESS.legal * care.asked;
    if (care.isTaken && search.steps >= look) {
      if (!isNearer(search, least)) return;
      look = search.steps + stepsOf(search, LOOK_STEPS);
    }
    const partners = care.isTaken && tries[worst] === 0 ? PARTNERS_CAREFUL : PARTNERS;
    const found = bestAction(search, worst, { scratch, violation, partners });
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

function stepsOf(
  { model }: Search,
  { replica, least }: { replica: number; least: number },
): number {
  return Math.max(least, replica * model.replicaCount);
}

/**
 * Whether brokers have come nearer to their limits on any axis by {@link NEARER}: one after the other, as what is far outside on one of
 * them may have to stay there, while another one can be met. `least` is what was left on each, and is brought up to date.
 */
function isNearer(search: Search, least: Float64Array): boolean {
  const { context, model } = search;
  let nearer = false;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    let left = 0;
    for (const b of context.alive) {
      const i = b << 3 | axis;
      left += outsideSquared(search, i, model.sums[i]!);
    }
    if (left >= least[axis]! * NEARER) continue;
    least[axis] = left;
    nearer = true;
  }
  return nearer;
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
  options: {
    scratch: Scratch;
    violation: Float64Array;
    /** Brokers that are tried as partners, most opposite first. */
    partners: number;
  },
): Found | undefined {
  const { scratch, violation } = options;
  const { picks, care: { isTaken: isCareful } } = scratch;
  const found: Found = { mine: -1, theirs: -1, partner: -1, value: 0 };
  const partners = findPartners(search, worst, { picks, most: options.partners });
  for (let k = 0; k < partners; k++) {
    const partner = picks.partners[k]!;
    pickReplicas(search, picks, { worst, partner, isCareful, isFirst: k === 0 });
    const limit = violation[worst]! + violation[partner]!;
    const pair: Pair = { scratch, limit, from: worst, to: partner, found };
    for (let a = 0; a < picks.mine.length; a++) {
      const mine = picks.mine[a]!;
      if (mine < 0) continue;
      if (a < SHORTLIST) consider(search, pair, a, -1);
      for (let b = 0; b < picks.theirs.length; b++) {
        const theirs = picks.theirs[b]!;
        if (theirs < 0) continue;
        if ((a >= SHORTLIST || b >= SHORTLIST) && !areOfOneTopic(search, mine, theirs)) continue;
        consider(search, pair, a, b);
      }
    }
    for (let b = 0; b < SHORTLIST; b++) {
      if (picks.theirs[b]! >= 0) consider(search, pair, -1, b);
    }
  }
  return found.partner < 0 ? undefined : found;
}

/** Two brokers, and the best action so far. */
interface Pair {
  readonly scratch: Scratch;
  /** How far both are out now. */
  readonly limit: number;
  readonly from: number;
  readonly to: number;
  readonly found: Found;
}

/** Keeps an action if it is better and legal. `a` and `b`: places in the shortlists of both brokers, -1 = none. */
function consider(search: Search, pair: Pair, a: number, b: number): void {
  const { scratch, found, from, to } = pair;
  const { away, back, picks } = scratch;
  search.steps++;
  const mine = a < 0 ? -1 : picks.mine[a]!;
  const theirs = b < 0 ? -1 : picks.theirs[b]!;
  fillChange(picks, back, a, b);
  const drop = pair.limit - violationOfPair(search, pair, back);
  if (drop <= GAIN_MIN) return;
  const value = drop / (mbOf(search, mine) + mbOf(search, theirs) + pair.scratch.least);
  if (value <= found.value) return;
  for (let axis = 0; axis < AXIS_COUNT; axis++) away[axis] = -back[axis]!;
  if (!keepsHardLimits(search, from, away) || !keepsHardLimits(search, to, back)) return;
  const legal = mine >= 0 && theirs >= 0
    ? swapIsLegal(search, mine, theirs)
    : mine >= 0
    ? moveIsLegal(search, mine, to)
    : moveIsLegal(search, theirs, from);
  scratch.care.asked++;
  if (!legal) return;
  scratch.care.legal++;
  found.mine = mine;
  found.theirs = theirs;
  found.partner = to;
  found.value = value;
}

/** What the partner gets. */
function fillChange(picks: Picks, change: Float64Array, a: number, b: number): void {
  change.fill(0);
  if (a >= 0) {
    const { loads } = picks.mineDrawn;
    const o = picks.mineAt[a]! << 3;
    for (let axis = 0; axis < AXIS_COUNT; axis++) change[axis] = loads[o | axis]!;
  }
  if (b < 0) return;
  const { loads } = picks.theirsDrawn;
  const o = picks.theirsAt[b]! << 3;
  for (let axis = 0; axis < AXIS_COUNT; axis++) change[axis]! -= loads[o | axis]!;
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

/** MB that an action counts as at least. Where annealing follows it is for few bytes. */
function leastMb({ context, model }: Search): number {
  if (isAnnealed(model.replicaCount)) return 1;
  return 1 + AVERAGES * context.totals[AXIS_DISK]! / Math.max(1, model.replicaCount);
}
