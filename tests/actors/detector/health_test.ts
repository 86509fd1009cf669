import { assertEquals } from "@std/assert";
import { failedSince, sameBrokers } from "../../../actors/detector/cluster_health.ts";
import { brokerFailure, describe, diskFailure } from "../../../actors/detector/conditions.ts";
import { exclusions, healingRequest, stillHolds } from "../../../actors/detector/healing_plan.ts";
import { detectorSettings } from "../../../actors/detector/settings.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { executorState } from "../server/harness.ts";
import { brokers, disk, goals, look, overload, prediction, START_MS } from "./records.ts";

Deno.test("clusterHealth() finds dead brokers, failed dirs of alive ones and what can be copied", () => {
  const health = look({ failedDirs: ["/a", "/b"] });
  assertEquals(health.aliveBrokers, [1, 2]);
  assertEquals(health.failedBrokers, [3, 4], "fenced and not registered alike");
  assertEquals(health.failedDisks, [
    { brokerId: 1, logDir: "/a" },
    { brokerId: 1, logDir: "/b" },
  ]);
  assertEquals(health.offlineReplicas, new Map([[1, 1], [3, 1]]), "a leader has to be there");
});

Deno.test("failedSince() keeps known times, adds new brokers and drops those that are back", () => {
  const known = new Map([[1, 10], [2, 20]]);
  assertEquals(failedSince(known, [2, 3], 30), new Map([[2, 20], [3, 30]]));
  assertEquals(sameBrokers(known, [1, 2]), true);
  assertEquals([sameBrokers(known, [1]), sameBrokers(known, [1, 3])], [false, false]);
});

Deno.test("conditions carry times and figures, and say what is wrong", () => {
  const health = look({ failedDirs: ["/a"] });
  const since = new Map([[3, START_MS], [4, START_MS + 1000]]);
  assertEquals(
    describe(brokerFailure(health, since)!),
    "brokers 3 since 2026-01-05 00:00:00Z, 4 since 2026-01-05 00:00:01Z not alive, 2 alive",
  );
  const seen = diskFailure(health, undefined, START_MS)!;
  assertEquals(
    describe(seen),
    "log dir /a of broker 1 failed, 1 replicas offline that can be copied",
  );
  assertEquals(diskFailure(health, seen, START_MS + 5000), seen, "since the first look");
  assertEquals(diskFailure(look(), seen, START_MS), undefined);
});

function facts(change: Parameters<typeof executorState>[0] = {}) {
  const settings = detectorSettings(defaultConfig());
  if (!settings.ok) throw new Error(settings.failure.message);
  return {
    health: look({ failedDirs: ["/a"] }),
    executor: executorState({
      recentlyDemotedBrokers: [2, 9],
      recentlyRemovedBrokers: [2, 9],
      ...change,
    }),
    settings: settings.value,
    predicted: undefined,
  };
}

Deno.test("exclusions() names recently removed and demoted brokers that exist, and those with failed dirs", () => {
  const given = facts();
  assertEquals(exclusions(given), {
    excludedForLeadership: [2],
    excludedForReplicaMove: [1, 2],
  });
  const settings = { ...given.settings, excludeDemoted: false, excludeRemoved: false };
  assertEquals(exclusions({ ...given, settings }), {
    excludedForLeadership: [],
    excludedForReplicaMove: [1],
  });
});

Deno.test("healingRequest() asks for the operation that heals", () => {
  const of = (condition: Parameters<typeof healingRequest>[0]) =>
    healingRequest(condition, facts());
  const removed = of(brokers([3, 4]));
  assertEquals([removed.plan.operation, removed.plan.brokerIds], ["remove_broker", [3, 4]]);
  assertEquals(removed.options, { removedBrokers: [3, 4] });
  assertEquals(of(disk(2)).plan.operation, "fix_offline_replicas");
  const rebalance = of(goals(["RackAwareGoal"])).plan;
  assertEquals([rebalance.operation, rebalance.triggeredByGoalViolation], ["rebalance", true]);
  assertEquals([removed.plan.heals, rebalance.heals], [true, true]);
  assertEquals(removed.plan.topologyGeneration, 7, "plans must not be made on an older look");
});

Deno.test("healingRequest() plans for the cpu that is expected, no less than the limit where an overload is predicted", () => {
  const expectedCpu = Float64Array.of(0.45, 0.55, NaN, 0.3);
  const predicted = prediction([5, 5, 0, 0], { expectedCpu });
  const condition = {
    ...overload([1, 2], { expected: 0.45 }),
    overloads: [
      { brokerId: 1, sinceMs: START_MS, resource: "cpu", expected: 0.45, limit: 0.5 },
      { brokerId: 2, sinceMs: START_MS, resource: "memory", expected: 0.6, limit: 0.5 },
    ],
  } as const;
  const { plan } = healingRequest(condition, { ...facts(), predicted });
  assertEquals([plan.operation, plan.goals], ["rebalance", []]);
  assertEquals(plan.expected, {
    brokers: [
      { brokerId: 1, cpu: 0.5 },
      { brokerId: 2, cpu: 0.55 },
      { brokerId: 4, cpu: 0.3 },
    ],
    cpuLimit: 0.45,
  });
});

Deno.test("stillHolds() says whether a fix is still for what is broken", () => {
  const health = look({ failedDirs: ["/a"] });
  assertEquals(stillHolds(brokers([3]), health), true);
  assertEquals(stillHolds(brokers([2, 3]), health), false, "broker 2 is back");
  const failed = { brokerId: 1, sinceMs: START_MS };
  const disks = (logDir: string) => ({ ...disk(1), failedDisks: [{ ...failed, logDir }] });
  assertEquals([stillHolds(disks("/a"), health), stillHolds(disks("/b"), health)], [true, false]);
  assertEquals(stillHolds(goals(["RackAwareGoal"]), health), false, "what fails comes first");
});

Deno.test("detectorSettings() refuses healing before telling", () => {
  const settings = detectorSettings(defaultConfig({
    "broker.failure.alert.threshold.ms": "2000",
    "broker.failure.self.healing.threshold.ms": "1000",
  }));
  assertEquals(
    settings.ok ? "" : settings.failure.message,
    "Cannot use broker.failure.self.healing.threshold.ms 1000: must be >= " +
      "broker.failure.alert.threshold.ms, which is 2000",
  );
});

Deno.test("detectorSettings() lets a kind differ from self.healing.enabled; everything is off by default", () => {
  const read = (settings: Parameters<typeof defaultConfig>[0]) => {
    const result = detectorSettings(defaultConfig(settings));
    if (!result.ok) throw new Error(result.failure.message);
    return Object.values(result.value.selfHealing);
  };
  assertEquals(read({}), [false, false, false, false]);
  assertEquals(
    read({ "self.healing.enabled": "true", "self.healing.disk.failure.enabled": "false" }),
    [true, false, true, true],
  );
});
