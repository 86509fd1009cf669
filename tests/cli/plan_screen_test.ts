/** The plan for people. */
import { assertMatch } from "@std/assert";
import { planScreen } from "../../cli/plan.ts";
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
