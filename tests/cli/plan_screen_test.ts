/** The plan for people. */
import { assert, assertMatch, assertStringIncludes } from "@std/assert";
import { planScreen } from "../../cli/plan.ts";
import { GOAL_NAMES } from "../../goals/catalog.ts";
import { makePlan } from "../../planner/plan.ts";
import { plannerSettings } from "../../planner/settings.ts";
import { constraintWith, handInput } from "../planner/clusters.ts";

Deno.test("planScreen() tells moves of empty replicas from changes of leadership", () => {
  // Situation: partition 0 is to leave broker 0 and holds nothing; broker 0 leads partition 1 beside broker 1.
  const input = handInput(
    [0, 1, 2].map((id) => ({ id, rack: `r${id}` })),
    [[1, 0], [0, 1, 2]].map((replicas, id) => ({
      topic: "T",
      id,
      replicas,
      load: [0, 0, 0, 0] as const,
    })),
  );
  const shown = (operation: "remove_broker" | "demote_broker", goal: string) => {
    const settings = plannerSettings([goal], constraintWith(), {
      operation,
      brokerIds: [0],
      excludedTopics: "",
      unmetHardGoals: "report",
    });
    const made = makePlan(input, settings);
    if (!made.ok) throw new TypeError(made.failure.message);
    const { value: plan } = made;
    return planScreen({ plan, windows: 1, validRatio: 1, fromCache: false }, { all: false });
  };
  assertMatch(shown("remove_broker", "RackAwareGoal"), /T-0 +1,0 +1,2 +0 B /);
  assertMatch(
    shown("demote_broker", "PreferredLeaderElectionGoal"),
    /T-1 +0,1,2 +\S+ +leadership /,
  );
});

Deno.test("planScreen() names offline replicas that stay where they are", () => {
  // Situation: a disk of the only broker on rack r2 failed, and one of two offline replicas has to be on that rack.
  const cluster = handInput(
    [0, 1, 2, 3].map((id) => ({
      id,
      rack: id === 3 ? "r2" : `r${id % 2}`,
      state: id === 3 ? "bad_disks" : "alive",
    })),
    [[0, 1, 3], [0, 3]].map((replicas, id) => ({
      topic: "T",
      id,
      replicas,
      load: [1, 1, 1, 1] as const,
    })),
  );
  const input = { ...cluster, replicaOffline: Uint8Array.of(0, 0, 1, 0, 1) };
  const made = makePlan(
    input,
    plannerSettings(GOAL_NAMES, constraintWith(), {
      operation: "fix_offline_replicas",
      unmetHardGoals: "report",
      findsEnough: true,
    }),
  );
  if (!made.ok) throw new TypeError(made.failure.message);
  const { value: plan } = made;
  const text = planScreen({ plan, windows: 1, validRatio: 1, fromCache: false }, { all: false });
  assertStringIncludes(text, "\nNot healed\nCannot move 1 offline replica: no alive broker");
  assertStringIncludes(text, "\n  T-0 on broker 3: ");
  assertStringIncludes(text, "Enough for all hard goals");
  assert(!text.includes("At least 0"), text);
});
