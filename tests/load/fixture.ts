/** Topologies and polls for tests of `load/`, from short descriptions. */
import type { Poll } from "../../load/rate_estimator.ts";
import type { GroupOffsets } from "../../model/readings.ts";
import { buildTopology, type Topology, type TopologyBroker } from "../../model/topology.ts";

/** A partition: replicas in order, the first leads unless told; all in sync unless told. */
export interface PartitionSketch {
  readonly replicas: readonly number[];
  readonly leader?: number;
  readonly epoch?: number;
  readonly inSync?: readonly number[];
  readonly offline?: readonly number[];
}

/** A topology with the brokers that replicas name, or those given. */
export function topologyOf(
  topics: Readonly<Record<string, readonly PartitionSketch[]>>,
  options: {
    generation?: number;
    ids?: Readonly<Record<string, string>>;
    brokers?: readonly TopologyBroker[];
  } = {},
): Topology {
  const ids = new Set(Object.values(topics).flat().flatMap((partition) => partition.replicas));
  const head = {
    generation: options.generation ?? 1,
    observedAtMs: 0,
    clusterId: "c",
    controllerId: 1,
    brokers: options.brokers ?? [...ids].map((id) => brokerOf(id)),
  };
  const readings = Object.entries(topics).map(([name, partitions]) => ({
    name,
    id: options.ids?.[name] ?? `id-of-${name}`,
    partitions: partitions.map((sketch, partition) => ({
      partition,
      leader: sketch.leader ?? sketch.replicas[0]!,
      leaderEpoch: sketch.epoch ?? 1,
      replicas: sketch.replicas,
      inSync: sketch.inSync ?? sketch.replicas,
      offline: sketch.offline ?? [],
    })),
  }));
  return buildTopology(head, readings).topology;
}

/** An alive broker on a host of its own. */
export function brokerOf(id: number, rest: Partial<TopologyBroker> = {}): TopologyBroker {
  return { id, host: `h${id}`, port: 9092, rack: `r${id % 3}`, alive: true, ...rest };
}

/** A poll; arrays by partition row and replica row. */
export function pollOf(topology: Topology, values: {
  readonly atMs: number;
  readonly end: readonly number[];
  readonly start?: readonly number[];
  readonly bytes?: readonly number[];
  readonly groups?: Readonly<Record<string, Readonly<Record<number, number>>>>;
}): Poll {
  const groups: GroupOffsets[] = Object.entries(values.groups ?? {}).map(([groupId, offsets]) => ({
    groupId,
    partitions: Int32Array.from(Object.keys(offsets), Number),
    offsets: Float64Array.from(Object.values(offsets)),
  }));
  const { atMs, end, bytes } = values;
  return {
    topology,
    offsets: {
      atMs: Float64Array.from(end, (value) => Number.isNaN(value) ? NaN : atMs),
      endOffset: Float64Array.from(end),
      startOffset: Float64Array.from(values.start ?? end.map((v) => Number.isNaN(v) ? NaN : 0)),
      failures: [],
    },
    logDirs: bytes === undefined ? undefined : {
      atMs,
      brokers: topology.brokers.map(({ id }) => ({ brokerId: id, dirs: [] })),
      replicaBytes: Float64Array.from(bytes),
      replicaLogDir: new Int16Array(bytes.length),
      futureReplicas: [],
      strayReplicas: [],
    },
    groups: { atMs, groups, failures: [] },
  };
}
