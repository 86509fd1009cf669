/**
 * The per-partition metrics that the program measures and stores, and the resources that goals speak of.
 * Names, order and aggregation are Cruise Control's KafkaMetricDef (the metrics common to partition and broker).
 *
 * @module
 */

/** Bytes in a MB, as Cruise Control and Kafka's tools count. */
export const BYTES_PER_MB = 2 ** 20;

/** How values of one window are combined: mean of the samples, or the last one. */
export type Aggregation = "avg" | "latest";

/** Columns of a partition sample, in this order. */
export const PARTITION_METRICS = [
  { name: "CPU_USAGE", unit: "percent of one core", aggregation: "avg" },
  { name: "DISK_USAGE", unit: "MB", aggregation: "latest" },
  { name: "LEADER_BYTES_IN", unit: "KB/s", aggregation: "avg" },
  { name: "LEADER_BYTES_OUT", unit: "KB/s", aggregation: "avg" },
  { name: "PRODUCE_RATE", unit: "1/s", aggregation: "avg" },
  { name: "FETCH_RATE", unit: "1/s", aggregation: "avg" },
  { name: "MESSAGE_IN_RATE", unit: "1/s", aggregation: "avg" },
  { name: "REPLICATION_BYTES_IN_RATE", unit: "KB/s", aggregation: "avg" },
  { name: "REPLICATION_BYTES_OUT_RATE", unit: "KB/s", aggregation: "avg" },
] as const satisfies readonly { name: string; unit: string; aggregation: Aggregation }[];

/** Columns in a row of a partition sample. */
export const PARTITION_METRIC_COUNT = 9;

/** Column of a partition sample. */
export const CPU_USAGE = 0;
/** Column of a partition sample. */
export const DISK_USAGE = 1;
/** Column of a partition sample. */
export const LEADER_BYTES_IN = 2;
/** Column of a partition sample. */
export const LEADER_BYTES_OUT = 3;
/** Column of a partition sample. */
export const PRODUCE_RATE = 4;
/** Column of a partition sample. */
export const FETCH_RATE = 5;
/** Column of a partition sample. */
export const MESSAGE_IN_RATE = 6;
/** Column of a partition sample. */
export const REPLICATION_BYTES_IN_RATE = 7;
/** Column of a partition sample. */
export const REPLICATION_BYTES_OUT_RATE = 8;

/** A resource that goals balance, in Cruise Control's order: the index is its id. */
export const RESOURCES = ["cpu", "networkInbound", "networkOutbound", "disk"] as const;

/** Name of a resource in JSON and configuration. */
export type ResourceName = typeof RESOURCES[number];

/** Resource id. */
export const CPU = 0;
/** Resource id. */
export const NW_IN = 1;
/** Resource id. */
export const NW_OUT = 2;
/** Resource id. */
export const DISK = 3;
/** Number of resources. */
export const RESOURCE_COUNT = 4;
