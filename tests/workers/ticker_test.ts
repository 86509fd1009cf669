import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { Ticker } from "../../workers/ticker.ts";

Deno.test("Ticker.start() ticks although the actor woke itself before", async () => {
  const clock = new ManualClock(1000);
  const ticks: number[] = [];
  const ticker = new Ticker(clock, {
    tick: (nowMs) => {
      ticks.push(nowMs);
      return undefined;
    },
    onThrow: (error) => {
      throw error;
    },
  });
  ticker.wake();
  ticker.start();
  await clock.advanceTo(2000);
  assertEquals(ticks, [1000]);
});
