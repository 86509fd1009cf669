/**
 * Draws the specification of a whole cluster from a seed: one that is worth balancing.
 *
 * What is out of balance on purpose: leaders gather on the first brokers, a few topics carry most of the load, some
 * partitions have two replicas in one rack, and the last brokers are new and empty.
 *
 * @module
 */
import { createPrng, type Prng } from "../../lib/prng.ts";
import {
  brokerSpec,
  exactSpec,
  type SimBrokerSpec,
  type SimGroupSpec,
  type SimSettings,
  type SimSpec,
  type SimTopicSpec,
  type SimWorkload,
} from "./spec.ts";

/** Size and shape of the cluster to draw. */
export interface SimSpecOptions {
  readonly seed: number;
  readonly brokers?: number;
  readonly racks?: number;
  readonly topics?: number;
  readonly partitions?: number;
  /** Brokers, the last ones, that hold nothing yet. */
  readonly emptyBrokers?: number;
  /** Replicas a partition of most topics; the others have one less, but never 0. */
  readonly replicationFactor?: number;
  /** Part of the topics, 0..1, that have one replica less. */
  readonly fewerReplicas?: number;
  /** Part of the partitions, 0..1, whose leader is drawn towards the first brokers. */
  readonly leaderSkew?: number;
  /** Part of the partitions, 0..1, whose replicas are placed without regard to racks. */
  readonly rackBlindness?: number;
  /** Producers' bytes/s a broker, mean over the day. */
  readonly bytesPerSecPerBroker?: number;
  /** Bytes on disk a broker, mean. */
  readonly diskBytesPerBroker?: number;
  readonly groups?: number;
  readonly settings?: Partial<SimSettings>;
  /** Changes every broker, for instance its disks. */
  readonly broker?: Partial<SimBrokerSpec>;
}

const DEFAULTS = {
  brokers: 12,
  racks: 3,
  topics: 60,
  partitions: 600,
  emptyBrokers: 1,
  replicationFactor: 3,
  fewerReplicas: 0.25,
  leaderSkew: 0.4,
  rackBlindness: 0.03,
  bytesPerSecPerBroker: 1e6,
  diskBytesPerBroker: 25e9,
  groups: 20,
} as const;

type Shape = typeof DEFAULTS extends infer D ? { readonly [K in keyof D]: number } : never;

/** Draws a cluster. The same options give the same specification. */
export function simSpec(options: SimSpecOptions): SimSpec {
  const shape: Shape = { ...DEFAULTS, ...dropUndefined(options) };
  const prng = createPrng(options.seed).fork("sim-spec");
  const brokers = Array.from(
    { length: shape.brokers },
    (_, id) => brokerSpec(id, `r${id % shape.racks}`, options.broker),
  );
  const topics = drawTopics(shape, brokers, prng.fork("topics"));
  topics.push(offsetsTopic(shape, brokers, prng.fork("offsets-topic")));
  return exactSpec({
    clusterId: "evenkeel-simulated-" + options.seed,
    brokers,
    topics,
    groups: drawGroups(shape, topics, prng.fork("groups")),
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  });
}

function dropUndefined(options: SimSpecOptions): Partial<Shape> {
  const entries = Object.entries(options).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(entries) as Partial<Shape>;
}

/** Weights 1 / rank^exponent that sum to 1, in a drawn order. */
function zipf(count: number, exponent: number, prng: Prng): number[] {
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent);
  const sum = weights.reduce((a, b) => a + b, 0);
  for (let i = count - 1; i > 0; i--) {
    const j = prng.below(i + 1);
    [weights[i], weights[j]] = [weights[j]!, weights[i]!];
  }
  return weights.map((weight) => weight / sum);
}

function drawTopics(shape: Shape, brokers: readonly SimBrokerSpec[], prng: Prng): SimTopicSpec[] {
  const loads = zipf(shape.topics, 0.9, prng);
  const counts = partitionCounts(shape, loads);
  const bytesPerSec = shape.bytesPerSecPerBroker * shape.brokers;
  const copies = shape.replicationFactor - (shape.replicationFactor > 1 ? shape.fewerReplicas : 0);
  const logBytes = shape.diskBytesPerBroker * shape.brokers / copies;
  return loads.map((load, t) =>
    drawTopic(shape, {
      name: topicName(t, shape.topics),
      partitions: counts[t]!,
      bytesPerSec: bytesPerSec * load,
      // Disk is less skewed than traffic: busy topics keep less history.
      logBytes: logBytes * (0.5 * load + 0.5 * counts[t]! / shape.partitions),
      brokers,
      prng: prng.fork(`topic-${t}`),
    })
  );
}

const SUBJECTS = ["orders", "clicks", "payments", "sensors", "audit", "sessions", "stock", "mail"];

function topicName(t: number, topics: number): string {
  const width = String(topics - 1).length;
  return `${SUBJECTS[t % SUBJECTS.length]}.${String(t).padStart(width, "0")}`;
}

/** At least one each, the rest by the root of the load, exactly `shape.partitions` in all. */
function partitionCounts(shape: Shape, loads: readonly number[]): number[] {
  const roots = loads.map(Math.sqrt);
  const sum = roots.reduce((a, b) => a + b, 0);
  const spare = Math.max(0, shape.partitions - shape.topics);
  const counts = roots.map((root) => 1 + Math.floor(spare * root / sum));
  let left = shape.partitions - counts.reduce((a, b) => a + b, 0);
  for (let t = 0; left > 0; t = (t + 1) % counts.length, left--) counts[t]!++;
  return counts;
}

interface TopicDraw {
  readonly name: string;
  readonly partitions: number;
  readonly bytesPerSec: number;
  readonly logBytes: number;
  readonly brokers: readonly SimBrokerSpec[];
  readonly prng: Prng;
}

function drawTopic(shape: Shape, draw: TopicDraw): SimTopicSpec {
  const { prng, partitions } = draw;
  const factor = prng.next() >= shape.fewerReplicas
    ? shape.replicationFactor
    : Math.max(1, shape.replicationFactor - 1);
  const assignment = Array.from(
    { length: partitions },
    () => drawReplicas(shape, { ...draw, factor }),
  );
  const compacted = prng.next() < 0.1;
  const perPartition = draw.logBytes / partitions;
  const segmentBytes = Math.max(1_048_576, Math.floor(perPartition / 8));
  return {
    name: draw.name,
    assignment,
    shares: zipf(partitions, 0.2 + 0.6 * prng.next(), prng),
    workload: drawWorkload(draw.bytesPerSec, prng),
    directFanout: prng.next() < 0.3 ? prng.next() : 0,
    initialBytes: draw.logBytes,
    ...(compacted ? { liveBytes: draw.logBytes * 0.6 } : {}),
    configs: {
      "segment.bytes": String(segmentBytes),
      ...(compacted
        ? { "cleanup.policy": "compact" }
        : { "retention.bytes": String(Math.floor(perPartition)) }),
      ...(factor >= 3 ? { "min.insync.replicas": "2" } : {}),
    },
  };
}

function drawWorkload(bytesPerSec: number, prng: Prng): SimWorkload {
  const bursty = prng.next() < 0.15;
  const drifting = prng.next() < 0.2;
  return {
    bytesPerSec,
    recordBytes: Math.round(100 * 10 ** (2 * prng.next())),
    recordWave: 0.1 * prng.next(),
    daily: 0.2 + 0.5 * prng.next(),
    dailyPeak: (0.6 + 0.08 * prng.normal() + 1) % 1,
    weekly: prng.next() < 0.5 ? 0.4 * prng.next() : 0,
    burstChance: bursty ? 0.05 : 0,
    burstFactor: bursty ? 2 + 3 * prng.next() : 1,
    burstSlotMs: 600_000,
    driftPerDay: drifting ? 0.1 * (prng.next() - 0.3) : 0,
    noise: 0.05,
  };
}

/** A replica list: leaders drawn to the first brokers, racks kept apart unless this one is blind to them. */
function drawReplicas(shape: Shape, draw: TopicDraw & { readonly factor: number }): number[] {
  const { prng, brokers } = draw;
  const used = Math.max(1, shape.brokers - shape.emptyBrokers);
  const factor = Math.min(draw.factor, used);
  const first = prng.next() < shape.leaderSkew
    ? Math.floor(used * prng.next() ** 3)
    : prng.below(used);
  const list = [first];
  const blind = prng.next() < shape.rackBlindness;
  // Every rack is used before one is used twice: `allowed` grows when no broker fits.
  for (let allowed = blind ? factor : 1; list.length < factor; allowed++) {
    const start = prng.below(used);
    for (let i = 0; i < used && list.length < factor; i++) {
      const candidate = (start + i) % used;
      if (list.includes(candidate)) continue;
      const rack = brokers[candidate]!.rack;
      const same = list.filter((id) => brokers[id]!.rack === rack).length;
      if (same < allowed) list.push(candidate);
    }
  }
  return list;
}

/** Kafka's own topic of committed offsets, so that groups have coordinators that can fail. */
function offsetsTopic(
  shape: Shape,
  brokers: readonly SimBrokerSpec[],
  prng: Prng,
): SimTopicSpec {
  const draw = { name: "__consumer_offsets", partitions: 12, bytesPerSec: 20_000, brokers, prng };
  const topic = drawTopic(shape, { ...draw, logBytes: 24e6 });
  return {
    ...topic,
    directFanout: 0,
    liveBytes: 12e6,
    configs: { "cleanup.policy": "compact", "segment.bytes": "1048576" },
  };
}

/** Each topic is read by up to three groups. */
function drawGroups(shape: Shape, topics: readonly SimTopicSpec[], prng: Prng): SimGroupSpec[] {
  const members = Array.from({ length: shape.groups }, () => [] as string[]);
  for (const topic of topics) {
    if (topic.name.startsWith("__") || shape.groups === 0) continue;
    const readers = prng.below(4);
    for (let i = 0; i < readers; i++) {
      const group = members[prng.below(shape.groups)]!;
      if (!group.includes(topic.name)) group.push(topic.name);
    }
  }
  return members.map((names, g) => ({
    groupId: `group-${String(g).padStart(2, "0")}`,
    topics: names,
    capacity: 1.5 + 2 * prng.next(),
  }));
}
