/**
 * Large plans cross threads in parts, which whoever needs them asks for: a message that holds all would be written by
 * one thread and read by the other at once, and both would do nothing else for seconds.
 *
 * ```
 * asker                     analyzer
 *   | ------ make_plan ------> |
 *   | <--- first part, rest -- |   holds the plan
 *   | ---- get_plan_part ----> |
 *   | <------ next part ------ |   ... until all are there
 * ```
 * A part that gets lost, or whose analyzer dies, is a request that fails like any other; nothing is half taken.
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import type { Proposal } from "../model/proposal.ts";
import type { ActorContext } from "./actor.ts";
import type { PlanRest } from "./analyzer.ts";

/** Proposals in one message at most: some 10 ms of either thread. */
export const PROPOSALS_A_MESSAGE = 2000;

/**
 * All proposals of a plan of which the first are known. Fails as `get_plan_part`.
 *
 * @param deadlineMs for each part
 */
export async function allProposals(
  context: Pick<ActorContext, "request">,
  { proposals, rest }: { readonly proposals: readonly Proposal[]; readonly rest?: PlanRest },
  { deadlineMs }: { deadlineMs?: number } = {},
): Promise<Result<readonly Proposal[]>> {
  if (rest === undefined) return ok(proposals);
  const all = [...proposals];
  while (all.length < rest.proposalCount) {
    const part = await context.request(
      { kind: "get_plan_part", planId: rest.planId, from: all.length },
      deadlineMs === undefined ? {} : { deadlineMs },
    );
    if (!part.ok) return part;
    if (part.value.proposals.length === 0) {
      return fail(
        "protocol_error",
        `Cannot get the plan: its part from ${all.length} is empty, wanted ${rest.proposalCount} proposals`,
      );
    }
    for (const proposal of part.value.proposals) all.push(proposal);
  }
  return ok(all);
}
