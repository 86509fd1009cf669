/**
 * Where prices decide instead of the search, goal after goal is left out that they cannot meet.
 *
 * @module
 */
import type { PreparedGoal } from "../goals/goal.ts";
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
import { isAnnealed, MEND, REFINE } from "./search/anneal.ts";
import { restore } from "./search/checkpoint.ts";
import { limitsOf } from "./search/draft_limits.ts";
import { runLegal } from "./search/mod.ts";
import { priced } from "./search/priced.ts";
import type { Search } from "./search/state.ts";
import { hasTooLarge } from "./search/too_large.ts";
import { type PlannerStep, saying } from "./settings.ts";
import { conflictSteps, isRuledOut } from "./soft_conflicts.ts";

/** On fewer replicas one of them is too large a part of a broker for prices: annealing finds more there. */
const REPLICAS_LEAST = 1000;
/** Steps after which no further goal is looked for: annealing does that then. */
const STEPS_MAX = 300_000;
/** Where progress is while prices are looked for, as while annealing. */
const PRICED_PERCENT = 99;

/**
 * Whether prices may decide: all replicas may move for soft goals, anywhere, and limits are all that goals are about.
 */
export function isPriced(search: Search): boolean {
  const { model, goals, hopeless, guards, onlyImmigrants, onlyToNew, windows } = search;
  return isAnnealed(model.replicaCount) && model.replicaCount > REPLICAS_LEAST &&
    !onlyImmigrants && !onlyToNew && windows === undefined && guards.length === 0 &&
    goals.every((goal) =>
      goal.idle === true || hopeless.has(goal) || goal.axisLimits !== undefined ||
      goal.topicLimits !== undefined || goal.racksDiffer === true
    );
}

/** What prices came to. */
export interface PricedAttempt extends Attempt {
  /** Whether each goal that can be met is, or was left out because prices cannot meet it with the more important ones alone. */
  readonly isSettled: boolean;
}

/**
 * Prices all goals together; then, where some are not met, each of them with the more important ones alone, and all
 * others without those that cannot be met so. The model is left anywhere.
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
  const aimed = search.goals.filter((goal) => isAimedAt(search, goal));
  let wanted = aimed;
  let best = yield* pricedOnce(market, wanted);
  const keep = (attempt: Attempt) => {
    if (compareAttempts(attempt, best) < 0) best = attempt;
  };
  const isMet = (goal: PreparedGoal) => best.end.standing[search.goals.indexOf(goal)] === 0;
  if (missesHardGoal(best)) return { ...best, isSettled: false };
  if (aimed.every(isMet)) return { ...best, isSettled: true };
  const conflicts = yield* conflictSteps(search);
  if (conflicts.size > 0) {
    wanted = aimed.filter((goal) => !conflicts.has(goal));
    keep(yield* pricedOnce(market, wanted));
  }
  for (const [number, goal] of search.goals.entries()) {
    if (!aimed.includes(goal) || isMet(goal) || search.steps >= end) continue;
    if (isRuledOut(conflicts, goal, isMet)) continue;
    const needed = search.goals.filter((other, i) =>
      other === goal ||
      (wanted.includes(other) && (i < number || other.hard || search.hopeless.has(other)))
    );
    if (!hasTooLarge(search, goal)) keep(yield* pricedOnce(market, needed));
    if (isMet(goal)) continue;
    wanted = wanted.filter((other) => other !== goal);
    keep(yield* pricedOnce(market, wanted));
  }
  return { ...best, isSettled: wanted.every(isMet) };
}

/** What every pricing goes out from. */
interface Market {
  readonly begin: Attempt;
  readonly boundMb: number;
  readonly stepOf: (step: string, percent: number) => PlannerStep;
}

/** Prices these goals from the begin, and puts right what that leaves. */
function* pricedOnce(
  { begin, boundMb, stepOf }: Market,
  needed: readonly PreparedGoal[],
): Generator<PlannerStep, Attempt, void> {
  const { search } = begin;
  restore(search, begin.end);
  const step = stepOf("Weighing replicas against limits", PRICED_PERCENT);
  const places = yield* saying(step, priced(search, limitsOf(search, needed)));
  const attempt = attemptAt(search, places, needed);
  if (isGoodEnough(attempt, boundMb)) return attempt;
  let best = attempt;
  const keep = (annealed: Attempt) => {
    if (compareAttempts(annealed, best) < 0) best = annealed;
  };
  const refined = yield* annealOnce(attempt, { needed, schedule: REFINE });
  if (refined !== undefined) keep(refined);
  if (refined?.left === 0) return best;
  const mended = yield* annealOnce(refined ?? attempt, { needed, schedule: MEND });
  if (mended !== undefined) keep(mended);
  return best;
}
