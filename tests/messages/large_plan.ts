/** Plans of any size for tests of what carries them. */
import type { AnswerOf } from "../../messages/mod.ts";
import { madePlan } from "../actors/server/harness.ts";
import { manyProposals } from "./many_proposals.ts";

/** An answer of the analyzer with that many proposals, before it is cut into parts. */
export function largePlan(count: number): AnswerOf<"make_plan"> {
  const made = madePlan();
  return { ...made, plan: { ...made.plan, proposals: manyProposals(count) } };
}
