import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { defaultConfig } from "../../config/parse.ts";
import { ALL_GOAL_NAMES, GOAL_NAMES } from "../../goals/catalog.ts";
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import { constraintOf, topicPattern } from "../../goals/constraint.ts";
import { goalListsOf, requestedGoals } from "../../goals/goal_lists.ts";

Deno.test("topicPattern() takes the same patterns as the server, and refuses those that may take forever", () => {
  const matches = topicPattern("(?i)(ORDERS|\\QAudit.\\E).*_+", "x");
  assertEquals(matches.ok && matches.value("orders.eu_"), true);
  assertEquals(matches.ok && matches.value("audit.eu_"), true);
  assertEquals(matches.ok && matches.value("audit-eu_"), false);
  const endless = topicPattern("(a*)*b\\1", "excluded_topics");
  assertEquals(endless.ok, false);
  assertStringIncludes(endless.ok ? "" : endless.failure.message, "they may take forever");
});

Deno.test("constraintOf() reads every resource into its place", () => {
  const made = constraintOf(defaultConfig({ "disk.capacity.threshold": "0.5" }));
  assert(made.ok);
  assertEquals(made.value.capacityThreshold, [0.7, 0.8, 0.8, 0.5]);
});

Deno.test("constraintOf() refuses settings that contradict each other", () => {
  const made = constraintOf(defaultConfig({
    "topic.replica.count.balance.max.gap": "1",
    "topics.excluded.from.partition.movement": "(",
  }));
  assert(!made.ok);
  assertStringIncludes(made.failure.message, "max.gap = 1: must be >=");
  assertStringIncludes(made.failure.details!.join(), "must be a regular expression");
});

Deno.test("topicPattern() matches whole names, and nothing when empty", () => {
  const pattern = topicPattern("a|b.", "x");
  assert(pattern.ok);
  assertEquals(["a", "ab", "bc", "xa"].map(pattern.value), [true, false, true, false]);
  const none = topicPattern("", "x");
  assert(none.ok && !none.value(""));
});

Deno.test("goalListsOf() accepts the defaults and class names", () => {
  const lists = goalListsOf(defaultConfig(), ALL_GOAL_NAMES);
  assert(lists.ok);
  assertEquals(lists.value.defaults, GOAL_NAMES);
  assertEquals(lists.value.selfHealing, GOAL_NAMES);
  const own = goalListsOf(
    defaultConfig({
      "goals": "com.linkedin.kafka.cruisecontrol.analyzer.goals.RackAwareGoal",
      "default.goals": "RackAwareGoal",
      "hard.goals": "RackAwareGoal",
    }),
    ALL_GOAL_NAMES,
  );
  assert(own.ok);
  assertEquals(own.value.supported, ["RackAwareGoal", ...INTRA_BROKER_GOALS]);
});

Deno.test("goalListsOf() names lists that are empty, unknown or not contained in each other", () => {
  const lists = goalListsOf(
    defaultConfig({ "goals": "RackAwareGaol,DiskCapacityGoal,diskCapacityGoal" }),
    ALL_GOAL_NAMES,
  );
  assert(!lists.ok);
  const texts = [lists.failure.message, ...lists.failure.details!].join("\n");
  assertStringIncludes(texts, "did you mean RackAwareGoal?");
  assertStringIncludes(texts, "diskCapacityGoal twice");
  assertStringIncludes(texts, "default.goals with CpuCapacityGoal: must be in goals as well");
});

Deno.test("requestedGoals() wants all hard goals unless the check is skipped", () => {
  const lists = goalListsOf(defaultConfig(), ALL_GOAL_NAMES);
  assert(lists.ok);
  const missing = requestedGoals(lists.value, ["rackawaregoal"]);
  assert(!missing.ok);
  assertStringIncludes(missing.failure.message, "hard goals MinTopicLeadersPerBrokerGoal");
  const skipped = requestedGoals(lists.value, ["rackawaregoal"], { skipHardGoalCheck: true });
  assert(skipped.ok);
  assertEquals(skipped.value, ["RackAwareGoal"]);
  const unknown = requestedGoals(lists.value, ["DiskGoal"], { skipHardGoalCheck: true });
  assert(!unknown.ok);
  assertStringIncludes(unknown.failure.message, "Cannot plan for goal DiskGoal: must be one of");
});
