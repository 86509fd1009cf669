/**
 * The search of a re-plan beside goals that it spends nothing on.
 *
 * @module
 */
import type { AxisLimits, PreparedGoal } from "../../goals/goal.ts";
import { AXIS_COUNT, type ClusterModel } from "../../model/cluster_model.ts";
import { isAnnealed } from "../search/annealing/anneal.ts";
import { aimAt, aimsOf } from "../search/create_search.ts";
import { runSearch } from "../search/mod.ts";
import type { Search } from "../search/state.ts";
import type { PlannerStep } from "../steps.ts";
import { isAimedAt } from "./attempt.ts";

/** A search that shares all with another but its steps, and limits to aim at. */
export interface Eased {
  readonly search: Search;
  readonly aims: ReadonlyMap<PreparedGoal, AxisLimits | undefined>;
}

/**
 * A search that spends nothing on goals that the plan before could not meet: after little changed they can hardly be met either. Nor does it on those
 * that no plan can meet, for some plans; annealed ones from home do not aim at all of those either (`isAimedAt`). What the plan before did for
 * them is kept. `before`: brokers out under that plan by goal of the search; `isRecent`: whether it is not long since one was searched from home. Undefined where all goals are aimed at as usual. The model is in the state of that plan.
 */
export function easedOf(
  search: Search,
  before: readonly number[],
  isRecent: boolean,
): Eased | undefined {
  const { hopeless, model } = search;
  const unmet = search.goals.filter((_, i) => before[i]! > 0);
  const isSmall = isAnnealed(model.replicaCount);
  const isSpared = hopeless.size > 0 && (isSmall || isRecent);
  if (unmet.length === 0 && !isSpared) return undefined;
  const aimed = search.goals.filter((goal) =>
    !unmet.includes(goal) && (!isSpared || isAimedAt(search, goal))
  );
  const aims = aimsOf(search, aimed);
  const kept = [...search.aims].filter(([goal]) => aims.has(goal));
  if (!isSmall) {
    for (const [goal, limits] of aimsOf(search, search.goals)) {
      if (!aims.has(goal) && limits !== undefined) aims.set(goal, asTheyAre(model, limits));
    }
  }
  return {
    search: { ...search, hopeless: new Set([...hopeless, ...unmet]), aims: new Map(kept) },
    aims,
  };
}

/** How much farther outside a broker may come, in parts of its sum: loads change a little from plan to plan. */
const DRIFT = 0.005;

/** Limits that brokers keep where they are: nothing is spent on coming nearer, and nothing taken back that came. */
function asTheyAre({ sums }: ClusterModel, limits: AxisLimits): AxisLimits {
  const { axis, upper, lower } = limits;
  const sum = (b: number) => sums[b * AXIS_COUNT + axis]!;
  return {
    ...limits,
    upper: upper.map((most, b) => Math.max(most, sum(b) * (1 + DRIFT))),
    lower: lower.map((least, b) => Math.min(least, sum(b) * (1 - DRIFT))),
  };
}

/** Runs the search, or the eased one in its place. */
export function* searchOn(
  search: Search,
  eased: Eased | undefined,
): Generator<PlannerStep, void, void> {
  if (eased === undefined) return yield* runSearch(search);
  eased.search.part = search.part;
  const aimBack = aimAt(search, eased.aims);
  yield* runSearch(eased.search);
  aimBack();
  search.steps = eased.search.steps;
}
