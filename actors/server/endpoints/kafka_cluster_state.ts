/** `kafka_cluster_state`: brokers, log dirs and partitions in trouble. */
import { defineEndpoint } from "../endpoint.ts";
import { bool, pattern, text } from "../params.ts";
import { kafkaClusterStateJson } from "../shapes/kafka_cluster_state.ts";
import { kafkaClusterText } from "../text/kafka_cluster_text.ts";

/** GET kafka_cluster_state. */
export const kafkaClusterState = defineEndpoint({
  name: "kafka_cluster_state",
  method: "GET",
  isAsync: false,
  role: "VIEWER",
  taskType: "kafka_monitor",
  operation: "KAFKA_CLUSTER_STATE request",
  params: { topic: pattern(), verbose: bool(false), reason: text() },
  async run({ values }, { context, settings }) {
    const observed = await context.request(
      { kind: "get_cluster", fresh: false, withMinInsync: true },
      { deadlineMs: settings.askTimeoutMs },
    );
    if (!observed.ok) return observed;
    const { topic, verbose } = values;
    const state = kafkaClusterStateJson(observed.value, {
      verbose,
      includes: (name) => topic === undefined || topic.matches(name),
    });
    return { ok: true, value: { json: state, text: () => kafkaClusterText(state, { verbose }) } };
  },
});
