/**
 * What a budget buys whole. The first bytes of a plan bring all its goals nearer and meet few of them; a plan for fewer
 * goals meets these for a part of the bytes. How evenly disks are filled costs most by far, and all other goals
 * together often half as much.
 *
 * @module
 */
import type { BalancingConstraint } from "../goals/constraint.ts";
import { brokersOut } from "../goals/goal.ts";
import { drain } from "../lib/steps.ts";
import type { Budget } from "../model/budget.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import { bestAttempt } from "./attempts.ts";
import { type Budgeted, spend } from "./budget.ts";
import { changesOf } from "./changes.ts";
import { fillUp, isElsewhere } from "./fill_up.ts";
import { boundSteps } from "./judge.ts";
import { costOf, isWithin } from "./plan_cost.ts";
import type { PlannedGoal, Prepared } from "./prepare.ts";
import {
  checkpoint,
  compareMet,
  goHome,
  type Places,
  placesOf,
  restore,
  standingOf,
} from "./search/checkpoint.ts";
import { noteNewReasons } from "./search/late_reasons.ts";
import { runSearch } from "./search/mod.ts";
import type { Search } from "./search/state.ts";
import { type PlannerStep, saying } from "./settings.ts";

/** What is known of a plan that costs too much, by goal of the request. */
interface TooDear {
  readonly budget: Budget;
  /** Brokers out at home, and after that plan. */
  readonly outAtHome: readonly number[];
  readonly outAfter: readonly number[];
  /** MB that any plan must move for the goal alone. */
  readonly bounds: readonly number[];
}

/**
 * Cuts the plan that the model is in the state of to the budget (`budget.ts`), or puts a plan for fewer goals in its place, where that meets more of them. The model is left in that state.
 */
export function* spendWell(
  prepared: Prepared,
  search: Search,
  { budget, constraint, atHome }: {
    budget: Budget;
    constraint: BalancingConstraint;
    /** Brokers out, and MB that any plan must move, by goal of the request. */
    atHome: { readonly out: readonly number[]; readonly bounds: readonly number[] };
  },
): Generator<PlannerStep, Budgeted, void> {
  const step = { step: "Weighing moves against their bytes", completionPercentage: 100 };
  const whole = placesOf(search);
  const outAfter = outOf(prepared);
  const cut = yield* saying(
    { ...step, steps: search.steps },
    spend(prepared, search, { budget, constraint }),
  );
  if (cut.leftOut === 0 || search.hasOffline) return cut;
  const end = checkpoint(search);
  const dear = { budget, outAtHome: atHome.out, outAfter, bounds: atHome.bounds };
  const fewer = yield* affordablePlaces(prepared, dear);
  const isBetter = fewer !== undefined &&
    (restore(search, fewer), compareMet(search, standingOf(search), end.standing) < 0);
  goHome(search);
  if (!isBetter) {
    restore(search, end);
    return cut;
  }
  noteNewReasons(search, fewer);
  restore(search, fewer);
  // What would put the rest right from there is what fits best; what the whole plan does may fit as well.
  const onward = yield* goOn(prepared, search);
  for (const target of [onward, whole]) {
    yield* saying({ ...step, steps: search.steps }, fillUp(search, target, budget));
  }
  return {
    order: changesOf(search.model).partitions,
    curve: cut.curve,
    leftOut: elsewhere(search.model, whole),
  };
}

/** Where a search for all goals would put everything from here; the model stays as it is. */
function* goOn(prepared: Prepared, search: Search): Generator<PlannerStep, Places, void> {
  const here = placesOf(search);
  const onward = prepared.searchOf(1);
  yield* runSearch(onward);
  const there = placesOf(onward);
  restore(search, here);
  return there;
}

/** Brokers out by goal of the request, as the model is now. */
function outOf({ goals, context }: Prepared): number[] {
  return goals.map(({ prepared: goal }) =>
    goal === undefined ? 0 : brokersOut(goal, context).length
  );
}

/** Partitions that are not where the other placement has them. O(R). */
function elsewhere(model: ClusterModel, other: Places): number {
  let count = 0;
  for (let p = 0; p < model.partitionCount; p++) if (isElsewhere(model, p, other)) count++;
  return count;
}

/**
 * Where everything is under a plan within the budget that meets as many goals as it can: hard ones and those that are
 * met anyway, then one after the other by priority. Undefined where not even the first fit. A plan for each goal at
 * most; the model is left anywhere.
 */
function* affordablePlaces(
  prepared: Prepared,
  known: TooDear,
): Generator<PlannerStep, Places | undefined, void> {
  const { goals } = prepared;
  const wanted = goals.map((_, i) => isKept(goals[i]!, known.outAtHome[i]!));
  const within = (chosen: readonly boolean[]) => trial(prepared, known, chosen);
  const optional: number[] = [];
  for (const [i, { prepared: goal }] of goals.entries()) {
    // What the whole plan does not meet is met by no cheaper one.
    if (wanted[i]! || goal === undefined || known.outAfter[i]! > 0) continue;
    if (known.bounds[i]! <= (known.budget.maxMb ?? Infinity)) optional.push(i);
  }
  const all = wanted.map((is, i) => is || optional.includes(i));
  // Mostly one goal costs too much, and all others fit.
  const most = yield* within(all);
  if (most !== undefined) return most;
  let chosen = wanted;
  let best = yield* within(chosen);
  if (best === undefined) return undefined;
  for (const number of optional) {
    const more = chosen.map((is, i) => is || i === number);
    const found = yield* within(more);
    if (found === undefined) continue;
    best = found;
    chosen = more;
  }
  return best;
}

/** Hard goals, and what is met at home: no plan gives these up. */
function isKept({ goal, prepared }: PlannedGoal, outAtHome: number): boolean {
  return goal.hard || outAtHome === 0 || prepared === undefined;
}

/** A plan for the chosen goals; undefined where the budget does not allow it, or it misses one that the whole plan meets. */
function* trial(
  whole: Prepared,
  { budget, outAtHome, outAfter }: TooDear,
  chosen: readonly boolean[],
): Generator<PlannerStep, Places | undefined, void> {
  const { model } = whole;
  const prepared = whole.withGoals(whole.goals.filter((_, i) => chosen[i]));
  const ofChosen = (of: readonly number[]) => of.filter((_, i) => chosen[i]);
  const atHome = prepared.searchOf(0);
  goHome(atHome);
  model.sums.set(whole.homeSums);
  const { all: boundMb } = drain(boundSteps(prepared, atHome));
  const search = yield* bestAttempt(prepared, { boundMb, out: ofChosen(outAtHome) });
  if (!isWithin(costOf(model), budget)) return undefined;
  const after = ofChosen(outAfter).filter((_, i) => prepared.goals[i]!.prepared !== undefined);
  const isMissed = standingOf(search).some((out, i) => out > 0 && after[i] === 0);
  return isMissed ? undefined : placesOf(search);
}
