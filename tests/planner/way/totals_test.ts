import { assertEquals } from "@std/assert";
import { GoalTotals } from "../../../planner/way/totals.ts";
import type { WayLimits } from "../../../planner/way/limits.ts";

/** Two goals on three brokers, both out by 5 on broker 0 at home. */
function totals() {
  const limits = {
    goalCount: 2,
    slack: Float64Array.of(0.1, 0.1),
    weight: Float64Array.of(0.01, 0.01),
  };
  const made = new GoalTotals(limits as unknown as WayLimits);
  made.now.fill(5);
  made.begin();
  return made;
}

Deno.test("GoalTotals.keepMet() keeps to what is met once a step has settled all that was outside", () => {
  const made = totals();
  made.settle(0, -4);
  assertEquals([made.keepMet(), made.isKept(0)], [false, false]);
  made.settle(0, -1);
  assertEquals([made.keepMet(), made.isKept(0), made.isKept(1)], [true, true, false]);
  assertEquals(made.keepMet(), false);
});
