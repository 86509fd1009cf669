/**
 * Where prices decide instead of the search, goal after goal is left out that they cannot meet.
 *
 * @module
 */
import type { PreparedGoal } from "../../goals/goal.ts";
import {
  annealOnce,
  type Attempt,
  attemptAt,
  attemptOf,
  compareAttempts,
  isAimedAt,
  isGoodEnough,
  missesHardGoal,
} from "./attempt.ts";
import { brokerShare, isAnnealed, MEND, REFINE } from "../search/annealing/anneal.ts";
import { restore } from "../search/checkpoint.ts";
import { limitsOf } from "../search/annealing/draft_limits.ts";
import { runLegal } from "../search/mod.ts";
import { arePriced, beginPricing, costOf, priced, type Pricing } from "../search/pricing/priced.ts";
import type { Search } from "../search/state.ts";
import { isOutOfReach } from "../search/pricing/out_of_reach.ts";
import { type PlannerStep, saying } from "../steps.ts";
import { conflictSteps, isRuledOut } from "./soft_conflicts.ts";

/** On fewer replicas one of them is too large a part of a broker for prices: annealing finds more there. */
const REPLICAS_LEAST = 1000;
/** Steps after which nothing is priced any more: annealing goes on then. */
const STEPS_MAX = 600_000;
/** Steps more in which what was left out may come back. */
const STEPS_MORE = 150_000;
/**
 * A goal may be in the way whose limits cost at least this part of what those of the dearest one do. With more, goals are
 * left out that a less important one could have made room for.
 */
const IN_THE_WAY = 0.1;
/** Distance beyond limits, in parts of targets, from which mending is not tried: it would end as far away. */
const MENDED = 0.02;
/** Where progress is while prices are looked for, as while annealing. */
const PRICED_PERCENT = 99;

/**
 * Whether prices may decide: all replicas may move for soft goals, anywhere, and limits are all that goals are about.
 */
export function isPriced(search: Search): boolean {
  const { replicaCount } = search.model;
  return isAnnealed(replicaCount) && replicaCount > REPLICAS_LEAST && arePriced(search);
}

/** What prices came to. */
export interface PricedAttempt extends Attempt {
  /** Whether each goal that can be met is, or was left out because prices cannot meet it together with others. */
  readonly isSettled: boolean;
}

/**
 * Prices all goals together; then, where some are not met, without those that are proven to conflict with more important
 * ones, longer, and without the least important of those that are in each other's way. The model is left anywhere.
 */
export function* pricedAttempt(
  search: Search,
  boundMb: number,
): Generator<PlannerStep, PricedAttempt, void> {
  const stepOf = yield* runLegal(search);
  const begin = attemptOf(search);
  if (isGoodEnough(begin, boundMb)) return { ...begin, isSettled: true };
  const market = { begin, boundMb, stepOf };
  const end = search.steps + STEPS_MAX;
  const aimed = search.goals.filter((goal) =>
    isAimedAt(search, goal) && (goal.hard || !isOutOfReach(search, goal))
  );
  let last = yield* pricedOnce(market, aimed);
  let best: Attempt = last;
  const keep = (attempt: Priced) => {
    if (compareAttempts(attempt, best) < 0) best = attempt;
    return attempt;
  };
  if (last.isMet || missesHardGoal(best)) return { ...best, isSettled: last.isMet };
  const conflicts = yield* conflictSteps(search);
  let wanted = aimed.filter((goal) => !conflicts.has(goal));
  if (wanted.length < aimed.length) last = keep(yield* pricedOnce(market, wanted));
  if (last.canGoOn) last = keep(yield* pricedOn(market, last));
  const dropped: PreparedGoal[] = [];
  while (!last.isMet && search.steps < end) {
    const goal = last.inTheWay.findLast((other) => wanted.includes(other));
    if (goal === undefined) break;
    dropped.push(goal);
    wanted = wanted.filter((other) => other !== goal);
    last = keep(yield* pricedOnce(market, wanted));
  }
  const { isMet } = last;
  // The last one had to go, those before it perhaps not, nor what only conflicts with goals that are left out.
  const out = new Set([...conflicts.keys(), ...dropped.slice(0, -1)]);
  for (const goal of aimed) {
    if (!isMet || !out.has(goal) || search.steps >= end + STEPS_MORE) continue;
    if (isRuledOut(conflicts, goal, (other) => wanted.includes(other))) continue;
    const more = aimed.filter((other) => other === goal || wanted.includes(other));
    last = keep(yield* pricedOnce(market, more));
    if (last.isMet) wanted = more;
  }
  return { ...best, isSettled: isMet };
}

/** What every pricing goes out from. */
interface Market {
  readonly begin: Attempt;
  readonly boundMb: number;
  readonly stepOf: (step: string, percent: number) => PlannerStep;
}

/** What a pricing came to. */
interface Priced extends Attempt {
  readonly pricing: Pricing;
  readonly needed: readonly PreparedGoal[];
  /** Whether every goal is met that was priced. */
  readonly isMet: boolean;
  /** Whether more sweeps are worth a try. */
  readonly canGoOn: boolean;
  /** Goals whose limits cost most in the end, most important first: these, if any, cannot be met together. */
  readonly inTheWay: readonly PreparedGoal[];
}

/** Prices these goals from the begin, and puts right what that leaves. Where that came near, more sweeps follow. */
function* pricedOnce(
  market: Market,
  needed: readonly PreparedGoal[],
): Generator<PlannerStep, Priced, void> {
  const { search, end } = market.begin;
  restore(search, end);
  const pricing = beginPricing(search, limitsOf(search, needed));
  const { isNear, ...first } = yield* pricedRun(market, { pricing, needed, again: false });
  return isNear && first.canGoOn ? yield* pricedOn(market, first) : first;
}

/** The better of what a pricing came to and what further sweeps do. */
function* pricedOn(market: Market, first: Priced): Generator<PlannerStep, Priced, void> {
  const second = yield* pricedRun(market, { ...first, again: true });
  return compareAttempts(second, first) < 0
    ? second
    : { ...first, canGoOn: false, inTheWay: second.inTheWay };
}

/** A run of sweeps, and what it left put right. */
function* pricedRun(
  { begin, boundMb, stepOf }: Market,
  { pricing, needed, again }: {
    pricing: Pricing;
    needed: readonly PreparedGoal[];
    again: boolean;
  },
): Generator<PlannerStep, Priced & { readonly isNear: boolean }, void> {
  const { search } = begin;
  const step = stepOf("Weighing replicas against limits", PRICED_PERCENT);
  const places = yield* saying(step, priced(pricing, again));
  const attempt = attemptAt(search, places, needed);
  const mended = isGoodEnough(attempt, boundMb)
    ? { ...attempt, isNear: true }
    : yield* mend(attempt, needed);
  const isMet = meets(mended, needed);
  const costs = needed.map((goal) => goal.hard ? 0 : costOf(pricing, goal));
  const least = Math.max(...costs) * IN_THE_WAY;
  const inTheWay = needed.filter((_, i) => costs[i]! > 0 && costs[i]! >= least);
  return { ...mended, pricing, needed, isMet, canGoOn: !again && !isMet, inTheWay };
}

function meets({ search, end }: Attempt, needed: readonly PreparedGoal[]): boolean {
  return needed.every((goal) => end.standing[search.goals.indexOf(goal)] === 0);
}

/** What mending came to. */
interface Mended extends Attempt {
  /** Whether that is near to limits that are passed, or within all. */
  readonly isNear: boolean;
}

/** Puts right what prices left. */
function* mend(
  attempt: Attempt,
  needed: readonly PreparedGoal[],
): Generator<PlannerStep, Mended, void> {
  const { search } = attempt;
  let best = attempt;
  const keep = (annealed: Attempt) => {
    if (compareAttempts(annealed, best) < 0) best = annealed;
  };
  const refined = yield* annealOnce(attempt, { needed, schedule: REFINE });
  if (refined !== undefined) keep(refined);
  const left = refined?.left ?? MENDED;
  if (left > MENDED * brokerShare(search)) return { ...best, isNear: false };
  if (left === 0) return { ...best, isNear: true };
  const mended = yield* annealOnce(refined ?? attempt, { needed, schedule: MEND });
  if (mended !== undefined) keep(mended);
  return { ...best, isNear: true };
}
