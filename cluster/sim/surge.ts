/**
 * A broker that becomes hot: producers write more and more to the partitions that it leads.
 *
 * ```
 * factor |         ______________
 *        |       /              |
 *      1 |_____/                |______
 *              |ramp|
 *              |--- duration ---|
 * ```
 *
 * @module
 */
import { computeLoads, cpuOf } from "./loads.ts";
import { schedule, type SimState } from "./state.ts";

const MINUTE_MS = 60_000;

/** How hot the broker becomes, and for how long. Times in ms. */
export interface Surge {
  /**
   * Part of its cores that the broker would use after the ramp if all its load grew. It stays somewhat below, because
   * what it follows does not grow, and the day goes on.
   */
  readonly cpu: number;
  readonly rampMs: number;
  /** From the start of the ramp. */
  readonly durationMs: number;
}

/** Starts a surge of the partitions that the broker with this index leads now. They take it along when they move. */
export function startSurge(state: SimState, broker: number, surge: Surge): void {
  if (state.loadsStale) computeLoads(state);
  const { share, leader } = state.rows;
  const rows: number[] = [];
  for (const topic of state.topics) {
    if (!topic.alive) continue;
    for (let row = topic.start; row < topic.start + topic.count; row++) {
      if (leader[row] === broker) rows.push(row);
    }
  }
  const calm = rows.map((row) => share[row]!);
  const set = (now: SimState, factor: number) =>
    rows.forEach((row, i) => now.rows.share[row] = calm[i]! * factor);
  const { nowMs } = state;
  const most = surge.cpu / cpuOf(state, broker);
  for (let afterMs = MINUTE_MS; afterMs < surge.rampMs; afterMs += MINUTE_MS) {
    const factor = 1 + (most - 1) * afterMs / surge.rampMs;
    schedule(state, nowMs + afterMs, (now) => set(now, factor));
  }
  schedule(state, nowMs + surge.rampMs, (now) => set(now, most));
  schedule(state, nowMs + surge.durationMs, (now) => set(now, 1));
}
