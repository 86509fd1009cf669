/**
 * From what was observed and measured to the input of a cluster model. After Cruise Control's LoadMonitor
 * (Apache-2.0), with these deviations: a follower's CPU does not depend on its place in the replica list, a
 * follower's disk is its own measured size, and brokers that are dead or cannot be read never make the build fail.
 *
 * ```
 * quantity   leader                                            follower
 * cpu        mean over windows                                 per window from the leader's, then mean
 * nwIn       mean of LEADER_BYTES_IN + REPLICATION_BYTES_IN    as the leader
 * nwOut      mean of LEADER_BYTES_OUT + LEADER_BYTES_IN x f    0
 *            (f = followers in the replica list)
 * disk       DISK_USAGE of the newest window that knows it     as the leader, unless its own size is known
 * ```
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import { drain } from "../lib/steps.ts";
import type {
  BrokerState,
  ClusterInput,
  InputBroker,
  InputLogDir,
} from "../model/cluster_input.ts";
import { RESOURCE_COUNT } from "../model/metrics.ts";
import type { BrokerLogDirs } from "../model/readings.ts";
import { IN_SYNC, NO_LEADER, OFFLINE, type Topology } from "../model/topology.ts";
import type { BrokerCapacity } from "./capacity_file.ts";
import type { CpuWeights } from "../model/follower_load.ts";
import {
  type PartitionLoads,
  partitionResourceSteps,
  partitionWindowSteps,
  unknownResources,
} from "./partition_resources.ts";

/** Partitions whose replicas are looked at between two steps. */
const PARTITIONS_A_STEP = 20_000;

/** What a build needs beyond topology and load. */
export interface BuildOptions {
  /** Capacity of every alive broker, see `resolveCapacities()`. */
  readonly capacities: ReadonlyMap<number, BrokerCapacity>;
  /** As last read. */
  readonly logDirs: readonly BrokerLogDirs[];
  readonly weights: CpuWeights;
  /** Whether partitions without a valid load are modelled too, with what is known of them and 0 for the rest. */
  readonly includeInvalid: boolean;
  /** Brokers in a state that people decide, such as `new` or `demoted`. Dead and bad_disks win over them. */
  readonly states?: ReadonlyMap<number, BrokerState>;
  /**
   * Length R of the topology, index into the `dirs` of the replica's broker in `logDirs`; -1 not known. When given,
   * log dirs are modelled (JBOD); when absent, brokers have one disk each.
   */
  readonly replicaLogDir?: Int16Array;
  /** Whether the load of each window is kept besides what stands for all. */
  readonly withWindows?: boolean;
}

/** A built input and how it relates to the topology. */
export interface BuiltInput {
  readonly input: ClusterInput;
  /** Length of the input's partitions: the topology's row of each. */
  readonly partitionRows: Int32Array;
  /** Partitions left out because they have no leader. */
  readonly leaderless: number;
  /** Partitions left out because their load is not valid. */
  readonly invalid: number;
  /** Partitions that are in, with 0 for a resource that is known elsewhere, by resource id. */
  readonly zeroed: ReadonlyMap<number, number>;
}

/**
 * Builds the input of a cluster model. Fails with `not_enough_windows` (retriable) when load and topology are of
 * different generations or hold no window, and with `invalid_argument` when an alive broker has no capacity.
 * O(W x P + R).
 */
export function buildClusterInput(
  topology: Topology,
  load: PartitionLoads,
  options: BuildOptions,
): Result<BuiltInput> {
  return drain(buildClusterInputSteps(topology, load, options));
}

/** {@link buildClusterInput} in steps of a few milliseconds, so that an event loop stays free at any size. */
export function* buildClusterInputSteps(
  topology: Topology,
  load: PartitionLoads,
  options: BuildOptions,
): Generator<void, Result<BuiltInput>, void> {
  if (load.generation !== topology.generation) {
    return fail(
      "not_enough_windows",
      `Cannot build the cluster model: load is of topology generation ${load.generation}, ` +
        `wanted ${topology.generation}; it follows within one poll`,
      { retriable: true },
    );
  }
  if (load.windowEndsMs.length === 0) {
    return fail(
      "not_enough_windows",
      "Cannot build the cluster model: load has 0 windows, wanted 1",
      {
        retriable: true,
      },
    );
  }
  const brokers = inputBrokers(topology, options);
  if (!brokers.ok) return brokers;
  yield;
  const kept = selectPartitions(topology, load, options.includeInvalid);
  yield;
  const shape = inputShape(topology, kept.rows);
  const resources = yield* partitionResourceSteps(load, {
    rows: kept.rows,
    replicaStart: shape.replicaStart,
    weights: options.weights,
  });
  const windows = options.withWindows !== true ? undefined : yield* partitionWindowSteps(load, {
    rows: kept.rows,
    replicaStart: shape.replicaStart,
    weights: options.weights,
    usual: resources,
  });
  const indexOf = new Map(brokers.value.map((broker, index) => [broker.id, index]));
  const dead = new Set(brokers.value.filter((b) => b.state === "dead").map((b) => b.id));
  const input: ClusterInput = {
    brokers: brokers.value,
    ...shape,
    ...yield* inputReplicas(topology, load, { rows: kept.rows, indexOf, dead, options }),
    leaderLoad: resources.leaderLoad,
    followerLoad: resources.followerLoad,
    unknownResources: unknownResources(resources.missing, kept.rows.length),
    ...(windows === undefined ? {} : { windows }),
  };
  const zeroed = new Map<number, number>();
  for (let resource = 0; resource < RESOURCE_COUNT; resource++) {
    const missing = resources.missing[resource]!;
    if (missing > 0 && !input.unknownResources.has(resource)) zeroed.set(resource, missing);
  }
  return ok({
    input,
    partitionRows: kept.rows,
    leaderless: kept.leaderless,
    invalid: kept.invalid,
    zeroed,
  });
}

function selectPartitions(topology: Topology, load: PartitionLoads, includeInvalid: boolean) {
  const partitions = topology.leader.length;
  const rows = new Int32Array(partitions);
  let count = 0;
  let leaderless = 0;
  let invalid = 0;
  for (let row = 0; row < partitions; row++) {
    if (!hasLeader(topology, row)) leaderless++;
    else if (load.valid[row] !== 1 && !includeInvalid) invalid++;
    else rows[count++] = row;
  }
  return { rows: rows.slice(0, count), leaderless, invalid };
}

/** A leader outside the replica list is a reading from the middle of a change: treated as none. */
function hasLeader(topology: Topology, row: number): boolean {
  const leader = topology.leader[row]!;
  if (leader === NO_LEADER) return false;
  for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++) {
    if (topology.replicaBroker[r] === leader) return true;
  }
  return false;
}

function inputShape(topology: Topology, rows: Int32Array) {
  const topicNames: string[] = [];
  const partitionStart: number[] = [];
  const partitionNumber = new Int32Array(rows.length);
  const replicaStart = new Int32Array(rows.length + 1);
  let topic = -1;
  let lastTopic = -1;
  for (let p = 0; p < rows.length; p++) {
    const row = rows[p]!;
    while (topology.partitionStart[topic + 1]! <= row) topic++;
    if (topic !== lastTopic) {
      topicNames.push(topology.topicNames[topic]!);
      partitionStart.push(p);
      lastTopic = topic;
    }
    partitionNumber[p] = row - topology.partitionStart[topic]!;
    replicaStart[p + 1] = replicaStart[p]! + topology.replicaStart[row + 1]! -
      topology.replicaStart[row]!;
  }
  partitionStart.push(rows.length);
  return {
    topicNames,
    partitionStart: Int32Array.from(partitionStart),
    partitionNumber,
    replicaStart,
  };
}

function* inputReplicas(
  topology: Topology,
  load: PartitionLoads,
  build: {
    rows: Int32Array;
    indexOf: ReadonlyMap<number, number>;
    dead: ReadonlySet<number>;
    options: BuildOptions;
  },
): Generator<
  void,
  Pick<
    ClusterInput,
    "replicaBroker" | "replicaLogDir" | "replicaOffline" | "leaderReplica" | "replicaDiskMb"
  >,
  void
> {
  const { rows, indexOf, dead, options } = build;
  let count = 0;
  for (const row of rows) count += topology.replicaStart[row + 1]! - topology.replicaStart[row]!;
  const replicaBroker = new Int32Array(count);
  const replicaLogDir = new Int16Array(count).fill(-1);
  const replicaOffline = new Uint8Array(count);
  const leaderReplica = new Int32Array(rows.length);
  const replicaDiskMb = new Float64Array(count).fill(NaN);
  let known = 0;
  let replica = 0;
  for (let p = 0; p < rows.length; p++) {
    if (p % PARTITIONS_A_STEP === 0) yield;
    const row = rows[p]!;
    for (let r = topology.replicaStart[row]!; r < topology.replicaStart[row + 1]!; r++, replica++) {
      const brokerId = topology.replicaBroker[r]!;
      const flags = topology.replicaFlags[r]!;
      replicaBroker[replica] = indexOf.get(brokerId)!;
      replicaOffline[replica] = (flags & OFFLINE) !== 0 || dead.has(brokerId) ? 1 : 0;
      replicaLogDir[replica] = options.replicaLogDir?.[r] ?? -1;
      if (brokerId === topology.leader[row]) leaderReplica[p] = replica;
      // A replica that still copies is smaller than what it will be: the leader's size is the better one.
      const mb = (flags & IN_SYNC) !== 0 ? load.replicaMb[r] ?? NaN : NaN;
      if (mb >= 0) {
        replicaDiskMb[replica] = mb;
        known++;
      }
    }
  }
  return {
    replicaBroker,
    replicaLogDir,
    replicaOffline,
    leaderReplica,
    replicaDiskMb: known > 0 ? replicaDiskMb : new Float64Array(0),
  };
}

function inputBrokers(topology: Topology, options: BuildOptions): Result<InputBroker[]> {
  const hosting = new Set<number>();
  const offline = new Set<number>();
  for (let r = 0; r < topology.replicaBroker.length; r++) {
    hosting.add(topology.replicaBroker[r]!);
    if ((topology.replicaFlags[r]! & OFFLINE) !== 0) offline.add(topology.replicaBroker[r]!);
  }
  const readings = new Map(options.logDirs.map((reading) => [reading.brokerId, reading]));
  const known = new Map(topology.brokers.map((broker) => [broker.id, broker]));
  const ids = [...new Set([...known.keys(), ...hosting])].sort((a, b) => a - b);
  const brokers: InputBroker[] = [];
  const problems: string[] = [];
  for (const id of ids) {
    const broker = known.get(id);
    if (broker === undefined || !broker.alive) {
      // A fenced broker without replicas is of no concern to any plan.
      if (hosting.has(id)) brokers.push(deadBroker(id, broker?.host, broker?.rack));
      continue;
    }
    const capacity = options.capacities.get(id);
    if (capacity === undefined) {
      problems.push(`broker ${id}`);
      continue;
    }
    const reading = readings.get(id);
    const badDisks = offline.has(id) || (reading?.dirs.some((dir) => !dir.alive) ?? false);
    brokers.push({
      id,
      host: broker.host,
      rack: broker.rack || broker.host,
      state: badDisks ? "bad_disks" : options.states?.get(id) ?? "alive",
      capacity: [capacity.cpu, capacity.nwIn, capacity.nwOut, capacity.diskMb],
      cores: capacity.cores,
      capacityEstimated: capacity.estimated !== undefined,
      logDirs: options.replicaLogDir === undefined ? [] : inputLogDirs(reading, capacity),
    });
  }
  if (problems.length === 0) return ok(brokers);
  return fail("invalid_argument", "Cannot build the cluster model: no capacity is known", {
    details: problems,
  });
}

function deadBroker(id: number, host: string | undefined, rack: string | undefined): InputBroker {
  const name = host ?? `UNKNOWN_HOST-${id}`;
  return {
    id,
    host: name,
    rack: rack || name,
    state: "dead",
    capacity: [0, 0, 0, 0],
    cores: 1,
    capacityEstimated: false,
    logDirs: [],
  };
}

/** In the order of the reading, so that indices into it stay valid. A dead dir has capacity 0. */
function inputLogDirs(
  reading: BrokerLogDirs | undefined,
  capacity: BrokerCapacity,
): InputLogDir[] {
  return (reading?.dirs ?? []).map((dir) => ({
    path: dir.path,
    capacityMb: dir.alive ? capacity.logDirsMb?.get(dir.path) ?? 0 : 0,
    alive: dir.alive,
  }));
}

export type { PartitionLoads } from "./partition_resources.ts";
