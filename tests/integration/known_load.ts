/**
 * Producers whose bytes are known, for measuring against: the topics, what writes to them, and what their segment files
 * say was stored.
 */
import { CompressionTypes, type Message, type Producer } from "kafkajs";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { createPrng } from "../../lib/prng.ts";
import type { KafkaCluster } from "../kafka/mod.ts";

const SEED = 8;
const TICK_MS = 100;
const SHARES = [0.6, 0.3, 0.1];
const clock = systemClock();

/** Replica lists of the three partitions that every topic has. */
export const REPLICAS = [[1, 2], [2, 3], [3, 1]];

/** A loaded topic; `shadow` names the topic that holds the truth, itself where nothing is deleted. */
export interface Load {
  readonly topic: string;
  readonly shadow: string;
  readonly bytesPerSec: number;
  readonly recordBytes: number;
  readonly gzip?: true;
  readonly keys?: number;
}

/** All of them. */
export const LOADS: readonly Load[] = [
  { topic: "plain", shadow: "plain", bytesPerSec: 250_000, recordBytes: 1000 },
  { topic: "moved", shadow: "moved", bytesPerSec: 250_000, recordBytes: 400 },
  { topic: "zipped", shadow: "zipped", bytesPerSec: 300_000, recordBytes: 2000, gzip: true },
  {
    topic: "cleaned",
    shadow: "cleaned-kept",
    bytesPerSec: 350_000,
    recordBytes: 800,
    keys: 20,
  },
  { topic: "trimmed", shadow: "trimmed-kept", bytesPerSec: 350_000, recordBytes: 500 },
];

/** Writes to all topics every {@link TICK_MS} until stopped. */
export function startProducers(producers: { plain: Producer; gzip: Producer }) {
  const prng = createPrng(SEED);
  let stopped = false;
  let sequence = 0;
  const words = Array.from({ length: 200 }, () => prng.below(2 ** 30).toString(36));
  const valueOf = (bytes: number) => {
    let value = `${sequence++} `;
    while (value.length < bytes) value += `${words[prng.below(words.length)]} `;
    return value.slice(0, bytes);
  };
  const messagesOf = (load: Load, atMs: number): Message[] =>
    SHARES.flatMap((share, partition) => {
      const count = Math.round(load.bytesPerSec * share * TICK_MS / 1000 / load.recordBytes);
      return Array.from({ length: Math.max(1, count) }, () => ({
        partition,
        key: load.keys === undefined ? null : `key ${prng.below(load.keys)}`,
        value: valueOf(load.recordBytes),
        timestamp: String(atMs),
      }));
    });
  async function send(producer: Producer, loads: readonly Load[], compression: CompressionTypes) {
    const atMs = clock.nowMs();
    const topicMessages = loads.flatMap((load) => {
      const messages = messagesOf(load, atMs);
      const topics = new Set([load.topic, load.shadow]);
      return [...topics].map((topic) => ({ topic, messages }));
    });
    await producer.sendBatch({ topicMessages, acks: -1, compression });
  }
  async function run(producer: Producer, loads: readonly Load[], compression: CompressionTypes) {
    for (let nextMs = clock.nowMs(); !stopped; nextMs += TICK_MS) {
      await sleepUntil(clock, nextMs);
      await send(producer, loads, compression);
    }
  }
  // The topic that changes its leaders has a producer of its own: while that one finds them, the others go on.
  const running = Promise.all([
    run(
      producers.plain,
      LOADS.filter((load) => !load.gzip && load.topic !== "moved"),
      CompressionTypes.None,
    ),
    run(producers.plain, LOADS.filter((load) => load.topic === "moved"), CompressionTypes.None),
    run(producers.gzip, LOADS.filter((load) => load.gzip === true), CompressionTypes.GZIP),
  ]);
  return () => {
    stopped = true;
    return running;
  };
}

/** Bytes of the segment files of a replica, in whichever log dir it is. */
export async function fileBytes(
  kafka: KafkaCluster,
  brokerId: number,
  topic: string,
  partition: number,
): Promise<number> {
  let bytes = 0;
  for (const dir of kafka.brokers.find((broker) => broker.id === brokerId)!.logDirs) {
    const path = `${dir}/${topic}-${partition}`;
    try {
      for await (const entry of Deno.readDir(path)) {
        if (entry.name.endsWith(".log")) bytes += (await Deno.stat(`${path}/${entry.name}`)).size;
      }
    } catch (error) {
      // The replica is in the other dir, or a segment was deleted while we looked.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return bytes;
}

/** Bytes stored so far, and when. */
export interface Truth {
  readonly atMs: number;
  readonly bytes: number;
}

/** The truth by topic and partition, from the shadows. */
export async function truths(kafka: KafkaCluster): Promise<Map<string, Truth>> {
  const all = new Map<string, Truth>();
  for (const load of LOADS) {
    for (let partition = 0; partition < REPLICAS.length; partition++) {
      const bytes = await fileBytes(kafka, REPLICAS[partition]![0]!, load.shadow, partition);
      all.set(`${load.topic}-${partition}`, { atMs: clock.nowMs(), bytes });
    }
  }
  return all;
}
