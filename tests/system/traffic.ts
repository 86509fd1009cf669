/**
 * Producers and consumers that run while a cluster is rebalanced, and count what they sent and got. A record is
 * lost when it was acknowledged and never read; the sums of numbered payloads must agree, too.
 *
 * @module
 */
import { type Consumer, Partitioners, type Producer } from "kafkajs";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { plainKafka } from "../kafka/mod.ts";

/** One partition's steady stream. */
export interface Stream {
  readonly topic: string;
  readonly partition: number;
  /** Bytes of each record's value. */
  readonly bytes: number;
  /** Records a round. */
  readonly records: number;
}

/** What was seen in one partition. */
export interface Seen {
  readonly count: number;
  /** Sum of (sequence number + 1) of distinct records, so that one missing record changes it. */
  readonly checksum: number;
}

/** Traffic in progress. */
export interface Traffic {
  /**
   * Ends the producers, reads all that is left, and gives by `topic-partition` what was acknowledged, what the consumers
   * that ran all the time got, and what a fresh one finds in the logs.
   */
  finish(): Promise<
    { sent: Map<string, Seen>; received: Map<string, Seen>; stored: Map<string, Seen> }
  >;
}

const ROUND_MS = 500;

/** Starts one producer for all streams and one consumer group of two members that reads everything. */
export async function startTraffic(
  bootstrap: string,
  streams: readonly Stream[],
): Promise<Traffic> {
  const kafka = plainKafka(bootstrap.split(","));
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const received = new Map<string, Set<number>>();
  const consumers = [
    await readAll(kafka, streams, { into: received, groupId: "traffic" }),
    await readAll(kafka, streams, { into: received, groupId: "traffic" }),
  ];
  const sent = new Map<string, number>();
  const stop = new AbortController();
  const producing = produceUntil(producer, streams, sent, stop.signal);
  // A failure is thrown by finish(); until then it must not end the test run as unobserved.
  producing.catch(() => {});
  return {
    async finish() {
      stop.abort();
      await producing;
      await producer.disconnect();
      await caughtUp(sent, received);
      for (const consumer of consumers) await consumer.disconnect();
      const stored = new Map<string, Set<number>>();
      const reader = await readAll(kafka, streams, { into: stored, groupId: "auditor" });
      await caughtUp(sent, stored);
      await reader.disconnect();
      return {
        sent: sentTotals(sent),
        received: receivedTotals(received),
        stored: receivedTotals(stored),
      };
    },
  };
}

async function readAll(
  kafka: ReturnType<typeof plainKafka>,
  streams: readonly Stream[],
  options: { into: Map<string, Set<number>>; groupId: string },
): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId: options.groupId,
    maxWaitTimeInMs: 300,
    sessionTimeout: 10_000,
  });
  await consumer.connect();
  await consumer.subscribe({
    topics: [...new Set(streams.map((s) => s.topic))],
    fromBeginning: true,
  });
  await consumer.run({
    autoCommitInterval: 1000,
    // deno-lint-ignore require-await -- kafkajs wants a promise
    eachMessage: async ({ topic, partition, message }) => {
      const value = message.value?.toString() ?? "";
      if (!value.startsWith("seq ")) return;
      const key = `${topic}-${partition}`;
      let numbers = options.into.get(key);
      if (numbers === undefined) options.into.set(key, numbers = new Set());
      numbers.add(Number(value.slice(4, value.indexOf(";"))));
    },
  });
  return consumer;
}

/**
 * One request a partition: kafkajs drops records of a request over several brokers when a leader moves to a broker that
 * has already answered (its retry skips that broker), which would look like a loss of ours.
 */
async function produceUntil(
  producer: Producer,
  streams: readonly Stream[],
  sent: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock();
  let nextMs = clock.nowMs();
  while (!signal.aborted) {
    await Promise.all(
      streams.map((stream) =>
        producer.send({ topic: stream.topic, acks: -1, messages: numbered(stream, sent) })
      ),
    );
    nextMs += ROUND_MS;
    await sleepUntil(clock, nextMs, { signal });
  }
}

function numbered(stream: Stream, sent: Map<string, number>) {
  const key = `${stream.topic}-${stream.partition}`;
  const first = sent.get(key) ?? 0;
  sent.set(key, first + stream.records);
  return Array.from({ length: stream.records }, (_, i) => ({
    partition: stream.partition,
    value: `seq ${first + i};`.padEnd(stream.bytes, "x"),
  }));
}

async function caughtUp(
  sent: Map<string, number>,
  received: Map<string, Set<number>>,
): Promise<void> {
  const clock = systemClock();
  const giveUpMs = clock.nowMs() + 20_000;
  const behind = () => [...sent].some(([key, count]) => (received.get(key)?.size ?? 0) < count);
  while (behind() && clock.nowMs() < giveUpMs) await sleepUntil(clock, clock.nowMs() + 100);
}

function sentTotals(sent: Map<string, number>): Map<string, Seen> {
  return new Map(
    [...sent].sort().map(([key, count]) => [key, { count, checksum: (count * (count + 1)) / 2 }]),
  );
}

function receivedTotals(received: Map<string, Set<number>>): Map<string, Seen> {
  return new Map(
    [...received].sort().map(([key, numbers]) => {
      let checksum = 0;
      for (const n of numbers) checksum += n + 1;
      return [key, { count: numbers.size, checksum }];
    }),
  );
}
