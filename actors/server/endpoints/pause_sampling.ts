/** `pause_sampling`: pauses the measuring of load. */
import { defineEndpoint, messageAnswer } from "../endpoint.ts";
import { REVIEW_ID } from "../execution_params.ts";
import { text } from "../params.ts";
import { reasonText } from "../planning.ts";
import { utcSeconds } from "../java_format.ts";

/** POST pause_sampling. */
export const pauseSampling = defineEndpoint({
  name: "pause_sampling",
  method: "POST",
  isAsync: false,
  role: "ADMIN",
  taskType: "cruise_control_admin",
  operation: "PAUSE_SAMPLING request",
  params: {
    reason: text(),
    review_id: REVIEW_ID,
  },
  async run(call, { context, settings }) {
    const paused = await context.request({
      kind: "pause_sampling",
      reason: reasonText(call, call.values.reason, {
        atText: utcSeconds(context.clock.nowMs()),
      }),
    }, { deadlineMs: settings.askTimeoutMs });
    if (!paused.ok) return paused;
    return { ok: true, value: messageAnswer("Metric sampling paused.") };
  },
});
