/** A plan with many proposals over HTTP: got in parts, written with pauses, and only when it is told. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { createHeldPlans } from "../../../actors/analyzer/held_plans.ts";
import { longText, nativeJsonText } from "../../../actors/server/json.ts";
import { bodyOf } from "../../../actors/server/long_body.ts";
import { settle } from "../../../lib/clock.ts";
import { ok } from "../../../lib/failure.ts";
import type { RequestOf } from "../../../messages/mod.ts";
import { largePlan } from "../../messages/large_plan.ts";
import { manyProposals } from "../../messages/many_proposals.ts";
import { harness } from "./harness.ts";

const COUNT = 5_500;

function withLargePlan() {
  const held = createHeldPlans("start");
  const made = largePlan(COUNT);
  return harness({
    handlers: {
      make_plan: () => ok(held.firstPart(made)),
      get_plan_part: ({ planId, from }) => held.part(planId, from),
      execute_proposals: () => ok({ tasks: COUNT }),
    },
  });
}

function kinds(h: ReturnType<typeof withLargePlan>, kind: string): number {
  return h.asked.filter((asked) => asked.kind === kind).length;
}

Deno.test("proposals tells all proposals of a large plan, while others have their turns", async () => {
  for (const [query, last] of [["json=true", `"partition":${COUNT - 1}`], ["", "orders-5499"]]) {
    const h = withLargePlan();
    let turns = 0;
    let ended = false;
    const counting = (async () => {
      for (; !ended; turns++) await settle();
    })();
    const response = await h.ask(`/kafkacruisecontrol/proposals?verbose=true&${query}`);
    const text = await response.text();
    ended = true;
    await counting;
    assertEquals(response.status, 200, text.slice(0, 200));
    assert(text.includes(last!), "the last proposal is told");
    assertEquals(kinds(h, "get_plan_part"), 2);
    // One for each part and each thousand proposals that are shaped and written, and a few of the request itself.
    assertGreater(turns, 2 + 2 * Math.floor(COUNT / 1000));
  }
});

Deno.test("a plan that is executed goes from the analyzer to the executor, not through the server", async () => {
  const h = withLargePlan();
  const response = await h.ask("/kafkacruisecontrol/rebalance?dryrun=false&json=true", {
    method: "POST",
  });
  assertEquals(response.status, 200, await response.text());
  assertEquals(kinds(h, "get_plan_part"), 0);
  const { request } = h.asked.find(({ kind }) => kind === "execute_proposals")!;
  const { proposals, rest } = request as RequestOf<"execute_proposals">;
  assertEquals(rest?.proposalCount, COUNT);
  assert(proposals.length < COUNT);
});

Deno.test("longText() writes what JSON.stringify() writes", async () => {
  const value = {
    list: manyProposals(2_345),
    'a "name"': { nested: manyProposals(1_001), none: undefined, empty: [], nothing: null },
    when: new Date(0),
    NaN: NaN,
    text: "a\u2028b",
    few: [1, undefined, { a: undefined }],
  };
  assertEquals(await longText(value, nativeJsonText), JSON.stringify(value));
});

Deno.test("bodyOf() streams long texts, and keeps the halves of a character together", async () => {
  const text = `${"x".repeat((1 << 20) - 1)}\u{1F600}${"y".repeat(1 << 20)}é`;
  const body = bodyOf(text);
  assert(body instanceof ReadableStream);
  assertEquals(await new Response(body).text(), text);
  assert(bodyOf("short") instanceof Uint8Array);
});
