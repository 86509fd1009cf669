/** Plans for small clusters beside the optimum that an exact solver proves; `bench/small_clusters.ts` has many more. */
import { assert, assertEquals } from "@std/assert";
import { solve } from "../../bench/exact/milp.ts";
import { compare } from "../../bench/small_clusters.ts";

Deno.test("solve() finds the fewest and says when there is nothing", () => {
  const rows = [{ terms: new Map([[0, 1], [1, 1], [2, 1]]), low: 2, high: 2 }];
  const cost = new Map([[0, 5], [1, 1], [2, 3]]);
  const found = solve({ variables: 3, rows, cost }, { seconds: 5, gap: 0 });
  assert(found.status === "optimal");
  assertEquals([[...found.values], found.objective], [[0, 1, 1], 4]);
  const none = [...rows, { terms: new Map([[0, 1], [1, 1], [2, 1]]), low: 3, high: 3 }];
  assertEquals(
    solve({ variables: 3, rows: none, cost }, { seconds: 5, gap: 0 }).status,
    "infeasible",
  );
});

// Seeds that the solver proves within a second each.
for (const seed of [12, 17]) {
  Deno.test(`a plan of small cluster ${seed} meets what can be met, near the fewest bytes`, () => {
    const { hardAgrees, missed, ratio } = compare(seed);
    assertEquals([hardAgrees, missed], [true, []]);
    assert(ratio === undefined || (ratio > 0.997 && ratio < 1.15), `${ratio} of the fewest MB`);
  });
}

// A dead broker, one that may lead nothing more, a topic that stays where it is.
for (const seed of [3, 6, 13]) {
  Deno.test(`a plan of odd cluster ${seed} meets what can be met under its rules`, () => {
    const { hardAgrees, missed, ratio } = compare(seed, true);
    assertEquals([hardAgrees, missed], [true, []]);
    assert(ratio === undefined || (ratio > 0.997 && ratio < 1.15), `${ratio} of the fewest MB`);
  });
}
