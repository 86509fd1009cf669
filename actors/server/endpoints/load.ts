/** `load`: what every broker carries. */
import { defineEndpoint } from "../endpoint.ts";
import { bool, long, type ParamSpec, type Parsed, text, unreadable } from "../params.ts";
import { capacityRefusal } from "../planning.ts";
import { brokerStatsOf, brokersWithoutCpu } from "../shapes/broker_stats.ts";
import { loadTable } from "../text/load_table.ts";

/** What says which load is meant: of no use beside capacity_only. */
const LOAD_PARAMS = ["time", "end", "start", "allow_capacity_estimation", "populate_disk_info"];

/** A time in epoch ms, or NOW. */
function time(): ParamSpec<number | "now" | undefined> {
  const number = long(undefined);
  return {
    absent: undefined,
    parse: (given): Parsed<number | "now" | undefined> =>
      given.trim().toLowerCase() === "now" ? { ok: true, value: "now" } : number.parse(given),
  };
}

/** GET load. */
export const load = defineEndpoint({
  name: "load",
  method: "GET",
  isAsync: true,
  role: "USER",
  taskType: "kafka_monitor",
  operation: "Get broker stats",
  params: {
    start: long(-1),
    end: long(undefined),
    time: time(),
    allow_capacity_estimation: bool(true),
    populate_disk_info: bool(false),
    capacity_only: bool(false),
    reason: text(),
  },
  check({ values, given }) {
    const beside = LOAD_PARAMS.find((name) => given.has(name));
    if (values.capacity_only && beside !== undefined) {
      return unreadable(
        `Cannot set capacity_only parameter to true when explicitly specifying ${beside} in the request.`,
      );
    }
    if (given.has("time") && given.has("end")) {
      return "Parameters time and end are mutually exclusive: give one of them";
    }
    const end = values.end ?? (values.time === "now" ? undefined : values.time);
    return end !== undefined && values.start >= end
      ? `Start time must be before the end time, got start ${values.start} and end ${end}`
      : undefined;
  },
  async run({ values, step }, { context, settings }) {
    step("WAITING_FOR_CLUSTER_MODEL", "Asking for the load of every broker");
    const end = values.end ?? (values.time === "now" ? undefined : values.time);
    const answer = await context.request({
      kind: "get_broker_load",
      ...(values.start >= 0 ? { fromMs: values.start } : {}),
      ...(end !== undefined ? { toMs: end } : {}),
      ...(values.capacity_only ? { capacityOnly: true } : {}),
      ...(values.populate_disk_info ? { withLogDirs: true } : {}),
    }, { deadlineMs: settings.planTimeoutMs });
    if (!answer.ok) return answer;
    const { brokers } = answer.value;
    const estimated = values.allow_capacity_estimation
      ? []
      : brokers.filter((broker) => broker.capacityEstimated);
    if (estimated.length > 0) return capacityRefusal(estimated.map((broker) => broker.brokerId));
    const stats = brokerStatsOf(brokers);
    return {
      ok: true,
      value: {
        json: stats,
        text: () => loadTable(stats, { cpuUnknown: brokersWithoutCpu(brokers) }),
      },
    };
  },
});
