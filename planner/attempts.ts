/**
 * Several searches where a cluster is small: the draws of one may end in a corner that those of another do not.
 *
 * @module
 */
import type { ClusterModel } from "../model/cluster_model.ts";
import type { Prepared } from "./prepare.ts";
import { changedPartitions, moveTotals } from "./proposals.ts";
import { type Checkpoint, checkpoint, compareStanding, restore } from "./search/checkpoint.ts";
import { runSearch } from "./search/mod.ts";
import type { Search } from "./search/state.ts";
import type { PlannerStep } from "./settings.ts";

/** Replicas that all attempts together may look at; a cluster with more gets one attempt. */
const REPLICAS_ATTEMPTED = 20_000;
const ATTEMPTS_MAX = 8;
/** A plan this near to the lower bound is not tried to be improved. */
const NEAR_BOUND = 1.002;

/** What an attempt came to. */
export interface Attempt {
  readonly search: Search;
  readonly end: Checkpoint;
  readonly mb: number;
  readonly leaders: number;
}

/** Leaves the model in the state of the best attempt, and returns its search. */
export function* bestAttempt(
  prepared: Prepared,
  boundMb: number,
): Generator<PlannerStep, Search, void> {
  const { model } = prepared;
  const attempts = attemptsFor(model);
  let best: Attempt | undefined;
  let steps = 0;
  for (let number = 0; number < attempts; number++) {
    const search = prepared.searchOf(number);
    search.steps = steps;
    for (const step of runSearch(search)) {
      const done = (number * 100 + step.completionPercentage) / attempts;
      yield { ...step, completionPercentage: Math.floor(done) };
    }
    steps = search.steps;
    if (attempts === 1) return search;
    const attempt = attemptOf(search);
    if (best === undefined || compareAttempts(attempt, best) < 0) best = attempt;
    if (isGoodEnough(best, boundMb) || steps >= search.stepsMax) break;
    if (number + 1 < attempts) goHome(search);
  }
  restore(best!.search, best!.end);
  best!.search.steps = steps;
  return best!.search;
}

function attemptsFor(model: ClusterModel): number {
  const fitting = Math.floor(REPLICAS_ATTEMPTED / Math.max(1, model.replicaCount));
  return Math.max(1, Math.min(ATTEMPTS_MAX, fitting));
}

/** What the search has come to. O(R). */
export function attemptOf(search: Search): Attempt {
  const totals = moveTotals(search.model, changedPartitions(search.model));
  return {
    search,
    end: checkpoint(search),
    mb: totals.mbToMove,
    leaders: totals.leadershipMoves,
  };
}

/** Goals first, then bytes, then leader changes: negative when `a` is better. */
export function compareAttempts(a: Attempt, b: Attempt): number {
  const standing = compareStanding(a.search, a.end.standing, b.end.standing);
  if (standing !== 0) return standing;
  return a.mb === b.mb ? a.leaders - b.leaders : a.mb - b.mb;
}

function isGoodEnough(attempt: Attempt, boundMb: number): boolean {
  return attempt.end.standing.every((out) => out === 0) && attempt.mb <= boundMb * NEAR_BOUND;
}

/** Puts everything back to where it is in the real cluster. O(R). */
export function goHome(search: Search): void {
  const { home, homeLeader } = search.model;
  restore(search, { broker: home, leader: homeLeader, standing: [] });
}
