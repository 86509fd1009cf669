/** `stop_proposal_execution`: ends the running execution. */
import { defineEndpoint, messageAnswer } from "../endpoint.ts";
import { REVIEW_ID } from "../execution_params.ts";
import { bool, text } from "../params.ts";
import { reasonText } from "../planning.ts";
import { utcSeconds } from "../java_format.ts";

/** POST stop_proposal_execution. Succeeds when nothing runs, too. Let in however many tasks are active: it must not wait. */
export const stopProposalExecution = defineEndpoint({
  name: "stop_proposal_execution",
  method: "POST",
  isAsync: false,
  role: "ADMIN",
  taskType: "kafka_admin",
  operation: "STOP_PROPOSAL_EXECUTION request",
  alwaysAdmitted: true,
  params: {
    force_stop: bool(false),
    stop_external_agent: bool(true),
    reason: text(),
    review_id: REVIEW_ID,
  },
  async run(call, { context, settings }) {
    const stopped = await context.request({
      kind: "stop_execution",
      stopExternalAgent: call.values.stop_external_agent,
      atOnce: call.values.force_stop,
      reason: reasonText(call, call.values.reason, {
        atText: utcSeconds(context.clock.nowMs()),
      }),
    }, { deadlineMs: settings.stopTimeoutMs });
    if (!stopped.ok) return stopped;
    const forced = call.values.force_stop
      ? " With force_stop groups of moves that belong together are cut short as well."
      : "";
    return { ok: true, value: messageAnswer(`Proposal execution stopped.${forced}`) };
  },
});
