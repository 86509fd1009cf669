/** Which constraints keep a hard goal from being met. */
import { assert, assertEquals } from "@std/assert";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { conflictOf } from "../../planner/conflict.ts";
import { makePlan } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput } from "./clusters.ts";

const LOAD = [1, 10, 10, 100] as const;

function settingsOf(options: Partial<PlannerSettings>): PlannerSettings {
  return plannerSettings(GOAL_NAMES, constraintWith(), { unmetHardGoals: "report", ...options });
}

Deno.test("conflictOf() names the exclusion that keeps a partition on one rack, and nothing else", () => {
  const input = handInput([{ id: 0, rack: "a" }, { id: 1, rack: "a" }, { id: 2, rack: "b" }], [
    { topic: "T", id: 0, replicas: [0, 1], load: LOAD },
  ]);
  const settings = settingsOf({ excludedForReplicaMove: [2], excludedForLeadership: [0] });
  const made = makePlan(input, settings);
  assert(made.ok);
  assertEquals(made.value.summary.unmet?.map((unmet) => unmet.goal), ["RackAwareGoal"]);
  assertEquals(conflictOf(input, settings, "RackAwareGoal"), ["brokers 2 receive no replicas"]);
});

Deno.test("conflictOf() names the other goal where two hard goals contradict each other", () => {
  // The only broker of the other rack is too small for the replica.
  const input = handInput([
    { id: 0, rack: "a" },
    { id: 1, rack: "a" },
    { id: 2, rack: "b", capacity: [100, 300_000, 200_000, 100] },
  ], [{ topic: "T", id: 0, replicas: [0, 1], load: LOAD }]);
  assertEquals(conflictOf(input, settingsOf({}), "RackAwareGoal"), ["DiskCapacityGoal"]);
});

Deno.test("conflictOf() is empty when the goal alone cannot be met", () => {
  const input = handInput([{ id: 0, rack: "a" }, { id: 1, rack: "a" }], [
    { topic: "T", id: 0, replicas: [0, 1], load: LOAD },
  ]);
  assertEquals(conflictOf(input, settingsOf({}), "RackAwareGoal"), []);
});
