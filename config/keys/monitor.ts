/** Keys of sampling and aggregation. Names, units and defaults are Cruise Control's where it has the key. */
import { key } from "../key.ts";

/** Sampler and aggregator. */
export const MONITOR_KEYS = {
  "metric.sampling.interval.ms": key("int", "120000", {
    unit: "ms",
    min: 1000,
    doc: "Time between two samplings.",
    reader: "actors/sampler/actor.ts",
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
} as const;
