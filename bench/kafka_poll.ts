/**
 * How long one poll of a real cluster takes: metadata, log dirs, both ends of all logs and group offsets of 3 brokers
 * with 1,000 topics of 3 partitions. Needs Java and Maven; without them it gives no figures and says so.
 */
import type { Gateway } from "../cluster/gateway.ts";
import { createKafkaGateway } from "../cluster/kafka/mod.ts";
import { defaultConfig } from "../config/parse.ts";
import { sleepUntil, systemClock } from "../lib/clock.ts";
import type { Result } from "../lib/failure.ts";
import { silentLog } from "../lib/log.ts";
import { createPrng } from "../lib/prng.ts";
import { partitionCount } from "../model/topology.ts";
import { commitOffsets, createTopics, missingTools, startCluster } from "../tests/kafka/mod.ts";
import type { BenchResult } from "./result.ts";

const TOPICS = 1000;
const PARTITIONS = 3;
const BATCH = 100;
const POLLS = 20;
const PAUSE_MS = 250;

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

async function createMany(bootstrap: string): Promise<void> {
  for (let first = 0; first < TOPICS; first += BATCH) {
    await createTopics(
      bootstrap,
      Array.from({ length: BATCH }, (_, i) => ({
        name: `topic-${String(first + i).padStart(4, "0")}`,
        replicas: Array.from({ length: PARTITIONS }, (_, p) => [
          1 + (first + i + p) % 3,
          1 + (first + i + p + 1) % 3,
        ]),
      })),
    );
  }
}

/** One poll as the sampler makes it; milliseconds of the whole and of its parts. */
async function poll(gateway: Gateway): Promise<Record<string, number>> {
  const clock = systemClock();
  const startMs = clock.monotonicMs();
  const topology = valueOf(await gateway.observe());
  const observedMs = clock.monotonicMs();
  const timed = async (work: Promise<Result<unknown>>) => {
    valueOf(await work);
    return clock.monotonicMs() - observedMs;
  };
  const [dirs, offsets, groups] = await Promise.all([
    timed(gateway.readLogDirs(topology)),
    timed(gateway.readOffsets(topology)),
    timed(gateway.readGroupOffsets(topology)),
  ]);
  const whole = clock.monotonicMs() - startMs;
  return { whole, observe: observedMs - startMs, dirs, offsets, groups };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** See the module. */
export async function run(): Promise<BenchResult[]> {
  const reason = missingTools();
  if (reason !== undefined) {
    console.error(`kafka_poll has no figures: ${reason}`);
    return [];
  }
  const cluster = await startCluster({ brokers: 3 });
  const clock = systemClock();
  const gateway = createKafkaGateway({
    config: defaultConfig({ "bootstrap.servers": cluster.bootstrap }),
    clock,
    log: silentLog,
    prng: createPrng(1),
  });
  try {
    await createMany(cluster.bootstrap);
    for (let group = 0; group < 3; group++) {
      const offsets = [{ partition: 0, offset: 0 }];
      await commitOffsets(cluster, `group-${group}`, "topic-0000", offsets);
    }
    const first = await poll(gateway);
    const partitions = partitionCount(valueOf(await gateway.observe()));
    const polls: Record<string, number>[] = [];
    for (let i = 0; i < POLLS; i++) {
      polls.push(await poll(gateway));
      await sleepUntil(clock, clock.nowMs() + PAUSE_MS);
    }
    const of = (part: string) => polls.map((one) => one[part]!);
    return [
      { name: "partitions polled", value: partitions, unit: "partitions" },
      { name: "first poll, connecting", value: first["whole"]!, unit: "ms" },
      { name: "poll, median", value: median(of("whole")), unit: "ms", target: 500 },
      { name: "poll, slowest", value: Math.max(...of("whole")), unit: "ms" },
      ...["observe", "dirs", "offsets", "groups"].map((part) => ({
        name: `  of it ${part}, median`,
        value: median(of(part)),
        unit: "ms",
      })),
    ];
  } finally {
    await gateway.close();
    await cluster.close();
  }
}
