/**
 * A smallest set of constraints that keep a hard goal from being met: leave any one of them out and a plan meets it.
 *
 * @module
 */
import { goalNamed } from "../goals/catalog.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { makeOutcome } from "./plan.ts";
import type { PlannerSettings } from "./settings.ts";

/** Clusters with more replicas are not asked: each constraint costs a plan. */
export const CONFLICT_REPLICAS_MAX = 50_000;

/** Something that a plan has to keep, and the settings without it. */
interface Restriction {
  readonly text: string;
  readonly without: (settings: PlannerSettings) => PlannerSettings;
}

/**
 * Leaves out one constraint after the other, as long as the goal stays unmet (deletion filter, Chinneck and Dravnieks
 * 1991). No constraint of the result can be left out; there may be other sets of that kind. Empty when the goal alone
 * cannot be met. "Unmet" means that the planner finds no plan, which on small clusters is nearly always that there is
 * none.
 *
 * @param goal name of the hard goal; it is never left out
 */
export function conflictOf(
  input: ClusterInput,
  settings: PlannerSettings,
  goal: string,
): readonly string[] {
  if (input.replicaBroker.length > CONFLICT_REPLICAS_MAX) return [];
  const { budget: _, ...rest } = settings;
  // Soft goals bind nothing.
  const hard = settings.goals.filter((name) => goalNamed(name)?.hard === true);
  let kept: PlannerSettings = { ...rest, goals: hard, unmetHardGoals: "report" };
  const isUnmet = (tried: PlannerSettings) => {
    const made = makeOutcome(input, tried);
    return made.ok && made.value.summary.unmet?.some((unmet) => unmet.goal === goal) === true;
  };
  const needed: string[] = [];
  for (const restriction of restrictionsOf(kept, goal)) {
    const without = restriction.without(kept);
    if (isUnmet(without)) kept = without;
    else needed.push(restriction.text);
  }
  return needed;
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
