/**
 * Waiting for the running execution to end.
 *
 * @module
 */
import { withDeadline } from "../../lib/clock.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { ServerSettings } from "./settings.ts";

/** How often a wait looks for itself, in case the fact was lost. */
const RECHECK_MS = 1_000;

/** Tells those who wait that an execution ended. */
export interface EndSignal {
  /** Resolves at the next end after the call. */
  next(): Promise<void>;
  fire(): void;
}

/** A signal that nobody waits for yet. */
export function endSignal(): EndSignal {
  let waiting = Promise.withResolvers<void>();
  return {
    next: () => waiting.promise,
    fire() {
      waiting.resolve();
      waiting = Promise.withResolvers<void>();
    },
  };
}

/** Resolves when nothing executes any more; fails with `deadline_exceeded` after `deadlineMs` milliseconds. */
export async function waitForEnd(
  context: ActorContext,
  settings: ServerSettings,
  options: { deadlineMs: number; ends: EndSignal },
): Promise<Result<void>> {
  const { clock } = context;
  const untilMs = clock.nowMs() + options.deadlineMs;
  for (;;) {
    // Taken before asking: an end between the question and the wait must not be missed.
    const nextEnd = options.ends.next();
    const state = await context.request({ kind: "get_executor_state", withTasks: false }, {
      deadlineMs: settings.askTimeoutMs,
    });
    if (!state.ok) return state;
    if (state.value.phase === "NO_TASK_IN_PROGRESS") return ok(undefined);
    const nowMs = clock.nowMs();
    if (nowMs >= untilMs) {
      return fail(
        "deadline_exceeded",
        `Cannot wait longer for the running execution to end: it is ${state.value.phase} after ${options.deadlineMs} ms, see evenkeel.server.stop.timeout.ms`,
        { retriable: true },
      );
    }
    await withDeadline(clock, Math.min(untilMs, nowMs + RECHECK_MS), nextEnd);
  }
}
