/**
 * How the clock of a process runs that balances a simulated cluster.
 *
 * @module
 */
import type { Config } from "../config/table.ts";
import type { TimeScale } from "./control.ts";

/** Simulated time from now on, `nowMs` epoch ms; undefined where it is the real one. */
export function simulatedTime(config: Config, nowMs: number): TimeScale | undefined {
  const speed = config["evenkeel.sim.speed"];
  const startMs = config["evenkeel.sim.start.ms"] ?? nowMs;
  if (speed === 1 && startMs === nowMs) return undefined;
  return { realStartMs: nowMs, startMs, speed };
}
