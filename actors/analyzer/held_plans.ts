/**
 * Plans that are larger than a message, held until those who asked have fetched all parts. Pure.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import { PROPOSALS_A_MESSAGE } from "../../messages/plan_parts.ts";
import type { AnswerOf } from "../../messages/mod.ts";
import type { HeldPlan } from "../../model/plan.ts";
import type { Proposals } from "../../model/proposal.ts";

/** A plan as it is answered. */
export type Answer = AnswerOf<"make_plan">;

/** The same with a plan that is held here, as a whole. */
export interface HeldAnswer extends Omit<Answer, "plan" | "rest"> {
  readonly plan: HeldPlan;
}

/** Plans held; the one asked for longest ago goes first. More than can be on their way at a time. */
const HELD_MAX = 4;

/** Large plans by their ids. */
export interface HeldPlans {
  /** The answer as it is sent: whole, or with its first part and the name of the rest. */
  firstPart(answer: HeldAnswer): Answer;
  /** Answers `get_plan_part`. */
  part(planId: string, from: number): Result<AnswerOf<"get_plan_part">>;
}

/** None yet. `prefix`: differs from that of every other start of this actor, for ids that none of them gave. */
export function createHeldPlans(prefix: string): HeldPlans {
  const held = new Map<string, Proposals>();
  /** A cached plan keeps its id, however often it is asked for. */
  const ids = new WeakMap<Proposals, string>();
  let made = 0;

  function hold(proposals: Proposals): string {
    const planId = ids.get(proposals) ?? `${prefix}-${++made}`;
    ids.set(proposals, planId);
    held.delete(planId);
    held.set(planId, proposals);
    for (const oldest of held.keys()) {
      if (held.size <= HELD_MAX) break;
      held.delete(oldest);
    }
    return planId;
  }

  return {
    firstPart(answer) {
      const { proposals } = answer.plan;
      const plan = { ...answer.plan, proposals: proposals.slice(0, PROPOSALS_A_MESSAGE) };
      if (proposals.length <= PROPOSALS_A_MESSAGE) return { ...answer, plan };
      const rest = { planId: hold(proposals), proposalCount: proposals.length };
      return { ...answer, plan, rest };
    },
    part(planId, from) {
      const proposals = held.get(planId);
      if (proposals === undefined) {
        return fail(
          "not_found",
          `Cannot give the proposals from ${from} of plan ${planId}: it is not held any more; ask for it again`,
          { retriable: true },
        );
      }
      hold(proposals);
      return ok({ proposals: proposals.slice(from, from + PROPOSALS_A_MESSAGE) });
    },
  };
}
