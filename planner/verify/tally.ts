/**
 * Loads of brokers for `verify.ts`, added up from objects: slow, plain, and nothing like the planner.
 *
 * @module
 */
import type { ClusterInput } from "../../model/cluster_input.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "../../model/metrics.ts";

/** A replica and what stays with it wherever it goes. */
export interface PlacedReplica {
  readonly broker: number;
  readonly diskMb: number;
  readonly nwIn: number;
  readonly followerOut: number;
  /** Index of its broker's log dir, -1 = not known. */
  readonly logDir: number;
  /** True while it is where it cannot stay. */
  readonly offline: boolean;
}

/** A partition and where its replicas are. */
export interface Placed {
  readonly topic: string;
  /** Index of the topic. */
  readonly topicIndex: number;
  readonly partition: number;
  readonly replicas: readonly PlacedReplica[];
  /** Broker index. */
  readonly leader: number;
  /** Broker index of the replica that is first in the list. */
  readonly preferred: number;
  readonly hasLeader: boolean;
  /** What a follower would weigh that does not exist yet. */
  readonly newFollower: PlacedReplica;
  readonly leaderCpu: number;
  readonly followerCpu: number;
  readonly leaderOut: number;
}

/** Sums of one broker. */
export interface BrokerTally {
  readonly index: number;
  readonly id: number;
  readonly rack: string;
  readonly host: string;
  readonly alive: boolean;
  readonly demoted: boolean;
  /** Alive, and not excluded from replica moves: averages are over these brokers, and only they can lack something. */
  readonly mayReceive: boolean;
  /** Alive, not demoted and not excluded from leadership. */
  readonly mayLead: boolean;
  /** By resource id. */
  readonly capacity: readonly number[];
  cpu: number;
  nwIn: number;
  nwOut: number;
  disk: number;
  potentialNwOut: number;
  replicas: number;
  leaders: number;
  leaderNwIn: number;
  /** MB and replicas by log dir, with what it may hold. */
  readonly logDirs: {
    path: string;
    capacity: number;
    alive: boolean;
    demoted: boolean;
    untouched: boolean;
    mb: number;
    replicas: number;
  }[];
  /** Replicas and leaders by topic index. */
  readonly topicReplicas: Int32Array;
  readonly topicLeaders: Int32Array;
}

/** A whole cluster, added up. */
export interface Tally {
  readonly brokers: readonly BrokerTally[];
  readonly placed: readonly Placed[];
  readonly topicNames: readonly string[];
}

/** Every partition where the snapshot has it. */
export function placedAsIs(input: ClusterInput): Placed[] {
  const placed: Placed[] = [];
  for (const [t, topic] of input.topicNames.entries()) {
    for (let p = input.partitionStart[t]!; p < input.partitionStart[t + 1]!; p++) {
      placed.push({ topic, topicIndex: t, ...placedPartition(input, p) });
    }
  }
  return placed;
}

function placedPartition(input: ClusterInput, p: number): Omit<Placed, "topic" | "topicIndex"> {
  const load = (from: Float64Array, resource: number) => {
    const value = from[p * RESOURCE_COUNT + resource]!;
    return Number.isNaN(value) ? 0 : value;
  };
  const first = input.replicaStart[p]!;
  const leaderReplica = input.leaderReplica[p]! >= 0 ? input.leaderReplica[p]! : first;
  const replicas: PlacedReplica[] = [];
  for (let r = first; r < input.replicaStart[p + 1]!; r++) {
    const from = r === leaderReplica ? input.leaderLoad : input.followerLoad;
    const own = input.replicaDiskMb.length > 0 ? input.replicaDiskMb[r]! : NaN;
    replicas.push({
      broker: input.replicaBroker[r]!,
      diskMb: Number.isNaN(own) ? load(from, DISK) : own,
      nwIn: load(from, NW_IN),
      followerOut: r === leaderReplica ? 0 : load(input.followerLoad, NW_OUT),
      logDir: input.replicaLogDir[r]!,
      offline: input.replicaOffline[r] === 1,
    });
  }
  return {
    partition: input.partitionNumber[p]!,
    replicas,
    leader: input.replicaBroker[leaderReplica]!,
    newFollower: {
      broker: -1,
      diskMb: load(input.followerLoad, DISK),
      nwIn: load(input.followerLoad, NW_IN),
      followerOut: load(input.followerLoad, NW_OUT),
      logDir: -1,
      offline: false,
    },
    preferred: input.replicaBroker[first]!,
    hasLeader: input.leaderReplica[p]! >= 0,
    leaderCpu: load(input.leaderLoad, CPU),
    followerCpu: load(input.followerLoad, CPU),
    leaderOut: load(input.leaderLoad, NW_OUT),
  };
}

/** Ids of brokers that a request leaves out. */
export interface ExcludedBrokers {
  readonly excludedForReplicaMove?: readonly number[];
  readonly excludedForLeadership?: readonly number[];
}

/** Adds everything up, partition by partition. */
export function tallyOf(
  input: ClusterInput,
  placed: readonly Placed[],
  { excludedForReplicaMove = [], excludedForLeadership = [] }: ExcludedBrokers = {},
): Tally {
  const brokers = input.brokers.map((broker, index): BrokerTally => ({
    index,
    id: broker.id,
    rack: broker.rack,
    host: broker.host,
    alive: broker.state !== "dead",
    demoted: broker.state === "demoted",
    mayReceive: broker.state !== "dead" && !excludedForReplicaMove.includes(broker.id),
    mayLead: broker.state !== "dead" && broker.state !== "demoted" &&
      !excludedForLeadership.includes(broker.id),
    capacity: broker.capacity,
    logDirs: broker.logDirs.map((dir) => ({
      path: dir.path,
      capacity: dir.capacityMb,
      alive: dir.alive,
      demoted: dir.demoted === true,
      untouched: dir.untouched === true,
      mb: 0,
      replicas: 0,
    })),
    cpu: 0,
    nwIn: 0,
    nwOut: 0,
    disk: 0,
    potentialNwOut: 0,
    replicas: 0,
    leaders: 0,
    leaderNwIn: 0,
    topicReplicas: new Int32Array(input.topicNames.length),
    topicLeaders: new Int32Array(input.topicNames.length),
  }));
  for (const partition of placed) addPlaced(brokers, partition, 1);
  return { brokers, placed, topicNames: input.topicNames };
}

/** Adds a partition to its brokers' sums, or takes it off again with `sign` -1. */
export function addPlaced(brokers: readonly BrokerTally[], partition: Placed, sign: number): void {
  for (const replica of partition.replicas) {
    addReplica(brokers[replica.broker]!, partition, { replica, sign });
  }
}

function addReplica(
  broker: BrokerTally,
  partition: Placed,
  { replica, sign }: { replica: PlacedReplica; sign: number },
): void {
  const { topicIndex } = partition;
  broker.replicas += sign;
  broker.disk += sign * replica.diskMb;
  const dir = broker.logDirs[replica.logDir];
  if (dir !== undefined) {
    dir.mb += sign * replica.diskMb;
    dir.replicas += sign;
  }
  broker.nwIn += sign * replica.nwIn;
  broker.nwOut += sign * replica.followerOut;
  broker.potentialNwOut += sign * partition.leaderOut;
  broker.topicReplicas[topicIndex]! += sign;
  if (replica.broker !== partition.leader) {
    broker.cpu += sign * partition.followerCpu;
    return;
  }
  broker.cpu += sign * partition.leaderCpu;
  broker.nwOut += sign * partition.leaderOut;
  broker.leaders += sign;
  broker.leaderNwIn += sign * replica.nwIn;
  broker.topicLeaders[topicIndex]! += sign;
}
