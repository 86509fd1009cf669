/**
 * What a plan has come to, by its goals.
 *
 * @module
 */
import { balancednessCosts, balancednessOf } from "../../goals/balancedness.ts";
import type { BalancingConstraint } from "../../goals/constraint.ts";
import { brokersOut } from "../../goals/goal.ts";
import type { CurvePoint } from "../../model/plan.ts";
import type { Prepared } from "../prepared.ts";

/** Brokers out by goal of the request, as the model is now; none of a goal that is off. */
export function outOf({ goals, context }: Prepared): number[] {
  return goals.map(({ prepared: goal }) =>
    goal === undefined ? 0 : brokersOut(goal, context).length
  );
}

/** What a plan that costs so much has come to, as the model is now. */
export function pointOf(
  prepared: Prepared,
  constraint: BalancingConstraint,
  cost: { mb: number; moves: number },
  out = outOf(prepared),
): CurvePoint {
  const costs = balancednessCosts(prepared.goals.map((goal) => goal.goal), constraint);
  const { mb, moves } = cost;
  const goalsMet = out.filter((count) => count === 0).length;
  return { mb, moves, balancedness: balancednessOf(costs, (i) => out[i] !== 0), goalsMet };
}
