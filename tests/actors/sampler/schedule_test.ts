import { assert, assertEquals } from "@std/assert";
import { nextPollAtMs } from "../../../actors/sampler/schedule.ts";
import { samplerSettings } from "../../../actors/sampler/settings.ts";
import { sharedCalls } from "../../../actors/sampler/shared_calls.ts";
import { defaultConfig } from "../../../config/parse.ts";

const settings = samplerSettings(defaultConfig());

Deno.test("nextPollAtMs() keeps polls apart from start to start, and never lies in the past", () => {
  const history = { startedAtMs: 1000, endedAtMs: 1300, pollsSinceResume: 9, failuresInRow: 0 };
  assertEquals(nextPollAtMs(history, settings, 0.5), 11_000);
  assertEquals(nextPollAtMs({ ...history, pollsSinceResume: 1 }, settings, 0.5), 6000);
  assertEquals(nextPollAtMs({ ...history, endedAtMs: 20_000 }, settings, 0.5), 20_000);
});

Deno.test("nextPollAtMs() never waits longer than the limit after failures", () => {
  const history = { startedAtMs: 0, endedAtMs: 0, pollsSinceResume: 9, failuresInRow: 1000 };
  assertEquals(nextPollAtMs(history, settings, 0), 30_000);
  assert(nextPollAtMs(history, settings, 0.999) >= 15_000);
});

Deno.test("samplerSettings() never polls less often at first than later", () => {
  const short = samplerSettings(defaultConfig({ "metric.sampling.interval.ms": "2000" }));
  assertEquals([short.intervalMs, short.warmupIntervalMs], [2000, 2000]);
});

Deno.test("sharedCalls() gives each caller an outcome that was begun after it called", async () => {
  const ends: ((value: number) => void)[] = [];
  const call = sharedCalls(() => new Promise<number>((resolve) => ends.push(resolve)));
  const first = call();
  const second = call();
  const third = call();
  assertEquals(ends.length, 1);
  ends[0]!(1);
  assertEquals(await first, 1);
  await Promise.resolve();
  assertEquals(ends.length, 2);
  ends[1]!(2);
  assertEquals(await Promise.all([second, third]), [2, 2]);
  const fourth = call();
  ends[2]!(3);
  assertEquals(await fourth, 3);
});
