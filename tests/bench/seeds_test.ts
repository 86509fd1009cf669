import { assertEquals, assertThrows } from "@std/assert";
import { firstSeed, seeds } from "../../bench/seeds.ts";

const NAME = "EVENKEEL_FIRST_SEED";

function withSeed<T>(value: string | undefined, then: () => T): T {
  const before = Deno.env.get(NAME);
  if (value === undefined) Deno.env.delete(NAME);
  else Deno.env.set(NAME, value);
  try {
    return then();
  } finally {
    if (before === undefined) Deno.env.delete(NAME);
    else Deno.env.set(NAME, before);
  }
}

Deno.test("seeds() begins with 1, or with what is asked for", () => {
  assertEquals(withSeed(undefined, () => seeds(3)), [1, 2, 3]);
  assertEquals(withSeed("101", () => seeds(2)), [101, 102]);
});

Deno.test("firstSeed() refuses what is no seed", () => {
  for (const wrong of ["", "0", "-1", "1.5", "many"]) {
    assertThrows(() => withSeed(wrong, firstSeed), TypeError, wrong);
  }
});
