/** Small simulated clusters for tests. */
import {
  brokerSpec,
  createSimCluster,
  exactSpec,
  type SimCluster,
  simGateway,
  type SimSpec,
  topicSpec,
} from "../../../cluster/sim/mod.ts";
import type { Gateway } from "../../../cluster/gateway.ts";
import { ManualClock } from "../../../lib/clock.ts";
import type { Result } from "../../../lib/failure.ts";
import { findPartition, inSyncReplicasOf, replicasOf } from "../../../model/topology.ts";

/** A Monday, 00:00 UTC. */
export const START_MS = Date.UTC(2026, 0, 5);

/** A cluster with its clock and its port. */
export interface World {
  readonly cluster: SimCluster;
  readonly clock: ManualClock;
  readonly gateway: Gateway;
  /** Moves time on by seconds, cluster included. */
  pass(seconds: number): Promise<void>;
  /** Metadata of a partition now. */
  partition(topic: string, partition: number): Promise<{
    replicas: number[];
    inSync: number[];
    leader: number;
    epoch: number;
  }>;
}

/** Runs a specification from {@link START_MS}. */
export function world(spec: SimSpec, options: { latencyMs?: number } = {}): World {
  const clock = new ManualClock(START_MS);
  const cluster = createSimCluster({ spec, seed: 1, startMs: START_MS });
  const gateway = simGateway(cluster, { clock, ...options });
  return {
    cluster,
    clock,
    gateway,
    async pass(seconds) {
      await clock.advanceTo(clock.nowMs() + seconds * 1000);
      cluster.advanceTo(clock.nowMs());
    },
    async partition(topic, partition) {
      const topology = valueOf(await gateway.observe());
      const row = findPartition(topology, topic, partition);
      if (row < 0) throw new Error(`${topic}-${partition} is not there`);
      return {
        replicas: replicasOf(topology, row),
        inSync: inSyncReplicasOf(topology, row),
        leader: topology.leader[row]!,
        epoch: topology.leaderEpoch[row]!,
      };
    },
  };
}

/** Four brokers, topic `t` with one partition of 100 MB on 1, 2, 3 that grows by 100 KB/s. */
export function fourBrokers(): SimSpec {
  return exactSpec({
    brokers: [1, 2, 3, 4].map((id) => brokerSpec(id, `r${id % 3}`)),
    topics: [topicSpec("t", [[1, 2, 3]], { initialBytes: 100e6 })],
  });
}

/** The value of a result that must be there. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.message}`);
  return result.value;
}

/** Sets throttle rates of brokers, bytes/s, and both lists of a topic. */
export async function throttle(
  gateway: Gateway,
  options: { brokers: readonly number[]; rate: number; topic: string; list: string },
): Promise<void> {
  const sides = ["leader", "follower"] as const;
  const changes = sides.flatMap((side) => [
    ...options.brokers.map((id) => ({
      resource: { type: "broker" as const, name: String(id) },
      key: `${side}.replication.throttled.rate`,
      operation: "set" as const,
      value: String(options.rate),
    })),
    {
      resource: { type: "topic" as const, name: options.topic },
      key: `${side}.replication.throttled.replicas`,
      operation: "set" as const,
      value: options.list,
    },
  ]);
  for (const outcome of valueOf(await gateway.alterConfigs(changes))) {
    if (outcome.errorCode !== 0) throw new Error(outcome.errorMessage);
  }
}
