/**
 * What is broken in a cluster as it was seen. Pure.
 *
 * @module
 */
import type { ClusterObserved } from "../../messages/sampler.ts";
import { NO_LEADER, OFFLINE } from "../../model/topology.ts";

/** One look, reduced to what anomalies are made of. */
export interface ClusterHealth {
  readonly topologyGeneration: number;
  /** Ids, ascending. */
  readonly aliveBrokers: readonly number[];
  /** Brokers that host replicas and are not alive, ids ascending. */
  readonly failedBrokers: readonly number[];
  /** Log dirs that their broker, which is alive, reports as failed; by broker id and path. */
  readonly failedDisks: readonly { readonly brokerId: number; readonly logDir: string }[];
  /** Offline replicas of partitions that have a leader, by broker id; brokers without any are absent. */
  readonly offlineReplicas: ReadonlyMap<number, number>;
}

/** Reads one look. O(R). */
export function clusterHealth({ topology, logDirs }: ClusterObserved): ClusterHealth {
  const alive = new Set(topology.brokers.filter((broker) => broker.alive).map(({ id }) => id));
  const failed = new Set<number>();
  const offlineReplicas = new Map<number, number>();
  const { leader, replicaStart, replicaBroker, replicaFlags } = topology;
  for (let p = 0; p < leader.length; p++) {
    for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
      const broker = replicaBroker[r]!;
      const isDead = !alive.has(broker);
      if (isDead) failed.add(broker);
      if (!isDead && (replicaFlags[r]! & OFFLINE) === 0) continue;
      if (leader[p] !== NO_LEADER) {
        offlineReplicas.set(broker, (offlineReplicas.get(broker) ?? 0) + 1);
      }
    }
  }
  const failedDisks = logDirs.filter(({ brokerId }) => alive.has(brokerId)).flatMap((broker) =>
    broker.dirs.filter((dir) => !dir.alive).map(({ path }) => ({
      brokerId: broker.brokerId,
      logDir: path,
    }))
  );
  failedDisks.sort((a, b) => a.brokerId - b.brokerId || (a.logDir < b.logDir ? -1 : 1));
  return {
    topologyGeneration: topology.generation,
    aliveBrokers: [...alive].sort((a, b) => a - b),
    failedBrokers: [...failed].sort((a, b) => a - b),
    failedDisks,
    offlineReplicas,
  };
}

/** Since when each failed broker is gone: those known keep their time, new ones get `nowMs`, the others are dropped. */
export function failedSince(
  known: ReadonlyMap<number, number>,
  failed: readonly number[],
  nowMs: number,
): Map<number, number> {
  return new Map(failed.map((id) => [id, known.get(id) ?? nowMs]));
}

/** Whether both hold the same brokers. */
export function sameBrokers(
  known: ReadonlyMap<number, number>,
  failed: readonly number[],
): boolean {
  return known.size === failed.length && failed.every((id) => known.has(id));
}
