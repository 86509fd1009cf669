/** A thread that answers `make_plan` with a plan of many parts. */
import { createHeldPlans } from "../../../actors/analyzer/held_plans.ts";
import { ok } from "../../../lib/failure.ts";
import type { AnswerOf } from "../../../messages/mod.ts";
import { runActorWorker } from "../../../workers/actor_worker.ts";
import { manyProposals } from "../../messages/many_proposals.ts";
import { testActor } from "../helpers.ts";
import { PROPOSALS } from "./proposals.ts";

runActorWorker((context) => {
  const held = createHeldPlans(String(context.clock.nowMs()));
  // Nobody here looks at the rest of an answer.
  const answer = { plan: { proposals: manyProposals(PROPOSALS) } } as unknown as AnswerOf<
    "make_plan"
  >;
  return testActor({
    answers: {
      make_plan: () => ok(held.firstPart(answer)),
      get_plan_part: ({ planId, from }) => held.part(planId, from),
    },
  });
});
