/**
 * How goals stand in a cluster as it is: no search, nothing moved.
 *
 * @module
 */
import { balancednessCosts, balancednessOf } from "../goals/balancedness.ts";
import { farthestOut } from "../goals/goal.ts";
import { ok, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import { strandedCount } from "../model/cluster_model.ts";
import { prepare } from "./prepare.ts";
import type { PlannerSettings } from "./settings.ts";

/** One goal. */
export interface Standing {
  readonly goal: string;
  readonly hard: boolean;
  /** Why it was not looked at, undefined when it was. */
  readonly off: string | undefined;
  readonly violated: boolean;
  /** The broker that is out most and why, undefined when the goal is met. */
  readonly explanation: string | undefined;
}

/** All goals of the settings, in their order. */
export interface Standings {
  readonly goals: readonly Standing[];
  /** 0..100 by the weights of these goals (Cruise Control's balancedness score). */
  readonly balancedness: number;
  /** Replicas that must leave where they are. */
  readonly offlineReplicas: number;
}

/** Looks at every goal. Fails with `invalid_argument` as planning does. O(R + goals x B). */
export function standings(input: ClusterInput, settings: PlannerSettings): Result<Standings> {
  const prepared = prepare(input, settings);
  if (!prepared.ok) return prepared;
  const { model, context, goals } = prepared.value;
  const costs = balancednessCosts(goals.map((planned) => planned.goal), settings.constraint);
  const stands = goals.map(({ goal, off, prepared: ready, infeasible }): Standing => {
    const [worst] = ready === undefined ? [] : farthestOut(ready, context);
    const violated = worst !== undefined;
    const explanation = worst === undefined ? undefined : infeasible?.reason ??
      `broker ${model.input.brokers[worst]!.id}: ${ready!.explain(worst)}`;
    return { goal: goal.name, hard: goal.hard, off, violated, explanation };
  });
  return ok({
    goals: stands,
    balancedness: balancednessOf(costs, (i) => stands[i]!.violated),
    offlineReplicas: strandedCount(model),
  });
}
