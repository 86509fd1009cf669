/** Settings that are said to widen a goal's limits do. */
import { assert, assertEquals } from "@std/assert";
import type { KeyName } from "../../config/table.ts";
import { ALL_GOAL_NAMES, goalNamed } from "../../goals/catalog.ts";
import { goalContext } from "../../goals/context.ts";
import { totalPenalty } from "../../goals/goal.ts";
import { CLUSTERS, constraintWith, modelOf } from "../planner/clusters.ts";

const WIDTHS = ALL_GOAL_NAMES.flatMap((name) =>
  goalNamed(name)!.widths?.map((width) => ({ name, width })) ?? []
);

Deno.test("Width.widened() is what the configuration makes of its key", () => {
  assert(WIDTHS.length > 8);
  for (const { width } of WIDTHS) {
    const value = width.of(constraintWith()) + 1;
    const overrides = { [width.key]: `${value}` } as Partial<Record<KeyName, string>>;
    assertEquals(width.widened(constraintWith(), value), constraintWith(overrides), width.key);
    assertEquals(width.of(constraintWith(overrides)), value, width.key);
  }
});

Deno.test("Width.widened() leaves no goal farther out, and refuses what the configuration would", () => {
  const model = modelOf(CLUSTERS.medium());
  for (const { name, width } of WIDTHS) {
    const goal = goalNamed(name)!;
    const out = [0, 0.5, 1, 3].map((more) => {
      const constraint = width.widened(constraintWith(), width.of(constraintWith()) + more)!;
      const context = goalContext(model, constraint, { triggeredByGoalViolation: false });
      return totalPenalty(goal.prepare(context), context);
    });
    assertEquals(out, out.toSorted((a, b) => b - a), `${name}: ${width.key}`);
  }
  const gap = WIDTHS.find(({ width }) => width.key.endsWith("min.gap"))!.width;
  assertEquals(gap.widened(constraintWith(), 41), undefined);
});
