/**
 * A look at a cluster through Kafka's own Java client, which shares no code with Evenkeel or kafkajs. A call takes
 * about a second.
 *
 * @module
 */
import type { KafkaCluster } from "./cluster.ts";
import { run, TOP } from "./jars.ts";

/** A partition as the Java client describes it. */
export interface SeenPartition {
  readonly topic: string;
  readonly partition: number;
  /** -1 when it has none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** Lines of each command, in one process: most of a call's time is its start. */
async function askAll(
  cluster: KafkaCluster,
  commands: readonly (readonly string[])[],
): Promise<string[][][]> {
  const { jars } = cluster;
  const text = await run("java", [
    ...jars.jvmFlags,
    "-cp",
    jars.classPath,
    `-Dlog4j2.configurationFile=${TOP}/tests/kafka/log4j2.properties`,
    "IndependentClient",
    cluster.bootstrap,
    ...commands.flatMap((command, i) => i === 0 ? command : ["+", ...command]),
  ]);
  return text.split("+\n").map((part) =>
    part.split("\n").filter((line) => line !== "").map((line) => line.split("\t"))
  );
}

async function ask(cluster: KafkaCluster, ...command: string[]): Promise<string[][]> {
  return (await askAll(cluster, [command]))[0]!;
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
  return partitionsOf(await ask(cluster, "topics"));
}

/** All partitions, and what an execution may have left behind: reassignments, throttles of brokers and of `topics`. */
export async function seeAftermath(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<{ partitions: SeenPartition[]; leftovers: string[] }> {
  const [partitions, reassignments, ofBrokers, ofTopics] = await askAll(cluster, [
    ["topics"],
    ["reassignments"],
    ["configs", "broker", ...cluster.brokers.map((broker) => String(broker.id))],
    ["configs", "topic", ...topics],
  ]);
  const throttles = [...ofBrokers!, ...ofTopics!].filter((row) => row[1]!.includes("throttled"));
  return {
    partitions: partitionsOf(partitions!),
    leftovers: [...reassignments!, ...throttles].map((row) => row.join(" ")),
  };
}

/** The dynamic configuration of topics or brokers: resource name, key, value. */
export async function seeDynamicConfigs(
  cluster: KafkaCluster,
  type: "topic" | "broker",
  names: readonly string[],
): Promise<{ name: string; key: string; value: string }[]> {
  return (await ask(cluster, "configs", type, ...names)).map((row) => ({
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
  return (await ask(cluster, "reassignments")).map((row) => ({
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
  return (await ask(cluster, "logdirs", ...brokerIds.map(String))).map((row) => ({
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
  return Number((await ask(cluster, "quorum"))[0]?.[0]);
}

/** Committed offsets of every consumer group. */
export async function seeGroupOffsets(
  cluster: KafkaCluster,
): Promise<{ groupId: string; topic: string; partition: number; offset: number }[]> {
  return (await ask(cluster, "groups")).map((row) => ({
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
  await ask(cluster, "commit", groupId, topic, ...pairs);
}
