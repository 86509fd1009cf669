/**
 * Whether hard goals can be met, as far as planning for them alone tells: bytes are not saved, nothing is put in order.
 *
 * @module
 */
import { goalNamed } from "../goals/catalog.ts";
import { refreshSteps } from "../model/model_check.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { bestAttempt } from "./attempts/attempts.ts";
import { settleLogDirs } from "./log_dirs/settle_log_dirs.ts";
import { prepareSteps } from "./prepare.ts";
import type { PlannerSettings } from "./settings.ts";
import { type PlannerStep, quiet, saying } from "./steps.ts";
import { impossibleGoals, unmetAfter } from "./unmet.ts";

/** What planning came to. */
export interface Tried {
  /** Goals that were not met, "" for offline replicas; undefined where the request does not fit the cluster. */
  readonly unmet: readonly string[] | undefined;
  /** Steps of the search. */
  readonly steps: number;
}

/** Those of the goals that a plan may not leave unmet. */
export function hardOf(goals: readonly string[]): string[] {
  return goals.filter((name) => {
    const goal = goalNamed(name);
    return goal?.hard === true && goal.bestEffort !== true;
  });
}

/** Plans for the goals of the settings, which are all hard, and says which of them are not met. */
export function* tryGoals(
  input: ClusterInput,
  settings: PlannerSettings,
  step: PlannerStep,
): Generator<PlannerStep, Tried, void> {
  const prepared = yield* saying(step, prepareSteps(input, settings));
  if (!prepared.ok) return { unmet: undefined, steps: 0 };
  const impossible = impossibleGoals(prepared.value);
  if (impossible.length > 0) return { unmet: impossible.map(({ goal }) => goal), steps: 0 };
  yield step;
  const out = prepared.value.goals.map(() => Infinity);
  // Whatever bytes it takes is near enough to the fewest.
  const known = { boundMb: Infinity, out, healsRest: false };
  const search = yield* saying(step, quiet(bestAttempt(prepared.value, known)));
  yield* saying(step, quiet(settleLogDirs(settings.goals, search)));
  yield* saying(step, refreshSteps(prepared.value.model));
  search.windows?.refresh();
  return { unmet: unmetAfter(prepared.value, search).map(({ goal }) => goal), steps: search.steps };
}
