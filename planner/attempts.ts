/**
 * Several searches where a cluster is small, and annealing of the best: the draws of one search may end in a corner
 * that those of another do not, and no search sees what several replicas could do together.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { Prepared } from "./prepare.ts";
import { changedPartitions, moveTotals } from "./proposals.ts";
import { anneal } from "./search/anneal.ts";
import {
  type Checkpoint,
  checkpoint,
  compareMet,
  compareStanding,
  goHome,
  restore,
  standingOf,
} from "./search/checkpoint.ts";
import { runSearch } from "./search/mod.ts";
import { hardLimits } from "./search/meet_hard.ts";
import { prune } from "./search/prune.ts";
import { settle } from "./search/settle.ts";
import { noteNewReasons } from "./search/late_reasons.ts";
import { aimAt, type Search } from "./search/state.ts";
import type { AxisLimits, PreparedGoal } from "../goals/goal.ts";
import { type PlannerStep, saying } from "./settings.ts";

/** Replicas that all attempts together may look at; a cluster with more gets one attempt. */
const REPLICAS_ATTEMPTED = 20_000;
const ATTEMPTS_MAX = 2;
/** Annealings for goals that the first one does not meet, and for hard goals that no search met. */
const ANNEALINGS_MORE = 6;
const HARD_ANNEALINGS = 3;
/** Larger clusters would need more actions than there is time for. */
const ANNEALED_REPLICAS = 4000;
const ANNEALING_ACTIONS = 150_000;
const ACTIONS_A_REPLICA = 2500;
/** A plan this near to the lower bound is not tried to be improved. */
const NEAR_BOUND = 1.002;

/** What an attempt came to. */
export interface Attempt {
  readonly search: Search;
  readonly end: Checkpoint;
  readonly mb: number;
  readonly leaders: number;
}

/** What is known before the search. */
export interface AtHome {
  /** MB that any plan must move. */
  readonly boundMb: number;
  /** Brokers out by goal of the request. */
  readonly out: readonly number[];
}

/** Leaves the model in the state of the best attempt, and returns its search. */
export function* bestAttempt(
  prepared: Prepared,
  atHome: AtHome,
): Generator<PlannerStep, Search, void> {
  const search = yield* freeAttempt(prepared, atHome.boundMb);
  // What has to leave may have to break a goal that was met.
  if (!search.model.offline.includes(1)) yield* keepMetGoals(search, prepared, atHome);
  return search;
}

/**
 * No goal that was met is given up for later ones. Where the search did that, because it looks at the limits of all
 * goals at once, goals are settled one by one from home instead.
 */
function* keepMetGoals(
  search: Search,
  prepared: Prepared,
  { out }: AtHome,
): Generator<PlannerStep, void, void> {
  const active = out.filter((_, i) => prepared.goals[i]!.prepared !== undefined);
  const home = active.map((count, i) => search.hopeless.has(search.goals[i]!) ? 0 : count);
  if (compareMet(search, home, standingOf(search)) >= 0) return;
  const free = attemptOf(search);
  goHome(search);
  const step = { step: "Settling goals by priority", completionPercentage: 99 };
  yield* saying({ ...step, steps: search.steps }, settle(search));
  drain(prune(search));
  if (compareAttempts(free, attemptOf(search)) < 0) restore(search, free.end);
}

function* freeAttempt(
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
  if (!isGoodEnough(best!, boundMb)) yield* improve(best!);
  return best!.search;
}

/** Anneals the best, then again for each goal that is not met, and leaves the model in its best state. */
function* improve(attempt: Attempt): Generator<PlannerStep, void, void> {
  const { search } = attempt;
  if (search.model.replicaCount > ANNEALED_REPLICAS) return;
  let best = attempt;
  const keep = (annealed: Attempt | undefined, compare = compareAttempts) => {
    if (annealed !== undefined && compare(annealed, best) < 0) best = annealed;
    restore(search, best.end);
  };
  for (let k = 0; k < HARD_ANNEALINGS && missesHardLimit(best); k++) {
    const aimAtAll = aimAt(search, hardLimits(search));
    const annealed = yield* annealOnce(best, true);
    aimAtAll();
    keep(annealed);
  }
  keep(yield* annealOnce(best));
  let left = ANNEALINGS_MORE;
  for (const [number, goal] of search.goals.entries()) {
    if (goal.hard || search.hopeless.has(goal)) continue;
    // What cannot be met all together is met in the order of priority, first without regard for the hopeless.
    for (const regard of [false, true]) {
      if (best.end.standing[number] === 0 || left-- <= 0) break;
      const aimAtAll = aimAt(search, aimsFor(best, { goal, regard }));
      const annealed = yield* annealOnce(best);
      aimAtAll();
      keep(annealed, regard ? compareAttempts : compareGoals);
    }
  }
}

/** Whether a hard limit is passed that annealing knows of. */
function missesHardLimit({ search, end }: Attempt): boolean {
  return search.goals.some((goal, i) =>
    goal.hard && goal.axisLimits !== undefined && end.standing[i]! > 0
  );
}

/** Limits of the goals that are met and of one more, and what is aimed at for the hopeless ones. */
function aimsFor(best: Attempt, more: { goal: PreparedGoal; regard: boolean }) {
  const { goals, hopeless, aims } = best.search;
  const limits = new Map<PreparedGoal, AxisLimits | undefined>();
  for (const [i, goal] of goals.entries()) {
    if (hopeless.has(goal)) {
      if (more.regard || goal.hard) limits.set(goal, aims.get(goal));
    } else if (goal.hard || goal === more.goal || best.end.standing[i] === 0) {
      limits.set(goal, goal.axisLimits);
    }
  }
  return limits;
}

function compareGoals(a: Attempt, b: Attempt): number {
  return compareMet(a.search, a.end.standing, b.end.standing);
}

function* annealOnce(
  best: Attempt,
  passesHard = false,
): Generator<PlannerStep, Attempt | undefined, void> {
  const { search } = best;
  const actions = Math.min(ANNEALING_ACTIONS, ACTIONS_A_REPLICA * search.model.replicaCount);
  const step = { step: "Annealing", completionPercentage: 99, steps: search.steps };
  const places = yield* saying(step, anneal(search, actions, passesHard));
  restore(search, best.end);
  if (places === undefined) return undefined;
  noteNewReasons(search, places);
  restore(search, places);
  drain(prune(search));
  return attemptOf(search);
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
