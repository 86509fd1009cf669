/**
 * Whether and when an actor that died is restarted. Pure.
 *
 * @module
 */
import type { RuntimeLimits } from "./limits.ts";

/** What to do after a death. */
export type RestartDecision =
  | { readonly restart: true; readonly afterMs: number; readonly deathsMs: readonly number[] }
  | { readonly restart: false };

/**
 * Decides after a death at `nowMs`; `deathsMs` are the earlier ones that counted. The wait doubles with each death
 * within the window, and one death more than allowed ends it.
 */
export function decideRestart(
  deathsMs: readonly number[],
  nowMs: number,
  limits: Pick<
    RuntimeLimits,
    "restartBackoffMs" | "restartBackoffMaxMs" | "restartMax" | "restartWindowMs"
  >,
): RestartDecision {
  const recent = [...deathsMs.filter((at) => at > nowMs - limits.restartWindowMs), nowMs];
  if (recent.length > limits.restartMax) return { restart: false };
  const afterMs = Math.min(
    limits.restartBackoffMaxMs,
    limits.restartBackoffMs * 2 ** (recent.length - 1),
  );
  return { restart: true, afterMs, deathsMs: recent };
}
