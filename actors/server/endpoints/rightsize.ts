/** `rightsize`: asks for brokers or partitions. No provisioner is attached that could make them. */
import { defineEndpoint } from "../endpoint.ts";
import { int, pattern, text, unreadable } from "../params.ts";

const NOBODY = "Nothing was done: no provisioner is attached that could add brokers or partitions.";

/** POST rightsize. Plain text is JSON, too, as upstream's. */
export const rightsize = defineEndpoint({
  name: "rightsize",
  method: "POST",
  isAsync: false,
  role: "ADMIN",
  taskType: "kafka_admin",
  operation: "RIGHTSIZE request",
  params: {
    num_brokers_to_add: int(undefined, { positive: "num_brokers_to_add" }),
    partition_count: int(undefined, { positive: "partition_count" }),
    topic: pattern(),
    reason: text(),
  },
  check({ values }) {
    const { num_brokers_to_add: brokers, partition_count: partitions, topic } = values;
    if ((brokers === undefined) === (partitions === undefined)) {
      return unreadable("Exactly one of num_brokers_to_add and partition_count must be given.");
    }
    return (partitions === undefined) === (topic === undefined)
      ? undefined
      : unreadable("A topic must be given with partition_count, and with nothing else.");
  },
  run({ values }) {
    const { num_brokers_to_add: brokers, partition_count: partitions, topic } = values;
    const json = {
      ...(brokers === undefined ? {} : { numBrokersToAdd: brokers }),
      ...(partitions === undefined ? {} : { partitionCount: partitions }),
      ...(topic === undefined ? {} : { topic: topic.source }),
      provisionerState: NOBODY,
    };
    return Promise.resolve({
      ok: true,
      value: { json, text: () => JSON.stringify({ ...json, version: 1 }) },
    });
  },
});
