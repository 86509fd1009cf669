/**
 * Soft goals that no plan meets beside more important ones, proven before any byte is spent on them.
 *
 * @module
 */
import type { PreparedGoal } from "../../goals/goal.ts";
import { goalsInConflict } from "../search/pricing/goals_in_conflict.ts";
import { isOutOfReach } from "../search/pricing/out_of_reach.ts";
import type { Search } from "../search/state.ts";
import { type PlannerStep, saying } from "../steps.ts";

/** Conflicts that are looked for at most: each costs a look at all goals. */
const CONFLICTS_MAX = 8;

/** By soft goal the goals that it cannot be met together with: more important ones, or hard ones. */
export type SoftConflicts = ReadonlyMap<PreparedGoal, readonly PreparedGoal[]>;

/**
 * What is known of that, looked for at the first call for all searches of a plan. None where rules say which replicas may move at all, or limits hold window
 * by window: what is proven would be another question then. Many goals are in no conflict that can be proven, and yet cannot be met.
 */
export function* conflictsOf(search: Search): Generator<void, SoftConflicts, void> {
  const { conflicts, onlyImmigrants, onlyToNew, windows } = search;
  const isFree = !onlyImmigrants && !onlyToNew && windows === undefined;
  conflicts.found ??= isFree ? yield* softConflicts(search) : new Map();
  return conflicts.found;
}

/** {@link conflictsOf} as steps of a plan. */
export function* conflictSteps(search: Search): Generator<PlannerStep, SoftConflicts, void> {
  const step = { step: "Looking for goals in conflict", completionPercentage: 99 };
  return yield* saying({ ...step, steps: search.steps }, conflictsOf(search));
}

/** Whether a goal cannot be met because all that it conflicts with is. */
export function isRuledOut(
  conflicts: SoftConflicts | undefined,
  goal: PreparedGoal,
  isMet: (goal: PreparedGoal) => boolean,
): boolean {
  return conflicts?.get(goal)?.every(isMet) === true;
}

/** Leaves out the least important of goals that conflict until no conflict is found any more. */
function* softConflicts(search: Search): Generator<void, SoftConflicts, void> {
  const found = new Map<PreparedGoal, readonly PreparedGoal[]>();
  const all = byPriority(search);
  for (const goal of all) if (!goal.hard && isOutOfReach(search, goal)) found.set(goal, []);
  let wanted = all.filter((goal) => !found.has(goal));
  while (found.size < CONFLICTS_MAX) {
    const conflict = yield* goalsInConflict(search, wanted);
    const last = conflict?.at(-1);
    if (last === undefined || last.hard) break;
    found.set(last, conflict!.slice(0, -1));
    wanted = wanted.filter((goal) => goal !== last);
  }
  // A goal was left out beside others that turned out not to be met either: without these it may be met.
  for (const [goal, beside] of [...found]) {
    if (!beside.some((other) => found.has(other))) continue;
    const number = all.indexOf(goal);
    const earlier = wanted.filter((other) => all.indexOf(other) < number);
    const conflict = yield* goalsInConflict(search, [...earlier, goal]);
    if (conflict?.at(-1) === goal) found.set(goal, conflict.slice(0, -1));
    else {
      found.delete(goal);
      wanted = all.filter((other) => other === goal || wanted.includes(other));
    }
  }
  return found;
}

/**
 * Goals that may be met: hard ones first, then in their order. Without those that demand less than their limits, which
 * are in nobody's way.
 */
function byPriority({ goals, hopeless }: Search): readonly PreparedGoal[] {
  const can = goals.filter((goal) =>
    !hopeless.has(goal) && goal.idle !== true && goal.onlyWished === undefined
  );
  return [...can.filter((goal) => goal.hard), ...can.filter((goal) => !goal.hard)];
}
