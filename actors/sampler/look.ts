/**
 * One look at the cluster through the gateway: metadata first, then everything else at once. What fails is left
 * out and named; only a cluster that cannot be reached at all fails as a whole.
 *
 * @module
 */
import type { Gateway } from "../../cluster/gateway.ts";
import { type Failure, ok, type Result } from "../../lib/failure.ts";
import type { ClusterObserved } from "../../messages/sampler.ts";
import type { BrokerLogDirs, BrokerMetricsReading, LogDirsReading } from "../../model/readings.ts";
import type { Topology } from "../../model/topology.ts";
import { withReplicaBytes } from "../../load/log_dir_bytes.ts";
import type { Poll } from "../../load/rate_estimator.ts";

/** What a look gave. Readings that failed as a whole are undefined. */
export interface Look extends Poll {
  readonly brokerMetrics: BrokerMetricsReading | undefined;
  /** Brokers that did not answer, ascending. */
  readonly silentBrokers: readonly number[];
  /** What failed, the most telling first. */
  readonly failures: readonly Failure[];
}

/** Reads everything that a sample is made of. `deadlineMs` bounds each of the two steps. */
export async function lookAtCluster(
  gateway: Gateway,
  options: { readonly deadlineMs: number },
): Promise<Result<Look>> {
  const observed = await gateway.observe(options);
  if (!observed.ok) return observed;
  const topology = observed.value;
  const [offsets, logDirs, groups, brokerMetrics] = await Promise.all([
    gateway.readOffsets(topology, options),
    gateway.readLogDirs(topology, options),
    gateway.readGroupOffsets(topology, options),
    gateway.readBrokerMetrics(topology, options),
  ]);
  // Without offsets there are no rates: that is a failed poll, whatever else was read.
  if (!offsets.ok) return offsets;
  const silent = new Map<number, Failure>();
  for (const { brokerId, failure } of offsets.value.failures) silent.set(brokerId, failure);
  for (const { brokerId, failure } of logDirs.ok ? logDirs.value.brokers : []) {
    if (failure !== undefined) silent.set(brokerId, failure);
  }
  const failed = [logDirs, groups, brokerMetrics].flatMap((one) => one.ok ? [] : [one.failure]);
  const metricFailures = brokerMetrics.ok ? brokerMetrics.value?.failures ?? [] : [];
  const groupFailures = groups.ok ? groups.value.failures.map((one) => one.failure) : [];
  return ok({
    topology,
    offsets: offsets.value,
    logDirs: logDirs.ok ? logDirs.value : undefined,
    groups: groups.ok ? groups.value : undefined,
    brokerMetrics: brokerMetrics.ok ? brokerMetrics.value : undefined,
    silentBrokers: [...silent.keys()].sort((a, b) => a - b),
    failures: [
      ...failed,
      ...silent.values(),
      ...groupFailures,
      ...metricFailures.map((one) => one.failure),
    ],
  });
}

/** Reads only what the topology is: for who wants the cluster as it is now. */
export async function lookAtTopology(
  gateway: Gateway,
  options: { readonly deadlineMs: number },
): Promise<Result<{ topology: Topology; logDirs: LogDirsReading | undefined }>> {
  const observed = await gateway.observe(options);
  if (!observed.ok) return observed;
  const logDirs = await gateway.readLogDirs(observed.value, options);
  return ok({ topology: observed.value, logDirs: logDirs.ok ? logDirs.value : undefined });
}

/** The fact for others. Each dir is told how many bytes of replicas it holds, where all of them are known. */
export function clusterObserved(
  topology: Topology,
  logDirs: LogDirsReading | undefined,
): ClusterObserved {
  if (logDirs === undefined) return { kind: "cluster_observed", topology, logDirs: [] };
  return {
    kind: "cluster_observed",
    topology,
    logDirs: withReplicaBytes(topology, logDirs),
    replicaLogDir: logDirs.replicaLogDir.slice(),
  };
}

/** Whether receivers must hear of `next`: the metadata, a log dir's state or a replica's log dir is not what it was. */
export function isNews(before: ClusterObserved | undefined, next: ClusterObserved): boolean {
  return before === undefined || before.topology.generation !== next.topology.generation ||
    dirsText(before.logDirs) !== dirsText(next.logDirs) ||
    (next.replicaLogDir !== undefined &&
      !sameDirs(before.replicaLogDir ?? new Int16Array(0), next.replicaLogDir));
}

function sameDirs(a: Int16Array, b: Int16Array): boolean {
  return a.length === b.length && a.every((dir, r) => dir === b[r]);
}

/** Without the byte counts that change all the time. */
function dirsText(logDirs: readonly BrokerLogDirs[]): string {
  return JSON.stringify(logDirs.map((broker) => [
    broker.brokerId,
    broker.failure?.code,
    broker.dirs.map((dir) => [dir.path, dir.alive, dir.totalBytes]),
  ]));
}
