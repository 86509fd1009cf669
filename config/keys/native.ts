/** Keys that only Evenkeel has. All begin with `evenkeel.`, except what Kafka clients call otherwise. */
import { key } from "../key.ts";

/** Native settings. */
export const NATIVE_KEYS = {
  "evenkeel.data.dir": key("string", "data", {
    unit: "",
    doc: "Directory of the store: state.db must not be lost, samples.db may be deleted.",
    reader: "main.ts",
  }),
  "evenkeel.seed": key("int", "1", {
    unit: "",
    min: 0,
    max: 4294967295,
    doc: "Seed of every random draw: simulation, planning, retry jitter.",
    reader: "actors/analyzer/plan_maker.ts",
  }),
  "evenkeel.log.level": key("string", "info", {
    unit: "",
    oneOf: ["debug", "info", "warn", "error"],
    doc: "Least severe level that is written to stderr.",
    reader: "main.ts",
  }),
  "evenkeel.runtime.mailbox.size": key("int", "128", {
    unit: "count",
    min: 1,
    max: 100000,
    doc:
      "Facts from one actor to another that may wait to be handled; beyond it the policy of each kind decides.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.requests.max": key("int", "256", {
    unit: "count",
    min: 1,
    max: 100000,
    doc: "Requests that one actor may have open at another; further ones fail at once.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.request.deadline.ms": key("int", "600000", {
    unit: "ms",
    min: 1,
    doc: "Time after which a request between actors fails when its sender gave no deadline.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.heartbeat.interval.ms": key("int", "5000", {
    unit: "ms",
    min: 10,
    doc: "Time between two heartbeats of an actor.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.heartbeat.timeout.ms": key("int", "60000", {
    unit: "ms",
    min: 10,
    doc:
      "An actor that leaves heartbeats unanswered for this long is restarted. Must exceed its longest store transaction.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.restart.backoff.ms": key("int", "200", {
    unit: "ms",
    min: 1,
    doc:
      "Wait before the first restart of an actor that died; doubles with each further death in the window.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.restart.backoff.max.ms": key("int", "30000", {
    unit: "ms",
    min: 1,
    doc: "Longest wait before a restart of an actor.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.restart.max": key("int", "10", {
    unit: "count",
    min: 0,
    doc:
      "Restarts of an actor within the window; one more death and it is given up, which `state` shows.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.restart.window.ms": key("int", "600000", {
    unit: "ms",
    min: 1,
    doc: "Window in which the restarts of an actor are counted.",
    reader: "workers/limits.ts",
  }),
  "evenkeel.runtime.stop.deadline.ms": key("int", "30000", {
    unit: "ms",
    min: 1,
    doc: "Time that all actors together get to stop in an orderly way.",
    reader: "workers/limits.ts",
  }),
} as const;
