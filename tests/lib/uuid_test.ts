import { assert, assertEquals, assertMatch } from "@std/assert";
import { uuidSource } from "../../lib/uuid.ts";
import { ManualClock } from "../../lib/clock.ts";
import { createPrng } from "../../lib/prng.ts";

Deno.test("uuidSource() gives different, well-formed, ascending ids, the same ones for a seed", () => {
  const make = () => {
    const next = uuidSource(new ManualClock(1795427735000), createPrng(3));
    return Array.from({ length: 1000 }, () => next());
  };
  const ids = make();
  assertEquals(new Set(ids).size, 1000);
  assertEquals([...ids].sort(), ids);
  for (const id of ids) {
    assertMatch(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  assertEquals(make(), ids);
  const other = uuidSource(new ManualClock(1795427735001), createPrng(3))();
  assert(!ids.includes(other), "a restart at another time gives other ids");
});
