/** `resume_sampling`: resumes the measuring of load. */
import { defineEndpoint, messageAnswer } from "../endpoint.ts";
import { REVIEW_ID } from "../execution_params.ts";
import { text } from "../params.ts";
import { reasonText } from "../planning.ts";
import { utcSeconds } from "../java_format.ts";

/** POST resume_sampling. */
export const resumeSampling = defineEndpoint({
  name: "resume_sampling",
  method: "POST",
  isAsync: false,
  role: "ADMIN",
  taskType: "cruise_control_admin",
  operation: "RESUME_SAMPLING request",
  params: {
    reason: text(),
    review_id: REVIEW_ID,
  },
  async run(call, { context, settings }) {
    const resumed = await context.request({
      kind: "resume_sampling",
      reason: reasonText(call, call.values.reason, {
        atText: utcSeconds(context.clock.nowMs()),
      }),
    }, { deadlineMs: settings.askTimeoutMs });
    if (!resumed.ok) return resumed;
    return { ok: true, value: messageAnswer("Metric sampling resumed.") };
  },
});
