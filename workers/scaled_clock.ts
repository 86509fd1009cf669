/**
 * Simulated time that runs at N times real time: the same on every thread, without any of them telling it.
 *
 * @module
 */
import type { Clock } from "../lib/clock.ts";
import type { TimeScale } from "./control.ts";

/** The clock of a simulated cluster and of the actors that watch it. */
export function scaledClock(real: Clock, scale: TimeScale): Clock {
  const { realStartMs, startMs, speed } = scale;
  return {
    nowMs: () => Math.floor(startMs + (real.nowMs() - realStartMs) * speed),
    monotonicMs: () => real.monotonicMs() * speed,
    // Rounded up: a timer must not fire before simulated time has got there.
    setTimer: (atMs, fire) =>
      real.setTimer(Math.ceil(realStartMs + (atMs - startMs) / speed), fire),
  };
}
