/**
 * Plans for fewer goals than were asked for, and which of them a budget buys. The first bytes of a plan bring all its
 * goals nearer and meet few of them; a plan for fewer goals meets these for a part of the bytes. How evenly disks are
 * filled costs most by far, and all other goals together often half as much.
 *
 * @module
 */
import type { Budget } from "../../model/budget.ts";
import { bestAttempt } from "../attempts/attempts.ts";
import { boundSteps } from "../judge.ts";
import { type Cost, costOf, isWithin } from "./plan_cost.ts";
import type { PlannedGoal, Prepared } from "../prepared.ts";
import { goHome, type Places, placesOf, standingOf } from "../search/checkpoint.ts";
import { type PlannerStep, saying } from "../steps.ts";

/** Where plans for fewer goals are looked for, and those that were made. */
export interface Offers {
  readonly prepared: Prepared;
  /** By goal of the request: brokers out at home, and under the whole plan; MB that any plan must move for the goal alone. */
  readonly outAtHome: readonly number[];
  readonly outAfter: readonly number[];
  readonly bounds: readonly number[];
  /** By the goals it is for, a character a goal. */
  readonly made: Map<string, Offer>;
}

/** A plan for fewer goals. */
export interface Offer {
  readonly places: Places;
  readonly cost: Cost;
  /** Whether it misses a goal that it is for and that the whole plan meets. */
  readonly misses: boolean;
}

/**
 * The plan within the budget that meets as many goals as it can: hard ones and those that are met anyway, then one
 * after the other by priority. Undefined where not even the first fit. Makes a plan for each goal at most; the model is
 * left anywhere.
 */
export function* affordable(
  offers: Offers,
  budget: Budget,
): Generator<PlannerStep, Offer | undefined, void> {
  const { goals } = offers.prepared;
  const kept = goals.map((goal, i) => isKept(goal, offers.outAtHome[i]!));
  const optional: number[] = [];
  for (const [i, { prepared: goal }] of goals.entries()) {
    // What the whole plan does not meet is met by no cheaper one.
    if (kept[i]! || goal === undefined || offers.outAfter[i]! > 0) continue;
    if (offers.bounds[i]! <= (budget.maxMb ?? Infinity)) optional.push(i);
  }
  // Mostly one goal costs too much, and all others fit.
  const all = kept.map((is, i) => is || optional.includes(i));
  const most = yield* within(offers, budget, all);
  if (most !== undefined) return most;
  let best = yield* within(offers, budget, kept);
  if (best === undefined) return undefined;
  let chosen = kept;
  for (const number of optional) {
    const more = chosen.map((is, i) => is || i === number);
    const found = yield* within(offers, budget, more);
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

/** The plan for the chosen goals, if the budget allows it and it meets them. */
function* within(
  offers: Offers,
  budget: Budget,
  chosen: readonly boolean[],
): Generator<PlannerStep, Offer | undefined, void> {
  const key = chosen.map(Number).join("");
  let offer = offers.made.get(key);
  if (offer === undefined) offers.made.set(key, offer = yield* make(offers, chosen));
  return offer.misses || !isWithin(offer.cost, budget) ? undefined : offer;
}

function* make(
  { prepared: whole, outAtHome, outAfter }: Offers,
  chosen: readonly boolean[],
): Generator<PlannerStep, Offer, void> {
  const { model } = whole;
  const prepared = whole.withGoals(whole.goals.filter((_, i) => chosen[i]));
  const ofChosen = (of: readonly number[]) => of.filter((_, i) => chosen[i]);
  const atHome = prepared.searchOf(0);
  goHome(atHome);
  model.sums.set(whole.homeSums);
  const step = { step: "Planning for fewer goals", completionPercentage: 100, steps: 0 };
  const { all: boundMb } = yield* saying(step, boundSteps(prepared, atHome));
  const search = yield* bestAttempt(prepared, {
    boundMb,
    out: ofChosen(outAtHome),
    healsRest: true,
  });
  const after = ofChosen(outAfter).filter((_, i) => prepared.goals[i]!.prepared !== undefined);
  const misses = standingOf(search).some((out, i) => out > 0 && after[i] === 0);
  return { places: placesOf(search), cost: costOf(model), misses };
}
