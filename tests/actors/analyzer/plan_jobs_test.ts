import { assert, assertEquals, assertGreater, assertLessOrEqual, assertRejects } from "@std/assert";
import { syntheticCluster } from "../../../bench/synthetic_cluster.ts";
import { GOAL_NAMES } from "../../../goals/catalog.ts";
import { createPrng } from "../../../lib/prng.ts";
import { placedPlanSteps } from "../../../planner/plan.ts";
import { plannerSettings } from "../../../planner/settings.ts";
import { constraintWith } from "../../planner/clusters.ts";
import {
  BACKGROUND,
  createPlanJobs,
  type JobControl,
  runInSlices,
  SLICE_STEPS,
} from "../../../actors/analyzer/plan_jobs.ts";
import { ManualClock, settle } from "../../../lib/clock.ts";
import { ok, type Result } from "../../../lib/failure.ts";
import type { PlanStep } from "../../../messages/analyzer.ts";
import type { PlannerStep } from "../../../planner/steps.ts";

/** A plan that is made when told to. */
function handmade() {
  let finish: (outcome: Result<string>) => void = () => {};
  let control: JobControl | undefined;
  let began = 0;
  const make = (given: JobControl) => {
    control = given;
    began++;
    return new Promise<Result<string>>((resolve) => finish = resolve);
  };
  return {
    make,
    finish: (outcome: Result<string>) => finish(outcome),
    control: () => control!,
    began: () => began,
  };
}

Deno.test("plan() makes one plan for all who ask for the same", async () => {
  const jobs = createPlanJobs<string>(new ManualClock(0), () => {});
  const work = handmade();
  const both = [jobs.plan("a", "key", work.make), jobs.plan("b", "key", work.make)];
  await settle();
  assert(jobs.busy());
  work.finish(ok("plan"));
  assertEquals(await Promise.all(both), [ok("plan"), ok("plan")]);
  assertEquals(work.began(), 1);
  await settle();
  assert(!jobs.busy());
});

Deno.test("plan() makes different plans one after the other", async () => {
  const jobs = createPlanJobs<string>(new ManualClock(0), () => {});
  const [one, two] = [handmade(), handmade()];
  const first = jobs.plan("a", "one", one.make);
  const second = jobs.plan("b", "two", two.make);
  await settle();
  assertEquals([one.began(), two.began()], [1, 0]);
  one.finish(ok("1"));
  assertEquals(await first, ok("1"));
  await settle();
  two.finish(ok("2"));
  assertEquals(await second, ok("2"));
});

Deno.test("cancel() answers at once and stops the work when nobody else waits for it", async () => {
  const jobs = createPlanJobs<string>(new ManualClock(0), () => {});
  const work = handmade();
  const [a, b] = [jobs.plan("a", "key", work.make), jobs.plan("b", "key", work.make)];
  await settle();
  jobs.cancel("a");
  jobs.cancel("nobody");
  const first = await a;
  assert(!first.ok && first.failure.code === "cancelled");
  assert(!work.control().cancelled(), "b still waits");
  jobs.cancel("b");
  assert(work.control().cancelled());
  const late = handmade();
  const c = jobs.plan("c", "key", late.make);
  work.finish(ok("late"));
  const second = await b;
  assert(!second.ok);
  await settle();
  assertEquals(late.began(), 1, "a cancelled plan is not joined");
  late.finish(ok("new"));
  assertEquals(await c, ok("new"));
});

Deno.test("cancel() of a queued plan keeps it from being made", async () => {
  const jobs = createPlanJobs<string>(new ManualClock(0), () => {});
  const [one, two] = [handmade(), handmade()];
  const first = jobs.plan("a", "one", one.make);
  const second = jobs.plan("b", "two", two.make);
  jobs.cancel("b");
  assert(!(await second).ok);
  await settle();
  one.finish(ok("1"));
  await first;
  await settle();
  assertEquals(two.began(), 0);
});

Deno.test("plan() for somebody ends another plan that is made ahead, and joins the same one", async () => {
  const jobs = createPlanJobs<string>(new ManualClock(0), () => {});
  const ahead = handmade();
  const background = jobs.plan(BACKGROUND, "default", ahead.make);
  await settle();
  const joined = jobs.plan("a", "default", ahead.make);
  assert(!ahead.control().cancelled());
  ahead.finish(ok("default"));
  assertEquals([await background, await joined], [ok("default"), ok("default")]);
  await settle();

  const again = handmade();
  const gaveWay = jobs.plan(BACKGROUND, "default", again.make);
  await settle();
  const other = handmade();
  const wanted = jobs.plan("a", "other", other.make);
  assert(again.control().cancelled());
  assert(!(await gaveWay).ok);
  again.finish(ok("too late"));
  await settle();
  other.finish(ok("other"));
  assertEquals(await wanted, ok("other"));
});

Deno.test("plan() hands on what the maker throws and goes on with the next", async () => {
  const jobs = createPlanJobs<string>(new ManualClock(0), () => {});
  const broken = jobs.plan("a", "one", () => Promise.reject(new TypeError("a mistake")));
  const next = jobs.plan("b", "two", () => Promise.resolve(ok("2")));
  await assertRejects(() => broken, TypeError, "a mistake");
  assertEquals(await next, ok("2"));
});

Deno.test("progress() tells each new step, and the same one every half second", async () => {
  const clock = new ManualClock(0);
  const told: (readonly PlanStep[])[] = [];
  const jobs = createPlanJobs<string>(clock, (_, steps) => told.push(steps));
  const answer = jobs.plan("a", "key", async ({ progress }) => {
    progress("one", 0);
    await clock.advanceTo(100);
    progress("one", 50);
    await clock.advanceTo(600);
    progress("one", 90);
    progress("two", 5);
    return ok("plan");
  });
  await answer;
  assertEquals(told, [
    [{ step: "one", completionPercentage: 0, timeInMs: 0 }],
    [{ step: "one", completionPercentage: 90, timeInMs: 600 }],
    [
      { step: "one", completionPercentage: 100, timeInMs: 600 },
      { step: "two", completionPercentage: 5, timeInMs: 0 },
    ],
  ]);
});

function* endless(): Generator<PlannerStep, Result<string>, void> {
  for (let steps = 0;; steps++) yield { step: "on and on", completionPercentage: 1, steps };
}

Deno.test("runInSlices() settles a cancelled plan within a slice of steps, wherever it is", async () => {
  const input = syntheticCluster({
    brokers: 6,
    replicas: 250,
    topics: 10,
    racks: 4,
    distribution: "exponential",
    seed: 1,
  });
  const settings = plannerSettings(GOAL_NAMES, constraintWith());
  let total = 0;
  for (const _ of placedPlanSteps(input, settings)) total++;
  assertGreater(total, SLICE_STEPS + 100);
  const prng = createPrng(20261);
  for (let run = 0; run < 12; run++) {
    const cancelAt = 1 + prng.below(total - SLICE_STEPS);
    let steps = 0;
    const control = {
      cancelled: () => steps >= cancelAt,
      progress: () => void steps++,
    };
    const outcome = await runInSlices(
      placedPlanSteps(input, settings),
      new ManualClock(0),
      control,
    );
    assert(!outcome.ok && outcome.failure.code === "cancelled", `cancelled at ${cancelAt}`);
    assertLessOrEqual(steps, cancelAt + SLICE_STEPS, `cancelled at ${cancelAt} of ${total}`);
  }
});

Deno.test("runInSlices() gives the thread back and notices a cancellation", async () => {
  let turns = 0;
  let cancelled = false;
  const control = { cancelled: () => cancelled, progress: () => {} };
  const run = runInSlices(endless(), new ManualClock(0), control);
  while (turns < 3) {
    await settle();
    turns++;
  }
  cancelled = true;
  const outcome = await run;
  assert(!outcome.ok && outcome.failure.code === "cancelled");
});
