/**
 * Every operation of the API, one after the other, on the same real brokers. Situation: three brokers with two log dirs
 * each, all leaders on broker 1; a fourth broker joins later. Expected after each: Kafka's own client sees exactly the
 * planned replicas and leaders, no throttle and no reassignment is left.
 */
import { assert, assertEquals } from "@std/assert";
import {
  createTopics,
  kafkaTest,
  produceRecords,
  seeAftermath,
  seeLogDirs,
  type SeenPartition,
  seePartitions,
  sharedCluster,
} from "../kafka/mod.ts";
import { type Evenkeel, runCommand, startEvenkeel, waitFor } from "../system/evenkeel.ts";

const PARTITIONS = 8;
const TOPICS = ["few", "many"];

const cluster = sharedCluster({ brokers: 3 }, async (started) => {
  await createTopics(
    started.bootstrap,
    TOPICS.map((name, t) => ({
      name,
      replicas: Array.from({ length: PARTITIONS }, (_, p) => [1, 2 + (p + t) % 2]),
    })),
  );
  await Promise.all(
    TOPICS.flatMap((topic) =>
      Array.from(
        { length: PARTITIONS },
        (_, partition) =>
          produceRecords(started.bootstrap, { topic, partition }, {
            count: 40 + 30 * (partition % 4),
            bytes: 4000,
          }),
      )
    ),
  );
});

interface WireProposal {
  readonly topicPartition: { readonly topic: string; readonly partition: number };
  readonly newReplicas: readonly number[];
}

interface ExecutorState {
  readonly state: string;
  readonly recentlyRemovedBrokers?: readonly number[];
  readonly recentlyDemotedBrokers?: readonly number[];
}

async function executor(evenkeel: Evenkeel): Promise<ExecutorState> {
  const { ExecutorState } = await evenkeel.get("state?substates=executor");
  return ExecutorState as ExecutorState;
}

/** Runs an operation to its end and gives what Kafka's own client sees of all partitions afterwards. */
async function carryOut(evenkeel: Evenkeel, request: string): Promise<SeenPartition[]> {
  const result = await evenkeel.post(`${request}&dryrun=false&verbose=true`);
  const proposals = result["proposals"] as WireProposal[];
  assert(proposals.length > 0, `${request} moves something`);
  await waitFor(() => executor(evenkeel), ({ state }) => state === "NO_TASK_IN_PROGRESS", {
    withinMs: 60_000,
    what: `the end of ${request}`,
  });
  const { lastExecution } = await (await fetch(`${evenkeel.url}/evenkeel/v1/execution`)).json();
  assertEquals(lastExecution.outcome, "completed", lastExecution.explanation);
  return await seesAsPlanned(proposals);
}

async function seesAsPlanned(proposals: readonly WireProposal[]): Promise<SeenPartition[]> {
  const kafka = await cluster();
  const { partitions: seen, leftovers } = await seeAftermath(kafka, TOPICS);
  assertEquals(leftovers, []);
  for (const { topicPartition: { topic, partition }, newReplicas } of proposals) {
    const found = seen.find((one) => one.topic === topic && one.partition === partition)!;
    assertEquals(found.replicas, newReplicas, `${topic}-${partition}`);
    assertEquals(found.leader, newReplicas[0], `leader of ${topic}-${partition}`);
    assertEquals(found.isr.length, newReplicas.length, `${topic}-${partition} is in sync`);
  }
  return seen;
}

/** Replicas in each of a broker's log dirs. */
async function replicasByLogDir(brokerId: number): Promise<readonly [number, number]> {
  const kafka = await cluster();
  const { logDirs } = kafka.brokers.find((broker) => broker.id === brokerId)!;
  const held = (await seeLogDirs(kafka, [brokerId])).filter(({ topic }) => TOPICS.includes(topic));
  const count = (path: string) => held.filter((one) => one.path === path && !one.isFuture).length;
  return [count(logDirs[0]), count(logDirs[1])];
}

kafkaTest("operations end with the cluster as planned", async (context) => {
  const kafka = await cluster();
  const dataDir = await Deno.makeTempDir();
  const evenkeel = await startEvenkeel({
    bootstrap: kafka.bootstrap,
    dataDir,
    settings: {
      "evenkeel.sampling.poll.interval.ms": "1000",
      "execution.progress.check.interval.ms": "1000",
      "default.replication.throttle": "50000000",
    },
  });
  try {
    await waitFor(() => evenkeel.get("proposals"), (plan) => "summary" in plan, {
      withinMs: 60_000,
      what: "a first plan",
    });

    await context.step("partition_load lists every partition by its size", async () => {
      const { records } = await evenkeel.get("partition_load?resource=disk&topic=few%7Cmany");
      const disks = (records as { disk: number }[]).map((record) => record.disk);
      assertEquals(disks.length, TOPICS.length * PARTITIONS);
      assertEquals(disks, disks.toSorted((a, b) => b - a));
      assert(disks.at(-1)! > 0);
    });

    await context.step("rebalance spreads replicas and leaders", async () => {
      const seen = await carryOut(evenkeel, "rebalance?");
      const leaders = new Set(seen.map((partition) => partition.leader));
      assertEquals(leaders, new Set([1, 2, 3]));
    });

    await context.step("add_broker fills a new broker and moves nothing else", async () => {
      await kafka.addBroker();
      await waitFor(
        () => evenkeel.post("add_broker?brokerid=4"),
        (plan) => "summary" in plan,
        { withinMs: 30_000, what: "broker 4 being known" },
      );
      const seen = await carryOut(evenkeel, "add_broker?brokerid=4&throttle_added_broker=false");
      assert(seen.filter((partition) => partition.replicas.includes(4)).length >= 6);
    });

    let demoted: SeenPartition[] = [];
    await context.step("demote_broker takes all leadership off a broker", async () => {
      demoted = await carryOut(evenkeel, "demote_broker?brokerid=1");
      assertEquals(demoted.filter((partition) => partition.leader === 1), []);
      assertEquals((await executor(evenkeel)).recentlyDemotedBrokers, [1]);
    });

    await context.step("demote_broker takes leadership off a log dir", async () => {
      const held = await seeLogDirs(kafka, [2]);
      const ledFrom = (partitions: readonly SeenPartition[], path: string) =>
        partitions.filter(({ topic, partition, leader }) =>
          leader === 2 &&
          held.some((one) =>
            one.path === path && one.topic === topic && one.partition === partition
          )
        );
      const { logDirs } = kafka.brokers[1]!;
      const path = logDirs.find((dir) => ledFrom(demoted, dir).length > 0)!;
      const others = logDirs.filter((dir) => dir !== path);
      const target = encodeURIComponent(`2-${path}`);
      const seen = await carryOut(evenkeel, `demote_broker?brokerid_and_logdirs=${target}`);
      assertEquals(ledFrom(seen, path), []);
      for (const dir of others) assertEquals(ledFrom(seen, dir), ledFrom(demoted, dir));
    });

    await context.step("topic_configuration adds a replica to each partition", async () => {
      const seen = await carryOut(evenkeel, "topic_configuration?topic=few&replication_factor=3");
      assertEquals(factors(seen), ["few 3", "many 2"]);
    });

    await context.step("topic_configuration deletes replicas", async () => {
      const seen = await carryOut(evenkeel, "topic_configuration?topic=f.*&replication_factor=1");
      assertEquals(factors(seen), ["few 1", "many 2"]);
      await carryOut(evenkeel, "topic_configuration?topic=f.*&replication_factor=2");
    });

    await context.step("remove_disks empties a log dir", async () => {
      const [, second] = kafka.brokers[1]!.logDirs;
      const target = encodeURIComponent(`2-${second}`);
      await carryOut(evenkeel, `remove_disks?brokerid_and_logdirs=${target}`);
      assertEquals((await replicasByLogDir(2))[1], 0);
    });

    await context.step("rebalance_disk fills the log dir again", async () => {
      const before = await seePartitions(kafka);
      const seen = await carryOut(evenkeel, "rebalance?rebalance_disk=true");
      assertEquals(seen, before, "nothing moved between brokers");
      assert((await replicasByLogDir(2)).every((count) => count > 0));
    });

    await context.step("remove-broker of the command line empties a broker", async () => {
      const args = ["remove-broker", "3", "--url", evenkeel.url];
      const dry = await runCommand(args);
      assertEquals(dry.code, 0, dry.stderr);
      assert((await seePartitions(kafka)).some((partition) => partition.replicas.includes(3)));
      const ran = await runCommand([...args, "--execute", "--watch"]);
      assertEquals(ran.code, 0, ran.stderr);
      const seen = await seesAsPlanned([]);
      assertEquals(seen.filter((partition) => partition.replicas.includes(3)), []);
      assertEquals((await executor(evenkeel)).recentlyRemovedBrokers, [3]);
    });

    await context.step("fix_offline_replicas heals what was on a failed log dir", async () => {
      // No other broker is on the rack of broker 2: its replicas need broker 3, which was removed a moment ago.
      const request = "fix_offline_replicas?exclude_recently_removed_brokers=false";
      await kafka.failDisk(2, 1);
      await waitFor(
        () => evenkeel.post(request),
        (plan) => "summary" in plan,
        { withinMs: 30_000, what: "the failed log dir being known" },
      );
      const seen = await carryOut(evenkeel, request);
      assert(seen.every(({ replicas, isr }) => replicas.length === isr.length));
    });
  } finally {
    await evenkeel.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});

/** "topic factor", once each, in the order of topics. */
function factors(seen: readonly SeenPartition[]): string[] {
  return [...new Set(seen.map(({ topic, replicas }) => `${topic} ${replicas.length}`))].sort();
}
