/**
 * `review` and `review_board`: refused as Cruise Control does while two-step verification is off. The server does not
 * start with it on.
 */
import { assert } from "../../../lib/assert.ts";
import type { Result } from "../../../lib/failure.ts";
import { defineEndpoint, type EndpointAnswer } from "../endpoint.ts";
import { ints, type ParamRefusal, text } from "../params.ts";

const SHARED = {
  isAsync: false,
  check: (): ParamRefusal => ({
    message: "Cannot process reviews: two.step.verification.enabled is false, no request waits",
    kind: "forbidden",
  }),
  run(): Promise<Result<EndpointAnswer>> {
    assert(false, "A review is refused before it runs");
  },
} as const;

/** GET review_board. */
export const reviewBoard = defineEndpoint({
  ...SHARED,
  name: "review_board",
  method: "GET",
  role: "VIEWER",
  taskType: "cruise_control_monitor",
  operation: "REVIEW_BOARD request",
  params: { review_ids: ints() },
});

/** POST review. */
export const review = defineEndpoint({
  ...SHARED,
  name: "review",
  method: "POST",
  role: "ADMIN",
  taskType: "cruise_control_admin",
  operation: "REVIEW request",
  params: { approve: ints(), discard: ints(), reason: text() },
});
