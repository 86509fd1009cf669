/**
 * Topics and records for tests, made with kafkajs as it is.
 *
 * @module
 */
import { CompressionTypes, Partitioners } from "kafkajs";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { plainAdmin, plainKafka } from "./clients.ts";

/** A topic to create: replica lists of partitions 0, 1, ...; all of one length. */
export interface TopicPlan {
  readonly name: string;
  readonly replicas: readonly (readonly number[])[];
  readonly configs?: Readonly<Record<string, string>>;
}

/** Creates the topics and waits until every bootstrap broker knows a leader of each partition. */
export async function createTopics(
  bootstrap: string,
  topics: readonly TopicPlan[],
): Promise<void> {
  const admin = plainKafka(bootstrap.split(",")).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: false,
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
  const names = topics.map((topic) => topic.name);
  await Promise.all(bootstrap.split(",").map((broker) => waitForLeaders(broker, names)));
}

async function waitForLeaders(broker: string, names: readonly string[]): Promise<void> {
  const clock = systemClock();
  const giveUpMs = clock.nowMs() + 60_000;
  const admin = plainAdmin([broker]);
  try {
    for (;;) {
      // A broker that does not know a topic yet makes kafkajs throw for the whole answer.
      const ready = await admin.connect()
        .then(() => admin.fetchTopicMetadata({ topics: [...names] }))
        .then(({ topics }) =>
          topics.every((topic) => topic.partitions.every((one) => one.leader >= 0))
        )
        .catch((error: unknown) => {
          if (clock.nowMs() > giveUpMs) throw error;
          return false;
        });
      if (ready) return;
      await sleepUntil(clock, clock.nowMs() + 50);
    }
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
