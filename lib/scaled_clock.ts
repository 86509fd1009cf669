/** A clock that runs faster or slower than another one. */
import type { Clock } from "./clock.ts";

/**
 * A clock that shows the time of `base` at its creation and from then on runs `speed` times as fast. Timers are set
 * on `base`, so 60 s of waiting at speed 60 take one second.
 */
export function scaledClock(base: Clock, speed: number): Clock {
  if (speed === 1) return base;
  const startMs = base.nowMs();
  const startMonotonicMs = base.monotonicMs();
  const sinceStart = () => (base.monotonicMs() - startMonotonicMs) * speed;
  return {
    nowMs: () => Math.floor(startMs + sinceStart()),
    monotonicMs: () => startMonotonicMs + sinceStart(),
    // Rounded up, so that the time is reached when the timer fires.
    setTimer: (atMs, fire) =>
      base.setTimer(base.nowMs() + Math.ceil((atMs - startMs - sinceStart()) / speed), fire),
  };
}
