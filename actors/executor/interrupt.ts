/**
 * Leaving a round of the executor early.
 *
 * A round is a chain of steps, each of which first writes the journal and then asks the cluster. When a step cannot be
 * done, nothing after it may happen, and nothing has to be taken back: the journal says where things stand, and the
 * next round starts from a fresh look. So a failure leaves the whole round at once and is handled in one place.
 *
 * @module
 */
import type { Failure, Result } from "../../lib/failure.ts";

/** Thrown by {@link must}, caught where rounds are run. */
export class RoundInterrupted extends Error {
  override name = "RoundInterrupted";
  /** What could not be done. */
  readonly failure: Failure;

  /** Carries an operating error to the end of the round. */
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The value of a result; leaves the round when it is a failure. Throws {@link RoundInterrupted}. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new RoundInterrupted(result.failure);
  return result.value;
}
