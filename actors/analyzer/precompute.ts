/**
 * When the default plan is made ahead of being asked for.
 *
 * @module
 */
import type { Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";

/** How often it is looked whether the plan has to be made anew. Cruise Control's interval. */
const EVERY_MS = 30_000;

/** The same after a look that found the load not known yet: costs little, and a first plan is waited for. */
const RETRY_MS = 5_000;

/** Rest after a plan, in multiples of the time it took: it may have a twentieth of the thread. */
const REST_FACTOR = 20;

/** Makes the plan when it is time. */
export interface Precomputer {
  /** Starts the making if it is due and `needed`; says when to look again, epoch ms. */
  tick(nowMs: number, needed: () => boolean): number;
}

/** A precomputer that begins with the first tick; `make` makes the plan. */
export function createPrecomputer(
  context: Pick<ActorContext, "clock" | "log" | "wake">,
  make: () => Promise<Result<unknown>>,
): Precomputer {
  const { clock, log } = context;
  let atMs = -Infinity;

  async function precompute(): Promise<void> {
    const beganMs = clock.monotonicMs();
    let restMs = EVERY_MS;
    try {
      const made = await make();
      if (!made.ok) log.debug("No default plan yet", { reason: made.failure.message });
      if (!made.ok && made.failure.retriable) restMs = RETRY_MS;
    } catch (error) {
      log.error("Cannot make the default plan", { reason: String(error) });
    }
    restMs = Math.max(restMs, REST_FACTOR * (clock.monotonicMs() - beganMs));
    atMs = clock.nowMs() + Math.ceil(restMs);
    context.wake(atMs);
  }

  return {
    tick(nowMs, needed) {
      if (nowMs < atMs) return atMs;
      atMs = nowMs + EVERY_MS;
      if (needed()) void precompute();
      return atMs;
    },
  };
}
