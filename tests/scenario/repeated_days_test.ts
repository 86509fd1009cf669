import { assertEquals } from "@std/assert";
import { digest } from "../../cluster/sim/truth.ts";
import { runFaultyDay, smallSpec } from "./faulty_day.ts";
import { createWorld, HOUR_MS } from "./world.ts";

Deno.test("a faulty day of one seed gives the same trace and the same bytes twice", async () => {
  const [first, second] = [await runFaultyDay(4711), await runFaultyDay(4711)];
  assertEquals(first, second);
});

Deno.test("hours in which plans are made ahead give the same bytes twice", async () => {
  const bytes = async () => {
    const world = await createWorld({ seed: 12, spec: smallSpec(12) });
    await world.run(2 * HOUR_MS);
    await world.rebalance();
    await world.run(4 * HOUR_MS);
    const result = digest(world.cluster.state);
    await world.close();
    return result;
  };
  assertEquals(await bytes(), await bytes());
});
