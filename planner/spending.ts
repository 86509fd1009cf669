/**
 * Keeps a plan to a budget: the whole of it cut, or one for fewer goals.
 *
 * @module
 */
import type { BalancingConstraint } from "../goals/constraint.ts";
import { brokersOut } from "../goals/goal.ts";
import type { Budget } from "../model/budget.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { CheaperPlan } from "../model/plan.ts";
import { affordable, type Offer, type Offers } from "./afford.ts";
import { type Budgeted, pointOf, spend } from "./budget.ts";
import { changesOf } from "./changes.ts";
import { fillUp, isElsewhere } from "./fill_up.ts";
import type { Prepared } from "./prepare.ts";
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

/** Parts of the whole plan's MB for which cheaper plans are looked for. */
const CHEAPER = [0.25, 0.5, 0.75];
/** Replicas of clusters for which that is done: it takes some ten plans. */
const CHEAPER_REPLICAS_MAX = 500_000;

/** A plan kept to its budget, and what cheaper ones would meet where the budget has no limits. */
export interface Spent extends Budgeted {
  readonly cheaper?: readonly CheaperPlan[];
}

/** What a budget is and what is known of goals, by goal of the request. */
export interface Spending {
  readonly budget: Budget;
  readonly constraint: BalancingConstraint;
  /** Brokers out at home. */
  readonly out: readonly number[];
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
  { budget, constraint, out, bounds }: Spending,
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
    return { ...cut, cheaper: yield* cheaperPlans(offers, search, constraint) };
  }
  const end = checkpoint(search);
  const fewer = yield* affordable(offers, budget);
  if (!isBetter(search, fewer, end.standing)) {
    goHome(search);
    restore(search, end);
    return cut;
  }
  goHome(search);
  noteNewReasons(search, fewer.places);
  restore(search, fewer.places);
  // What would put the rest right from there is what fits best; what the whole plan does may fit as well.
  const onward = yield* goOn(prepared, search);
  for (const target of [onward, whole]) yield* saying(step, fillUp(search, target, budget));
  const { model } = search;
  return {
    order: changesOf(model).partitions,
    curve: cut.curve,
    leftOut: elsewhere(model, whole),
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
): Generator<PlannerStep, CheaperPlan[], void> {
  const { prepared } = offers;
  const plans: CheaperPlan[] = [];
  if (search.model.replicaCount > CHEAPER_REPLICAS_MAX) return plans;
  const whole = placesOf(search);
  const wholeMb = changesOf(search.model).totals.mbToMove;
  for (const part of CHEAPER) {
    const offer = yield* affordable(offers, { maxMb: part * wholeMb });
    if (offer === undefined || plans.some(({ mb }) => mb === offer.cost.mb)) continue;
    restore(search, offer.places);
    const point = pointOf(prepared, constraint, offer.cost);
    const out = outOf(prepared);
    const without = prepared.goals.filter((_, i) => out[i]! > 0 && offers.outAfter[i] === 0);
    plans.push({ ...point, without: without.map(({ goal }) => goal.name) });
  }
  restore(search, whole);
  return plans;
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
