/** Keys of the sources of broker metrics: CPU, memory, latencies, queues. */
import { key, optionalKey } from "../key.ts";

/** Sources of broker metrics. */
export const BROKER_METRICS_KEYS = {
  "evenkeel.jolokia.url": optionalKey("string", {
    unit: "",
    doc:
      "Address of each broker's Jolokia agent, {host} and {id} replaced by the broker's, e.g. http://{host}:8778/jolokia/. Without it CPU is unknown and the CPU goals are off.",
    reader: "cluster/jolokia/settings.ts",
  }),
  "evenkeel.jolokia.broker.urls": key("list", "", {
    unit: "",
    doc: "Agents at other addresses, ID=URL,...; they go before evenkeel.jolokia.url.",
    reader: "cluster/jolokia/settings.ts",
  }),
  "evenkeel.jolokia.user": optionalKey("string", {
    unit: "",
    doc: "User for agents that ask for basic authentication.",
    reader: "cluster/jolokia/settings.ts",
  }),
  "evenkeel.jolokia.password": optionalKey("password", {
    unit: "",
    doc: "Password of evenkeel.jolokia.user.",
    reader: "cluster/jolokia/settings.ts",
  }),
  "evenkeel.jolokia.deadline.ms": key("int", "3000", {
    unit: "ms",
    min: 100,
    doc:
      "Longest wait for an agent in one poll; all are asked at once, so agents that hang cost it once.",
    reader: "cluster/jolokia/settings.ts",
  }),
} as const;
