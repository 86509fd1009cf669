/** Clusters for tests of goals and planner: written out by hand, or drawn small by fast-check. */
import fc from "fast-check";
import { defaultConfig } from "../../config/parse.ts";
import type { KeyName } from "../../config/table.ts";
import { type BalancingConstraint, constraintOf } from "../../goals/constraint.ts";
import type { BrokerState, ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import { ALIVE, type ClusterModel, MAY_LEAD, MAY_RECEIVE } from "../../model/cluster_model.ts";
import { buildModel } from "../../model/build_model.ts";

/** Racks, and all capacities of brokers. */
export const HARD_GOALS: readonly string[] = [
  "RackAwareGoal",
  "ReplicaCapacityGoal",
  "DiskCapacityGoal",
  "NetworkInboundCapacityGoal",
  "NetworkOutboundCapacityGoal",
  "CpuCapacityGoal",
];

/** cpu, nwIn, nwOut, disk. */
export type Load = readonly [number, number, number, number];

/** A partition by hand. */
export interface HandPartition {
  readonly topic: string;
  readonly id: number;
  readonly replicas: readonly number[];
  readonly leader?: number;
  readonly load: Load;
  readonly follower?: Load;
  readonly offline?: readonly number[];
}

/** A broker by hand. */
export interface HandBroker {
  readonly id: number;
  readonly rack: string;
  readonly state?: BrokerState;
  readonly capacity?: Load;
}

/** Capacities of the reference's deterministic clusters. */
export const CAPACITY: Load = [100, 300000, 200000, 300000];

/** Brings a cluster written by hand into arrays. */
export function handInput(
  brokers: readonly HandBroker[],
  partitions: readonly HandPartition[],
): ClusterInput {
  const made = [...brokers].sort((a, b) => a.id - b.id).map((broker): InputBroker => ({
    id: broker.id,
    host: `h${broker.id}`,
    rack: broker.rack,
    state: broker.state ?? "alive",
    capacity: broker.capacity ?? CAPACITY,
    cores: 1,
    capacityEstimated: false,
    logDirs: [],
  }));
  const topics = [...new Set(partitions.map((partition) => partition.topic))];
  const ordered = topics.flatMap((topic) =>
    partitions.filter((partition) => partition.topic === topic)
  );
  const replicas = ordered.reduce((sum, partition) => sum + partition.replicas.length, 0);
  const input = {
    brokers: made,
    topicNames: topics,
    partitionStart: new Int32Array(topics.length + 1),
    partitionNumber: Int32Array.from(ordered, (partition) => partition.id),
    replicaStart: new Int32Array(ordered.length + 1),
    replicaBroker: new Int32Array(replicas),
    replicaLogDir: new Int16Array(replicas).fill(-1),
    replicaOffline: new Uint8Array(replicas),
    leaderReplica: new Int32Array(ordered.length),
    leaderLoad: new Float64Array(ordered.length * 4),
    followerLoad: new Float64Array(ordered.length * 4),
    replicaDiskMb: new Float64Array(0),
    unknownResources: new Map<number, string>(),
  };
  let r = 0;
  for (const [p, partition] of ordered.entries()) {
    const leader = partition.leader ?? partition.replicas[0]!;
    for (const id of partition.replicas) {
      if (id === leader) input.leaderReplica[p] = r;
      const index = made.findIndex((broker) => broker.id === id);
      const dead = made[index]!.state === "dead" || partition.offline?.includes(id) === true;
      input.replicaOffline[r] = dead ? 1 : 0;
      input.replicaBroker[r++] = index;
    }
    input.replicaStart[p + 1] = r;
    const [cpu, nwIn, , disk] = partition.load;
    input.leaderLoad.set(partition.load, p * 4);
    input.followerLoad.set(partition.follower ?? [cpu / 4, nwIn, 0, disk], p * 4);
    input.partitionStart[topics.indexOf(partition.topic) + 1] = p + 1;
  }
  return input;
}

const TWO_RACKS: readonly HandBroker[] = [
  { id: 0, rack: "0" },
  { id: 1, rack: "0" },
  { id: 2, rack: "1" },
];

/** The reference's deterministic clusters (analyzer specification 7.3). */
export const CLUSTERS = {
  small: (): ClusterInput =>
    handInput(TWO_RACKS, [
      part("T1", 0, [0, 2], [20, 100, 130, 75], [5, 100, 0, 75]),
      part("T1", 1, [1, 0], [15, 90, 110, 55], [4.5, 90, 0, 55]),
      part("T2", 0, [1, 2], [5, 5, 6, 5], [4, 5, 0, 5]),
      part("T2", 1, [0, 2], [25, 25, 45, 55], [10.5, 25, 0, 55]),
      part("T2", 2, [0, 1], [20, 45, 120, 95], [8, 45, 0, 95]),
    ]),
  medium: (): ClusterInput =>
    handInput(TWO_RACKS, [
      part("A", 0, [1, 0], [5, 4, 10, 10], [5, 5, 0, 4]),
      part("A", 1, [0, 2], [5, 3, 10, 8], [3, 4, 0, 6]),
      part("A", 2, [0, 2], [5, 2, 10, 6], [4, 5, 0, 3]),
      part("B", 0, [1, 2], [5, 4, 10, 7], [2, 2, 0, 5]),
      part("C", 0, [2, 1], [1, 8, 10, 4], [5, 6, 0, 4]),
      part("D", 0, [1, 2], [5, 5, 10, 6], [2, 8, 0, 7]),
    ]),
  unbalanced: (): ClusterInput =>
    handInput(TWO_RACKS, [
      part("T1", 0, [0], [50, 150000, 100000, 150000]),
      part("T2", 0, [0], [50, 150000, 100000, 150000]),
    ]),
  rackAwareSatisfiable: (): ClusterInput =>
    handInput(TWO_RACKS, [part("T1", 0, [0, 1], [40, 100, 130, 75], [5, 100, 0, 75])]),
  rackAwareUnsatisfiable: (): ClusterInput =>
    handInput(TWO_RACKS, [part("T1", 0, [0, 1, 2], [40, 100, 130, 75], [5, 100, 0, 75])]),
  deadBroker: (): ClusterInput =>
    handInput(
      Array.from({ length: 5 }, (_, id) => ({
        id,
        rack: String(id),
        ...(id === 0 ? { state: "dead" as const } : {}),
      })),
      ["T1", "T2"].flatMap((topic) =>
        [0, 1, 2, 3].map((id) =>
          part(topic, id, [1 + id, id === 1 ? 0 : 1 + (id + 1) % 4], [5, 100, 100, 75])
        )
      ),
    ),
} as const;

function part(
  topic: string,
  id: number,
  replicas: readonly number[],
  load: Load,
  follower?: Load,
): HandPartition {
  return { topic, id, replicas, load, ...(follower === undefined ? {} : { follower }) };
}

/** Default thresholds with some keys changed. */
export function constraintWith(
  overrides: Partial<Record<KeyName, string>> = {},
): BalancingConstraint {
  const made = constraintOf(defaultConfig(overrides));
  if (!made.ok) throw new TypeError(made.failure.message);
  return made.value;
}

/** A model in which all brokers that are not dead may do everything. */
export function modelOf(input: ClusterInput): ClusterModel {
  return buildModel(input, {
    flags: Uint8Array.from(
      input.brokers,
      (broker) => broker.state === "dead" ? 0 : ALIVE | MAY_RECEIVE | MAY_LEAD,
    ),
    topicExcluded: () => false,
  });
}

/** Small random clusters: dead and new brokers, mixed replication, zero loads, racks with one broker. */
export function arbitraryCluster(): fc.Arbitrary<ClusterInput> {
  return fc.record({
    brokers: fc.integer({ min: 1, max: 8 }),
    racks: fc.integer({ min: 1, max: 5 }),
    topics: fc.integer({ min: 1, max: 5 }),
    partitions: fc.integer({ min: 1, max: 12 }),
    states: fc.array(
      fc.constantFrom<BrokerState>("alive", "alive", "alive", "alive", "dead", "new", "demoted"),
      { minLength: 8, maxLength: 8 },
    ),
    sizes: fc.array(fc.constantFrom(0.5, 1, 1, 1, 2), { minLength: 8, maxLength: 8 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    factor: fc.integer({ min: 1, max: 3 }),
    mixed: fc.boolean(),
  }).map((shape) => {
    const random = sequence(shape.seed);
    const brokers = Array.from({ length: shape.brokers }, (_, i): HandBroker => ({
      id: i * 3,
      rack: `r${i < shape.racks ? i : Math.floor(random() * shape.racks)}`,
      state: i === 0 ? "alive" : shape.states[i]!,
      capacity: CAPACITY.map((value) => value * shape.sizes[i]!) as unknown as Load,
    }));
    const partitions: HandPartition[] = [];
    for (let t = 0; t < shape.topics; t++) {
      for (let id = 0; id < shape.partitions; id++) {
        const wanted = shape.mixed ? 1 + Math.floor(random() * shape.factor) : shape.factor;
        const ids = brokers.map((broker) => broker.id);
        const replicas: number[] = [];
        while (replicas.length < Math.min(wanted, brokers.length)) {
          // Squared: low ids get more, so that there is something to do.
          replicas.push(ids.splice(Math.floor(random() ** 2 * ids.length), 1)[0]!);
        }
        const weight = random() < 0.15 ? 0 : random() * 2;
        partitions.push({
          topic: `T${t}`,
          id,
          replicas,
          leader: replicas[Math.floor(random() * replicas.length)]!,
          load: [weight, 2000 * weight * random(), 1500 * weight * random(), 4000 * weight],
        });
      }
    }
    return handInput(brokers, partitions);
  });
}

/** Numbers in 0..1 that follow from a seed. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
