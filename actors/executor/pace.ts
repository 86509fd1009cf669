/**
 * When to look at the cluster again. Pure.
 *
 * @module
 */

/** Bounds of the pace, ms. */
export interface PaceBounds {
  /** Shortest delay. */
  readonly leastMs: number;
  /** Longest delay: the progress check interval. */
  readonly mostMs: number;
}

/** A check may use at most this share of the time: the delay is at least so many times the check's own duration. */
const DELAY_PER_DURATION = 2;

/**
 * The delay until the next check: the shortest after something happened (tasks ended or were submitted), else twice
 * the last one, up to the progress check interval. A slow check (many partitions) spreads the checks by itself.
 */
export function nextDelayMs(
  lastDelayMs: number,
  seen: { readonly somethingHappened: boolean; readonly checkTookMs: number },
  bounds: PaceBounds,
): number {
  const least = Math.min(bounds.leastMs, bounds.mostMs);
  const wanted = seen.somethingHappened ? least : Math.max(least, lastDelayMs * 2);
  return Math.max(
    Math.min(wanted, bounds.mostMs),
    Math.ceil(seen.checkTookMs) * DELAY_PER_DURATION,
  );
}
