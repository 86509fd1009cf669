/** A plan of many parts from one thread to another, and the death of its maker in between. */
import { assert, assertEquals } from "@std/assert";
import { defaultConfig } from "../../config/parse.ts";
import { systemClock } from "../../lib/clock.ts";
import { allProposals } from "../../messages/plan_parts.ts";
import { limitsOf } from "../../workers/limits.ts";
import { Supervisor } from "../../workers/supervisor.ts";
import { workerThreads } from "../../workers/worker_threads.ts";
import { manyProposals } from "../messages/many_proposals.ts";
import { PROPOSALS } from "./entries/proposals.ts";

const ENTRY = new URL("./entries/plan_giver_worker.ts", import.meta.url);

Deno.test("A plan of many parts crosses threads, and none of it comes from a maker that died", async () => {
  const config = defaultConfig();
  const running = Promise.withResolvers<void>();
  const supervisor: Supervisor = new Supervisor({
    kind: workerThreads({ analyzer: ENTRY }),
    actors: ["analyzer"],
    clock: systemClock(),
    time: undefined,
    config,
    limits: { ...limitsOf(config), restartBackoffMs: 10 },
    seed: 1,
    sink: () => {},
    onChange: () => {
      const analyzer = supervisor.observe().actors[0]!;
      if (analyzer.restarts === 1 && analyzer.state === "running") running.resolve();
    },
  });
  assert((await supervisor.start()).ok);
  const made = await supervisor.request<"make_plan">({
    kind: "make_plan",
    planUuid: "plan",
    plan: { operation: "rebalance" },
  });
  assert(made.ok && made.value.rest !== undefined);
  const { plan: { proposals }, rest } = made.value;
  const context = {
    request: (request: never, options: never) => supervisor.request(request, options),
  } as unknown as Parameters<typeof allProposals>[0];
  const whole = await allProposals(context, { proposals, rest });
  assert(whole.ok);
  assertEquals(whole.value, manyProposals(PROPOSALS));

  const dying = allProposals(context, { proposals, rest });
  supervisor.kill("analyzer", "killed by the test");
  const settled = await dying;
  assertEquals(settled.ok ? "" : settled.failure.code, "actor_died");
  await running.promise;
  const stale = await allProposals(context, { proposals, rest });
  assertEquals(stale.ok ? "" : stale.failure.code, "not_found");
  assertEquals((await supervisor.stop()).late, []);
});
