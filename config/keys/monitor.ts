/** Keys of sampling and aggregation. Names, units and defaults are Cruise Control's where it has the key. */
import { key, optionalKey } from "../key.ts";

/** Sampler and aggregator. */
export const MONITOR_KEYS = {
  "metric.sampling.interval.ms": optionalKey("int", {
    unit: "ms",
    min: 1000,
    doc:
      "Time between two polls of the cluster, as Cruise Control calls it; evenkeel.sampling.poll.interval.ms when absent.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.poll.interval.ms": key("int", "10000", {
    unit: "ms",
    min: 1000,
    doc: "Time between two polls of the cluster when metric.sampling.interval.ms is not set.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.warmup.polls": key("int", "4", {
    unit: "count",
    min: 0,
    doc: "Polls after a start or a resume that come early, so that a first plan need not wait.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.warmup.interval.ms": key("int", "5000", {
    unit: "ms",
    min: 500,
    doc: "Time between the early polls; never longer than between the later ones.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.deadline.ms": key("int", "5000", {
    unit: "ms",
    min: 100,
    doc: "Longest wait for a broker within one poll; a silent broker costs it once a poll.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.retry.backoff.ms": key("int", "1000", {
    unit: "ms",
    min: 100,
    doc: "Wait after a failed poll; doubles with each further one.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.retry.backoff.max.ms": key("int", "30000", {
    unit: "ms",
    min: 100,
    doc: "Longest wait after failed polls.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.execution.silence.ms": key("int", "60000", {
    unit: "ms",
    min: 1000,
    doc: "Silence of the executor after which sampling asks whether an execution still goes on.",
    reader: "actors/sampler/settings.ts",
  }),
  "evenkeel.sampling.uncommitted.fanout": key("double", "0", {
    unit: "",
    min: 0,
    doc:
      "Bytes out per byte in that is assumed for partitions where no consumer group has committed.",
    reader: "actors/sampler/settings.ts",
  }),
  "capacity.config.file": optionalKey("string", {
    unit: "",
    doc: "Cruise Control's capacity file; when absent, disks are measured and networks assumed.",
    reader: "actors/analyzer/capacity_source.ts",
  }),
  "evenkeel.capacity.network.kb.per.sec": key("double", "125000", {
    unit: "KB/s",
    min: 1,
    doc:
      "Network capacity of a broker each way when there is no capacity file; such capacities are marked estimated.",
    reader: "actors/sampler/settings.ts",
  }),
  "leader.network.inbound.weight.for.cpu.util": key("double", "0.7", {
    unit: "",
    min: 0,
    max: 1,
    doc: "Weight of producers' bytes in a broker's CPU.",
    reader: "load/cpu.ts",
  }),
  "leader.network.outbound.weight.for.cpu.util": key("double", "0.15", {
    unit: "",
    min: 0,
    max: 1,
    doc: "Weight of bytes to consumers and followers in a broker's CPU.",
    reader: "load/cpu.ts",
  }),
  "follower.network.inbound.weight.for.cpu.util": key("double", "0.15", {
    unit: "",
    min: 0,
    max: 1,
    doc: "Weight of bytes fetched as a follower in a broker's CPU.",
    reader: "load/cpu.ts",
  }),
  "partition.metrics.window.ms": key("int", "3600000", {
    unit: "ms",
    min: 1000,
    doc: "Length of a window of partition metrics.",
    reader: "actors/aggregator/actor.ts",
  }),
  "num.partition.metrics.windows": key("int", "5", {
    unit: "count",
    min: 1,
    doc: "Number of stable windows kept in memory and used for planning.",
    reader: "actors/aggregator/actor.ts",
  }),
  "min.samples.per.partition.metrics.window": key("int", "3", {
    unit: "count",
    min: 1,
    max: 127,
    doc: "Samples that make a window of a partition valid without extrapolation.",
    reader: "actors/aggregator/actor.ts",
  }),
  "max.allowed.extrapolations.per.partition": key("int", "5", {
    unit: "count",
    min: 0,
    doc: "Extrapolated windows that a partition may have and still be valid.",
    reader: "actors/aggregator/actor.ts",
  }),
  "evenkeel.samples.flush.interval.ms": key("int", "30000", {
    unit: "ms",
    min: 1000,
    doc: "Longest time that samples are in memory only: what kill -9 can lose.",
    reader: "actors/aggregator/actor.ts",
  }),
  "evenkeel.samples.retention.windows": key("int", "168", {
    unit: "count",
    min: 1,
    doc: "Windows kept in samples.db; a window of 1,000 partitions takes up to 60 KB.",
    reader: "actors/aggregator/actor.ts",
  }),
  "evenkeel.plan.from.active.window": key("boolean", "true", {
    unit: "",
    doc:
      "Whether a plan may be made from the window in progress while no window is complete yet, as after the first start.",
    reader: "actors/aggregator/actor.ts",
  }),
} as const;
