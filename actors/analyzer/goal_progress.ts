/**
 * Progress goal by goal, in Cruise Control's words, of a planner that works on all goals at once: a goal is done when
 * it and all goals before it are met, and the rest is done with the search. Pure.
 *
 * @module
 */
import type { PlannerStep } from "../../planner/steps.ts";

/** From planner steps to `progress`; `goals` are those that are planned for, most important first. */
export function goalProgress(
  goals: readonly string[],
  progress: (step: string, completionPercentage: number) => void,
): (step: PlannerStep) => void {
  let done = 0;
  const finishUntil = (end: number) => {
    for (; done < end; done++) progress(`OPTIMIZING ${goals[done]}`, 100);
  };
  return ({ step, goal, completionPercentage, notices = [] }) => {
    for (const notice of notices) progress(notice, 100);
    if (goal !== undefined) {
      finishUntil(goals.indexOf(goal));
      progress(`OPTIMIZING ${goal}`, completionPercentage);
      return;
    }
    if (completionPercentage === 100) finishUntil(goals.length);
    progress(step, completionPercentage);
  };
}
