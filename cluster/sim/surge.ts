/**
 * A broker that becomes hot: producers write more and more to the partitions that it leads.
 *
 * ```
 * factor |        ________________
 *        |      /                 |
 *      1 |____/                   |______
 *             |ramp|
 *             |------ duration ----|
 * ```
 *
 * @module
 */
import { schedule, type SimState } from "./state.ts";

const MINUTE_MS = 60_000;

/** How much more is written, and for how long. Times in ms. */
export interface Surge {
  /** What the traffic is multiplied by after the ramp. */
  readonly factor: number;
  readonly rampMs: number;
  /** From the start of the ramp. */
  readonly durationMs: number;
}

/** Starts a surge of the partitions that the broker with this index leads now. They take it along when they move. */
export function startSurge(state: SimState, broker: number, surge: Surge): void {
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
  for (let afterMs = MINUTE_MS; afterMs < surge.rampMs; afterMs += MINUTE_MS) {
    const factor = 1 + (surge.factor - 1) * afterMs / surge.rampMs;
    schedule(state, nowMs + afterMs, (now) => set(now, factor));
  }
  schedule(state, nowMs + surge.rampMs, (now) => set(now, surge.factor));
  schedule(state, nowMs + surge.durationMs, (now) => set(now, 1));
}
