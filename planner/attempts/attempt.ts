/**
 * What a search came to, what is better, and annealing it once.
 *
 * @module
 */
import { drain } from "../../lib/steps.ts";
import { allPenalties, brokersOut, type PreparedGoal } from "../../goals/goal.ts";
import { strandedCount } from "../../model/cluster_model.ts";
import { changesOf } from "../proposals/changes.ts";
import { anneal, isAnnealed, type Schedule } from "../search/annealing/anneal.ts";
import {
  type Checkpoint,
  checkpoint,
  compareMet,
  compareStanding,
  type Places,
  restore,
} from "../search/checkpoint.ts";
import { limitsOf } from "../search/annealing/draft_limits.ts";
import { noteNewReasons } from "../search/parts/late_reasons.ts";
import { pack } from "../search/parts/pack.ts";
import { evenPositions } from "../search/parts/positions.ts";
import { prune } from "../search/parts/prune.ts";
import { fit } from "../search/fitting/fit.ts";
import { placesOfFitting } from "../search/fitting/places.ts";
import { puzzleOf } from "../search/fitting/puzzle.ts";
import { aimAt, aimsOf } from "../search/create_search.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";

/** A plan this near to the lower bound is not tried to be improved. */
const NEAR_BOUND = 1.002;

/** What is worse by this is rounding. */
const ROUNDING = 1e-9;

/** What an attempt came to. */
export interface Attempt {
  readonly search: Search;
  readonly end: Checkpoint;
  readonly mb: number;
  readonly leaders: number;
  /** Replicas that are left offline. */
  readonly stranded: number;
}

/** What the search has come to. O(R). */
export function attemptOf(search: Search): Attempt {
  const { totals } = changesOf(search.model);
  return {
    search,
    end: checkpoint(search),
    mb: totals.mbToMove,
    leaders: totals.leadershipMoves,
    stranded: strandedCount(search.model),
  };
}

/**
 * Fewer replicas that are left offline first, then goals that are met, then brokers out, where a cluster is annealed those of hard goals alone, then bytes, then
 * leader changes: negative when `a` is better.
 */
export function compareAttempts(a: Attempt, b: Attempt): number {
  if (a.stranded !== b.stranded) return a.stranded - b.stranded;
  const compare = isAnnealed(a.search.model.replicaCount) ? compareHard : compareStanding;
  const standing = compareMet(a.search, a.end.standing, b.end.standing) ||
    compare(a.search, a.end.standing, b.end.standing);
  if (standing !== 0) return standing;
  return a.mb === b.mb ? a.leaders - b.leaders : a.mb - b.mb;
}

function compareHard({ goals }: Search, a: readonly number[], b: readonly number[]): number {
  for (const [i, { hard }] of goals.entries()) if (hard && a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** Whether it leaves nothing offline, meets all goals that can be met and is next to the lower bound. */
export function isGoodEnough(attempt: Attempt, boundMb: number): boolean {
  return attempt.stranded === 0 && attempt.end.standing.every((out) => out === 0) &&
    attempt.mb <= boundMb * NEAR_BOUND;
}

/** Whether any hard goal is missed that can be met, or anything left offline. */
export function missesHardGoal({ search, end, stranded }: Attempt): boolean {
  return stranded > 0 || search.goals.some((goal, i) => goal.hard && end.standing[i]! > 0);
}

/** Whether a hard limit is passed that annealing knows of, or anything left offline, which limits keep from where it could go. */
export function missesHardLimit({ search, end, stranded }: Attempt): boolean {
  return stranded > 0 ||
    search.goals.some((goal, i) =>
      goal.hard && goal.axisLimits !== undefined && end.standing[i]! > 0
    );
}

/** Whether any broker is above a hard limit now, also where no plan can change that. */
export function passesHardLimit({ goals, context }: Search): boolean {
  return goals.some((goal) =>
    goal.hard && goal.axisLimits !== undefined && brokersOut(goal, context).length > 0
  );
}

/** Whether limits of the goal are to be kept at the price of bytes. */
export function isAimedAt(search: Search, goal: PreparedGoal): boolean {
  if (!search.hopeless.has(goal)) return goal.idle !== true;
  // New brokers are to be filled, also where racks or sizes keep a goal from being met quite.
  return (goal.hard || search.onlyToNew) && search.aims.has(goal);
}

/** What annealing came to, and how far it is from what it was to meet. */
export interface AnnealedAttempt extends Attempt {
  readonly left: number;
}

/** Anneals for these goals alone; the others are only wished for. Undefined when nothing better was found. */
export function* annealOnce(
  best: Attempt,
  options: { needed: readonly PreparedGoal[]; schedule: Schedule },
): Generator<PlannerStep, AnnealedAttempt | undefined, void> {
  const { search } = best;
  const { needed, schedule } = options;
  restore(search, best.end);
  const rest = search.goals.filter((goal) => !needed.includes(goal) && goal.idle !== true);
  const must = limitsOf(search, needed);
  const may = schedule.wish === 0 || rest.length === 0 ? undefined : limitsOf(search, rest);
  const step = { step: "Annealing", completionPercentage: 99, steps: search.steps };
  // Hard goals move what they must, also where soft ones move nothing that is online.
  const isFree = schedule.passesHard && needed.every(({ hard }) => hard) &&
    !search.strictImmigrants;
  const free: Search = isFree ? { ...search, onlyImmigrants: false } : search;
  const { places, left } = yield* saying(step, anneal(free, { must, may, schedule }));
  search.steps = free.steps;
  restore(search, best.end);
  if (places === undefined) return undefined;
  return { ...attemptAt(search, places, needed), left };
}

/** Packs brokers above the limits of these goals anew; undefined when none could be brought within. */
export function* packOnce(
  best: Attempt,
  needed: readonly PreparedGoal[],
): Generator<PlannerStep, Attempt | undefined, void> {
  const free = freed(best);
  const { search } = best;
  const step = { step: "Packing brokers anew", completionPercentage: 99, steps: search.steps };
  const places = yield* saying(step, pack(free, limitsOf(search, needed)));
  search.steps = free.steps;
  return places === undefined ? undefined : unlessWorse(search, places, needed);
}

/** Looks for a placement within the limits of these goals, whatever has to move; undefined where none was found. */
export function* fitOnce(
  best: Attempt,
  needed: readonly PreparedGoal[],
): Generator<PlannerStep, Attempt | undefined, void> {
  const puzzle = puzzleOf(freed(best), needed, false);
  if (puzzle === undefined) return undefined;
  const { search } = best;
  const step = {
    step: "Fitting replicas into limits",
    completionPercentage: 99,
    steps: search.steps,
  };
  const { found, steps } = yield* saying(step, fit(puzzle, search.prng.fork("fit")));
  search.steps += steps;
  return found === undefined ? undefined : unlessWorse(search, placesOfFitting(found), needed);
}

/** The search where the attempt has everything: hard goals move what they must, also where soft ones move nothing that is online. */
function freed({ search, end }: Attempt): Search {
  restore(search, end);
  return search.strictImmigrants ? search : { ...search, onlyImmigrants: false };
}

/** What comes of it, unless that brings a broker farther from a hard goal: sums of brokers do not tell of peaks, hosts and topics. */
function unlessWorse(
  search: Search,
  places: Places,
  needed: readonly PreparedGoal[],
): Attempt | undefined {
  const before = hardPenalties(search);
  const made = attemptAt(search, places, needed);
  const isWorse = hardPenalties(search).some((penalty, i) => penalty > before[i]! + ROUNDING);
  return isWorse ? undefined : made;
}

/** How far each broker is from meeting each hard goal. */
function hardPenalties({ goals, context }: Search): number[] {
  return goals.filter(({ hard }) => hard).flatMap((goal) => [...allPenalties(goal, context)]);
}

/** Goes there, and home again with whatever the limits of these goals allow. */
export function attemptAt(
  search: Search,
  places: Places,
  needed: readonly PreparedGoal[],
): Attempt {
  noteNewReasons(search, places);
  restore(search, places);
  const aimBack = aimAt(search, aimsOf(search, needed));
  drain(prune(search));
  aimBack();
  drain(evenPositions(search));
  return attemptOf(search);
}
