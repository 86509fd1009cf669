import { assertEquals } from "@std/assert";
import { goalProgress } from "../../../actors/analyzer/goal_progress.ts";

function heard(goals: readonly string[]) {
  const said: [string, number][] = [];
  const say = goalProgress(goals, (step, percentage) => said.push([step, percentage]));
  return { said, say };
}

Deno.test("goalProgress() names the first goal that is not met, and those before it as done", () => {
  const { said, say } = heard(["A", "B", "C"]);
  say({ step: "Building", completionPercentage: 0, steps: 0 });
  say({ step: "Moving", goal: "B", completionPercentage: 10, steps: 1 });
  say({ step: "Moving", goal: "B", completionPercentage: 40, steps: 2 });
  say({ step: "Judging", completionPercentage: 100, steps: 3 });
  assertEquals(said, [
    ["Building", 0],
    ["OPTIMIZING A", 100],
    ["OPTIMIZING B", 10],
    ["OPTIMIZING B", 40],
    ["OPTIMIZING B", 100],
    ["OPTIMIZING C", 100],
    ["Judging", 100],
  ]);
});

Deno.test("goalProgress() names every goal once when all are met from the start", () => {
  const { said, say } = heard(["A", "B"]);
  say({ step: "Moving", completionPercentage: 20, steps: 0 });
  say({ step: "Judging", completionPercentage: 100, steps: 0 });
  say({ step: "Writing", completionPercentage: 100, steps: 0 });
  assertEquals(said.map(([step]) => step), [
    "Moving",
    "OPTIMIZING A",
    "OPTIMIZING B",
    "Judging",
    "Writing",
  ]);
});

Deno.test("goalProgress() says what no plan can meet before any goal is worked on", () => {
  const { said, say } = heard(["A"]);
  say({
    step: "Building",
    completionPercentage: 0,
    steps: 0,
    notices: ["No plan can meet A: why."],
  });
  say({ step: "Moving", goal: "A", completionPercentage: 10, steps: 1 });
  assertEquals(said, [["No plan can meet A: why.", 100], ["Building", 0], ["OPTIMIZING A", 10]]);
});
