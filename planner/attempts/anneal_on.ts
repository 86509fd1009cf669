/**
 * Annealing in the place of a search from home: what loads have changed since a plan is often out by a hair, and near to a placement within limits.
 *
 * @module
 */
import type { PreparedGoal } from "../../goals/goal.ts";
import { annealOnce, attemptOf, compareAttempts, isAimedAt } from "./attempt.ts";
import { isAnnealed, type Schedule } from "../search/annealing/anneal.ts";
import { restore } from "../search/checkpoint.ts";
import type { Search } from "../search/state.ts";
import type { PlannerStep } from "../steps.ts";

/**
 * Anneals from where the model is, and leaves it there unless that is better. Does nothing where a cluster is too large.
 *
 * @param needed goals whose limits are to be kept
 */
export function* annealOn(
  search: Search,
  needed: readonly PreparedGoal[],
  schedule: Schedule,
): Generator<PlannerStep, void, void> {
  if (!isAnnealed(search.model.replicaCount)) return;
  const aimed = needed.filter((goal) => isAimedAt(search, goal));
  const begin = attemptOf(search);
  const found = yield* annealOnce(begin, { needed: aimed, schedule });
  if (found === undefined) return;
  restore(search, compareAttempts(found, begin) < 0 ? found.end : begin.end);
}
