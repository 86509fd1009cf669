/** `partition_load`: partitions by the load of one resource, highest first. */
import type { PartitionLoadWish } from "../../../messages/analyzer.ts";
import { defineEndpoint } from "../endpoint.ts";
import { bool, double, int, ints, long, type ParamSpec, pattern, text } from "../params.ts";
import { capacityRefusal } from "../planning.ts";
import { partitionLoadJson } from "../shapes/partition_load.ts";
import { partitionLoadText } from "../text/partition_load_text.ts";

/** Upstream's default: as many as an int can count. */
const ALL = 2 ** 31 - 1;

/** Names of resources, in any case; the long ones are what one client sends. */
const RESOURCES: Readonly<Record<string, PartitionLoadWish["sortBy"]>> = {
  cpu: "cpu",
  disk: "disk",
  nw_in: "nwIn",
  nw_out: "nwOut",
  networkinbound: "nwIn",
  networkoutbound: "nwOut",
};

function resource(): ParamSpec<PartitionLoadWish["sortBy"]> {
  return {
    absent: "disk",
    parse(given) {
      const found = RESOURCES[given.trim().toLowerCase()];
      return found === undefined
        ? {
          ok: false,
          message: `Invalid resource type ${given}. The resource type must be one of the ` +
            "following: CPU, DISK, NW_IN, NW_OUT",
        }
        : { ok: true, value: found };
    },
  };
}

/** `n` or `a-b`, both ends included. */
function range(): ParamSpec<{ readonly from: number; readonly to: number } | undefined> {
  return {
    absent: undefined,
    parse(given) {
      const read = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(given.trim());
      if (read === null) {
        return { ok: false, message: `Cannot read partition ${given}: must be like 3 or 0-9` };
      }
      return { ok: true, value: { from: Number(read[1]), to: Number(read[2] ?? read[1]) } };
    },
  };
}

/** GET partition_load. */
export const partitionLoad = defineEndpoint({
  name: "partition_load",
  method: "GET",
  isAsync: true,
  role: "USER",
  taskType: "kafka_monitor",
  operation: "Get partition load",
  params: {
    resource: resource(),
    start: long(-1),
    end: long(undefined),
    entries: int(ALL, { positive: "entries" }),
    topic: pattern(),
    partition: range(),
    min_valid_partition_ratio: double({ name: "valid partition ratio", least: 0, most: 1 }),
    allow_capacity_estimation: bool(true),
    max_load: bool(false),
    avg_load: bool(false),
    brokerid: ints(),
    reason: text(),
  },
  check({ values }) {
    if (values.max_load && values.avg_load) {
      return "Cannot use max_load=true with avg_load=true: give one of them";
    }
    return values.end !== undefined && values.start >= values.end
      ? `Start time must be before the end time, got start ${values.start} and end ${values.end}`
      : undefined;
  },
  async run({ values, step }, { context, settings }) {
    step("WAITING_FOR_CLUSTER_MODEL", "Asking for the load of every partition");
    const { start, end, topic, partition, min_valid_partition_ratio: ratio, brokerid } = values;
    const answer = await context.request({
      kind: "get_partition_load",
      wish: {
        sortBy: values.resource,
        entries: values.entries,
        choice: values.max_load ? "max" : values.avg_load ? "avg" : "expected",
        ...(start >= 0 ? { fromMs: start } : {}),
        ...(end === undefined ? {} : { toMs: end }),
        ...(topic === undefined ? {} : { topics: topic.source }),
        ...(partition === undefined ? {} : { partitions: partition }),
        ...(ratio === undefined ? {} : { minValidRatio: ratio }),
        ...(brokerid.length === 0 ? {} : { brokerIds: brokerid }),
      },
    }, { deadlineMs: settings.planTimeoutMs });
    if (!answer.ok) return answer;
    const { partitions, longestTopic, estimatedBrokers } = answer.value;
    if (!values.allow_capacity_estimation && estimatedBrokers.length > 0) {
      return capacityRefusal(estimatedBrokers);
    }
    return {
      ok: true,
      value: {
        json: partitionLoadJson(partitions),
        native: { partitions },
        text: () => partitionLoadText(partitions, longestTopic),
      },
    };
  },
});
