import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { simSpec } from "../../cluster/sim/mod.ts";
import { createWorld, HOUR_MS, MINUTE_MS } from "./world.ts";

Deno.test("first day: a skewed cluster is sampled, planned for, rebalanced and stays balanced", async () => {
  const world = await createWorld({ seed: 7, spec: simSpec({ seed: 7 }) });
  try {
    await world.run(2 * HOUR_MS);
    const plan = await world.rebalance();
    assert(plan.ok, plan.ok ? "" : plan.failure.message);
    assert(plan.value.proposals.length > 0, "the default cluster is skewed");
    const state = await world.untilIdle(12 * HOUR_MS);
    assertEquals(state.lastExecution?.outcome, "completed");
    assertEquals(world.journal.openUndos(), []);
    await world.run(3 * HOUR_MS);
    const again = await world.plan({});
    assert(again.ok, again.ok ? "" : again.failure.message);
    const violated = again.value.summary.goals.filter((goal) => goal.hard && goal.violatedBefore);
    assertEquals(violated.map((goal) => goal.name), []);
    assertGreater(again.value.summary.balancednessBefore, plan.value.summary.balancednessBefore);
    assertLess(again.value.summary.mbToMove, plan.value.summary.mbToMove / 2);
  } finally {
    await world.close();
  }
});

Deno.test("first plan: the active window answers within a minute of the start", async () => {
  const world = await createWorld({
    seed: 3,
    spec: simSpec({ seed: 3 }),
    settings: {
      "evenkeel.sampling.poll.interval.ms": "10000",
      "evenkeel.sampling.warmup.interval.ms": "5000",
    },
  });
  try {
    await world.run(MINUTE_MS - 10_000);
    const plan = await world.plan({}, 10_000);
    assert(plan.ok, plan.ok ? "" : plan.failure.message);
  } finally {
    await world.close();
  }
});
