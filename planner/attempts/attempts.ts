/**
 * Annealing of what the search came to where a cluster is small, since no search sees what several replicas could do
 * together; several searches where it is a little larger: the draws of one may end in a corner that those of another do
 * not.
 *
 * @module
 */
import type { PreparedGoal } from "../../goals/goal.ts";
import { drain } from "../../lib/steps.ts";
import type { ClusterModel } from "../../model/cluster_model.ts";
import {
  annealOnce,
  type Attempt,
  attemptOf,
  compareAttempts,
  fitOnce,
  isAimedAt,
  isGoodEnough,
  missesHardGoal,
  missesHardLimit,
  packOnce,
  passesHardLimit,
} from "./attempt.ts";
import { betterBeyond } from "./beyond_shared.ts";
import type { Prepared } from "../prepared.ts";
import { isPriced, pricedAttempt } from "./priced_attempt.ts";
import {
  briefOf,
  brokerShare,
  coldOf,
  FIND_HARD,
  findOf,
  isAnnealed,
  polishOf,
  type Schedule,
  skirtOf,
} from "../search/annealing/anneal.ts";
import { compareMet, goHome, restore, standingOf } from "../search/checkpoint.ts";
import { runSearch } from "../search/mod.ts";
import { isOutOfReach } from "../search/pricing/out_of_reach.ts";
import { evenPositions } from "../search/parts/positions.ts";
import { prune } from "../search/parts/prune.ts";
import { settle } from "../search/parts/settle.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";
import { withdraw } from "../search/parts/withdraw.ts";
import { conflictSteps, isRuledOut, type SoftConflicts } from "./soft_conflicts.ts";

/** Replicas that all attempts together may look at; a cluster with more gets one attempt. */
const REPLICAS_ATTEMPTED = 20_000;
const ATTEMPTS_MAX = 2;
/**
 * Annealings for hard goals that no search met: some, and more and longer ones unless those came nowhere near. Where
 * disks are planted just below their limits one of a few ends there.
 */
const HARD_FINDS = { all: 8, far: 3 };
/** Looks for a goal that is not met, at most, and those of them that may come nowhere near. */
const LOOKS = { all: 4, far: 2 };
/** A look that came no nearer than this, in parts of targets, came nowhere near. */
const NEAR = 0.04;
/** Looks that end this near to each other came to the same, as further ones would. */
const SAME = 1e-6;
/** Chains after which no further goal is looked for, nor bytes: what misses cost most is time. */
const CHAINS = { find: 250_000, all: 400_000 };
/**
 * Annealings for few bytes in the end: two fit in whatever was spent before. Where goals cannot be met, the limits of the
 * others leave few placements, and one annealing often ends in a corner of them: more of them in a row may find nothing.
 */
const POLISHES = { least: 2, most: 6, idle: { met: 2, unmet: 3 } };
/**
 * The same on so few replicas where some goal cannot be met: more and shorter ones, along the limits and from heat in
 * turns: where a few ended in a corner, that halves what plans move beyond the fewest bytes.
 */
const TURNS = { replicas: 500, most: 20, idle: 8, all: 400_000 };

/**
 * Starts from home with other draws where replicas are so few and a goal is not met that might be: what another search comes
 * to is another corner, from which annealing reaches other placements.
 */
const STARTS = { replicas: 250, most: 2, chains: 450_000 };

/** What is known before the search. */
export interface AtHome {
  /** MB that any plan must move. */
  readonly boundMb: number;
  /** Brokers out by goal of the request. */
  readonly out: readonly number[];
  /** Whether a plan that misses a hard goal is to heal the rest, instead of being none. */
  readonly healsRest: boolean;
}

/** Leaves the model in the state of the best attempt, and returns its search. */
export function* bestAttempt(
  prepared: Prepared,
  atHome: AtHome,
): Generator<PlannerStep, Search, void> {
  const search = yield* freeAttempt(prepared, atHome);
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
  atHome: AtHome,
): Generator<PlannerStep, Search, void> {
  const search = prepared.searchOf(0);
  if (!isPriced(search)) return yield* searchedAttempt(prepared, search, atHome);
  const priced = yield* pricedAttempt(search, atHome.boundMb);
  restore(search, priced.end);
  if (priced.isSettled && !(atHome.healsRest && passesHardLimit(search))) return search;
  if (!missesHardGoal(priced)) {
    yield* improve(priced, atHome);
    return search;
  }
  goHome(search);
  const searched = attemptOf(yield* searchedAttempt(prepared, search, atHome));
  if (compareAttempts(priced, searched) < 0) restore(search, priced.end);
  return search;
}

/** Searches, and beyond limits of hosts and windows as well where these left something offline. */
function* searchedAttempt(
  prepared: Prepared,
  first: Search,
  atHome: AtHome,
): Generator<PlannerStep, Search, void> {
  const run = (search: Search) => searchedOnce(prepared, search, atHome);
  const { healsRest } = atHome;
  return yield* betterBeyond(prepared, yield* run(first), { healsRest, run });
}

/** Searches with the first search, and others where the cluster is small, and anneals what they came to. */
function* searchedOnce(
  prepared: Prepared,
  first: Search,
  atHome: AtHome,
): Generator<PlannerStep, Search, void> {
  const { model } = prepared;
  const { boundMb } = atHome;
  const attempts = attemptsFor(model);
  const searchOf = (number: number) => {
    const search = prepared.searchOf(number);
    search.passesShared = first.passesShared;
    return search;
  };
  let best: Attempt | undefined;
  let { steps } = first;
  for (let number = 0; number < attempts; number++) {
    const search = number === 0 ? first : searchOf(number);
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
  if (isGoodEnough(best!, boundMb)) return best!.search;
  return yield* improve(best!, atHome, (number) => searchOf(attempts + number));
}

/**
 * Anneals the best: first for all goals; where these cannot be met together, for one after the other by priority; in
 * the end for the fewest bytes that meet what was met. Bytes that only bring nearer what stays violated are not spent.
 * Leaves the model in its best state.
 */
function* improve(
  attempt: Attempt,
  atHome: AtHome,
  searchOf?: (number: number) => Search,
): Generator<PlannerStep, Search, void> {
  const { replicaCount } = attempt.search.model;
  if (!isAnnealed(replicaCount)) return attempt.search;
  const start = attempt.search.steps;
  let hunt = yield* huntGoals(attempt, atHome);
  const hunted = hunt.best.search.steps;
  const starts = searchOf === undefined || replicaCount > STARTS.replicas ? 0 : STARTS.most;
  for (let number = 0; number < starts && mayMeetMore(hunt); number++) {
    if (hunt.best.search.steps - start > STARTS.chains) break;
    const again = yield* huntAnew(hunt, searchOf!(number), atHome);
    const { steps } = again.best.search;
    if (compareAttempts(again.best, hunt.best) < 0) hunt = again;
    hunt.best.search.steps = steps;
  }
  // What further starts took is not taken from the bytes.
  yield* saveBytes(hunt, atHome.boundMb, start + hunt.best.search.steps - hunted);
  restore(hunt.best.search, hunt.best.end);
  return hunt.best.search;
}

/** Whether a goal is not met of which nobody has proven that it cannot be. */
function mayMeetMore(hunt: Hunt): boolean {
  const { search } = hunt.best;
  const isMetNow = (goal: PreparedGoal) => isMet(hunt, [goal]);
  return !missesHardGoal(hunt.best) &&
    search.goals.some((goal) =>
      !isMetNow(goal) && isAimedAt(search, goal) && !isRuledOut(hunt.conflicts, goal, isMetNow) &&
      !isOutOfReach(search, goal)
    );
}

/** The hunt once more, from what another search comes to; chains that are gone count for all. */
function* huntAnew(
  { best }: Hunt,
  search: Search,
  atHome: AtHome,
): Generator<PlannerStep, Hunt, void> {
  goHome(best.search);
  search.steps = best.search.steps;
  yield* runSearch(search, () => 99);
  return yield* huntGoals(attemptOf(search), atHome);
}

/** Anneals for all goals, then for one after the other. */
function* huntGoals(
  attempt: Attempt,
  { healsRest }: AtHome,
): Generator<PlannerStep, Hunt, void> {
  const { search } = attempt;
  const start = search.steps;
  const misses = search.goals.some((goal, i) =>
    attempt.end.standing[i]! > 0 && isAimedAt(search, goal)
  );
  const conflicts = misses ? yield* conflictSteps(search) : undefined;
  const aimed = search.goals.filter((goal) =>
    isAimedAt(search, goal) && conflicts?.has(goal) !== true
  );
  const hunt: Hunt = {
    best: attempt,
    needed: aimed.filter((goal) => goal.hard || search.hopeless.has(goal)),
    conflicts,
    looks: new Map(),
    end: start + CHAINS.find,
  };
  const hard = hunt.needed.filter((goal) => goal.hard);
  const near = NEAR * brokerShare(search);
  for (let k = 0, far = 0; k < HARD_FINDS.all && far < HARD_FINDS.far; k++) {
    if (!missesHardLimit(hunt.best)) break;
    const schedule = { ...FIND_HARD, isLong: k >= HARD_FINDS.far };
    const found = yield* annealOnce(hunt.best, { needed: hard, schedule });
    keep(hunt, found);
    if ((found?.left ?? Infinity) > near) far++;
  }
  if (missesHardLimit(hunt.best)) keep(hunt, yield* packOnce(hunt.best, hard));
  yield* lookForAll(hunt, aimed);
  if (missesHardLimit(hunt.best)) yield* fitHard(hunt, hard, aimed);
  // Where a hard goal is missed the plan fails: soft goals are not looked for one by one.
  if (healsRest) leaveMissed(hunt);
  if (healsRest || !missesHardLimit(hunt.best)) yield* lookForGoals(hunt);
  return hunt;
}

function* lookForAll(
  hunt: Hunt,
  aimed: readonly PreparedGoal[],
): Generator<PlannerStep, void, void> {
  if (isMet(hunt, aimed)) return;
  keep(hunt, yield* annealOnce(hunt.best, { needed: aimed, schedule: findFor(hunt, aimed) }));
}

/** Fits replicas into hard limits, and looks for the other goals from there. What that takes is not taken from the chains. */
function* fitHard(
  hunt: Hunt,
  hard: readonly PreparedGoal[],
  aimed: readonly PreparedGoal[],
): Generator<PlannerStep, void, void> {
  const { search } = hunt.best;
  const start = search.steps;
  keep(hunt, yield* fitOnce(hunt.best, hard));
  hunt.end += search.steps - start;
  if (!missesHardLimit(hunt.best)) yield* lookForAll(hunt, aimed);
}

/** Takes back what passed a hard limit, and lets hard goals that are missed be looked for one by one as well. */
function leaveMissed(hunt: Hunt): void {
  const { search, end } = hunt.best;
  restore(search, end);
  if (!passesHardLimit(search)) return;
  withdraw(search);
  hunt.best = attemptOf(search);
  hunt.needed = hunt.needed.filter((goal) => search.hopeless.has(goal) || isMet(hunt, [goal]));
}

/** Anneals for few bytes until nothing more is found, or so many steps after the start are gone. */
function* saveBytes(
  hunt: Hunt,
  boundMb: number,
  start: number,
): Generator<PlannerStep, void, void> {
  const { search } = hunt.best;
  const { replicaCount } = search.model;
  const polish = polishOf(replicaCount);
  const isAllMet = search.hopeless.size === 0 && isMet(hunt, search.goals);
  const inTurns = !isAllMet && replicaCount <= TURNS.replicas;
  const most = inTurns ? TURNS.most : POLISHES.most;
  const idleMost = inTurns ? TURNS.idle : isAllMet ? POLISHES.idle.met : POLISHES.idle.unmet;
  const end = start + (inTurns ? TURNS.all : CHAINS.all);
  let idle = 0;
  for (let number = 0; number < most && idle < idleMost; number++) {
    if (isGoodEnough(hunt.best, boundMb)) return;
    if (number >= POLISHES.least && search.steps >= end) return;
    const { mb } = hunt.best;
    const schedule = inTurns ? turnOf(polish, number) : settlingOf(polish, idle);
    keep(hunt, yield* annealOnce(hunt.best, { needed: hunt.needed, schedule }));
    idle = hunt.best.mb < mb ? 0 : idle + 1;
  }
}

function turnOf(polish: Schedule, number: number): Schedule {
  return number % 2 === 0 ? skirtOf(polish) : briefOf(polish);
}

/** What was shaken too much to come within limits again is left where it was, and only settles. */
function settlingOf(polish: Schedule, idle: number): Schedule {
  return idle % 2 === 0 ? polish : coldOf(polish);
}

/** A hunt for goals that are not met. */
interface Hunt {
  best: Attempt;
  /** Goals whose limits are kept from now on. */
  needed: readonly PreparedGoal[];
  readonly conflicts: SoftConflicts | undefined;
  /** How far from limits the looks for a goal have ended. */
  readonly looks: Map<PreparedGoal, number[]>;
  /** Steps at which no further goal is looked for. */
  end: number;
}

function keep(hunt: Hunt, annealed: Attempt | undefined): void {
  if (annealed !== undefined && compareAttempts(annealed, hunt.best) < 0) hunt.best = annealed;
}

function isMet({ best: { search, end } }: Hunt, goals: readonly PreparedGoal[]): boolean {
  return goals.every((goal) => end.standing[search.goals.indexOf(goal)] === 0);
}

/**
 * One look for each goal that is not met, most important first, so that no goal uses up the chains of those after it;
 * then further looks for goals that came near, each with looks for what it cost less important ones.
 */
function* lookForGoals(hunt: Hunt): Generator<PlannerStep, void, void> {
  const { search } = hunt.best;
  const always = hunt.needed;
  const byPriority = [true, false].flatMap((isHard) =>
    search.goals.filter(({ hard }) => hard === isHard)
  );
  for (let round = 0; round < LOOKS.all; round++) {
    hunt.needed = always;
    for (const goal of byPriority) {
      if (always.includes(goal) || !isAimedAt(search, goal)) continue;
      if (isRuledOut(hunt.conflicts, goal, (other) => hunt.needed.includes(other))) continue;
      if (!isMet(hunt, [goal]) && isWorthALook(hunt, goal)) {
        yield* look(hunt, goal);
        // What less important goals came to says nothing any more.
        if (isMet(hunt, [goal])) forgetLooks(hunt, goal);
      }
      if (isMet(hunt, [goal])) hunt.needed = [...hunt.needed, goal];
    }
  }
}

/** Whether a look may find more than those before it: it came near, and not twice to the same end. */
function isWorthALook({ best: { search }, looks, end }: Hunt, goal: PreparedGoal): boolean {
  if (search.steps >= end || isOutOfReach(search, goal)) return false;
  const lefts = looks.get(goal) ?? [];
  const last = lefts.at(-1);
  if (last === undefined) return true;
  const near = NEAR * brokerShare(search);
  const isSame = lefts.slice(0, -1).some((left) => Math.abs(left - last) < SAME);
  return !isSame && lefts.filter((left) => left > near).length < LOOKS.far;
}

function* look(hunt: Hunt, goal: PreparedGoal): Generator<PlannerStep, void, void> {
  const { best, looks } = hunt;
  const needed = [...hunt.needed, goal];
  const found = yield* annealOnce(best, { needed, schedule: findFor(hunt, needed) });
  keep(hunt, found);
  looks.set(goal, [...looks.get(goal) ?? [], found?.left ?? Infinity]);
}

/** Hard limits are passed on the way only where all of them are looked for as well. */
function findFor({ best: { search } }: Hunt, needed: readonly PreparedGoal[]): Schedule {
  const schedule = findOf(search.model.replicaCount);
  const isKept = (goal: PreparedGoal) => needed.includes(goal) && !search.hopeless.has(goal);
  return search.goals.every((goal) => !goal.hard || goal.axisLimits === undefined || isKept(goal))
    ? schedule
    : { ...schedule, passesHard: false };
}

function forgetLooks({ best: { search }, looks }: Hunt, after: PreparedGoal): void {
  for (const goal of search.goals.slice(search.goals.indexOf(after))) looks.delete(goal);
}

function attemptsFor(model: ClusterModel): number {
  // Annealing makes up for the draws of one search, and its own time grows with the replicas.
  if (isAnnealed(model.replicaCount)) return 1;
  const fitting = Math.floor(REPLICAS_ATTEMPTED / Math.max(1, model.replicaCount));
  return Math.max(1, Math.min(ATTEMPTS_MAX, fitting));
}
