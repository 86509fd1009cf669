/**
 * Fills in the CPU of partition samples where the CPU of their broker is known. Each broker's CPU is shared out by
 * the traffic of the same samples, so that leaders and followers on it add up to what was measured.
 *
 * @module
 */
import {
  CPU_USAGE,
  LEADER_BYTES_IN,
  LEADER_BYTES_OUT,
  PARTITION_METRIC_COUNT,
  REPLICATION_BYTES_OUT_RATE,
} from "../model/metrics.ts";
import { BROKER_METRICS, type BrokerMetricsReading } from "../model/readings.ts";
import type { Topology } from "../model/topology.ts";
import type { CpuWeights } from "../model/follower_load.ts";
import { type BrokerTraffic, leaderCpuPercent } from "./cpu.ts";
import type { PartitionSamples } from "./rate_estimator.ts";

const CPU_COLUMN = BROKER_METRICS.indexOf("cpuUsage");
const CORES_COLUMN = BROKER_METRICS.indexOf("cores");

interface Traffic extends BrokerTraffic {
  bytesIn: number;
  bytesOut: number;
  replicationIn: number;
}

/** Writes CPU_USAGE (percent of one core) into `samples.metrics`; it stays NaN where the broker's CPU is not known. */
export function fillLeaderCpu(
  samples: PartitionSamples,
  topology: Topology,
  options: { readonly brokers: BrokerMetricsReading; readonly weights: CpuWeights },
): void {
  const traffic = brokerTraffic(samples, topology, options.brokers);
  const { metrics } = samples;
  for (let i = 0; i < samples.partitions.length; i++) {
    const broker = traffic.get(samples.leaders[i]!);
    if (broker === undefined) continue;
    const at = i * PARTITION_METRIC_COUNT;
    const out = orZero(metrics[at + LEADER_BYTES_OUT]!) + metrics[at + REPLICATION_BYTES_OUT_RATE]!;
    metrics[at + CPU_USAGE] = leaderCpuPercent(
      broker,
      metrics[at + LEADER_BYTES_IN]!,
      out,
      options.weights,
    );
  }
}

function brokerTraffic(
  samples: PartitionSamples,
  topology: Topology,
  brokers: BrokerMetricsReading,
): Map<number, Traffic> {
  const traffic = new Map<number, Traffic>();
  const columns = BROKER_METRICS.length;
  brokers.brokerIds.forEach((brokerId, i) => {
    const cpuUsage = brokers.values[i * columns + CPU_COLUMN]!;
    const cores = brokers.values[i * columns + CORES_COLUMN]!;
    traffic.set(brokerId, { cpuUsage, cores, bytesIn: 0, bytesOut: 0, replicationIn: 0 });
  });
  const { metrics } = samples;
  for (let i = 0; i < samples.partitions.length; i++) {
    const at = i * PARTITION_METRIC_COUNT;
    const row = samples.partitions[i]!;
    const bytesIn = metrics[at + LEADER_BYTES_IN]!;
    const leader = traffic.get(samples.leaders[i]!);
    if (leader !== undefined) {
      leader.bytesIn += bytesIn;
      leader.bytesOut += orZero(metrics[at + LEADER_BYTES_OUT]!) +
        metrics[at + REPLICATION_BYTES_OUT_RATE]!;
    }
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
      const brokerId = topology.replicaBroker[r]!;
      const follower = brokerId === samples.leaders[i] ? undefined : traffic.get(brokerId);
      if (follower !== undefined) follower.replicationIn += bytesIn;
    }
  }
  return traffic;
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
