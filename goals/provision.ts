/**
 * Whether the cluster has the right size: votes of goals, their texts and how they add up (analyzer specification,
 * "provisioning"; Cruise Control's ProvisionResponse and ProvisionRecommendation).
 *
 * @module
 */
import { countOf } from "../lib/count_of.ts";
import { FACTOR_COLUMNS } from "../model/fill_model.ts";
import type { GoalContext, ProvisionVote, Recommendation } from "./goal.ts";

/** Overall result. */
export interface Provision {
  readonly status: ProvisionVote["status"];
  readonly recommendations: readonly string[];
}

/** "Add at least 2 brokers with the same disk capacity (500000.00) as broker-3." */
export function recommendationText(
  status: "UNDER_PROVISIONED" | "OVER_PROVISIONED",
  what: Recommendation,
): string {
  const verb = status === "UNDER_PROVISIONED" ? "Add" : "Remove";
  return `${verb} at least ${countText(what)}${resourceText(what)}.`;
}

function countText(what: Recommendation): string {
  if (what.brokers !== undefined) return countOf(what.brokers, "broker");
  if (what.racks !== undefined) return `${countOf(what.racks, "rack")} with brokers`;
  const n = what.partitions ?? 0;
  return `the minimum number of partitions so that the topic regex ${what.topicPattern} has ${
    countOf(n, "partition")
  }`;
}

function resourceText(what: Recommendation): string {
  if (what.resource === undefined) return "";
  if (what.typicalBrokerId === undefined || what.typicalCapacity === undefined) {
    return ` for ${what.resource}`;
  }
  return ` with the same ${what.resource} capacity (${
    what.typicalCapacity.toFixed(2)
  }) as broker-${what.typicalBrokerId}`;
}

/**
 * Brings an over-provisioned vote back to what is safe: never below `overprovisioned.min.brokers`, never fewer
 * brokers than the highest replication factor.
 */
export function validatedVote(vote: ProvisionVote, context: GoalContext): ProvisionVote {
  if (vote.status !== "OVER_PROVISIONED") return vote;
  const alive = context.alive.length;
  if (alive < context.constraint.overprovisionedMinBrokers) return { status: "RIGHT_SIZED" };
  const safe = alive - highestReplicationFactor(context);
  const drop = vote.recommendation?.brokers ?? -1;
  if (drop <= safe) return vote;
  if (safe > 0) return { status: "OVER_PROVISIONED", recommendation: { brokers: safe } };
  return { status: "RIGHT_SIZED" };
}

/** The highest replication factor, at least 1. */
export function highestReplicationFactor({ model }: GoalContext): number {
  return Math.max(1, model.census.byFactor.length / FACTOR_COLUMNS - 1);
}

/** Adds up the votes in goal order. */
export function aggregate(votes: readonly { goal: string; vote: ProvisionVote }[]): Provision {
  let status: ProvisionVote["status"] = "UNDECIDED";
  let texts: string[] = [];
  for (const { goal, vote } of votes) {
    const text = voteText(goal, vote);
    if (vote.status === "UNDECIDED" || status === "UNDER_PROVISIONED") {
      if (status === "UNDER_PROVISIONED" && vote.status === "UNDER_PROVISIONED") texts.push(text);
      continue;
    }
    if (vote.status === "UNDER_PROVISIONED") texts = [text];
    else if (vote.status === "RIGHT_SIZED") texts = [];
    else if (status === "RIGHT_SIZED") continue;
    else texts.push(text);
    status = vote.status;
  }
  return { status, recommendations: texts };
}

function voteText(goal: string, vote: ProvisionVote): string {
  if (vote.status !== "UNDER_PROVISIONED" && vote.status !== "OVER_PROVISIONED") return "";
  if (vote.text !== undefined) return `[${goal}] ${vote.text}`;
  const what = vote.recommendation;
  return `[${goal}] ${what === undefined ? "N/A" : recommendationText(vote.status, what)}`;
}
