/**
 * Ending what a thread opened for its actor.
 *
 * @module
 */
import type { Actor } from "../messages/actor.ts";

/** The actor, which closes what was opened for it after it has stopped. */
export function closingAfter(actor: Actor, close: () => Promise<void> | void): Actor {
  return {
    start: () => actor.start(),
    handle: (message) => actor.handle(message),
    answers: actor.answers,
    tick: (nowMs) => actor.tick(nowMs),
    async stop() {
      await actor.stop();
      await close();
    },
  };
}
