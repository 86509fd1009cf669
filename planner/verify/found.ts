/**
 * What adding everything up has come to, for what a plan says to be held against.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { VerifiedGoal } from "./goal_check.ts";
import type { Tally } from "./tally.ts";

/** What was found. */
export interface Found {
  readonly replicasMoved: number;
  readonly movedOnBroker: number;
  readonly leadersMoved: number;
  readonly mbToMove: number;
  readonly before: Tally;
  readonly after: Tally;
  /** By name: those that were asked for, and those that the plan speaks of. */
  readonly goals: ReadonlyMap<string, VerifiedGoal>;
  readonly topicNames: readonly string[];
  readonly constraint: BalancingConstraint;
  /** Whether as many replicas are there afterwards: counts and figures of plans that add or delete some are not compared. */
  readonly keepsCounts: boolean;
}
