/**
 * Keeps a plan to a budget: the whole of it cut, or one for fewer goals.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import { outsideLimits } from "../../goals/goal.ts";
import type { Budget } from "../../model/budget.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import type { CheaperPlan } from "../../model/plan.ts";
import { affordable, type Offer, type Offers } from "./afford.ts";
import { type Budgeted, spend } from "./budget.ts";
import { outOf, pointOf } from "./points.ts";
import { changesOf } from "../proposals/changes.ts";
import { fillUp } from "./fill_up.ts";
import type { Prepared } from "../prepared.ts";
import {
  checkpoint,
  compareMet,
  goHome,
  isElsewhere,
  type Places,
  placesOf,
  restore,
  standingOf,
} from "../search/checkpoint.ts";
import { noteNewReasons } from "../search/parts/late_reasons.ts";
import { runSearch } from "../search/mod.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";

/** Parts of the whole plan's MB for which cheaper plans are looked for. */
const CHEAPER = [0.25, 0.5, 0.75];
/** Replicas of clusters for which that is done: it takes some ten plans. */
const CHEAPER_REPLICAS_MAX = 500_000;

/** What a plan may cost more for meeting most goals early, in parts of its MB. */
const STAGED_MB = 0.01;

/** Amounts that differ by less are the same. */
const ROUNDING = 1e-6;

/** A plan kept to its budget, and what cheaper ones would meet where the budget has no limits. */
export interface Spent extends Budgeted {
  readonly cheaper?: readonly CheaperPlan[];
}

/** What a budget is and what is known of goals, by goal of the request. */
export interface Spending {
  readonly budget: Budget;
  readonly constraint: BalancingConstraint;
  /** Brokers out at home, and how far they are outside together. */
  readonly out: readonly number[];
  readonly amounts: readonly number[];
  /** MB that any plan must move for the goal alone. */
  readonly bounds: readonly number[];
}

/**
 * Cuts the plan that the model is in the state of to the budget (`budget.ts`), or puts a plan for fewer goals in its
 * place (`afford.ts`), where that meets more of them. The model is left in that state.
 */
export function* spendWell(
  prepared: Prepared,
  search: Search,
  { budget, constraint, out, amounts, bounds }: Spending,
): Generator<PlannerStep, Spent, void> {
  const offers = { prepared, outAtHome: out, outAfter: outOf(prepared), bounds, made: new Map() };
  const whole = placesOf(search);
  const step = {
    step: "Weighing moves against their bytes",
    completionPercentage: 100,
    steps: search.steps,
  };
  const cut = yield* saying(step, spend(prepared, search, { budget, constraint }));
  if (search.hasOffline) return cut;
  if (cut.leftOut === 0) {
    if (Object.keys(budget).length > 0) return cut;
    const { plans, best } = yield* cheaperPlans(offers, search, constraint);
    const first = best === undefined
      ? undefined
      : yield* inStages(prepared, search, { offer: best, amounts });
    if (first === undefined) return { ...cut, cheaper: plans };
    return {
      ...yield* saying(step, spend(prepared, search, { budget, constraint, first })),
      cheaper: plans,
    };
  }
  const end = checkpoint(search);
  const fewer = yield* affordable(offers, budget);
  if (!isBetter(search, fewer, end.standing)) {
    restore(search, end);
    return cut;
  }
  adopt(search, fewer.places);
  // What would put the rest right from there is what fits best; what the whole plan does may fit as well.
  const onward = yield* goOn(prepared, search);
  for (const target of [onward, whole]) yield* saying(step, fillUp(search, target, budget));
  const { model } = search;
  return {
    order: changesOf(model).partitions,
    curve: cut.curve,
    leftOut: elsewhere(model, whole),
    stage: 0,
  };
}

/** Whether the offer meets more than a plan that comes to `standing`; the model is left in its state. */
function isBetter(
  search: Search,
  offer: Offer | undefined,
  standing: readonly number[],
): offer is Offer {
  if (offer === undefined) return false;
  restore(search, offer.places);
  return compareMet(search, standingOf(search), standing) < 0;
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

/** What parts of the whole plan's bytes buy; the model is left in the state of the whole plan. */
function* cheaperPlans(
  offers: Offers,
  search: Search,
  constraint: BalancingConstraint,
): Generator<PlannerStep, { plans: CheaperPlan[]; best: Offer | undefined }, void> {
  const { prepared } = offers;
  const plans: CheaperPlan[] = [];
  let best: Offer | undefined;
  if (search.model.replicaCount > CHEAPER_REPLICAS_MAX) return { plans, best };
  const whole = placesOf(search);
  const wholeMb = changesOf(search.model).totals.mbToMove;
  for (const part of CHEAPER) {
    const offer = yield* affordable(offers, { maxMb: part * wholeMb });
    if (offer === undefined || plans.some(({ mb }) => mb === offer.cost.mb)) continue;
    restore(search, offer.places);
    const out = outOf(prepared);
    const point = pointOf(prepared, constraint, offer.cost, out);
    const without = prepared.goals.filter((_, i) => out[i]! > 0 && offers.outAfter[i] === 0);
    if (point.goalsMet > (plans.at(-1)?.goalsMet ?? 0)) best = offer;
    plans.push({ ...point, without: without.map(({ goal }) => goal.name) });
  }
  restore(search, whole);
  return { plans, best };
}

/**
 * Puts a plan for all goals that goes on from the offer in the place of the present one, if it costs next to nothing more: its first
 * bytes meet what the offer meets. Gives the partitions that the offer moves; undefined when nothing was changed.
 */
function* inStages(
  prepared: Prepared,
  search: Search,
  { offer, amounts }: { offer: Offer; amounts: readonly number[] },
): Generator<PlannerStep, Int32Array | undefined, void> {
  const { model } = search;
  if (search.guards.length > 0 || search.windows !== undefined) return undefined;
  const whole = checkpoint(search);
  const wholeMb = changesOf(model).totals.mbToMove;
  restore(search, offer.places);
  const first = changesOf(model).partitions;
  const isNowhereWorse = amountsOf(prepared).every((amount, i) => amount <= amounts[i]! + ROUNDING);
  const wasPinned = model.pinned.slice();
  for (const p of first) model.pinned[p] = 1;
  const onward = yield* goOn(prepared, search);
  model.pinned.set(wasPinned);
  restore(search, onward);
  const staged = changesOf(model).totals;
  const isAsGood = compareMet(search, standingOf(search), whole.standing) <= 0 &&
    staged.mbToMove <= wholeMb * (1 + STAGED_MB) &&
    first.every((p) => !isElsewhere(model, p, model, offer.places));
  if (isNowhereWorse && isAsGood) {
    adopt(search, onward);
    return first;
  }
  restore(search, whole);
  return undefined;
}

/** Puts everything there, for reasons that are found at home. */
function adopt(search: Search, places: Places): void {
  goHome(search);
  noteNewReasons(search, places);
  restore(search, places);
}

/** How far brokers are outside, by goal of the request, as the model is now. */
function amountsOf({ goals, context }: Prepared): number[] {
  return goals.map(({ prepared: goal }) =>
    goal === undefined ? 0 : outsideLimits(goal, context).amount
  );
}

/** Partitions that are not where the other placement has them. O(R). */
function elsewhere(model: ClusterModel, other: Places): number {
  let count = 0;
  for (let p = 0; p < model.partitionCount; p++) if (isElsewhere(model, p, model, other)) count++;
  return count;
}
