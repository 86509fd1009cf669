import { assertEquals } from "@std/assert";
import { defaultConfig } from "../../config/parse.ts";
import { ManualClock } from "../../lib/clock.ts";
import { scaledClock } from "../../workers/scaled_clock.ts";
import { simulatedTime } from "../../workers/time_scale.ts";

const NOW_MS = 1_700_000_000_000;

Deno.test("simulatedTime() is the real time unless told otherwise", () => {
  assertEquals(simulatedTime(defaultConfig(), NOW_MS), undefined);
  const fast = simulatedTime(defaultConfig({ "evenkeel.sim.speed": "20" }), NOW_MS);
  assertEquals(fast, { realStartMs: NOW_MS, startMs: NOW_MS, speed: 20 });
});

Deno.test("simulatedTime() begins when it is told to and goes on from there", async () => {
  const startMs = 1_795_786_860_000;
  const time = simulatedTime(defaultConfig({ "evenkeel.sim.start.ms": String(startMs) }), NOW_MS);
  const real = new ManualClock(NOW_MS);
  const clock = scaledClock(real, time!);
  assertEquals(clock.nowMs(), startMs);
  let firedAtMs = 0;
  clock.setTimer(startMs + 5_000, () => void (firedAtMs = clock.nowMs()));
  await real.advanceTo(NOW_MS + 5_000);
  assertEquals(firedAtMs, startMs + 5_000);
});
