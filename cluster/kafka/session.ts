/**
 * What every operation of the gateway works with.
 *
 * @module
 */
import type { Clock } from "../../lib/clock.ts";
import type { Failure, Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { CallOptions } from "../gateway.ts";
import type { Directory } from "./directory.ts";
import type { KafkaSettings } from "./settings.ts";

/** See the module. */
export interface Session {
  readonly directory: Directory;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** See {@link preciseTime}. */
  readonly preciseNowMs: () => number;
}

/** When a call must have ended, epoch ms. */
export function deadlineOf(session: Session, options: CallOptions | undefined): number {
  return session.clock.nowMs() + (options?.deadlineMs ?? session.settings.deadlineMs);
}

/**
 * Epoch milliseconds with a fraction, for rates between two readings. Runs with the monotonic clock and follows the wall
 * clock when the two have drifted apart, as after the machine slept or its time was set.
 */
export function preciseTime(clock: Clock): () => number {
  let offsetMs = clock.nowMs() - clock.monotonicMs();
  return () => {
    const monotonicMs = clock.monotonicMs();
    const wallMs = clock.nowMs();
    if (Math.abs(monotonicMs + offsetMs - wallMs) > DRIFT_MS_MAX) offsetMs = wallMs - monotonicMs;
    return monotonicMs + offsetMs;
  };
}

/** Drift at which {@link preciseTime} follows the wall clock: far more than scheduling jitter, far less than a poll. */
const DRIFT_MS_MAX = 100;

/** Milliseconds left for Kafka's own timeout fields; at least 1, because 0 means something else to Kafka. */
export function timeLeftMs(session: Session, deadlineAtMs: number): number {
  return Math.max(1, Math.round(deadlineAtMs - session.clock.nowMs()));
}

/** A failure as a result. */
export function failed(failure: Failure): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure };
}

/** Turns the error code of an answer into a failure, unless it is 0. */
export function checked<T>(
  result: Result<T>,
  problem: (answer: T) => Failure | undefined,
): Result<T> {
  if (!result.ok) return result;
  const failure = problem(result.value);
  return failure === undefined ? result : failed(failure);
}
