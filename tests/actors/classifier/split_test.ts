import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { purgeGap, splitRows } from "../../../actors/classifier/split.ts";
import { createPrng } from "../../../lib/prng.ts";
import { RULES } from "./made_history.ts";

Deno.test("splitRows() lets no label of one part share a minute with a label of the next", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.05, max: 0.5, noNaN: true }),
      (minutes, horizon, memoryWindow, testFraction) => {
        const rules = { ...RULES, horizon, cpuWindow: Math.min(5, horizon), memoryWindow };
        const range = { from: 1_000, to: 1_000 + minutes };
        const split = splitRows(range, [1, 2], { rules, testFraction, prng: createPrng(1) });
        if (split === undefined) return;
        const { train, tune, test } = split;
        const longest = Math.max(rules.cpuWindow, memoryWindow);
        for (const [earlier, later] of [[train, tune], [tune, test]] as const) {
          assert(earlier.from <= earlier.to && later.from <= later.to);
          const lastOfEarlier = earlier.to + horizon;
          const firstOfLater = later.from + horizon - longest + 1;
          assert(lastOfEarlier < firstOfLater, "labels overlap");
          assert(
            lastOfEarlier < later.from,
            "what is learned is known before the first row of the next",
          );
        }
        assertEquals(test.to + horizon, range.to);
        assertEquals(train.from, range.from);
      },
    ),
    { seed: 5 },
  );
});

Deno.test("splitRows() refuses a range without room for all parts", () => {
  const options = { rules: RULES, testFraction: 0.2, prng: createPrng(1) };
  assertEquals(splitRows({ from: 0, to: 2 * purgeGap(RULES) }, [1], options), undefined);
  assert(splitRows({ from: 0, to: 2_000 }, [1], options) !== undefined);
});

Deno.test("splitRows() holds a quarter of the brokers out, and none of fewer than four", () => {
  const ids = Array.from({ length: 12 }, (_, i) => i);
  const of = (brokers: readonly number[], seed: number) =>
    splitRows({ from: 0, to: 5_000 }, brokers, {
      rules: RULES,
      testFraction: 0.2,
      prng: createPrng(seed),
    })!;
  const split = of(ids, 1);
  assertEquals(split.heldOut.length, 3);
  assertEquals([...split.heldOut, ...split.learned].sort((a, b) => a - b), ids);
  assertEquals(of([...ids].reverse(), 1), split, "the order of the brokers does not matter");
  assertEquals(of([5, 6, 7], 1).heldOut, []);
});
