/** What tests of re-plans have in common. */
import type { BalancingConstraint } from "../../../goals/constraint.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { createPrng } from "../../../lib/prng.ts";
import type { ClusterInput } from "../../../model/cluster_input.ts";
import type { ClusterModel } from "../../../model/cluster_model.ts";
import { RESOURCE_COUNT } from "../../../model/metrics.ts";
import type { HeldPlan } from "../../../model/plan.ts";
import type { Proposal, Proposals } from "../../../model/proposal.ts";
import { addVolumes, noVolumes, type Volumes } from "../../../planner/way/volumes.ts";
import { verifyPlan } from "../../../planner/verify/verify.ts";
import { readBack } from "../wide_clusters.ts";

/** The same cluster after one load in a hundred became up to half as large again, or as small. */
export function changedLoads(input: ClusterInput, seed: number): ClusterInput {
  const prng = createPrng(seed);
  const leaderLoad = input.leaderLoad.slice();
  const followerLoad = input.followerLoad.slice();
  for (let k = 0; k < input.partitionNumber.length / 100; k++) {
    const at = prng.below(input.partitionNumber.length) * RESOURCE_COUNT;
    const factor = 0.5 + prng.next();
    for (let i = at; i < at + RESOURCE_COUNT; i++) {
      leaderLoad[i]! *= factor;
      followerLoad[i]! *= factor;
    }
  }
  return { ...input, leaderLoad, followerLoad };
}

/** What is wrong with a plan, as a file brings it. */
export function problemsOf(
  input: ClusterInput,
  plan: HeldPlan,
  constraint: BalancingConstraint,
): readonly string[] {
  return verifyPlan(input, readBack(plan), { goals: GOAL_NAMES, constraint, goesOn: true })
    .problems;
}

/** Those of a plan that the plan before has as they are, with their groups and all that is said of them. */
export function sameAs(before: Proposals, now: Proposals): Proposal[] {
  const known = new Set(Array.from(before, (proposal) => JSON.stringify(proposal)));
  return [...now].filter((proposal) => known.has(JSON.stringify(proposal)));
}

/** What these proposals bring to brokers and take from them, added up one by one. */
export function volumesOf(model: ClusterModel, partitions: Iterable<number>): Volumes {
  const volumes = noVolumes(model.brokerCount);
  for (const p of partitions) {
    const row = { loads: model.loads, at: p << 3 };
    addVolumes(volumes, model, p, { places: model, row, sign: 1 });
  }
  return volumes;
}
