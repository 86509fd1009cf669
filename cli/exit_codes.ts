/**
 * What a command's exit code means.
 *
 * @module
 */
import type { FailureCode } from "../lib/failure.ts";

/** Exit codes of every command. */
export const EXIT = {
  done: 0,
  /** It could not be done, for a reason that none of the others names. */
  failed: 1,
  /** Wrong usage, or input that cannot be read. */
  usage: 2,
  /** No plan can meet the hard goals. */
  unplannable: 3,
  /** The cluster, or the running Evenkeel, cannot be reached, does not let us in or is too old. */
  unreachable: 4,
  interrupted: 130,
} as const;

/** An exit code. */
export type ExitCode = typeof EXIT[keyof typeof EXIT];

/** The exit code that a failure leads to. */
export function exitCodeOf(code: FailureCode): ExitCode {
  switch (code) {
    case "invalid_argument":
    case "invalid_file":
    case "not_found":
    case "store_too_new":
    case "store_corrupt":
    case "store_full":
      return EXIT.usage;
    case "hard_goal_unmet":
      return EXIT.unplannable;
    case "cluster_unreachable":
    case "authentication_failed":
    case "authorization_failed":
    case "unsupported_version":
      return EXIT.unreachable;
    case "cancelled":
      return EXIT.interrupted;
    default:
      return EXIT.failed;
  }
}
