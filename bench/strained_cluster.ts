/**
 * Seeded clusters some of whose goals cannot be met, as those of many operators: few topics of very different sizes, few
 * large partitions, brokers or racks of unequal size, thresholds without room, brokers that leave.
 *
 * @module
 */
import { createPrng, type Prng } from "../lib/prng.ts";
import type { ClusterInput, InputBroker } from "../model/cluster_input.ts";
import { followerCpu } from "../model/follower_load.ts";
import type { PlannerSettings } from "../planner/settings.ts";

/** What is wrong with a cluster; `feasible`: nothing is. */
export const STRAINS = [
  "feasible",
  "few topics",
  "huge partitions",
  "mixed capacities",
  "mixed, few topics",
  "tight thresholds",
  "demoted brokers",
  "unequal racks",
  "short topics",
  "log dirs",
  "quarter removed",
] as const;
/** One of {@link STRAINS}. */
export type Strain = typeof STRAINS[number];

/** A cluster and what is asked of it. */
export interface StrainedCluster {
  readonly input: ClusterInput;
  /** Keys of the config that are not as usual. */
  readonly config: Readonly<Record<string, string>>;
  readonly options: Partial<Pick<PlannerSettings, "operation" | "brokerIds">>;
}

const FACTOR = 3;
/** Of an average broker: cpu percent, KB/s in, KB/s out, MB. */
const CAPACITY = [100, 300_000, 300_000, 300_000] as const;
const UTILIZATION = 0.45;
const RACKS = 5;
/** Topics of which one has a hundred times the partitions of another. */
const SIZES = [1, 10, 100] as const;
const HUGE_PARTITIONS = 12;
/** Of an average broker, each. */
const HUGE_PART = 0.4;
const TIGHT = 1.01;

/** Draws a cluster of about so many replicas, 50 to 200 brokers. The same arguments give the same cluster. */
export function strainedCluster(
  strain: Strain,
  { replicas, seed }: { replicas: number; seed: number },
): StrainedCluster {
  const prng = createPrng(seed).fork(strain);
  const brokers = brokersOf(strain, replicas < 50_000 ? 50 + prng.below(30) : 120, prng);
  const topics = topicsOf(strain, Math.floor(replicas / FACTOR), prng.fork("topics"));
  const input = placed(brokers, topics, prng);
  drawLoads(input, strain, prng.fork("loads"));
  if (strain === "log dirs") spreadOverDirs(input, prng.fork("dirs"));
  return { input, ...requestOf(strain, brokers.length) };
}

function requestOf(
  strain: Strain,
  brokers: number,
): Pick<StrainedCluster, "config" | "options"> {
  const tight = ["cpu", "disk", "network.inbound", "network.outbound", "replica.count"];
  const config = strain === "tight thresholds"
    ? Object.fromEntries(tight.map((key) => [`${key}.balance.threshold`, String(TIGHT)]))
    : {};
  const brokerIds = Array.from({ length: Math.floor(brokers / 4) }, (_, k) => 4 * k);
  const options = strain === "quarter removed"
    ? { operation: "remove_broker" as const, brokerIds }
    : {};
  return { config, options };
}

function brokersOf(strain: Strain, count: number, prng: Prng): InputBroker[] {
  return Array.from({ length: count }, (_, id) => {
    const size = strain.startsWith("mixed") ? [3 / 7, 6 / 7, 12 / 7][prng.below(3)]! : 1;
    const isUnequal = strain === "unequal racks" || strain === "quarter removed";
    const rack = isUnequal ? Math.floor(RACKS * (id / count) ** 1.5) : id % RACKS;
    const [cpu, nwIn, nwOut, disk] = CAPACITY;
    const dirs = strain === "log dirs" ? [0.2, 0.3, 0.5] : [];
    return {
      id,
      host: String(id),
      rack: String(rack),
      state: strain === "demoted brokers" && id % 12 === 5 ? "demoted" : "alive",
      capacity: [cpu * size, nwIn * size, nwOut * size, disk * size],
      cores: 1,
      capacityEstimated: false,
      logDirs: dirs.map((part, d) => ({
        path: `/d${d}`,
        capacityMb: disk * size * part,
        alive: true,
      })),
    };
  });
}

/** Partitions by topic. */
function topicsOf(strain: Strain, partitions: number, prng: Prng): number[] {
  if (strain === "few topics" || strain === "mixed, few topics" || strain === "demoted brokers") {
    const count = 9 + prng.below(12);
    const weights = Array.from({ length: count }, (_, t) => SIZES[t % SIZES.length]!);
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => Math.max(1, Math.floor(partitions * weight / whole)));
  }
  const mean = strain === "short topics" ? 8 : 30;
  const counts: number[] = [];
  for (let left = partitions; left > 0;) {
    const count = Math.min(left, 1 + prng.below(2 * mean - 1));
    counts.push(count);
    left -= count;
  }
  return counts;
}

/** Everything but loads: each replica of a partition on a rack of its own where there are enough, the more on brokers of high index. */
function placed(brokers: readonly InputBroker[], topics: readonly number[], prng: Prng) {
  const total = topics.reduce((sum, count) => sum + count, 0);
  const starts = [0];
  for (const count of topics) starts.push(starts.at(-1)! + count);
  const replicaBroker = new Int32Array(total * FACTOR);
  for (let p = 0; p < total; p++) {
    const racks = new Set<string>();
    for (let k = 0; k < FACTOR;) {
      const b = Math.floor(brokers.length * Math.sqrt(prng.next()));
      if (racks.has(brokers[b]!.rack)) continue;
      racks.add(brokers[b]!.rack);
      replicaBroker[p * FACTOR + k++] = b;
    }
  }
  return {
    brokers,
    topicNames: topics.map((_, t) => `T${t}`),
    partitionStart: Int32Array.from(starts),
    partitionNumber: Int32Array.from(
      topics.flatMap((count) => Array.from({ length: count }, (_, n) => n)),
    ),
    replicaStart: Int32Array.from({ length: total + 1 }, (_, p) => p * FACTOR),
    replicaBroker,
    replicaLogDir: new Int16Array(total * FACTOR).fill(-1),
    replicaOffline: new Uint8Array(total * FACTOR),
    leaderReplica: Int32Array.from({ length: total }, (_, p) => p * FACTOR),
    leaderLoad: new Float64Array(total * 4),
    followerLoad: new Float64Array(total * 4),
    replicaDiskMb: new Float64Array(0),
    unknownResources: new Map<number, string>(),
  };
}

/** Exponential, by topic and within it, such that the cluster is used as much as it should be. */
function drawLoads(input: ClusterInput, strain: Strain, prng: Prng): void {
  const draw = () => -Math.log(1 - prng.next());
  const { leaderLoad, followerLoad, partitionStart } = input;
  const partitions = leaderLoad.length / 4;
  for (let t = 0; t < input.topicNames.length; t++) {
    const popularity = 0.2 + draw();
    for (let p = partitionStart[t]!; p < partitionStart[t + 1]!; p++) {
      for (let k = 0; k < 4; k++) leaderLoad[p * 4 + k] = popularity * (0.2 + draw());
    }
  }
  for (let k = 0; k < 4; k++) {
    // CPU and bytes out are the leader's above all, bytes in and MB every replica's.
    const copies = k === 1 || k === 3 ? FACTOR : k === 0 ? 1.5 : 1;
    let sum = 0;
    for (let p = 0; p < partitions; p++) sum += leaderLoad[p * 4 + k]!;
    let whole = 0;
    for (const broker of input.brokers) whole += broker.capacity[k]!;
    const scale = UTILIZATION * whole * (k === 2 ? 0.3 : 1) / copies / sum;
    const most = 0.02 * CAPACITY[k]!;
    for (let p = 0; p < partitions; p++) {
      const load = Math.min(most, scale * leaderLoad[p * 4 + k]!);
      leaderLoad[p * 4 + k] = Math.round(1000 * load) / 1000;
    }
  }
  if (strain === "huge partitions") {
    for (let n = 0; n < HUGE_PARTITIONS; n++) {
      const p = prng.below(partitions);
      for (let k = 1; k < 4; k++) leaderLoad[p * 4 + k] = HUGE_PART * CAPACITY[k]!;
    }
  }
  for (let p = 0; p < partitions; p++) {
    const [cpu, nwIn, nwOut, disk] = leaderLoad.subarray(p * 4, p * 4 + 4);
    followerLoad.set([followerCpu(nwIn!, nwOut!, cpu!), nwIn!, 0, disk!], p * 4);
  }
}

function spreadOverDirs(input: ClusterInput, prng: Prng): void {
  for (let r = 0; r < input.replicaLogDir.length; r++) input.replicaLogDir[r] = prng.below(3);
}
