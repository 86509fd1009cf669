/**
 * What the next plan may start from: a plan, and the model that it left.
 *
 * @module
 */
import type { BalancingConstraint } from "../goals/constraint.ts";
import type { ClusterModel } from "../model/cluster_model.ts";
import type { PlanSummary } from "../model/plan.ts";
import type { Proposal, Proposals } from "../model/proposal.ts";
import type { RackGroups } from "./bounds/rack_groups.ts";
import type { ClusterStanding } from "./cluster_standing.ts";
import type { Places } from "./replan/places.ts";

/** One partition of the plan to start from. */
export type PreviousProposal = Pick<Proposal, "topic" | "partition" | "newReplicas" | "reasons">;

/** A plan to start from. */
export interface PreviousPlan {
  readonly proposals: Proposals<PreviousProposal>;
  /** MB over the lower bound of the last plan that was searched for from home; 1 when nothing had to move. */
  readonly aboveBound: number;
  /** The same as arrays, for a cluster of the same topology. */
  readonly places?: Places | undefined;
}

/** A plan that is this much farther above the bound than the previous one is measured against one from home. */
export const GROWTH_MAX = 1.02;

/** What the next plan may start from: this one. `earlier`: what this one itself started from. */
export function previousOf(
  plan: {
    readonly proposals: Proposals<PreviousProposal>;
    readonly summary: Pick<PlanSummary, "mbToMove" | "lowerBoundMb">;
    readonly places?: Places | undefined;
  },
  earlier?: PreviousPlan,
): PreviousPlan {
  const { mbToMove, lowerBoundMb } = plan.summary;
  const aboveBound = lowerBoundMb > 0 ? mbToMove / lowerBoundMb : 1;
  // Beyond that it was searched for from home as well. Otherwise small losses must not add up from plan to plan.
  const isWarm = earlier !== undefined &&
    (aboveBound <= earlier.aboveBound * GROWTH_MAX || (plan.places?.age ?? 0) > 0);
  return {
    proposals: plan.proposals,
    places: plan.places,
    aboveBound: isWarm ? Math.min(aboveBound, earlier.aboveBound) : aboveBound,
  };
}

/** What a plan was asked for besides the cluster, to be compared. */
export interface KeptRules {
  readonly constraint: BalancingConstraint;
  /** Everything else, as text. */
  readonly text: string;
}

/** A model at the end of a plan, and how its cluster stood at home. */
export interface Kept {
  readonly rules: KeptRules;
  readonly model: ClusterModel;
  readonly places: Places;
  readonly before: ClusterStanding;
  /** Replicas that share racks at home, with their sizes; undefined where some have to leave. */
  readonly groups: RackGroups | undefined;
}

/** What lives from plan to plan; at most one model. */
export interface Keeper {
  kept: Kept | undefined;
}
