import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, fingerprint, partsOf } from "../../../actors/detector/conditions.ts";
import { decide, type Standing } from "../../../actors/detector/decide.ts";
import { gateOf } from "../../../actors/detector/gates.ts";
import { retryWaitMs } from "../../../actors/detector/settings.ts";
import { ANOMALY_KINDS } from "../../../model/anomaly.ts";
import { brokers, disk, goals, look, overload, record, START_MS } from "./records.ts";

const RULES = { alertMs: 900, healMs: 1800, fixableCount: 3, fixableShare: 0.4 };

function standing(change: Partial<Standing>): Standing {
  return {
    nowMs: START_MS + 10_000,
    record: record(brokers([1])),
    healing: true,
    executing: false,
    rules: RULES,
    backoffMs: 300,
    ...change,
  };
}

Deno.test("decide() waits for alert and heal thresholds of the earliest failure, told in between", () => {
  const condition = {
    ...brokers([1]),
    failedBrokers: [
      { brokerId: 1, sinceMs: START_MS },
      { brokerId: 2, sinceMs: START_MS + 1700 },
    ],
  };
  const at = (afterMs: number) =>
    decide(standing({ nowMs: START_MS + afterMs, record: record(condition) }));
  const early = at(899);
  assertEquals([early.kind, early.alert], ["wait", false]);
  assert(early.kind === "wait" && early.untilMs === START_MS + 900);
  const told = at(900);
  assertEquals([told.kind, told.alert], ["wait", true]);
  assert(told.kind === "wait" && told.untilMs === START_MS + 1800);
  assertEquals([at(1799).kind, at(1800).kind], ["wait", "fix"]);
});

Deno.test("decide() tells of a part of a condition once", () => {
  const condition = brokers([1, 2]);
  const known = record(condition, { alerted: partsOf(condition) });
  assertEquals(decide(standing({ record: known })).alert, false);
  const half = record(condition, { alerted: partsOf(brokers([1])) });
  assertEquals(decide(standing({ record: half })).alert, true);
});

Deno.test("decide() leaves too many failed brokers, hopeless goals and empty disks to people", () => {
  const verdict = (condition: Parameters<typeof record>[0]) =>
    decide(standing({ record: record(condition) }));
  for (
    const [condition, why] of [
      [brokers([1, 2, 3, 4], { alive: 100 }), "fixable.failed.broker.count.threshold"],
      [brokers([1, 2], { alive: 2 }), "fixable.failed.broker.percentage.threshold"],
      [goals(["RackAwareGoal"], ["DiskCapacityGoal"]), "no plan was found for DiskCapacityGoal"],
      [disk(0), "replace the disk"],
      [overload([1], { resource: "memory" }), "how much heap"],
    ] as const
  ) {
    const decision = verdict(condition);
    assertEquals(decision.kind, "ignore");
    assertStringIncludes(decision.reason, why);
  }
  assertEquals(verdict(brokers([1, 2], { alive: 3 })).kind, "fix", "exactly the share is fixable");
  assertEquals(verdict(goals(["RackAwareGoal"])).kind, "fix");
  assertEquals(verdict(disk(3)).kind, "fix");
  assertEquals(verdict(overload([1])).kind, "fix");
});

Deno.test("decide() heals the part of a goal that can be, a few times while that stays the same", () => {
  const condition = { ...goals([], ["RackAwareGoal"]), partly: ["RackAwareGoal"] };
  const after = (failures: number) =>
    decide(standing({ record: record(condition, { failures, retryAtMs: undefined }) }));
  assertEquals([0, 2, 3].map((failures) => after(failures).kind), ["fix", "fix", "ignore"]);
  assertStringIncludes(after(3).reason, "Left to people: no plan was found for RackAwareGoal");
  // Once it is healed the rest is another condition.
  assert(fingerprint(condition) !== fingerprint(goals([], ["RackAwareGoal"])));
  assertEquals(describe(condition), "RackAwareGoal violated, of which a plan heals a part");
});

Deno.test("decide() plans once for the record when self-healing is off, and never fixes", () => {
  const condition = disk(3);
  const off = { healing: false, record: record(condition) };
  assertEquals(decide(standing(off)).kind, "plan");
  const planned = record(condition, { wouldDoFor: fingerprint(condition) });
  assertEquals(decide(standing({ ...off, record: planned })).kind, "ignore");
  assertEquals(decide(standing({ ...off, executing: true })).kind, "wait");
});

Deno.test("decide() waits for an execution in progress and for the backoff after a failure", () => {
  const busy = decide(standing({ executing: true }));
  assert(busy.kind === "wait" && busy.untilMs === START_MS + 10_300);
  const retryAtMs = START_MS + 20_000;
  const failed = decide(standing({ record: record(brokers([1]), { failures: 1, retryAtMs }) }));
  assert(failed.kind === "wait" && failed.untilMs === retryAtMs);
  assert(failed.reason.startsWith("Tried 1 time; again at "), failed.reason);
  const over = record(brokers([1]), { failures: 1, retryAtMs: START_MS });
  assertEquals(decide(standing({ record: over })).kind, "fix");
});

Deno.test("retryWaitMs() doubles up to 12 times the backoff", () => {
  assertEquals([0, 1, 2, 3, 4, 5, 50].map((failures) => retryWaitMs(failures, 10)), [
    10,
    10,
    20,
    40,
    80,
    120,
    120,
  ]);
});

Deno.test("gateOf() follows the table, the first hit counts", () => {
  const whole = { ...look(), failedBrokers: [], offlineReplicas: new Map<number, number>() };
  const dead = { ...whole, failedBrokers: [3] };
  const offline = { ...dead, offlineReplicas: new Map([[1, 1]]) };
  const calm = { health: whole, loading: false, executing: false, unchanged: false };
  const rows = [
    [calm, "READY", "READY", "READY"],
    [{ ...calm, executing: true }, "SKIP_EXECUTOR_NOT_READY", "SKIP_EXECUTOR_NOT_READY", "READY"],
    [
      { ...calm, executing: true, loading: true },
      "SKIP_LOAD_MONITOR_NOT_READY",
      "SKIP_LOAD_MONITOR_NOT_READY",
      "SKIP_LOAD_MONITOR_NOT_READY",
    ],
    [
      { ...calm, health: dead, loading: true },
      "SKIP_HAS_DEAD_BROKERS",
      "SKIP_HAS_DEAD_BROKERS",
      "SKIP_HAS_DEAD_BROKERS",
    ],
    [
      { ...calm, health: offline },
      "SKIP_HAS_OFFLINE_REPLICAS",
      "SKIP_HAS_DEAD_BROKERS",
      "SKIP_HAS_OFFLINE_REPLICAS",
    ],
    [
      { ...calm, health: offline, unchanged: true },
      "SKIP_MODEL_GENERATION_NOT_CHANGED",
      "SKIP_HAS_DEAD_BROKERS",
      "SKIP_HAS_OFFLINE_REPLICAS",
    ],
    [{ ...calm, unchanged: true }, "SKIP_MODEL_GENERATION_NOT_CHANGED", "READY", "READY"],
  ] as const;
  for (const [facts, ofGoals, ofDisks, ofOverloads] of rows) {
    assertEquals(
      ANOMALY_KINDS.map((kind) => gateOf(kind, facts)),
      ["READY", ofDisks, ofOverloads, ofGoals],
    );
  }
});
