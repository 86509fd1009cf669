/** Conditions and anomalies for tests of the detector. */
import { type ClusterHealth, clusterHealth } from "../../../actors/detector/cluster_health.ts";
import { buildTopology } from "../../../model/topology.ts";
import type { AnomalyCondition } from "../../../model/anomaly.ts";
import type { AnomalyRecord } from "../../../store/anomalies.ts";

/** Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 0, 5);

/** Failed brokers, all since `sinceMs`. */
export function brokers(
  ids: readonly number[],
  options: { sinceMs?: number; alive?: number } = {},
): AnomalyCondition & { kind: "BROKER_FAILURE" } {
  const { sinceMs = START_MS, alive = 10 } = options;
  return {
    kind: "BROKER_FAILURE",
    failedBrokers: ids.map((brokerId) => ({ brokerId, sinceMs })),
    aliveBrokers: alive,
  };
}

/** One failed log dir. */
export function disk(offlineReplicas: number): AnomalyCondition & { kind: "DISK_FAILURE" } {
  const failedDisks = [{ brokerId: 1, logDir: "/d1", sinceMs: START_MS }];
  return { kind: "DISK_FAILURE", failedDisks, offlineReplicas };
}

/** Violated goals. */
export function goals(
  fixable: readonly string[],
  unfixable: readonly string[] = [],
): AnomalyCondition & { kind: "GOAL_VIOLATION" } {
  return { kind: "GOAL_VIOLATION", fixable, unfixable };
}

/** An anomaly that was just seen. */
export function record(
  condition: AnomalyCondition,
  change: Partial<AnomalyRecord> = {},
): AnomalyRecord {
  return {
    id: `anomaly of ${condition.kind}`,
    condition,
    detectedAtMs: START_MS,
    status: "DETECTED",
    reason: "seen",
    statusAtMs: START_MS,
    endedAtMs: undefined,
    alertedAtMs: undefined,
    alerted: [],
    wouldDo: undefined,
    wouldDoFor: undefined,
    failures: 0,
    retryAtMs: undefined,
    ...change,
  };
}

/**
 * A look at brokers 1 to 4, of which 3 is fenced and 4 not registered. Partition 0 is on 1 and 2, with the copy on 1
 * offline; partition 1 on 2 and 3; partition 2 on 3 and 4, without a leader.
 */
export function look(options: { failedDirs?: readonly string[] } = {}): ClusterHealth {
  const partition = (number: number, leader: number, replicas: number[], offline: number[]) => ({
    partition: number,
    leader,
    leaderEpoch: 1,
    replicas,
    inSync: replicas.filter((id) => !offline.includes(id)),
    offline,
  });
  const { topology } = buildTopology({
    generation: 7,
    observedAtMs: START_MS,
    clusterId: "test",
    controllerId: 1,
    brokers: [1, 2, 3].map((id) => ({
      id,
      host: "localhost",
      port: 9092 + id,
      rack: `r${id}`,
      alive: id !== 3,
    })),
  }, [{
    name: "t",
    id: "",
    partitions: [
      partition(0, 2, [1, 2], [1]),
      partition(1, 2, [2, 3], [3]),
      partition(2, -1, [3, 4], [3, 4]),
    ],
  }]);
  const dir = (path: string) => ({
    path,
    alive: !(options.failedDirs ?? []).includes(path),
    totalBytes: 1,
    usableBytes: 1,
  });
  return clusterHealth({
    kind: "cluster_observed",
    topology,
    logDirs: [
      { brokerId: 1, dirs: [dir("/b"), dir("/a")] },
      { brokerId: 3, dirs: [{ ...dir("/c"), alive: false }] },
    ],
  });
}
