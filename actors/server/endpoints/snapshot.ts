/** `snapshot`: the model that plans are made for, as a file to plan for offline. Not Cruise Control's. */
import { assert } from "../../../lib/assert.ts";
import { ok } from "../../../lib/failure.ts";
import { defineEndpoint, type EndpointDeps } from "../endpoint.ts";
import { brokenOff } from "../long_body.ts";
import { bool, texts } from "../params.ts";
import { capacityRefusal } from "../planning.ts";

/** GET snapshot. */
export const snapshot = defineEndpoint({
  name: "snapshot",
  method: "GET",
  isAsync: false,
  role: "USER",
  taskType: "kafka_monitor",
  operation: "Get a snapshot of the cluster model",
  // Its answer is too large to be kept with a task.
  untracked: true,
  params: {
    goals: texts(),
    windows: bool(false),
    log_dirs: bool(false),
    allow_capacity_estimation: bool(true),
  },
  async run({ values }, deps) {
    const { context, settings } = deps;
    const made = await context.request({
      kind: "get_snapshot",
      goals: values.goals,
      withWindows: values.windows,
      withLogDirs: values.log_dirs,
    }, { deadlineMs: settings.planTimeoutMs });
    if (!made.ok) return made;
    const { snapshotId, estimatedBrokers } = made.value;
    if (!values.allow_capacity_estimation && estimatedBrokers.length > 0) {
      await context.request({ kind: "drop_snapshot", snapshotId });
      return capacityRefusal(estimatedBrokers);
    }
    return ok({ json: {}, text: () => "", stream: partsOf(snapshotId, deps) });
  },
});

/** The parts as fast as the client takes them. Breaks off where the analyzer does not hold them any more. */
function partsOf(
  snapshotId: string,
  { context, settings }: EndpointDeps,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let part = 0;
  return new ReadableStream({
    async pull(controller) {
      const got = await context.request({ kind: "get_snapshot_part", snapshotId, part }, {
        deadlineMs: settings.askTimeoutMs,
      });
      if (!got.ok) {
        context.log.warn("A snapshot broke off", { reason: got.failure.message });
        controller.error(brokenOff(got.failure.message));
        return;
      }
      part++;
      const { text, isLast } = got.value;
      assert(text.length > 0 || isLast, "Only the last part may be empty");
      controller.enqueue(encoder.encode(text));
      if (isLast) controller.close();
    },
    async cancel() {
      await context.request({ kind: "drop_snapshot", snapshotId });
    },
  });
}
