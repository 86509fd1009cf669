/** When to poll next. Pure. */
import type { SamplerSettings } from "./settings.ts";

/** What the next poll depends on. */
export interface PollHistory {
  /** Start of the latest poll, epoch ms. */
  readonly startedAtMs: number;
  /** Now, the end of the latest poll, epoch ms. */
  readonly endedAtMs: number;
  /** Polls that went well since the start or the latest resume. */
  readonly pollsSinceResume: number;
  /** Failed polls in a row, up to and with the latest; 0 when it went well. */
  readonly failuresInRow: number;
}

/**
 * Epoch ms of the next poll. Polls keep their distance from start to start; one that took longer than the interval
 * is followed by the next at once. Failed ones are repeated after a wait that doubles. `draw` is in [0, 1) and
 * shortens that wait by up to half, so that instances do not knock all at once.
 */
export function nextPollAtMs(
  history: PollHistory,
  settings: SamplerSettings,
  draw: number,
): number {
  const { failuresInRow } = history;
  if (failuresInRow > 0) {
    const waitMs = Math.min(
      settings.backoffMaxMs,
      settings.backoffMs * 2 ** Math.min(failuresInRow - 1, 30),
    );
    return Math.round(history.endedAtMs + waitMs * (1 - draw / 2));
  }
  const warm = history.pollsSinceResume >= settings.warmupPolls;
  const intervalMs = warm ? settings.intervalMs : settings.warmupIntervalMs;
  return Math.max(history.endedAtMs, history.startedAtMs + intervalMs);
}
