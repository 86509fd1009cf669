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

Deno.test("GoalTotals.mayLose() asks for all brokers unless one of the step's was out, or nothing has grown", () => {
  const made = totals();
  const settled = Float64Array.of(5, 5, 0, 0, 0, 0);
  const mayLose = (brokers: number[], outside: number[]) =>
    made.mayLose(Int32Array.from(brokers), { outside: Float64Array.from(outside), settled });
  // Broker 1 has come to be out for the first goal: that may have been met by now, for all that is known of brokers 1 and 2.
  assertEquals(mayLose([1, 2], [5, 5, 1, 0, 0, 0]), true);
  // Broker 0 was out itself.
  assertEquals(mayLose([0, 1], [4, 5, 1, 0, 0, 0]), false);
  assertEquals(mayLose([0], [6, 5, 0, 0, 0, 0]), false);
  assertEquals(mayLose([1, 2], [5, 5, 0, 0, 0, 0]), false);
  // Once a goal was met nothing more has to be known.
  made.settle(0, -5);
  made.settle(1, -5);
  assertEquals(made.keepMet(), true);
  assertEquals(mayLose([1, 2], [5, 5, 1, 0, 0, 0]), false);
});
