import { assertEquals } from "@std/assert";
import { digest } from "../../cluster/sim/truth.ts";
import { runFaultyDay, smallSpec } from "./faulty_day.ts";
import { createWorld, HOUR_MS } from "./world.ts";

Deno.test("faulty day of one seed gives the same trace twice", async () => {
  assertEquals((await runFaultyDay(4711)).trace, (await runFaultyDay(4711)).trace);
});

Deno.test("a day of one seed gives the same bytes twice", async () => {
  const bytes = async () => {
    const world = await createWorld({ seed: 12, spec: smallSpec(12) });
    await world.run(6 * HOUR_MS);
    await world.rebalance();
    await world.run(18 * HOUR_MS);
    const result = digest(world.cluster.state);
    await world.close();
    return result;
  };
  assertEquals(await bytes(), await bytes());
});
