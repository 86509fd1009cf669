import { assertEquals } from "@std/assert";
import { drain } from "../../../lib/steps.ts";
import { JudgedWay } from "../../../planner/way/judged.ts";
import { orderSteps } from "../../../planner/way/order.ts";
import { placedSearch } from "./placed.ts";

Deno.test("orderSteps() puts what trades one goal for another behind what makes that needless", () => {
  const { search, home } = placedSearch([
    [0, 1, 80, 1],
    [1, 3, 0, 2],
    [0, 33, 220, 0],
    [1, 29.5, 119, 1],
    [2, 23.5, 180, 2],
  ]);
  const way = new JudgedWay(search, home.slice());
  drain(way.begin(Int32Array.of(0, 1)));
  way.measureFor(0);
  way.change(0, 1);
  assertEquals(way.excess(), 0, "the first alone may be a step: it brings more MB than KB/s");
  const { order, joined } = drain(orderSteps(search, Int32Array.of(0, 1), home));
  assertEquals([...order], [1, 0]);
  assertEquals([...joined], [0, 0]);
});
