import { assert, assertEquals, assertThrows } from "@std/assert";
import { AssertionError } from "../../../lib/assert.ts";
import { judgeDiskMove, judgeLeadership, judgeMove } from "../../../actors/executor/progress.ts";
import { judgeUnknownMove, rollbackStep } from "../../../actors/executor/recovery.ts";
import { type Sight, sightOf, type Standing, viewOf } from "../../../actors/executor/sight.ts";
import { assertTransition, isTerminal, TRANSITIONS } from "../../../actors/executor/task_state.ts";
import { nextDelayMs } from "../../../actors/executor/pace.ts";
import { steeringOf } from "../../../actors/executor/limits.ts";
import { defaultConfig } from "../../../config/parse.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { taskOf } from "./tasks.ts";
import { move } from "./harness.ts";

const task = taskOf(1, move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }));

function cluster(): FakeCluster {
  return new FakeCluster({
    brokers: 5,
    bytesPerLook: 10,
    partitions: [{ topic: "t", partition: 0, replicas: [1, 2, 3] }],
  });
}

const standing = (fake: FakeCluster) =>
  sightOf(task, viewOf(fake.topology(), fake.ongoing())).standing;

function sight(is: Standing, more: Partial<Sight> = {}): Sight {
  return {
    standing: is,
    replicas: [1, 2, 3],
    inSync: [1, 2, 3],
    leader: 1,
    deadTargets: [],
    ...more,
  };
}

Deno.test("sightOf() tells where a partition stands through a whole move and a cancel", () => {
  const fake = cluster();
  assertEquals(standing(fake), "at_origin");
  fake.reassign("t/0", [4, 2, 3]);
  assertEquals(standing(fake), "moving_to_target");
  // The list is empty already and the metadata lags behind.
  const stale = fake.topology();
  fake.reassign("t/0", null);
  assertEquals(sightOf(task, viewOf(stale, fake.ongoing())).standing, "elsewhere");
  assertEquals(fake.get("t", 0).replicas, [2, 3, 1]);
  assertEquals(standing(fake), "origin_permuted");
  fake.reassign("t/0", [5, 2, 3]);
  assertEquals(standing(fake), "moving_elsewhere");
  fake.reassign("t/0", null);
  fake.reassign("t/0", [4, 2, 3]);
  for (let i = 0; i < 12; i++) fake.step();
  assertEquals(standing(fake), "at_target");
  fake.setAlive(3, false);
  assertEquals(standing(fake), "at_target_lagging");
  fake.get("t", 0).topicId = "another";
  const known = { ...task, topicId: "id-t" };
  assertEquals(sightOf(known, viewOf(fake.topology(), [])).standing, "gone");
});

Deno.test("judgeMove() decides by standing; a dead broker of the target ends everything", () => {
  const kinds: [Standing, string][] = [
    ["gone", "aborted"],
    ["moving_elsewhere", "aborted"],
    ["at_target", "completed"],
    ["moving_to_target", "wait"],
    ["at_target_lagging", "wait"],
    ["at_origin", "unsettled"],
    ["elsewhere", "unsettled"],
  ];
  for (const [is, kind] of kinds) assertEquals(judgeMove(sight(is)).kind, kind, is);
  const dead = judgeMove(sight("moving_to_target", { deadTargets: [4] }));
  assert(dead.kind === "dead" && dead.stopAll);
  assertEquals(judgeMove(sight("at_target", { deadTargets: [4] })).kind, "completed");
});

Deno.test("judgeUnknownMove() follows the recovery table for both directions", () => {
  const table: [Standing, string, string][] = [
    ["gone", "aborted", "aborted"],
    ["at_target", "completed", "completed"],
    ["moving_to_target", "accepted", "accepted"],
    ["moving_elsewhere", "aborted", "aborted"],
    ["at_origin", "resubmit", "unsettled"],
    ["origin_permuted", "resubmit", "accepted"],
    ["at_target_lagging", "accepted", "completed"],
    ["elsewhere", "unsettled", "unsettled"],
  ];
  for (const [is, forward, back] of table) {
    assertEquals(judgeUnknownMove(sight(is), { rollingBack: false }).kind, forward, is);
    assertEquals(judgeUnknownMove(sight(is), { rollingBack: true }).kind, back, is);
  }
});

Deno.test("rollbackStep() cancels, restores the order, gives leadership back, ends", () => {
  const origin = { replicas: [1, 2, 3], leader: 1 };
  const fresh = {
    cancelAnswer: "none",
    orderRestored: false,
    elected: false,
    settled: false,
  } as const;
  const step = (is: Standing, memory: Partial<Parameters<typeof rollbackStep>[2]>, more = {}) =>
    rollbackStep(sight(is, more), origin, { ...fresh, ...memory }).kind;
  assertEquals(step("moving_to_target", {}), "cancel");
  assertEquals(step("moving_to_target", { cancelAnswer: "accepted" }), "cancel");
  assertEquals(step("at_origin", {}), "cancel");
  assertEquals(step("elsewhere", { cancelAnswer: "accepted" }), "restore_order");
  const restored = { cancelAnswer: "accepted", orderRestored: true } as const;
  assertEquals(step("origin_permuted", restored), "look_again");
  assertEquals(step("origin_permuted", { ...restored, settled: true }), "restore_order");
  assertEquals(step("at_origin", restored, { leader: 2 }), "elect");
  assertEquals(step("at_origin", { ...restored, elected: true }, { leader: 2 }), "look_again");
  assertEquals(step("at_origin", restored), "ended");
  const nothing = { cancelAnswer: "nothing_in_progress" } as const;
  assertEquals(step("at_origin", nothing), "look_again");
  assertEquals(step("at_origin", { ...nothing, settled: true }), "ended");
  assertEquals(
    rollbackStep(sight("at_target"), origin, { ...fresh, ...nothing }),
    { kind: "ended", as: "completed", reason: "Kafka finished before it could be cancelled" },
  );
});

Deno.test("judgeLeadership() asks for an election only where it makes the wanted broker leader", () => {
  const options = { waitedMs: 0, timeoutMs: 1000, alive: new Set([1, 2, 3, 4]) };
  const judge = (more: Partial<Sight>, change = {}) =>
    judgeLeadership(task, sight("at_target", { replicas: [4, 2, 3], ...more }), {
      ...options,
      ...change,
    });
  assertEquals(judge({ leader: 4 }).kind, "completed");
  assertEquals(judge({ leader: 2, inSync: [4, 2, 3] }).kind, "resubmit");
  assertEquals(judge({ leader: 2, inSync: [4, 2, 3] }, { waitedMs: 1001 }).kind, "dead");
  assertEquals(judge({ leader: 2 }, { alive: new Set([2]) }).kind, "dead");
  const other = judge({ leader: 2, replicas: [2, 4, 3] });
  assert(other.kind === "unsettled" && other.then.kind === "aborted");
  const lagging = judge({ leader: 2, inSync: [2, 3] });
  assert(lagging.kind === "unsettled" && lagging.then.kind === "completed");
});

Deno.test("judgeDiskMove() gives a broker three silent readings", () => {
  const seen = {
    exists: true,
    currentDir: "/a",
    futureDir: undefined,
    targetUsable: true,
    silentReadings: 0,
  };
  assertEquals(judgeDiskMove("/b", { ...seen, currentDir: "/b" }).kind, "completed");
  assertEquals(judgeDiskMove("/b", { ...seen, futureDir: "/b" }).kind, "accepted");
  assertEquals(judgeDiskMove("/b", seen).kind, "unsettled");
  assertEquals(judgeDiskMove("/b", { ...seen, targetUsable: false }).kind, "dead");
  assertEquals(judgeDiskMove("/b", { ...seen, exists: false }).kind, "aborted");
  const silent = { ...seen, currentDir: undefined };
  assertEquals(judgeDiskMove("/b", { ...silent, silentReadings: 2 }).kind, "wait");
  assertEquals(judgeDiskMove("/b", { ...silent, silentReadings: 3 }).kind, "dead");
});

Deno.test("assertTransition() refuses to leave a terminal state", () => {
  for (const state of ["COMPLETED", "ABORTED", "DEAD"] as const) {
    assert(isTerminal(state));
    assertThrows(() => assertTransition(state, "PENDING"), AssertionError);
  }
  assertThrows(() => assertTransition("PENDING", "IN_PROGRESS"), AssertionError);
  assertEquals(TRANSITIONS.ABORTING.includes("IN_PROGRESS"), false);
});

Deno.test("nextDelayMs() doubles while nothing happens and never lets checks fill the time", () => {
  const bounds = { leastMs: 100, mostMs: 10_000 };
  const quiet = { somethingHappened: false, checkTookMs: 1 };
  assertEquals(nextDelayMs(100, quiet, bounds), 200);
  assertEquals(nextDelayMs(8000, quiet, bounds), 10_000);
  assertEquals(nextDelayMs(8000, { ...quiet, somethingHappened: true }, bounds), 100);
  assertEquals(nextDelayMs(100, { somethingHappened: true, checkTookMs: 400 }, bounds), 800);
});

Deno.test("steeringOf() takes wishes over settings and names all that are out of range", () => {
  const config = defaultConfig({ "default.replication.throttle": "5000" });
  const steering = steeringOf({ interBrokerPerBroker: 9 }, config);
  assert(steering.ok);
  assertEquals(steering.value.interBrokerPerBroker, 9);
  assertEquals(steering.value.throttleBytesPerSec, 5000);
  assertEquals(steering.value.leadershipCluster, 1000);
  const wrong = steeringOf({
    interBrokerCluster: 1251,
    leadershipPerBroker: -1,
    progressCheckIntervalMs: 4999,
  }, config);
  assert(!wrong.ok);
  assertEquals(wrong.failure.details?.length, 3);
});
