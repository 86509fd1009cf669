/**
 * Plans from home as well, where the choice of log dirs cost a plan that goes on from the one before a goal. Log dirs are chosen when
 * the search is done, so it cannot weigh that itself.
 *
 * @module
 */
import type { Result } from "../lib/failure.ts";
import { isAnnealed } from "./search/annealing/anneal.ts";
import { standingOf } from "./search/checkpoint.ts";
import type { Search } from "./search/state.ts";
import type { Asked, Planned } from "./sizing/with_enough.ts";
import { type PlannerStep, quiet, saying } from "./steps.ts";
import { hasLogDirs } from "./topology.ts";

/** A plan, and whether its log dirs cost it goals. */
export interface Settled extends Planned {
  /** Whether a goal is left that was met before log dirs were chosen or, where a plan costs little, any hard one. */
  readonly costsGoals: boolean;
}

/** `made`, or the plan from home where that meets more important goals. */
export function* withHomeToo<T extends Settled>(
  made: Result<T>,
  { input, settings, makes }: Asked<T>,
): Generator<PlannerStep, Result<T>, void> {
  if (settings.previous === undefined || !hasLogDirs(input)) return made;
  const isLeft = made.ok ? made.value.costsGoals : made.failure.code === "hard_goal_unmet";
  if (!isLeft) return made;
  const steps = made.ok ? made.value.summary.steps : 0;
  const step = { step: "Planning from home", completionPercentage: 100, steps };
  const { previous: _, ...rest } = settings;
  const fresh = yield* saying(step, quiet(makes(input, rest)));
  return isBetter(fresh, made) ? fresh : made;
}

/** Whether the most important goal that only one of them meets is one of the plan from home. */
function isBetter<T extends Settled>(fresh: Result<T>, made: Result<T>): boolean {
  if (!fresh.ok || !made.ok) return fresh.ok;
  const goals = made.value.summary.goals;
  const others = fresh.value.summary.goals;
  const differs = goals.find((goal, i) => goal.violatedAfter !== others[i]!.violatedAfter);
  return differs?.violatedAfter === true;
}

/** See {@link Settled}. `searched`: brokers out by goal of the search before log dirs were chosen. */
export function costsGoals(search: Search, searched: readonly number[]): boolean {
  const now = standingOf(search);
  // A large cluster that is left with a hard goal pays no whole plan for it each time.
  const isSmall = isAnnealed(search.model.replicaCount);
  return search.goals.some((goal, i) =>
    now[i]! > 0 && (searched[i] === 0 || (isSmall && goal.hard))
  );
}
