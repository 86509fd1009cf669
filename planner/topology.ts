/**
 * Brokers, topics and where replicas are: an input without its loads.
 *
 * @module
 */
import { equal } from "../model/arrange.ts";
import type { ClusterInput } from "../model/cluster_input.ts";

/** What of a cluster has to be the same for indices to mean the same. */
export type Topology = Pick<
  ClusterInput,
  | "brokers"
  | "topicNames"
  | "partitionStart"
  | "partitionNumber"
  | "replicaStart"
  | "replicaBroker"
  | "replicaLogDir"
  | "replicaOffline"
  | "leaderReplica"
>;

/** What of an input {@link Topology} has: loads are not held on to. */
export function topologyOf(input: ClusterInput): Topology {
  const { brokers, topicNames, partitionStart, partitionNumber } = input;
  const { replicaStart, replicaBroker, replicaLogDir, replicaOffline, leaderReplica } = input;
  return {
    brokers,
    topicNames,
    partitionStart,
    partitionNumber,
    replicaStart,
    replicaBroker,
    replicaLogDir,
    replicaOffline,
    leaderReplica,
  };
}

/** Whether both have the same brokers, each on its rack and in its state. */
export function sameBrokers(a: Pick<Topology, "brokers">, b: Pick<Topology, "brokers">): boolean {
  return a.brokers.length === b.brokers.length && a.brokers.every((one, i) => {
    const other = b.brokers[i]!;
    return one.id === other.id && one.rack === other.rack && one.state === other.state;
  });
}

/** Whether both have the same log dirs, with the same replicas on each. O(R), where there are any. */
function sameLogDirs(a: Topology, b: Topology): boolean {
  if (!hasLogDirs(a) && !hasLogDirs(b)) return true;
  return equal(a.replicaLogDir, b.replicaLogDir) && a.brokers.every(({ logDirs }, i) => {
    const others = b.brokers[i]!.logDirs;
    return logDirs.length === others.length &&
      logDirs.every(({ path, alive }, d) => path === others[d]!.path && alive === others[d]!.alive);
  });
}

/** Whether it is known of any broker what log dirs it has. */
export function hasLogDirs({ brokers }: Pick<Topology, "brokers">): boolean {
  return brokers.some(({ logDirs }) => logDirs.length > 0);
}

/** Whether all indices mean the same in both. O(R). */
export function sameTopology(a: Topology, b: Topology): boolean {
  if (a.topicNames.length !== b.topicNames.length) return false;
  return sameBrokers(a, b) && equal(a.replicaStart, b.replicaStart) &&
    equal(a.replicaBroker, b.replicaBroker) && equal(a.leaderReplica, b.leaderReplica) &&
    equal(a.partitionStart, b.partitionStart) && equal(a.partitionNumber, b.partitionNumber) &&
    equal(a.replicaOffline, b.replicaOffline) && sameLogDirs(a, b) &&
    (a.topicNames === b.topicNames || a.topicNames.every((name, t) => name === b.topicNames[t]));
}
