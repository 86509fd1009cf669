/** Which of two attempts is better. */
import { assert, assertEquals } from "@std/assert";
import {
  type Attempt,
  attemptOf,
  compareAttempts,
  isGoodEnough,
  missesHardLimit,
} from "../../../planner/attempts/attempt.ts";
import { prepare } from "../../../planner/prepare.ts";
import { relocate } from "../../../planner/search/state.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith, handInput } from "../clusters.ts";

/** Broker 0 is dead; broker 1 may hold two of the three replicas there. */
function attempts(): { nothing: Attempt; within: Attempt; beyond: Attempt } {
  const input = handInput([
    { id: 0, rack: "a", state: "dead" },
    { id: 1, rack: "b", capacity: [100, 1e6, 1e6, 3000] },
  ], [0, 1, 2].map((id) => ({ topic: "T", id, replicas: [0], load: [1, 1, 1, 1000] })));
  const prepared = prepare(input, plannerSettings(["DiskCapacityGoal"], constraintWith()));
  assert(prepared.ok);
  const search = { ...prepared.value.searchOf(0), hopeless: new Set<never>() };
  const nothing = attemptOf(search);
  for (const r of [0, 1]) relocate(search, r, 1);
  const within = attemptOf(search);
  relocate(search, 2, 1);
  return { nothing, within, beyond: attemptOf(search) };
}

Deno.test("compareAttempts() prefers what leaves fewer replicas offline to goals and bytes", () => {
  const { nothing, within, beyond } = attempts();
  assertEquals([nothing, within, beyond].map(({ stranded }) => stranded), [3, 1, 0]);
  assert(compareAttempts(within, nothing) < 0);
  assert(compareAttempts(beyond, within) < 0);
  assert(compareAttempts(nothing, within) > 0);
});

Deno.test("isGoodEnough() takes no plan that leaves a replica offline", () => {
  const { within, beyond } = attempts();
  assertEquals(within.end.standing, [0]);
  assertEquals([within, beyond].map((attempt) => isGoodEnough(attempt, Infinity)), [false, false]);
  assertEquals([within, beyond].map(missesHardLimit), [true, true]);
});
