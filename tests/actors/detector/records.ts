/** Conditions and anomalies for tests of the detector. */
import { type ClusterHealth, clusterHealth } from "../../../actors/detector/cluster_health.ts";
import { buildTopology } from "../../../model/topology.ts";
import type { StatesPredicted } from "../../../messages/classifier.ts";
import type { AnomalyCondition, PredictedOverload } from "../../../model/anomaly.ts";
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

/** Brokers that are going to be over-loaded by their cpu, 0.6 of a limit of 0.5. */
export function overload(
  ids: readonly number[],
  change: Partial<PredictedOverload> = {},
): AnomalyCondition & { kind: "PREDICTED_OVERLOAD" } {
  const rest = {
    sinceMs: START_MS,
    resource: "cpu",
    expected: 0.6,
    limit: 0.5,
    ...change,
  } as const;
  return {
    kind: "PREDICTED_OVERLOAD",
    overloads: ids.map((brokerId) => ({ brokerId, ...rest })),
    horizonMs: 600_000,
  };
}

/** A prediction of brokers 1, 2, ...: how many of five votes called each over-loaded, the others optimal. */
export function prediction(
  votes: readonly number[],
  change: Partial<StatesPredicted> = {},
): StatesPredicted {
  const each = (value: number) => Float64Array.from(votes, () => value);
  return {
    kind: "states_predicted",
    atMs: START_MS,
    horizonMs: 600_000,
    modelVersion: 1,
    brokerIds: Int32Array.from(votes, (_, i) => i + 1),
    currentStates: Int8Array.from(votes, () => 1),
    states: Int8Array.from(votes, (over) => over > 2 ? 2 : 1),
    votes: Int32Array.from(votes.flatMap((over) => [0, 5 - over, over])),
    votesMax: 5,
    expectedCpu: each(0.4),
    memory: each(0.2),
    cpuOver: 0.5,
    memoryOver: 0.5,
    ...change,
  };
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
