/** What no plan can meet is named before the search, with what would help. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { outcomeSteps } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput } from "./clusters.ts";

Deno.test("outcomeSteps() names soft goals that no plan can meet before it moves anything", () => {
  // Situation: one rack has four brokers, two have one each, and each must hold a replica of every partition.
  const input = handInput(
    [0, 1, 2, 3, 4, 5].map((id) => ({ id, rack: id < 4 ? "large" : `small${id}` })),
    Array.from({ length: 24 }, (_, id) => ({
      topic: "T",
      id,
      replicas: [id % 4, 4, 5],
      load: [1, 9000, 1000, 9000] as const,
    })),
  );
  const steps = outcomeSteps(input, plannerSettings(GOAL_NAMES, constraintWith()));
  const notices: string[] = [];
  let searched = false;
  for (let next = steps.next(); next.done !== true; next = steps.next()) {
    searched ||= next.value.steps > 0 || next.value.goal !== undefined;
    assert(!searched || next.value.notices === undefined);
    notices.push(...next.value.notices ?? []);
  }
  const disk = notices.filter((notice) => notice.includes("DiskUsageDistributionGoal"));
  assertEquals(disk.length, 1, notices.join("\n"));
  assertStringIncludes(disk[0]!, "No plan can meet DiskUsageDistributionGoal: the largest rack");
  assertStringIncludes(disk[0]!, "Give racks capacity that is more alike");
});
