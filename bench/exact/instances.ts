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

/** A cluster and what its request keeps apart; indices are ids. */
export interface OddCluster {
  readonly input: ClusterInput;
  /** Brokers that get no replicas, and no leadership, beyond what they have. */
  readonly noReplicas: readonly number[];
  readonly noLeadership: readonly number[];
  /** Topics that stay where they are. */
  readonly fixedTopics: readonly number[];
}

/**
 * The small cluster of a seed with something odd about it: a dead broker, one that is demoted, one that may receive or
 * lead nothing more, a topic that stays where it is, racks of unequal size, a topic that is not replicated.
 */
export function oddCluster(seed: number): OddCluster {
  const input = smallCluster(seed);
  const prng = createPrng(seed).fork("odd cluster");
  const usual: OddCluster = { input, noReplicas: [], noLeadership: [], fixedTopics: [] };
  const b = prng.below(input.brokers.length);
  const withBroker = (change: Partial<InputBroker>) => ({
    ...input,
    brokers: input.brokers.map((broker, other) => other === b ? { ...broker, ...change } : broker),
  });
  switch (prng.below(7)) {
    case 0: {
      const replicaOffline = Uint8Array.from(input.replicaBroker, (at) => at === b ? 1 : 0);
      return { ...usual, input: { ...withBroker({ state: "dead" }), replicaOffline } };
    }
    case 1:
      return { ...usual, input: withBroker({ state: "demoted" }) };
    case 2:
      return { ...usual, noReplicas: [b] };
    case 3:
      return { ...usual, noLeadership: [b] };
    case 4:
      return { ...usual, fixedTopics: [prng.below(input.topicNames.length)] };
    case 5:
      return { ...usual, input: unequalRacks(input, prng) };
    default:
      return { ...usual, input: unreplicated(input, prng.below(input.topicNames.length)) };
  }
}

/** As many racks as replicas at least, the other brokers on any of them. */
function unequalRacks(input: ClusterInput, prng: Prng): ClusterInput {
  const brokers = input.brokers.map((broker, b) => ({
    ...broker,
    rack: `r${b < 3 ? b : prng.below(3)}`,
  }));
  return { ...input, brokers };
}

/** Only the leaders of a topic are left. */
function unreplicated(input: ClusterInput, topic: number): ClusterInput {
  const { partitionStart, replicaStart, replicaBroker } = input;
  const starts = [0];
  const brokers: number[] = [];
  for (let p = 0; p < input.leaderReplica.length; p++) {
    const isAlone = p >= partitionStart[topic]! && p < partitionStart[topic + 1]!;
    const end = isAlone ? replicaStart[p]! + 1 : replicaStart[p + 1]!;
    brokers.push(...replicaBroker.subarray(replicaStart[p]!, end));
    starts.push(brokers.length);
  }
  return {
    ...input,
    replicaStart: Int32Array.from(starts),
    replicaBroker: Int32Array.from(brokers),
    replicaLogDir: new Int16Array(brokers.length).fill(-1),
    replicaOffline: new Uint8Array(brokers.length),
    leaderReplica: Int32Array.from(starts.slice(0, -1)),
  };
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
