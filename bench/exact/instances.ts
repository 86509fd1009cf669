/**
 * Seeded small clusters whose best plan an exact solver can find: 3 to 6 brokers, 24 to 60 partitions.
 *
 * @module
 */
import { createPrng, type Prng } from "../../lib/prng.ts";
import type { ClusterInput, InputBroker } from "../../model/cluster_input.ts";
import { followerCpu } from "../../model/follower_load.ts";
import { CPU, DISK, NW_IN, NW_OUT } from "../../model/metrics.ts";

/** Part of the capacity that the load takes, at least and at most. */
const FULL = { least: 0.3, most: 0.62 };

/** The cluster of a seed: unequal loads, replicas where they fell, some brokers new or larger than others. */
export function smallCluster(seed: number): ClusterInput {
  const prng = createPrng(seed).fork("small cluster");
  const count = 3 + prng.below(4);
  const partitions = 24 + prng.below(37);
  const topics = 2 + prng.below(4);
  // Each broker a rack of its own, or as many racks as replicas at least.
  const factors = Array.from({ length: topics }, () => 2 + prng.below(2));
  const racks = prng.below(2) === 0 ? count : Math.max(...factors);
  const empty = prng.below(3) === 0 ? 1 : 0;
  const loads = Array.from({ length: partitions }, () => drawLoad(prng));
  const topicOf = loads.map((_, p) => Math.floor(p * topics / partitions));
  const placed = topicOf.map((t) => drawBrokers(prng, count - empty, factors[t]!));
  const brokers = brokersFor(prng, { count, racks, loads, placed });
  return toInput({ topics, topicOf, loads, placed, brokers });
}

interface Load {
  readonly cpu: number;
  readonly nwIn: number;
  readonly nwOut: number;
  readonly disk: number;
}

/** Between a half and twice the mean mostly, a few much more. */
function drawLoad(prng: Prng): Load {
  const draw = (mean: number) => mean * (0.4 - 0.6 * Math.log(1 - prng.next()));
  const nwIn = draw(100);
  const nwOut = draw(150);
  return { cpu: (nwIn + nwOut) * (0.8 + 0.4 * prng.next()) / 100, nwIn, nwOut, disk: draw(100) };
}

/** Different brokers, earlier ones more often. */
function drawBrokers(prng: Prng, count: number, factor: number): number[] {
  const brokers: number[] = [];
  while (brokers.length < Math.min(factor, count)) {
    const broker = Math.floor(prng.next() * prng.next() * count);
    if (!brokers.includes(broker)) brokers.push(broker);
  }
  return brokers;
}

function brokersFor(
  prng: Prng,
  parts: { count: number; racks: number; loads: readonly Load[]; placed: readonly number[][] },
): InputBroker[] {
  const sizes = prng.below(3) === 0 ? [1, 2] : [1];
  const size = Array.from({ length: parts.count }, () => sizes[prng.below(sizes.length)]!);
  const all = size.reduce((sum, one) => sum + one, 0);
  const full = FULL.least + (FULL.most - FULL.least) * prng.next();
  const total = (of: (load: Load, followers: number) => number) =>
    parts.loads.reduce((sum, load, p) => sum + of(load, parts.placed[p]!.length - 1), 0);
  const capacity = [0, 0, 0, 0] as [number, number, number, number];
  capacity[CPU] = total((l, n) => l.cpu + n * followerCpu(l.nwIn, l.nwOut, l.cpu));
  capacity[NW_IN] = total((l, n) => l.nwIn * (n + 1));
  // Potential bytes out count every replica.
  capacity[NW_OUT] = total((l, n) => l.nwOut * (n + 1));
  capacity[DISK] = total((l, n) => l.disk * (n + 1));
  return size.map((one, id) => ({
    id,
    host: `h${id}`,
    rack: `r${id % parts.racks}`,
    state: "alive",
    capacity: capacity.map((sum) => sum / full * one / all) as unknown as InputBroker["capacity"],
    cores: one,
    capacityEstimated: false,
    logDirs: [],
  }));
}

function toInput(parts: {
  topics: number;
  topicOf: readonly number[];
  loads: readonly Load[];
  placed: readonly number[][];
  brokers: InputBroker[];
}): ClusterInput {
  const { topics, topicOf, loads, placed } = parts;
  const replicas = placed.flat();
  const starts = placed.map((_, p) => placed.slice(0, p).flat().length);
  const firstOf = (t: number) => topicOf.filter((topic) => topic < t).length;
  const leader = loads.flatMap((l) => [l.cpu, l.nwIn, l.nwOut, l.disk]);
  const follower = loads.flatMap((l) => [followerCpu(l.nwIn, l.nwOut, l.cpu), l.nwIn, 0, l.disk]);
  return {
    brokers: parts.brokers,
    topicNames: Array.from({ length: topics }, (_, t) => `t${t}`),
    partitionStart: Int32Array.from({ length: topics + 1 }, (_, t) => firstOf(t)),
    partitionNumber: Int32Array.from(loads, (_, p) => p - firstOf(topicOf[p]!)),
    replicaStart: Int32Array.from([...starts, replicas.length]),
    replicaBroker: Int32Array.from(replicas),
    replicaLogDir: new Int16Array(replicas.length).fill(-1),
    replicaOffline: new Uint8Array(replicas.length),
    leaderReplica: Int32Array.from(starts),
    leaderLoad: Float64Array.from(leader),
    followerLoad: Float64Array.from(follower),
    replicaDiskMb: new Float64Array(0),
    unknownResources: new Map(),
  };
}
