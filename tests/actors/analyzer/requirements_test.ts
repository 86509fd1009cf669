import { assert, assertEquals } from "@std/assert";
import {
  combinedRequirements,
  goalRequirements,
  isMet,
  stronger,
  weaker,
} from "../../../actors/analyzer/requirements.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import type { MonitorState } from "../../../messages/aggregator.ts";

const SETTINGS = { windowCount: 28, minValidRatio: 0.95 };

Deno.test("goalRequirements() follows the goal's family", () => {
  const of = (goal: string) => Object.values(goalRequirements(goal, SETTINGS));
  assertEquals(of("RackAwareGoal"), [1, 0, true]);
  assertEquals(of("LeaderReplicaDistributionGoal"), [1, 0, true]);
  assertEquals(of("CpuCapacityGoal"), [1, 0.95, true]);
  assertEquals(of("DiskUsageDistributionGoal"), [1, 0.95, true]);
  assertEquals(of("NetworkInboundUsageDistributionGoal"), [2, 0.95, false]);
  assertEquals(of("PotentialNwOutGoal"), [2, 0.95, false]);
  assertEquals(
    Object.values(goalRequirements("PotentialNwOutGoal", { ...SETTINGS, windowCount: 5 })),
    [1, 0.95, false],
  );
});

Deno.test("combinedRequirements() of all goals is the strongest of each member", () => {
  assertEquals(combinedRequirements(GOAL_NAMES, SETTINGS), {
    windows: 2,
    minValidRatio: 0.95,
    includeAllTopics: true,
  });
});

Deno.test("stronger() and weaker() are the two ends of each member", () => {
  const a = { windows: 3, minValidRatio: 0.5, includeAllTopics: false };
  const b = { windows: 1, minValidRatio: 0.9, includeAllTopics: true };
  assertEquals(stronger(a, b), { windows: 3, minValidRatio: 0.9, includeAllTopics: true });
  assertEquals(weaker(a, b), { windows: 1, minValidRatio: 0.5, includeAllTopics: false });
});

Deno.test("isMet() counts stable windows and falls back on the active one only where there is none", () => {
  const monitor = (ratios: readonly number[], activeRatio: number): MonitorState => ({
    loadGeneration: 1,
    validPartitions: 0,
    totalPartitions: 10,
    flawedPartitions: 0,
    windows: ratios.map((validRatio, i) => ({ endMs: i, monitoredRatio: 0, validRatio })),
    activeRatio,
    samplesStored: 0,
    samplesRejected: 0,
    storeFailure: undefined,
    loadingProgress: 1,
  });
  const two = { windows: 2, minValidRatio: 0.9, includeAllTopics: true };
  assert(isMet(two, monitor([0.9, 0.5, 1], 0), false));
  assert(!isMet(two, monitor([0.9, 0.5], 1), true));
  assert(isMet(two, monitor([0, 0], 0.95), true));
  assert(!isMet(two, monitor([0, 0], 0.95), false));
  const any = { windows: 1, minValidRatio: 0, includeAllTopics: true };
  assert(!isMet(any, monitor([0], 0), true), "nothing is known at all");
});
