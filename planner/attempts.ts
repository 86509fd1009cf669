/**
 * Several searches where a cluster is small, and annealing of the best: the draws of one search may end in a corner
 * that those of another do not, and no search sees what several replicas could do together.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import {
  annealOnce,
  type Attempt,
  attemptOf,
  compareAttempts,
  isAimedAt,
  isGoodEnough,
  missesHardGoal,
  missesHardLimit,
} from "./attempt.ts";
import type { Prepared } from "./prepare.ts";
import { isPriced, pricedAttempt } from "./priced_attempt.ts";
import { brokerShare, FIND_HARD, findOf, isAnnealed, polishOf } from "./search/anneal.ts";
import { compareMet, goHome, restore, standingOf } from "./search/checkpoint.ts";
import { runSearch } from "./search/mod.ts";
import { hasTooLarge } from "./search/too_large.ts";
import { evenPositions } from "./search/positions.ts";
import { prune } from "./search/prune.ts";
import { settle } from "./search/settle.ts";
import type { Search } from "./search/state.ts";
import { type PlannerStep, saying } from "./settings.ts";
import { conflictSteps, isRuledOut } from "./soft_conflicts.ts";

/** Replicas that all attempts together may look at; a cluster with more gets one attempt. */
const REPLICAS_ATTEMPTED = 20_000;
const ATTEMPTS_MAX = 2;
/** More replicas than this are searched for once before they are annealed. */
const REPLICAS_ANNEALED_AT_ONCE = 1000;
/** Annealings for hard goals that no search met. */
const HARD_FINDS = 3;
/** Chains of the first polish, for all goals: in half as many it meets fewer of them. */
const FIRST_CHAINS = 100_000;
/** Annealings that look for a goal which is not met, and how many of them may come nowhere near. */
const FINDS_A_GOAL = { all: 3, far: 2 };
/** Chains after which no further goal is looked for, nor bytes: what misses cost most is time. */
const CHAINS = { find: 450_000, polish: 350_000 };
/**
 * Chains for few bytes in the end where all goals are met, or not. Limits of the goals that can be met, where others
 * cannot, leave few placements, and one annealing often ends in a corner of them. Two annealings fit in whatever was spent before.
 */
const POLISH_CHAINS = { met: 150_000, unmet: 200_000 };
const POLISHES_LEAST = 2;
/** A look that came no nearer than this, in parts of targets, came nowhere near. */
const NEAR = 0.03;

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
  if (!search.hasOffline) yield* keepMetGoals(search, prepared, atHome);
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
  drain(evenPositions(search));
  if (compareAttempts(free, attemptOf(search)) < 0) restore(search, free.end);
}

function* freeAttempt(
  prepared: Prepared,
  boundMb: number,
): Generator<PlannerStep, Search, void> {
  const search = prepared.searchOf(0);
  if (!isPriced(search)) return yield* searchedAttempt(prepared, search, boundMb);
  const priced = yield* pricedAttempt(search, boundMb);
  restore(search, priced.end);
  if (priced.isSettled) return search;
  if (!missesHardGoal(priced)) {
    yield* improve(priced);
    return search;
  }
  goHome(search);
  const searched = attemptOf(yield* searchedAttempt(prepared, search, boundMb));
  if (compareAttempts(priced, searched) < 0) restore(search, priced.end);
  return search;
}

/** Searches with the first search, and others where the cluster is small, and anneals what they came to. */
function* searchedAttempt(
  prepared: Prepared,
  first: Search,
  boundMb: number,
): Generator<PlannerStep, Search, void> {
  const { model } = prepared;
  const attempts = attemptsFor(model);
  let best: Attempt | undefined;
  let { steps } = first;
  for (let number = 0; number < attempts; number++) {
    const search = number === 0 ? first : prepared.searchOf(number);
    search.steps = steps;
    yield* runSearch(search, (percent) => Math.floor((number * 100 + percent) / attempts));
    steps = search.steps;
    if (!isAnnealed(model.replicaCount) && attempts === 1) return search;
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

/**
 * Anneals the best: first for all goals; where these cannot be met together, for one after the other by priority; in
 * the end for the fewest bytes that meet what was met. Bytes that only bring nearer what stays violated are not spent.
 * Leaves the model in its best state.
 */
function* improve(attempt: Attempt): Generator<PlannerStep, void, void> {
  const { search } = attempt;
  if (!isAnnealed(search.model.replicaCount)) return;
  const polish = polishOf(search.model.replicaCount);
  const schedule = findOf(search.model.replicaCount);
  const near = NEAR * brokerShare(search);
  const start = search.steps;
  const findsEnd = start + CHAINS.find;
  let best = attempt;
  const keep = (annealed: Attempt | undefined) => {
    if (annealed !== undefined && compareAttempts(annealed, best) < 0) best = annealed;
  };
  const misses = search.goals.some((goal, i) =>
    best.end.standing[i]! > 0 && isAimedAt(search, goal)
  );
  const conflicts = misses ? yield* conflictSteps(search) : undefined;
  const aimed = search.goals.filter((goal) =>
    isAimedAt(search, goal) && conflicts?.has(goal) !== true
  );
  const needed = aimed.filter((goal) => goal.hard || search.hopeless.has(goal));
  const hard = needed.filter((goal) => goal.hard);
  for (let k = 0; k < HARD_FINDS && missesHardLimit(best); k++) {
    keep(yield* annealOnce(best, { needed: hard, schedule: FIND_HARD }));
  }
  keep(yield* annealOnce(best, { needed: aimed, schedule: { ...polish, chains: FIRST_CHAINS } }));
  // Where a hard goal is missed the plan fails, or heals what it can: soft goals are not looked for one by one.
  const unmet = missesHardLimit(best) ? [] : search.goals.entries();
  for (const [number, goal] of unmet) {
    if (needed.includes(goal) || !isAimedAt(search, goal)) continue;
    if (isRuledOut(conflicts, goal, (other) => needed.includes(other))) continue;
    let tries = hasTooLarge(search, goal) ? 0 : FINDS_A_GOAL.all;
    let far = 0;
    while (best.end.standing[number] !== 0 && tries-- > 0 && search.steps < findsEnd) {
      const found = yield* annealOnce(best, { needed: [...needed, goal], schedule });
      keep(found);
      if ((found === undefined || found.left > near) && ++far === FINDS_A_GOAL.far) break;
    }
    if (best.end.standing[number] === 0) needed.push(goal);
  }
  const chains = isAllMet(best) ? POLISH_CHAINS.met : POLISH_CHAINS.unmet;
  for (let number = 0; number < Math.floor(chains / polish.chains); number++) {
    if (number >= POLISHES_LEAST && search.steps >= start + CHAINS.polish) break;
    keep(yield* annealOnce(best, { needed, schedule: polish }));
  }
  restore(search, best.end);
}

function attemptsFor(model: ClusterModel): number {
  // Annealing makes up for the draws of one search, and its own time grows with the replicas.
  if (isAnnealed(model.replicaCount) && model.replicaCount > REPLICAS_ANNEALED_AT_ONCE) return 1;
  const fitting = Math.floor(REPLICAS_ATTEMPTED / Math.max(1, model.replicaCount));
  return Math.max(1, Math.min(ATTEMPTS_MAX, fitting));
}

/** Hopeless goals count as not met. */
function isAllMet({ search, end }: Attempt): boolean {
  return search.hopeless.size === 0 && end.standing.every((out) => out === 0);
}
