/**
 * Situation: producers write to plain, compressed, compacted and retention-limited topics of real brokers, and one
 * topic changes its leaders on the way. Expected: what the sampler measures of each partition is within 10 % of the
 * bytes that were stored, from the third poll on, and the sizes that it reads are those of the files.
 *
 * Truth is the growth of segment files. Where Kafka deletes from a log, the same batches also go to a shadow topic
 * that keeps everything: same records, same timestamps, so the same bytes.
 */
import { assert, assertEquals } from "@std/assert";
import { Partitioners } from "kafkajs";
import { type Look, lookAtCluster } from "../../actors/sampler/look.ts";
import { samplesOf } from "../../actors/sampler/samples.ts";
import { samplerSettings } from "../../actors/sampler/settings.ts";
import type { Gateway } from "../../cluster/gateway.ts";
import { createKafkaGateway } from "../../cluster/kafka/mod.ts";
import { defaultConfig } from "../../config/parse.ts";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import { createPrng } from "../../lib/prng.ts";
import { buildProgram } from "../../cli/program.ts";
import { processIo } from "../../cli/io.ts";
import { readSnapshotFile } from "../../model/snapshot_read.ts";
import { createEstimatorState } from "../../load/estimator_state.ts";
import { DISK, LEADER_BYTES_IN, PARTITION_METRIC_COUNT } from "../../model/metrics.ts";
import { findPartition, type Topology } from "../../model/topology.ts";
import {
  createTopics,
  type KafkaCluster,
  kafkaTest,
  plainAdmin,
  plainKafka,
  QUICK_RETENTION,
  sharedCluster,
} from "../kafka/mod.ts";
import { fileBytes, LOADS, REPLICAS, startProducers, type Truth, truths } from "./known_load.ts";

const SEED = 8;
const POLL_MS = 4000;
const POLLS = 7;
/** Leaders change between this poll and the next. */
const ELECTION_AFTER_POLL = 4;
const WARM_UP_MS = 6000;
const DEADLINE_MS = 5000;
const TOLERANCE = 0.1;
/** How long brokers may take to make 3,000 logs. */
const PATIENCE_MS = 60_000;

const clock = systemClock();

const cluster = sharedCluster({ settings: QUICK_RETENTION }, async ({ bootstrap }) => {
  const deleting: Record<string, Record<string, string>> = {
    cleaned: {
      "cleanup.policy": "compact",
      "segment.bytes": "1048576",
      "min.cleanable.dirty.ratio": "0.1",
    },
    trimmed: { "segment.bytes": "1048576", "retention.bytes": "2097152" },
  };
  const names = new Set(LOADS.flatMap((load) => [load.topic, load.shadow]));
  await createTopics(
    bootstrap,
    [...names].map((name) => ({ name, replicas: REPLICAS, configs: deleting[name] ?? {} })),
  );
});

function openGateway(bootstrap: string): Gateway {
  const config = defaultConfig({ "bootstrap.servers": bootstrap });
  return createKafkaGateway({ config, clock, log: silentLog, prng: createPrng(SEED) });
}

/** Truths read before and after a look: the look itself takes time, its answers lie in between. */
function between(before: Map<string, Truth>, after: Map<string, Truth>): Map<string, Truth> {
  return new Map([...before].map(([name, one]) => {
    const other = after.get(name)!;
    return [name, {
      atMs: (one.atMs + other.atMs) / 2,
      bytes: (one.bytes + other.bytes) / 2,
    }];
  }));
}

async function reverseLeaders(gateway: Gateway): Promise<void> {
  const targets = REPLICAS.map((replicas, partition) => ({
    topic: "moved",
    partition,
    replicas: [...replicas].reverse(),
  }));
  const altered = await gateway.alterReassignments(targets);
  assert(altered.ok && altered.value.every((one) => one.errorCode === 0), JSON.stringify(altered));
  const elected = await gateway.electPreferredLeaders(targets);
  assert(elected.ok, JSON.stringify(elected));
}

interface Measurement {
  readonly name: string;
  readonly poll: number;
  readonly measured: number;
  readonly stored: number;
}

async function measure(kafka: KafkaCluster, gateway: Gateway): Promise<Measurement[]> {
  const settings = samplerSettings(defaultConfig());
  const estimator = createEstimatorState();
  const measurements: Measurement[] = [];
  let before = await truths(kafka);
  let leadersBefore: number[] = [];
  const startMs = clock.nowMs();
  for (let poll = 1; poll <= POLLS; poll++) {
    await sleepUntil(clock, startMs + poll * POLL_MS);
    const truthsBefore = await truths(kafka);
    const look = await lookAtCluster(gateway, { deadlineMs: DEADLINE_MS });
    assert(look.ok, JSON.stringify(look));
    const now = between(truthsBefore, await truths(kafka));
    const samples = samplesOf(estimator, look.value, { settings, atMs: 0, moving: false })!;
    for (const [name, truth] of now) {
      const [topic, partition] = [name.slice(0, -2), Number(name.slice(-1))];
      const row = findPartition(look.value.topology, topic, partition);
      const at = samples.partitions.indexOf(row);
      const last = before.get(name)!;
      if (poll < 3) continue;
      measurements.push({
        name,
        poll,
        measured: at < 0 ? NaN : samples.metrics[at * PARTITION_METRIC_COUNT + LEADER_BYTES_IN]!,
        stored: (truth.bytes - last.bytes) / (truth.atMs - last.atMs) * 1000 / 1024,
      });
    }
    before = now;
    if (poll === ELECTION_AFTER_POLL) {
      leadersBefore = leadersOf(look.value.topology);
      await reverseLeaders(gateway);
    }
    if (poll === ELECTION_AFTER_POLL + 1) {
      const after = leadersOf(look.value.topology);
      assert(after.every((leader, i) => leader !== leadersBefore[i]), `leaders are ${after}`);
    }
  }
  return measurements;
}

function leadersOf(topology: Topology): number[] {
  return REPLICAS.map((_, p) => topology.leader[findPartition(topology, "moved", p)]!);
}

kafkaTest(
  "sampler measures stored bytes within 10 % per partition after three polls, of every kind of topic",
  async () => {
    const kafka = await cluster();
    const gateway = openGateway(kafka.bootstrap);
    const client = plainKafka(kafka.bootstrap.split(","));
    const create = () =>
      client.producer({
        createPartitioner: Partitioners.DefaultPartitioner,
        retry: { retries: 9 },
      });
    const producers = { plain: create(), gzip: create() };
    await Promise.all([producers.plain.connect(), producers.gzip.connect()]);
    const stop = startProducers(producers);
    try {
      await sleepUntil(clock, clock.nowMs() + WARM_UP_MS);
      const measurements = await measure(kafka, gateway);
      const worst = new Map<string, number>();
      for (const { name, measured, stored } of measurements) {
        const error = Math.abs(measured / stored - 1);
        worst.set(name, Math.max(worst.get(name) ?? 0, Number.isNaN(error) ? Infinity : error));
      }
      const wrong = measurements.filter((one) =>
        !(Math.abs(one.measured / one.stored - 1) <= TOLERANCE)
      );
      console.log(
        "worst error by partition: " +
          [...worst].map(([name, error]) => `${name} ${(100 * error).toFixed(1)} %`).join(", "),
      );
      assertEquals(wrong, []);
      assertEquals(measurements.length, (POLLS - 2) * LOADS.length * REPLICAS.length);
    } finally {
      await stop();
      await Promise.all([producers.plain.disconnect(), producers.gzip.disconnect()]);
      await gateway.close();
    }
  },
);

kafkaTest("sampler reads the sizes that the segment files have", async () => {
  const kafka = await cluster();
  const gateway = openGateway(kafka.bootstrap);
  try {
    let compared = 0;
    // Cleaning may still go on: a replica counts when its files were the same before and after the look.
    for (let attempt = 0; attempt < 10 && compared < 30; attempt++) {
      compared = 0;
      const sizes = () =>
        Promise.all(
          LOADS.flatMap((load) =>
            REPLICAS.flatMap((replicas, partition) =>
              replicas.map((id) => fileBytes(kafka, id, load.topic, partition))
            )
          ),
        );
      const before = await sizes();
      const look = await lookAtCluster(gateway, { deadlineMs: DEADLINE_MS });
      const after = await sizes();
      assert(look.ok && look.value.logDirs !== undefined);
      const { topology, logDirs } = look.value;
      let i = 0;
      for (const load of LOADS) {
        REPLICAS.forEach((replicas, partition) => {
          const row = findPartition(topology, load.topic, partition);
          for (const id of replicas) {
            const at = i++;
            if (before[at] !== after[at]) continue;
            const first = topology.replicaStart[row]!;
            const replica = topology.replicaBroker.indexOf(id, first);
            assert(replica < topology.replicaStart[row + 1]!);
            assertEquals(logDirs.replicaBytes[replica], before[at], `${load.topic}-${partition}`);
            compared++;
          }
        });
      }
      if (compared < 30) await sleepUntil(clock, clock.nowMs() + 500);
    }
    assertEquals(compared, 30);
  } finally {
    await gateway.close();
  }
});

/** 30 topics of 100 partitions. kafkajs gives up waiting for so many leaders, so that it does not wait. */
async function createManyPartitions(bootstrap: string): Promise<void> {
  const admin = plainAdmin(bootstrap.split(","));
  await admin.connect();
  try {
    await admin.createTopics({
      waitForLeaders: false,
      topics: Array.from({ length: 30 }, (_, t) => ({
        topic: `many-${t}`,
        replicaAssignment: Array.from({ length: 100 }, (_, p) => ({
          partition: p,
          replicas: [1 + p % 3],
        })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

async function waitForPartitions(gateway: Gateway, count: number): Promise<void> {
  const untilMs = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    const seen = await gateway.observe();
    const led = seen.ok ? seen.value.leader.filter((leader) => leader >= 0).length : 0;
    if (led >= count) return;
    assert(clock.nowMs() < untilMs, `${led} of ${count} partitions have leaders`);
    await sleepUntil(clock, clock.nowMs() + 200);
  }
}

/** The first look that knows the sizes of so many replicas: a leader is named before its broker has made the log. */
async function lookWithSizes(gateway: Gateway, count: number): Promise<Look> {
  const untilMs = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    const look = await lookAtCluster(gateway, { deadlineMs: DEADLINE_MS });
    assert(look.ok && look.value.logDirs !== undefined);
    const known = look.value.logDirs.replicaBytes.filter((bytes) => bytes >= 0).length;
    if (known === look.value.topology.replicaBroker.length && known >= count) return look.value;
    assert(clock.nowMs() < untilMs, `${known} of ${count} replicas have sizes`);
    await sleepUntil(clock, clock.nowMs() + 200);
  }
}

kafkaTest("one poll sees the leader and the size of each of 3,000 partitions", async () => {
  const kafka = await cluster();
  await createManyPartitions(kafka.bootstrap);
  const gateway = openGateway(kafka.bootstrap);
  const settings = samplerSettings(defaultConfig());
  try {
    await waitForPartitions(gateway, 3000);
    const look = await lookWithSizes(gateway, 3000);
    const { topology, logDirs } = look;
    for (let t = 0; t < 30; t++) {
      for (let p = 0; p < 100; p++) {
        const row = findPartition(topology, `many-${t}`, p);
        assertEquals(topology.leader[row], 1 + p % 3);
        assertEquals(logDirs!.replicaBytes[topology.replicaStart[row]!], 0);
      }
    }
    const options = { settings, atMs: 0, moving: false };
    const samples = samplesOf(createEstimatorState(), look, options);
    assertEquals(samples?.replicaMb.length, topology.replicaBroker.length);
  } finally {
    await gateway.close();
  }
});

kafkaTest("snapshot of real brokers is one that can be planned for", async () => {
  const kafka = await cluster();
  const directory = await Deno.makeTempDir();
  let err = "";
  try {
    const path = `${directory}/cluster.json.gz`;
    const io = {
      ...processIo(),
      isTerminal: false,
      out: () => {},
      err: (text: string) => void (err += text),
    };
    const program = await buildProgram({ start: () => Promise.resolve(1), io });
    const args = ["snapshot", "--bootstrap", kafka.bootstrap, "--output", path];
    assertEquals(await program.run([...args, "--polls", "2", "--interval", "1000"]), 0, err);
    const read = await readSnapshotFile(path);
    assert(read.ok, JSON.stringify(read));
    const { brokers, topicNames, leaderLoad } = read.value;
    assertEquals(brokers.map((broker) => [broker.id, broker.rack]), [[1, "r0"], [2, "r1"], [
      3,
      "r2",
    ]]);
    for (const load of LOADS) assert(topicNames.includes(load.topic));
    assert(leaderLoad.every((value) => value >= 0));
    // The three brokers and their two log dirs each lie on one volume: together they have no more than it has.
    const disk = brokers.reduce((sum, broker) => sum + broker.capacity[DISK], 0);
    assert(disk > 0 && brokers.every((broker) => broker.logDirs.length === 2), err);
    assertEquals(new Set(brokers.map((broker) => Math.round(broker.capacity[DISK]))).size, 1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
