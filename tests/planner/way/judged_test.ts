import { assert, assertEquals } from "@std/assert";
import { drain } from "../../../lib/steps.ts";
import { JudgedWay } from "../../../planner/way/judged.ts";
import { type PlacedReplica, placedSearch } from "./placed.ts";

function wayOf(replicas: readonly PlacedReplica[]): JudgedWay {
  const { search, home } = placedSearch(replicas);
  return new JudgedWay(search, home);
}

Deno.test("JudgedWay.excess() sees that a goal is lost which was met unmeasured, whatever was tried and taken back before", () => {
  // The first move has brokers hold as many KB/s as they should, the second alone breaks that for the sake of MB, the third mends it.
  for (let tenths = 0; tenths < 20; tenths++) {
    const odd = tenths / 10;
    const way = wayOf([
      [0, 10.1, 0.1, 2],
      [0, 10.1 + odd / 7, 30, 1],
      [1, 5.3 + odd / 7, 0.1, 2],
      [0, 95.1 - odd / 7, 100, 0],
      [1, 99.9 - odd / 7, 70, 1],
      [2, 85.3, 100, 2],
    ]);
    drain(way.begin(Int32Array.of(0, 1, 2)));
    way.change(1, 1);
    way.change(1, -1);
    way.forget();
    assertEquals(way.takeBetter(0), true);
    way.measureFor(1);
    way.change(1, 1);
    assert(way.excess() > 0, `with ${odd}`);
  }
});
