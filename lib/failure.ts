/**
 * Operating errors as values: what went wrong, in one closed list of codes, safe to send to another thread.
 *
 * @module
 */

/** Every operating error that this program knows. A new code is added here and nowhere else. */
export type FailureCode =
  | "cluster_unreachable" // no broker answered before the deadline
  | "deadline_exceeded" // one call took longer than it may
  | "authentication_failed"
  | "authorization_failed"
  | "kafka_error" // Kafka answered with an error; kafkaErrorCode tells which
  | "unsupported_version" // the broker does not offer an API version that we speak
  | "protocol_error" // an answer that could not be decoded
  | "not_enough_windows" // load is not known well enough yet
  | "hard_goal_unmet" // no plan can meet a hard goal
  | "invalid_argument" // the caller's request is wrong
  | "invalid_file" // a file cannot be read or is ill-formed
  | "ongoing_execution" // something else is executing
  | "not_found"
  | "cancelled"
  | "mailbox_full" // the receiver is too slow
  | "actor_died" // the actor that owed the answer was restarted
  | "store_full" // no space left for the store
  | "store_too_new" // a file written by a newer version
  | "store_corrupt"
  | "shutting_down"
  | "internal"; // an assertion failed or something unforeseen was thrown

/** One operating error. `message` follows the house rule: action first, current and wanted value, no period. */
export interface Failure {
  readonly code: FailureCode;
  readonly message: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly retriable: boolean;
  /** Kafka's own error code, when the cluster gave one. */
  readonly kafkaErrorCode?: number;
  /** What to tell a person beyond the message, as lines. */
  readonly details?: readonly string[];
}

/** The result of a call that may fail in operation. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: Failure };

/** A result that carries a value. */
export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

/** A result that carries a failure; not retriable unless told. */
export function fail(
  code: FailureCode,
  message: string,
  options: {
    retriable?: boolean;
    kafkaErrorCode?: number;
    details?: readonly string[];
  } = {},
): { readonly ok: false; readonly failure: Failure } {
  return { ok: false, failure: { code, message, retriable: false, ...options } };
}

/** Turns anything thrown into a failure; one that was thrown as a {@link FailureError} stays as it is. Use at the edge, where a foreign library may throw. */
export function failureFrom(
  error: unknown,
  action: string,
  options: { code?: FailureCode; retriable?: boolean } = {},
): Failure {
  if (error instanceof FailureError) return error.failure;
  const reason = error instanceof Error ? error.message : String(error);
  return {
    code: options.code ?? "internal",
    message: `${action}: ${reason}`,
    retriable: options.retriable ?? false,
  };
}

/**
 * Carries a failure out of code that can only throw, such as an actor's `start`: the runtime does not restart an
 * actor whose first start ends with a failure that is not retriable.
 */
export class FailureError extends Error {
  override name = "FailureError";
  readonly failure: Failure;

  /** An error whose message is the failure's. */
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
