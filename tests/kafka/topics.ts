/**
 * Topics and records for tests, made with kafkajs as it is.
 *
 * @module
 */
import { CompressionTypes, Partitioners } from "kafkajs";
import { plainKafka } from "./cluster.ts";

/** A topic to create: replica lists of partitions 0, 1, ...; all of one length. */
export interface TopicPlan {
  readonly name: string;
  readonly replicas: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

/** Creates the topics and waits until all have leaders. */
export async function createTopics(
  bootstrap: string,
  topics: readonly TopicPlan[],
): Promise<void> {
  const admin = plainKafka(bootstrap.split(",")).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map((topic) => ({
        topic: topic.name,
        replicaAssignment: topic.replicas.map((replicas, partition) => ({
          partition,
          replicas: [...replicas],
        })),
        configEntries: Object.entries(topic.configs ?? {}).map(([name, value]) => ({
          name,
          value,
        })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

/** Writes `count` records of about `bytes` bytes each to one partition, acknowledged by all in-sync replicas. */
export async function produceRecords(
  bootstrap: string,
  target: { readonly topic: string; readonly partition: number },
  options: { count: number; bytes: number; gzip?: boolean },
): Promise<void> {
  const producer = plainKafka(bootstrap.split(",")).producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  try {
    const batch = Math.max(1, Math.floor(500_000 / options.bytes));
    for (let sent = 0; sent < options.count; sent += batch) {
      const size = Math.min(batch, options.count - sent);
      await producer.send({
        topic: target.topic,
        acks: -1,
        compression: options.gzip === true ? CompressionTypes.GZIP : CompressionTypes.None,
        messages: Array.from({ length: size }, (_, i) => ({
          partition: target.partition,
          value: `${sent + i} `.padEnd(options.bytes, "x"),
        })),
      });
    }
  } finally {
    await producer.disconnect();
  }
}
