/**
 * Cruise Control's Kafka cluster state.
 *
 * @module
 */
import type { ClusterObserved } from "../../../messages/sampler.ts";
import { IN_SYNC, NO_LEADER, OFFLINE, type Topology } from "../../../model/topology.ts";

/** One partition. */
export interface PartitionStateJson {
  readonly topic: string;
  readonly partition: number;
  /** -1 = none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly "in-sync": readonly number[];
  readonly "out-of-sync": readonly number[];
  readonly offline: readonly number[];
  /** -1 = not known. */
  readonly "min-isr": number;
}

/** Values by broker id. */
export type PerBroker<T> = Readonly<Record<string, T>>;

/** Everything about brokers. */
export interface KafkaBrokerStateJson {
  readonly LeaderCountByBrokerId: PerBroker<number>;
  readonly OutOfSyncCountByBrokerId: PerBroker<number>;
  readonly ReplicaCountByBrokerId: PerBroker<number>;
  readonly OfflineReplicaCountByBrokerId: PerBroker<number>;
  readonly IsController: PerBroker<boolean>;
  readonly OnlineLogDirsByBrokerId: PerBroker<readonly string[]>;
  readonly OfflineLogDirsByBrokerId: PerBroker<readonly string[]>;
  readonly BrokerSetByBrokerId: PerBroker<string>;
  readonly Summary: Readonly<Record<string, number>>;
}

/** Partitions in trouble, and the others when asked for. */
export interface KafkaPartitionStateJson {
  readonly offline: readonly PartitionStateJson[];
  readonly "with-offline-replicas": readonly PartitionStateJson[];
  readonly urp: readonly PartitionStateJson[];
  readonly "under-min-isr": readonly PartitionStateJson[];
  readonly other?: readonly PartitionStateJson[];
}

/** The whole answer. */
export interface KafkaClusterStateJson {
  readonly KafkaBrokerState: KafkaBrokerStateJson;
  readonly KafkaPartitionState: KafkaPartitionStateJson;
}

class Counts {
  readonly leaders = new Map<number, number>();
  readonly replicas = new Map<number, number>();
  readonly outOfSync = new Map<number, number>();
  readonly offline = new Map<number, number>();
}

function add(counts: Map<number, number>, brokerId: number): void {
  counts.set(brokerId, (counts.get(brokerId) ?? 0) + 1);
}

/** Counts by broker. Partitions without a leader are left out, as upstream does. */
function countReplicas(topology: Topology): Counts {
  const counts = new Counts();
  for (const broker of topology.brokers) {
    counts.replicas.set(broker.id, 0);
    counts.leaders.set(broker.id, 0);
  }
  for (let row = 0; row < topology.leader.length; row++) {
    const leader = topology.leader[row]!;
    if (leader === NO_LEADER) continue;
    add(counts.leaders, leader);
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
      const brokerId = topology.replicaBroker[r]!;
      const flags = topology.replicaFlags[r]!;
      add(counts.replicas, brokerId);
      if ((flags & IN_SYNC) === 0) add(counts.outOfSync, brokerId);
      if ((flags & OFFLINE) !== 0) add(counts.offline, brokerId);
    }
  }
  return counts;
}

function byId<T>(counts: ReadonlyMap<number, T>): Record<string, T> {
  return Object.fromEntries([...counts].sort(([a], [b]) => a - b).map(([id, n]) => [`${id}`, n]));
}

function deviation(values: readonly number[], mean: number): number {
  const sum = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return values.length === 0 ? 0 : Math.sqrt(sum / values.length);
}

function summaryOf(topology: Topology, counts: Counts): Record<string, number> {
  const ids = [...counts.replicas.keys()];
  const replicas = ids.map((id) => counts.replicas.get(id) ?? 0);
  const leaders = ids.map((id) => counts.leaders.get(id) ?? 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const replicaSum = sum(replicas);
  const leaderSum = sum(leaders);
  const mean = (total: number, over: number) => over > 0 ? total / over : 0;
  return {
    Brokers: ids.length,
    Topics: topology.topicNames.length,
    Replicas: replicaSum,
    Leaders: leaderSum,
    AvgReplicationFactor: mean(replicaSum, leaderSum),
    AvgReplicasPerBroker: mean(replicaSum, ids.length),
    AvgLeadersPerBroker: mean(leaderSum, ids.length),
    MaxReplicasPerBroker: Math.max(0, ...replicas),
    MaxLeadersPerBroker: Math.max(0, ...leaders),
    StdReplicasPerBroker: deviation(replicas, mean(replicaSum, ids.length)),
    StdLeadersPerBroker: deviation(leaders, mean(leaderSum, ids.length)),
  };
}

/** Log dirs of every broker that has an entry among the replica counts; clients read them without asking. */
function logDirsOf(
  observed: ClusterObserved,
  brokerIds: Iterable<number>,
): { online: Map<number, readonly string[]>; offline: Map<number, readonly string[]> } {
  const online = new Map<number, readonly string[]>();
  const offline = new Map<number, readonly string[]>();
  const alive = new Set(
    observed.topology.brokers.filter((broker) => broker.alive).map((broker) => broker.id),
  );
  for (const id of brokerIds) {
    const reading = observed.logDirs.find((entry) => entry.brokerId === id);
    const missing = !alive.has(id)
      ? "broker_dead"
      : reading === undefined || reading.failure !== undefined
      ? "timed_out"
      : undefined;
    const paths = (wanted: boolean) =>
      missing === undefined
        ? reading!.dirs.filter((dir) => dir.alive === wanted).map((dir) => dir.path)
        : [missing];
    online.set(id, paths(true));
    offline.set(id, paths(false));
  }
  return { online, offline };
}

function brokerState(observed: ClusterObserved): KafkaBrokerStateJson {
  const { topology } = observed;
  const counts = countReplicas(topology);
  const dirs = logDirsOf(observed, counts.replicas.keys());
  return {
    LeaderCountByBrokerId: byId(counts.leaders),
    OutOfSyncCountByBrokerId: byId(counts.outOfSync),
    ReplicaCountByBrokerId: byId(counts.replicas),
    OfflineReplicaCountByBrokerId: byId(counts.offline),
    IsController: Object.fromEntries(
      [...counts.replicas.keys()].sort((a, b) => a - b).map((id) => [
        `${id}`,
        id === topology.controllerId,
      ]),
    ),
    OnlineLogDirsByBrokerId: byId(dirs.online),
    OfflineLogDirsByBrokerId: byId(dirs.offline),
    BrokerSetByBrokerId: {},
    Summary: summaryOf(topology, counts),
  };
}

function partitionState(observed: ClusterObserved, topic: number, row: number): PartitionStateJson {
  const { topology } = observed;
  const replicas: number[] = [];
  const inSync: number[] = [];
  const outOfSync: number[] = [];
  const offline: number[] = [];
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    const brokerId = topology.replicaBroker[r]!;
    const flags = topology.replicaFlags[r]!;
    replicas.push(brokerId);
    ((flags & IN_SYNC) !== 0 ? inSync : outOfSync).push(brokerId);
    if ((flags & OFFLINE) !== 0) offline.push(brokerId);
  }
  return {
    topic: topology.topicNames[topic]!,
    partition: row - topology.partitionStart[topic]!,
    leader: topology.leader[row]!,
    replicas,
    "in-sync": inSync,
    "out-of-sync": outOfSync,
    offline,
    "min-isr": observed.minInsyncReplicas?.[topic] ?? -1,
  };
}

/** The cluster in Cruise Control's shape. `includes` picks the topics of the partition section. */
export function kafkaClusterStateJson(
  observed: ClusterObserved,
  options: { verbose: boolean; includes: (topic: string) => boolean },
): KafkaClusterStateJson {
  const { topology } = observed;
  const offline: PartitionStateJson[] = [];
  const withOffline: PartitionStateJson[] = [];
  const urp: PartitionStateJson[] = [];
  const underMinIsr: PartitionStateJson[] = [];
  const other: PartitionStateJson[] = [];
  for (let topic = 0; topic < topology.topicNames.length; topic++) {
    if (!options.includes(topology.topicNames[topic]!)) continue;
    const end = topology.partitionStart[topic + 1]!;
    for (let row = topology.partitionStart[topic]!; row < end; row++) {
      if (!options.verbose && isHealthy(observed, topic, row)) continue;
      const state = partitionState(observed, topic, row);
      const before = offline.length + withOffline.length + urp.length + underMinIsr.length;
      if (state.leader === NO_LEADER) offline.push(state);
      if (state.offline.length > 0) withOffline.push(state);
      if (state["out-of-sync"].length > 0) urp.push(state);
      if (state["in-sync"].length < state["min-isr"]) underMinIsr.push(state);
      const after = offline.length + withOffline.length + urp.length + underMinIsr.length;
      if (after === before && options.verbose) other.push(state);
    }
  }
  return {
    KafkaBrokerState: brokerState(observed),
    KafkaPartitionState: {
      offline,
      "with-offline-replicas": withOffline,
      urp,
      "under-min-isr": underMinIsr,
      ...(other.length > 0 ? { other } : {}),
    },
  };
}

/** Whether a partition is in none of the four lists; allocates nothing. */
function isHealthy(observed: ClusterObserved, topic: number, row: number): boolean {
  const { topology } = observed;
  if (topology.leader[row] === NO_LEADER) return false;
  const start = topology.replicaStart[row]!;
  const end = topology.replicaStart[row + 1]!;
  for (let r = start; r < end; r++) {
    if ((topology.replicaFlags[r]! & (IN_SYNC | OFFLINE)) !== IN_SYNC) return false;
  }
  return end - start >= (observed.minInsyncReplicas?.[topic] ?? -1);
}
