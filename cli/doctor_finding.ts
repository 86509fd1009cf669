/** One finding of `evenkeel doctor`, and how findings are worded. */
import type { Failure } from "../lib/failure.ts";

/** What was found about one thing. */
export interface Finding {
  /** Word for the thing, the same in every run. */
  readonly check: string;
  readonly status: "fine" | "costs" | "unknown";
  /** What was seen. */
  readonly what: string;
  /** What does not work because of it. */
  readonly cost?: string;
  /** What to change. */
  readonly fix?: string;
}

/** "1, 2, 3 and 7 more" */
export function some(names: readonly (string | number)[], most = 5): string {
  const shown = names.slice(0, most).join(", ");
  return names.length <= most ? shown : `${shown} and ${names.length - most} more`;
}

/** The message with what helps beyond it. */
export function textOf(failure: Failure): string {
  const more = (failure.details ?? []).filter((detail) => !failure.message.includes(detail));
  return [failure.message, ...more].join("; ");
}
