/**
 * Draws synthetic clusters for planning: which broker has which replicas, and what each partition costs.
 *
 * Placement is that of Cruise Control's random test clusters (RandomCluster, Apache-2.0), with Java's random numbers,
 * so that seed 0 gives the very clusters for which results of Cruise Control are known.
 *
 * @module
 */
import { fail, ok, type Result } from "../lib/failure.ts";
import type { ClusterInput, InputBroker } from "./cluster_input.ts";
import { followerCpu } from "./follower_load.ts";
import { drawBetween, drawExponential, type JavaRandom, javaRandom } from "./java_random.ts";
import { CPU, DISK, NW_IN, NW_OUT, RESOURCE_COUNT } from "./metrics.ts";

/**
 * How replicas are spread over broker indices: evenly, the more the higher the index, or four fifths of them on the
 * first fifth of the brokers.
 */
export type ReplicaDistribution = "uniform" | "linear" | "exponential" | "skewed";

/** What to draw. */
export interface GenerateOptions {
  readonly brokers: number;
  readonly racks: number;
  /** Brokers of each rack: as many as of any other or one less, or drawn as in Cruise Control's tests, where of a few brokers most may come to one rack. */
  readonly rackSizes: "even" | "drawn";
  readonly topics: number;
  /** Replicas in all; up to replicationFactor - 1 more where it is no multiple. */
  readonly replicas: number;
  readonly replicationFactor: number;
  readonly distribution: ReplicaDistribution;
  /** No two replicas of a partition in one rack. */
  readonly rackAware: boolean;
  readonly seed: number;
  /**
   * - `realistic`: followers have their leader's bytes, and loads are scaled to `utilization`.
   * - `reference`: as in Cruise Control's tests: every replica's load is drawn on its own, broker 1 is half as large,
   *   and a topic with one leader a broker is added. Followers of a partition then share the mean of their draws;
   *   sizes on disk are kept for each replica.
   */
  readonly loads: "realistic" | "reference";
  /** Whether brokers have all the same capacity, or drawn ones of 1, 2 and 4 times the smallest. */
  readonly capacities: "equal" | "mixed";
  /** Mean utilization of every resource but bytes out, which has less with several replicas, 0..1; of realistic loads only. */
  readonly utilization: number;
}

/** Cruise Control's base cluster. */
export const BASE_CLUSTER: GenerateOptions = {
  brokers: 40,
  racks: 10,
  rackSizes: "drawn",
  topics: 3000,
  replicas: 50_001,
  replicationFactor: 3,
  distribution: "uniform",
  rackAware: false,
  seed: 0,
  loads: "realistic",
  capacities: "equal",
  utilization: 0.4,
};

const RACK_SEED = 3140;
const PARTITION_COUNT_SEED = 72_033;
const CAPACITY_SEED = 51_413;
const REPLICA_SEED = 1240;
const POPULARITY_SEED = 7234;
const LOAD_SEEDS = { cpu: 100_000, disk: 300_000, nwIn: 500_000, nwOut: 700_000 };
/** Mean loads of a replica of a reference cluster: cpu percent, nwIn KB/s, nwOut KB/s, disk MB. */
const MEAN_LOAD = [0.01, 100, 100, 100] as const;
const CAPACITY = [100, 300_000, 200_000, 300_000] as const;
/** Sizes of mixed brokers; 1 on average. */
const SIZES = [3 / 7, 6 / 7, 12 / 7] as const;
const SMALL_CAPACITY = [100, 150_000, 150_000, 150_000] as const;
/** A realistic partition takes at most this part of a broker, so that the cluster can be balanced. */
const PARTITION_PART_MAX = 0.1;
/** Realistic loads are whole numbers of 1 / this, by resource, so that files stay short. */
const ROUNDING = [1e6, 1e3, 1e3, 1e3] as const;
/** Draws need the square of the brokers below 2^31. */
const BROKERS_MAX = 40_000;
/** About 2 GB of arrays. */
const REPLICAS_MAX = 20_000_000;
const SEED_SPAN = 2 ** 48;
/** Name of the topic that reference clusters have besides T0, T1, ... */
const ONE_LEADER_TOPIC = "TopicWithOneLeaderPerBroker";

/** Draws a cluster. `invalid_argument` names every option that does not fit the others. */
export function generateCluster(options: GenerateOptions): Result<ClusterInput> {
  const problems = optionProblems(options);
  if (problems.length > 0) {
    return fail("invalid_argument", `Cannot generate a cluster: ${problems[0]}`, {
      details: problems.slice(1),
    });
  }
  const shape = drawShape(options);
  const brokers = drawBrokers(options);
  const replicaBroker = placeReplicas(options, shape, brokers);
  const loads = options.loads === "reference"
    ? independentLoads(options, shape)
    : replicatedLoads(options, shape, brokers);
  return ok({
    brokers,
    topicNames: shape.names,
    partitionStart: shape.partitionStart,
    partitionNumber: partitionNumbers(shape),
    replicaStart: shape.replicaStart,
    replicaBroker,
    replicaLogDir: new Int16Array(replicaBroker.length).fill(-1),
    replicaOffline: new Uint8Array(replicaBroker.length),
    leaderReplica: shape.replicaStart.slice(0, -1),
    ...loads,
    unknownResources: new Map(),
  });
}

function optionProblems(options: GenerateOptions): string[] {
  const { brokers, racks, topics, replicas, replicationFactor, utilization } = options;
  const problems: string[] = [];
  const wanted = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  wanted(
    brokers >= 1 && brokers <= BROKERS_MAX,
    `brokers must be 1 to ${BROKERS_MAX}, got ${brokers}`,
  );
  wanted(replicas <= REPLICAS_MAX, `replicas must be <= ${REPLICAS_MAX}, got ${replicas}`);
  wanted(racks >= 1 && racks <= brokers, `racks must be 1 to brokers (${brokers}), got ${racks}`);
  wanted(
    replicationFactor >= 1 && replicationFactor <= brokers,
    `replication factor must be 1 to brokers (${brokers}), got ${replicationFactor}`,
  );
  if (options.rackAware) {
    wanted(
      replicationFactor <= racks,
      `replication factor must be <= racks (${racks}) to be rack-aware, got ${replicationFactor}`,
    );
  }
  wanted(topics >= 1, `topics must be >= 1, got ${topics}`);
  wanted(
    replicas >= topics * replicationFactor,
    `replicas must be >= topics x replication factor (${topics * replicationFactor}), ` +
      `got ${replicas}`,
  );
  wanted(utilization > 0 && utilization < 1, `utilization must be in 0..1, got ${utilization}`);
  if (options.loads === "reference") {
    wanted(brokers >= 2, `brokers must be >= 2 for a reference cluster, got ${brokers}`);
  }
  return problems;
}

/** Seeds of one cluster are apart from those of any other; those of seed 0 are the reference's. */
function seedOf(options: GenerateOptions, seed: number): number {
  const offset = (Math.imul(options.seed, 0x9e3779b1) >>> 0) * 65536;
  return (offset + seed) % SEED_SPAN;
}

/** Topics, partitions and replicas without places and loads. */
interface Shape {
  readonly names: readonly string[];
  readonly partitionStart: Int32Array;
  readonly replicaStart: Int32Array;
}

/** Draws partition counts, then adds partitions in turn until the replicas are used up. */
function drawShape(options: GenerateOptions): Shape {
  const { topics, replicas, replicationFactor } = options;
  const names = Array.from({ length: topics }, (_, t) => `T${t}`);
  const counts: number[] = new Array(topics).fill(1);
  const factors: number[] = new Array(topics).fill(replicationFactor);
  let total = topics * replicationFactor;
  const most = Math.floor(replicas / topics);
  for (let t = 0; t < topics && most >= 2; t++) {
    const count = drawBetween(2, most, seedOf(options, PARTITION_COUNT_SEED + t));
    const more = (count - 1) * replicationFactor;
    if (total + more > replicas) continue;
    counts[t] = count;
    total += more;
  }
  for (let t = 0; total < replicas; t = (t + 1) % topics) {
    counts[t]!++;
    total += replicationFactor;
  }
  if (options.loads === "reference") {
    names.push(ONE_LEADER_TOPIC);
    counts.push(options.brokers);
    factors.push(2);
  }
  const partitionStart = new Int32Array(counts.length + 1);
  counts.forEach((count, t) => partitionStart[t + 1] = partitionStart[t]! + count);
  const replicaStart = new Int32Array(partitionStart[counts.length]! + 1);
  counts.forEach((_, t) => {
    for (let p = partitionStart[t]!; p < partitionStart[t + 1]!; p++) {
      replicaStart[p + 1] = replicaStart[p]! + factors[t]!;
    }
  });
  return { names, partitionStart, replicaStart };
}

function partitionNumbers(shape: Shape): Int32Array {
  const numbers = new Int32Array(shape.replicaStart.length - 1);
  for (let t = 0; t < shape.names.length; t++) {
    const first = shape.partitionStart[t]!;
    for (let p = first; p < shape.partitionStart[t + 1]!; p++) numbers[p] = p - first;
  }
  return numbers;
}

function drawBrokers(options: GenerateOptions): InputBroker[] {
  return Array.from({ length: options.brokers }, (_, id) => {
    const rack = id < options.racks || options.rackSizes === "even"
      ? id % options.racks
      : drawBetween(0, options.racks - 1, seedOf(options, RACK_SEED + id));
    const small = options.loads === "reference" && id === 1;
    const size = options.capacities === "equal"
      ? 1
      : SIZES[drawBetween(0, SIZES.length - 1, seedOf(options, CAPACITY_SEED + id))]!;
    const [cpu, nwIn, nwOut, disk] = small ? SMALL_CAPACITY : CAPACITY;
    return {
      id,
      host: String(id),
      rack: String(rack),
      state: "alive",
      capacity: [cpu * size, nwIn * size, nwOut * size, disk * size],
      cores: 1,
      capacityEstimated: false,
      logDirs: [],
    };
  });
}

/** The broker index of each replica; a draw that conflicts is repeated with the next seed. */
function placeReplicas(
  options: GenerateOptions,
  shape: Shape,
  brokers: readonly InputBroker[],
): Int32Array {
  const { replicaStart } = shape;
  const partitions = replicaStart.length - 1;
  const placed = new Int32Array(replicaStart[partitions]!);
  const racks = Int32Array.from(brokers, (broker) => Number(broker.rack));
  const draw = brokerDraw(options);
  const seed = seedOf(options, REPLICA_SEED);
  for (let p = 0; p < partitions; p++) {
    const first = replicaStart[p]!;
    // Two replicas of the extra topic may share a rack even here when there is only one.
    const aware = options.rackAware && replicaStart[p + 1]! - first <= options.racks;
    let conflicts = 0;
    for (let r = first; r < replicaStart[p + 1]!; r++) {
      let broker = draw(seed + r);
      while (hasConflict(placed, { from: first, to: r, broker, racks, aware })) {
        broker = draw(seed + r + ++conflicts);
      }
      placed[r] = broker;
    }
  }
  return placed;
}

function hasConflict(
  placed: Int32Array,
  check: { from: number; to: number; broker: number; racks: Int32Array; aware: boolean },
): boolean {
  const { racks, broker, aware } = check;
  for (let r = check.from; r < check.to; r++) {
    const other = placed[r]!;
    if (other === broker || (aware && racks[other] === racks[broker])) return true;
  }
  return false;
}

/** Draws a broker index for a seed. The roots are exact enough: their arguments are integers below 2^50. */
function brokerDraw(options: GenerateOptions): (seed: number) => number {
  const count = options.brokers;
  switch (options.distribution) {
    case "uniform":
      return (seed) => drawBetween(0, count - 1, seed);
    case "linear": {
      const sum = count * (count + 1) / 2;
      // The smallest k with 2 v <= k (k + 1).
      return (seed) => Math.ceil((Math.sqrt(1 + 8 * drawBetween(1, sum, seed)) - 1) / 2) - 1;
    }
    case "exponential":
      // The smallest k with v <= k^2.
      return (seed) => Math.ceil(Math.sqrt(drawBetween(1, count * count, seed))) - 1;
    case "skewed": {
      const hot = Math.max(1, Math.floor(count / 5));
      // One draw decides both: a fifth of all numbers is spread over all brokers.
      return (seed) => {
        const drawn = drawBetween(0, 5 * hot * count - 1, seed);
        return Math.floor(drawn / 5) % (drawn % 5 === 0 ? count : hot);
      };
    }
  }
}

type Loads = Pick<ClusterInput, "leaderLoad" | "followerLoad" | "replicaDiskMb">;

interface LoadStreams {
  readonly cpu: JavaRandom;
  readonly nwIn: JavaRandom;
  readonly nwOut: JavaRandom;
  readonly disk: JavaRandom;
  /** By topic: how much more than others it has. */
  readonly popularity: Float64Array;
}

function loadStreams(options: GenerateOptions, shape: Shape): LoadStreams {
  const stream = (seed: number) => javaRandom(seedOf(options, seed));
  const draws = stream(POPULARITY_SEED);
  return {
    cpu: stream(LOAD_SEEDS.cpu),
    nwIn: stream(LOAD_SEEDS.nwIn),
    nwOut: stream(LOAD_SEEDS.nwOut),
    disk: stream(LOAD_SEEDS.disk),
    popularity: Float64Array.from(shape.names, () => drawExponential(1, draws)),
  };
}

/** Every replica's load drawn on its own. */
function independentLoads(options: GenerateOptions, shape: Shape): Loads {
  const streams = loadStreams(options, shape);
  const partitions = shape.replicaStart.length - 1;
  const leaderLoad = new Float64Array(partitions * RESOURCE_COUNT);
  const followerLoad = new Float64Array(partitions * RESOURCE_COUNT);
  const replicaDiskMb = new Float64Array(shape.replicaStart[partitions]!);
  for (let t = 0; t < shape.names.length; t++) {
    const mean = MEAN_LOAD.map((load) => load * streams.popularity[t]!);
    for (let p = shape.partitionStart[t]!; p < shape.partitionStart[t + 1]!; p++) {
      const row = p * RESOURCE_COUNT;
      const first = shape.replicaStart[p]!;
      const followers = shape.replicaStart[p + 1]! - first - 1;
      for (let r = first; r <= first + followers; r++) {
        const loads = r === first ? leaderLoad : followerLoad;
        const part = r === first ? 1 : 1 / followers;
        const disk = drawExponential(mean[DISK]!, streams.disk);
        loads[row + CPU]! += drawExponential(mean[CPU]!, streams.cpu) * part;
        loads[row + NW_IN]! += drawExponential(mean[NW_IN]!, streams.nwIn) * part;
        loads[row + DISK]! += disk * part;
        replicaDiskMb[r] = disk;
      }
      leaderLoad[row + NW_OUT] = drawExponential(mean[NW_OUT]!, streams.nwOut);
    }
  }
  return { leaderLoad, followerLoad, replicaDiskMb };
}

/**
 * Bytes out are scaled so that a broker could also lead all that it hosts: with n replicas the potential load is n times the
 * load, and a cluster that runs near that limit cannot be balanced by anybody.
 */
function meanUtilization(options: GenerateOptions, resource: number): number {
  const { utilization, replicationFactor } = options;
  return resource === NW_OUT
    ? Math.min(utilization, 1.5 * utilization / replicationFactor)
    : utilization;
}

/** Leaders' loads drawn, followers' derived, all scaled to the wanted mean utilization and rounded to a few digits. */
function replicatedLoads(
  options: GenerateOptions,
  shape: Shape,
  brokers: readonly InputBroker[],
): Loads {
  const streams = loadStreams(options, shape);
  const partitions = shape.replicaStart.length - 1;
  const leaderLoad = new Float64Array(partitions * RESOURCE_COUNT);
  const followerLoad = new Float64Array(partitions * RESOURCE_COUNT);
  const sums = [0, 0, 0, 0];
  for (let t = 0; t < shape.names.length; t++) {
    const popularity = streams.popularity[t]!;
    for (let p = shape.partitionStart[t]!; p < shape.partitionStart[t + 1]!; p++) {
      const row = p * RESOURCE_COUNT;
      const followers = shape.replicaStart[p + 1]! - shape.replicaStart[p]! - 1;
      const cpu = drawExponential(popularity, streams.cpu);
      const nwIn = drawExponential(popularity, streams.nwIn);
      const nwOut = drawExponential(popularity, streams.nwOut);
      const disk = drawExponential(popularity, streams.disk);
      leaderLoad.set([cpu, nwIn, nwOut, disk], row);
      followerLoad.set([followerCpu(nwIn, nwOut, cpu), nwIn, 0, disk], row);
      for (let k = 0; k < RESOURCE_COUNT; k++) {
        sums[k]! += leaderLoad[row + k]! + followers * followerLoad[row + k]!;
      }
    }
  }
  const total = (k: number) => brokers.reduce((sum, { capacity }) => sum + capacity[k]!, 0);
  const least = CAPACITY.map((_, k) => Math.min(...brokers.map(({ capacity }) => capacity[k]!)));
  const scale = sums.map((sum, k) => meanUtilization(options, k) * total(k) / sum);
  for (const loads of [leaderLoad, followerLoad]) {
    for (let i = 0; i < loads.length; i++) {
      const resource = i % RESOURCE_COUNT;
      const load = Math.min(loads[i]! * scale[resource]!, PARTITION_PART_MAX * least[resource]!);
      loads[i] = Math.round(load * ROUNDING[resource]!) / ROUNDING[resource]!;
    }
  }
  return { leaderLoad, followerLoad, replicaDiskMb: new Float64Array(0) };
}
