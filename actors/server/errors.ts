/**
 * Failures as Cruise Control's clients expect to read them. Some clients search error texts for Java class names;
 * those names are part of the protocol and appear here only.
 *
 * @module
 */
import type { Failure } from "../../lib/failure.ts";

/** The body of an error: three members and no more, since one client's parser is strict. */
export interface ErrorBody {
  readonly version: 1;
  readonly stackTrace: string;
  readonly errorMessage: string;
}

/** An error body. */
export function errorBody(errorMessage: string, stackTrace = ""): ErrorBody {
  return { version: 1, stackTrace, errorMessage };
}

const CC_EXCEPTION = "com.linkedin.kafka.cruisecontrol.exception.KafkaCruiseControlException";

/** The failure on one line, with the class names that clients search for. */
export function exceptionText(failure: Failure): string {
  const message = oneLine([failure.message, ...(failure.details ?? [])].join("; "));
  switch (failure.code) {
    case "not_enough_windows":
      return `${CC_EXCEPTION}: com.linkedin.cruisecontrol.exception.NotEnoughValidWindowsException: ${message}`;
    case "hard_goal_unmet":
      return `${CC_EXCEPTION}: com.linkedin.kafka.cruisecontrol.exception.OptimizationFailureException: ${message}`;
    case "ongoing_execution":
      return "com.linkedin.kafka.cruisecontrol.exception.OngoingExecutionException: Cannot start a new execution while there " +
        `is an ongoing execution. Please use stop_ongoing_execution=true to stop it and start a new one. ${message}`;
    case "invalid_argument":
    case "not_found":
      return `java.lang.IllegalArgumentException: ${message}`;
    default:
      return message;
  }
}

/** The text of a 500. */
export function processingError(method: string, endpoint: string, reason: string): string {
  return `Error processing ${method} request '/${endpoint}' due to: '${reason}'.`;
}

/** The text of a 400 whose parameters could be read but not used. */
export function badRequest(method: string, endpoint: string, reason: string): string {
  return `Bad ${method} request '/${endpoint}' due to '${reason}'.`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, " ");
}
