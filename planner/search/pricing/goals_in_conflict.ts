/**
 * Which goals cannot be met together: found by prices that rise without end (`priced.ts`), proven by what these add up
 * to (`dual.ts`).
 *
 * @module
 */
import { NO_LIMIT, type PreparedGoal } from "../../../goals/goal.ts";
import { ALIVE, AXIS_COUNT, MAY_RECEIVE } from "../../../model/cluster_model.ts";
import { type DraftLimits, limitsOf } from "../annealing/draft_limits.ts";
import { scaleOf } from "../annealing/draft.ts";
import { isProof, type ProofPrices } from "./dual.ts";
import { freePrices } from "./priced.ts";
import type { ConflictProof, Search } from "../state.ts";

/** Sweeps after which a proof is tried: most are there after few, and a try costs less than a sweep. */
const TRIED_AFTER = [2, 4, 8, 16, 32];
/** Brokers looked at for replicas, in all sweeps. */
const LOOKS = 10_000_000;

/**
 * Of these goals some that no placement meets together, as few as prices show; undefined where none were found, which
 * says nothing. Only racks, limits of brokers and limits of topics are looked at: other rules leave no more
 * placements. The model stays as it is; a step of the budget a replica and sweep. O(sweeps x R x B).
 */
export function* goalsInConflict(
  search: Search,
  goals: readonly PreparedGoal[],
): Generator<void, readonly PreparedGoal[] | undefined, void> {
  const { replicaCount, brokerCount } = search.model;
  for (const proof of search.conflicts.known) {
    yield;
    const again = holdsAgain(search, goals, proof);
    if (again !== undefined) return again;
  }
  if (search.conflicts.onlyKnown) return undefined;
  const fitting = Math.floor(LOOKS / Math.max(1, replicaCount * brokerCount));
  // Sweeps after the last try tell nothing.
  const sweeps = TRIED_AFTER.findLast((tried) => tried <= fitting) ?? 0;
  let sweep = 0;
  for (const prices of freePrices(search, limitsOf(search, goals), sweeps)) {
    yield;
    sweep++;
    search.steps += replicaCount;
    if (!TRIED_AFTER.includes(sweep)) continue;
    const { scale } = prices.draft;
    if (isConflict(search, { goals, prices, scale })) {
      const few = fewest(search, { goals, prices, scale });
      search.conflicts.proofs.push({
        goals: few.map(({ name }) => name),
        prices: soundPrices(search, limitsOf(search, few), prices),
      });
      return few;
    }
  }
  return undefined;
}

/** The goals of a proof, if they are among these and it holds: any prices are sound, and little changes from plan to plan. */
function holdsAgain(
  search: Search,
  goals: readonly PreparedGoal[],
  proof: ConflictProof,
): readonly PreparedGoal[] | undefined {
  const { above, topicAbove } = proof.prices;
  const { brokerCount, topicCount } = search.model;
  if (above.length !== brokerCount * AXIS_COUNT) return undefined;
  if (topicAbove.length !== brokerCount * topicCount) return undefined;
  const named = goals.filter(({ name }) => proof.goals.includes(name));
  if (named.length < proof.goals.length) return undefined;
  search.steps += search.model.replicaCount;
  if (!isConflict(search, { goals: named, prices: proof.prices, scale: scaleOf(search) })) {
    return undefined;
  }
  search.conflicts.proofs.push(proof);
  return named;
}

/** Goals, and prices that may show that they conflict. */
interface Shown {
  readonly goals: readonly PreparedGoal[];
  readonly prices: ProofPrices;
  /** 1 / target by broker and axis. */
  readonly scale: Float64Array;
}

function isConflict(search: Search, { goals, prices, scale }: Shown): boolean {
  const limits = limitsOf(search, goals);
  const racksDiffer = goals.some((goal) => goal.racksDiffer === true);
  return isProof({ search, limits, scale, racksDiffer }, soundPrices(search, limits, prices));
}

/** Leaves out goal after goal, the least important first, while prices of the others still show a conflict. */
function fewest(search: Search, shown: Shown): readonly PreparedGoal[] {
  let left = shown.goals;
  for (const goal of shown.goals.toReversed()) {
    const fewer = left.filter((other) => other !== goal);
    if (isConflict(search, { ...shown, goals: fewer })) left = fewer;
  }
  return left;
}

/** Prices of what goals judge by alone: limits of alive brokers, and of topics of which nothing is excluded. */
function soundPrices(
  { model }: Search,
  limits: DraftLimits,
  prices: ProofPrices,
): ProofPrices {
  const { brokerCount, flags, pinned, topic } = model;
  const has = (b: number, flag: number) => (flags[b]! & flag) === flag;
  const isExcluded = new Uint8Array(model.topicCount);
  for (let p = 0; p < pinned.length; p++) if (pinned[p] === 1) isExcluded[topic[p]!] = 1;
  const ofBrokers = (given: Float64Array, isLimit: (i: number) => boolean) =>
    given.map((price, i) => isLimit(i) && has(Math.floor(i / AXIS_COUNT), ALIVE) ? price : 0);
  const ofTopics = (given: Float64Array, flag: number, isLimit: (t: number) => boolean) =>
    given.map((price, cell) => {
      const t = Math.floor(cell / brokerCount);
      return isLimit(t) && isExcluded[t] === 0 && has(cell % brokerCount, flag) ? price : 0;
    });
  return {
    above: ofBrokers(prices.above, (i) => limits.upper[i]! < Infinity),
    below: ofBrokers(prices.below, (i) => limits.lower[i]! > 0),
    topicAbove: ofTopics(prices.topicAbove, ALIVE, (t) => limits.topicUpper[t]! < NO_LIMIT),
    topicBelow: ofTopics(prices.topicBelow, ALIVE | MAY_RECEIVE, (t) => limits.topicLower[t]! > 0),
  };
}
