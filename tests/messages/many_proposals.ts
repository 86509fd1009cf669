/** Proposals by the thousand. */
import type { Proposal } from "../../model/proposal.ts";

/** That many proposals, each of its own partition. */
export function manyProposals(count: number): Proposal[] {
  return Array.from({ length: count }, (_, partition) => ({
    topic: "orders",
    partition,
    sizeMb: 1,
    oldLeader: 1,
    oldReplicas: [{ brokerId: 1 }, { brokerId: 2 }],
    newReplicas: [{ brokerId: 3 }, { brokerId: 2 }],
    reasons: [{ goal: "DiskUsageDistributionGoal", from: 1, to: 3, why: `of ${partition}` }],
  }));
}
