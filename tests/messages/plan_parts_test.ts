/** Plans in parts: what the analyzer holds and what askers put together again. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createHeldPlans } from "../../actors/analyzer/held_plans.ts";
import { fail, type Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { RequestOf } from "../../messages/mod.ts";
import { allProposals, PROPOSALS_A_MESSAGE } from "../../messages/plan_parts.ts";
import { largePlan } from "./large_plan.ts";

type Ask = (request: RequestOf<"get_plan_part">) => Result<unknown>;

function asking(ask: Ask): Pick<ActorContext, "request"> {
  return {
    request: (request: unknown) => Promise.resolve(ask(request as RequestOf<"get_plan_part">)),
  } as unknown as Pick<ActorContext, "request">;
}

Deno.test("allProposals() puts a plan together from parts that each fit into a message", async () => {
  for (const count of [0, 1, PROPOSALS_A_MESSAGE, PROPOSALS_A_MESSAGE + 1, 9_999]) {
    const answer = largePlan(count);
    const held = createHeldPlans("start");
    const first = held.firstPart(answer);
    let parts = 0;
    const context = asking(({ planId, from }) => {
      const part = held.part(planId, from);
      assert(part.ok && part.value.proposals.length <= PROPOSALS_A_MESSAGE);
      parts++;
      return part;
    });
    const whole = await allProposals(context, {
      proposals: first.plan.proposals,
      ...(first.rest === undefined ? {} : { rest: first.rest }),
    });
    assert(whole.ok);
    assertEquals(whole.value, answer.plan.proposals);
    assertEquals(parts, Math.max(0, Math.ceil(count / PROPOSALS_A_MESSAGE) - 1));
  }
});

Deno.test("allProposals() fails as the part that is lost, and when a part is empty", async () => {
  const { plan: { proposals }, rest } = createHeldPlans("start").firstPart(largePlan(9_999));
  const died = fail("actor_died", "the analyzer died", { retriable: true });
  assertStrictEquals(await allProposals(asking(() => died), { proposals, rest: rest! }), died);
  const nothing = asking(() => ({ ok: true, value: { proposals: [] } }));
  const empty = await allProposals(nothing, { proposals, rest: rest! });
  assertEquals(empty.ok ? "" : empty.failure.code, "protocol_error");
});

Deno.test("createHeldPlans() knows no plan of another start, and lets go of old ones", () => {
  const held = createHeldPlans("second start");
  const { rest } = createHeldPlans("first start").firstPart(largePlan(3_000));
  const other = held.firstPart(largePlan(3_001)).rest!;
  const stale = held.part(rest!.planId, 2_000);
  assert(!stale.ok && stale.failure.retriable);
  assertEquals(stale.failure.code, "not_found");
  for (let k = 0; k < 10; k++) held.firstPart(largePlan(3_000));
  const gone = held.part(other.planId, 2_000);
  assertEquals(gone.ok ? "" : gone.failure.code, "not_found");
});

Deno.test("createHeldPlans() gives a plan that is asked for again the same name", () => {
  const held = createHeldPlans("start");
  const answer = largePlan(3_000);
  const first = held.firstPart(answer);
  assertEquals(held.firstPart({ ...answer, fromCache: true }).rest, first.rest);
});
