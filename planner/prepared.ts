/**
 * Everything that a plan is made from.
 *
 * @module
 */
import type { BalancingConstraint } from "../goals/constraint.ts";
import type { AxisLimits, Goal, GoalContext, Infeasible, PreparedGoal } from "../goals/goal.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { ChangedInput } from "./operations/replication_factor.ts";
import type { Kept } from "./previous.ts";
import type { Carried } from "./replan/carried.ts";
import type { Places } from "./replan/places.ts";
import type { Search } from "./search/state.ts";

/** A goal of the request: prepared, or off with the reason. */
export interface PlannedGoal {
  readonly goal: Goal;
  readonly off: string | undefined;
  readonly prepared: PreparedGoal | undefined;
  /** Why no plan can meet it, when that is known before the search. */
  readonly infeasible: Infeasible | undefined;
  /** Limits to aim at where the goal's own cannot be reached. */
  readonly aim: AxisLimits | undefined;
  /** See `Oversize.aimNow`; undefined where the aim does not depend on where replicas are. */
  readonly aimNow: (() => AxisLimits) | undefined;
}

/** Everything that a plan is made from. */
export interface Prepared {
  readonly model: ClusterModel;
  /** Sums of all brokers with everything at home, B x 8 as in the model. */
  readonly homeSums: Float64Array;
  readonly context: GoalContext;
  readonly goals: readonly PlannedGoal[];
  /** Set when replicas are added or deleted: `model` is then of the changed cluster. */
  readonly changed: ChangedInput | undefined;
  /** Set when the model was kept from the last plan: its loads and sums are those at home, replicas are where that plan has them. */
  readonly kept: Kept | undefined;
  /** Places of the previous plan, where they are of this topology or could be carried over to it. */
  readonly places: Places | undefined;
  /** Set when sums follow from those of `places`. */
  readonly carried: Carried | undefined;
  /** Partitions whose loads are not those of `places`; Infinity where they are many, 0 where loads cannot be compared. */
  readonly changedCount: number;
  /** See `isPlain` of `keeper.ts`. */
  readonly isPlain: boolean;
  /** What is known of a goal before the search where the settings are these; with everything at home. */
  readonly withConstraint: (goal: Goal, constraint: BalancingConstraint) => PlannedGoal;
  /** A search from home whose draws follow from the attempt's number. */
  readonly searchOf: (attempt: number) => Search;
  /** The same on the same model, for some of the goals alone, without what the plan before left. */
  readonly withGoals: (goals: readonly PlannedGoal[]) => Prepared;
}

/** The places of the plan before, where the search took all of them up. */
export function takenUp({ places }: Prepared, { reasons }: Search): Places | undefined {
  return reasons.places === undefined ? undefined : places;
}
