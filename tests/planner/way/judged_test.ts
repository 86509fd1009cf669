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

Deno.test("JudgedWay.advance() leaves the same room, and the same least, as its proposals one by one", () => {
  // The first brings broker 1 farther above what it should hold in KB/s, for the sake of MB.
  const ways = [0, 1].map(() =>
    wayOf([
      [0, 1, 80, 1],
      [1, 3, 0, 2],
      [0, 33, 220, 0],
      [1, 29.5, 119, 1],
      [2, 23.5, 180, 2],
    ])
  );
  for (const way of ways) drain(way.begin(Int32Array.of(0, 1)));
  const [one, other] = ways as [JudgedWay, JudgedWay];
  const before = one.room();
  one.change(0, 1);
  assertEquals(one.excess(), 0);
  one.settle();
  other.advance(one.sums.map((sum, i) => sum - other.sums[i]!), new Uint8Array(3).fill(1));
  assertEquals(other.room(), one.room());
  assert(one.room().some((room, g) => room > before[g]!), "a goal is nearer to being met");
  // Taken back, both are as much worse.
  assertEquals(other.excessWith(0), one.excessWith(0));
  one.change(0, -1);
  other.change(0, -1);
  assertEquals(other.excess(), one.excess());
  assert(one.excess() > 0);
});
