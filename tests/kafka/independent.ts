/**
 * A look at a cluster through Kafka's own Java client, which shares no code with Evenkeel or kafkajs. The
 * first call takes about a second, others some milliseconds.
 *
 * @module
 */
import type { KafkaCluster } from "./cluster.ts";

/** A partition as the Java client describes it. */
export interface SeenPartition {
  readonly topic: string;
  readonly partition: number;
  /** -1 when it has none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

function numbers(list: string | undefined): number[] {
  return list === undefined || list === "" ? [] : list.split(",").map(Number);
}

function partitionsOf(rows: readonly string[][]): SeenPartition[] {
  return rows.map((row) => ({
    topic: row[0]!,
    partition: Number(row[1]),
    leader: Number(row[2]),
    replicas: numbers(row[3]),
    isr: numbers(row[4]),
  }));
}

/** All partitions, by topic name and partition number, without those of internal topics. */
export async function seePartitions(cluster: KafkaCluster): Promise<SeenPartition[]> {
  return partitionsOf(await cluster.ask(["topics"]));
}

/** All partitions, and what an execution may have left behind: reassignments, throttles of brokers and of `topics`. */
export async function seeAftermath(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<{ partitions: SeenPartition[]; leftovers: string[] }> {
  const partitions = await seePartitions(cluster);
  const reassignments = await cluster.ask(["reassignments"]);
  const brokerIds = cluster.brokers.map((broker) => String(broker.id));
  const ofBrokers = await cluster.ask(["configs", "broker", ...brokerIds]);
  const ofTopics = await cluster.ask(["configs", "topic", ...topics]);
  const throttles = [...ofBrokers, ...ofTopics].filter((row) => row[1]!.includes("throttled"));
  return {
    partitions,
    leftovers: [...reassignments, ...throttles].map((row) => row.join(" ")),
  };
}

/** The dynamic configuration of topics or brokers: resource name, key, value. */
export async function seeDynamicConfigs(
  cluster: KafkaCluster,
  type: "topic" | "broker",
  names: readonly string[],
): Promise<{ name: string; key: string; value: string }[]> {
  return (await cluster.ask(["configs", type, ...names])).map((row) => ({
    name: row[0]!,
    key: row[1]!,
    value: row[2] ?? "",
  }));
}

/** The reassignments that go on. */
export async function seeReassignments(
  cluster: KafkaCluster,
): Promise<
  { topic: string; partition: number; replicas: number[]; adding: number[]; removing: number[] }[]
> {
  return (await cluster.ask(["reassignments"])).map((row) => ({
    topic: row[0]!,
    partition: Number(row[1]),
    replicas: numbers(row[2]),
    adding: numbers(row[3]),
    removing: numbers(row[4]),
  }));
}

/** Every replica on the named brokers with its log dir and size. */
export async function seeLogDirs(
  cluster: KafkaCluster,
  brokerIds: readonly number[],
): Promise<
  {
    brokerId: number;
    path: string;
    topic: string;
    partition: number;
    sizeBytes: number;
    isFuture: boolean;
  }[]
> {
  return (await cluster.ask(["logdirs", ...brokerIds.map(String)])).map((row) => ({
    brokerId: Number(row[0]),
    path: row[1]!,
    topic: row[2]!,
    partition: Number(row[3]),
    sizeBytes: Number(row[4]),
    isFuture: row[5] === "true",
  }));
}

/** Node id of the active controller, which Metadata hides. */
export async function seeActiveController(cluster: KafkaCluster): Promise<number> {
  return Number((await cluster.ask(["quorum"]))[0]?.[0]);
}

/** Committed offsets of every consumer group. */
export async function seeGroupOffsets(
  cluster: KafkaCluster,
): Promise<{ groupId: string; topic: string; partition: number; offset: number }[]> {
  return (await cluster.ask(["groups"])).map((row) => ({
    groupId: row[0]!,
    topic: row[1]!,
    partition: Number(row[2]),
    offset: Number(row[3]),
  }));
}

/** Commits offsets for a group that has no members. */
export async function commitOffsets(
  cluster: KafkaCluster,
  groupId: string,
  topic: string,
  offsets: readonly { readonly partition: number; readonly offset: number }[],
): Promise<void> {
  const pairs = offsets.flatMap(({ partition, offset }) => [String(partition), String(offset)]);
  await cluster.ask(["commit", groupId, topic, ...pairs]);
}
