/**
 * A smallest set of constraints that keep a hard goal from being met: leave any one of them out and a plan meets it.
 *
 * @module
 */
import { drain } from "../lib/steps.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import type { PlannerSettings } from "./settings.ts";
import { hardOf, tryGoals } from "./try_goals.ts";

/** Clusters with more replicas are not asked: each constraint costs a plan. */
export const CONFLICT_REPLICAS_MAX = 50_000;

/** Something that a plan has to keep, and the settings without it. */
interface Restriction {
  readonly text: string;
  readonly without: (settings: PlannerSettings) => PlannerSettings;
}

/**
 * Leaves out one constraint after the other, as long as the others cannot all be kept with the goal (deletion filter,
 * Chinneck and Dravnieks 1991). Without any one of the result the goal and all others of it can be kept; there may be other sets of that
 * kind. Goals that cannot be met without this one either are no part of it, unless they alone stand in its way. Empty when the goal alone
 * cannot be met. "Cannot" means that the planner finds no plan, which on small clusters is nearly always that there is none.
 *
 * @param goal name of the hard goal; it is never left out
 */
export function conflictOf(
  input: ClusterInput,
  settings: PlannerSettings,
  goal: string,
): readonly string[] {
  if (input.replicaBroker.length > CONFLICT_REPLICAS_MAX) return [];
  const { budget: _, previous: __, keeper: ___, ...rest } = settings;
  // Soft goals bind nothing.
  const hard = hardOf(settings.goals);
  const asked: PlannerSettings = { ...rest, goals: hard, unmetHardGoals: "fail" };
  const others = metTogether(input, { ...asked, goals: hard.filter((name) => name !== goal) });
  const beside = hard.filter((name) => name === goal || others.includes(name));
  let kept = unmetOf(input, { ...asked, goals: beside }).length > 0
    ? { ...asked, goals: beside }
    : asked;
  const needed: string[] = [];
  for (const restriction of restrictionsOf(kept, goal)) {
    const without = restriction.without(kept);
    if (unmetOf(input, without).length > 0) kept = without;
    else needed.push(restriction.text);
  }
  return needed;
}

/** Goals of the settings that can be met together, most of them. */
function metTogether(input: ClusterInput, settings: PlannerSettings): readonly string[] {
  let { goals } = settings;
  while (goals.length > 0) {
    const unmet = unmetOf(input, { ...settings, goals });
    const met = goals.filter((name) => !unmet.includes(name));
    if (met.length === goals.length) break;
    goals = met;
  }
  return goals;
}

function unmetOf(input: ClusterInput, settings: PlannerSettings): readonly string[] {
  if (settings.goals.length === 0) return [];
  const step = { step: "Looking for conflicts", completionPercentage: 100, steps: 0 };
  return drain(tryGoals(input, settings, step)).unmet ?? [];
}

function restrictionsOf(settings: PlannerSettings, goal: string): Restriction[] {
  const restrictions: Restriction[] = [];
  const add = (isSet: boolean, text: string, without: Restriction["without"]) => {
    if (isSet) restrictions.push({ text, without });
  };
  add(settings.onlyMoveImmigrants, "only replicas that are added or offline may move", (now) => ({
    ...now,
    onlyMoveImmigrants: false,
  }));
  add(
    settings.destinationBrokerIds.length > 0,
    `only brokers ${settings.destinationBrokerIds.join(", ")} may receive replicas`,
    (now) => ({ ...now, destinationBrokerIds: [] }),
  );
  add(
    settings.excludedForReplicaMove.length > 0,
    `brokers ${settings.excludedForReplicaMove.join(", ")} receive no replicas`,
    (now) => ({ ...now, excludedForReplicaMove: [] }),
  );
  add(
    settings.excludedForLeadership.length > 0,
    `brokers ${settings.excludedForLeadership.join(", ")} get no leadership`,
    (now) => ({ ...now, excludedForLeadership: [] }),
  );
  const topics = settings.excludedTopics === ""
    ? settings.constraint.excludedTopics
    : settings.excludedTopics;
  add(topics !== "", `topics ${topics} stay where they are`, (now) => ({
    ...now,
    excludedTopics: "",
    constraint: { ...now.constraint, excludedTopics: "" },
  }));
  for (const name of settings.goals) {
    add(name !== goal, name, (now) => ({
      ...now,
      goals: now.goals.filter((other) => other !== name),
    }));
  }
  return restrictions;
}
