/** The gateway while brokers hang, die and change places, and while nobody answers at all. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { sleepUntil, systemClock } from "../../lib/clock.ts";
import { findPartition, inSyncReplicasOf, OFFLINE } from "../../model/topology.ts";
import { gatewayTo } from "../contract/kafka_fixture.ts";
import { valueOf } from "../contract/gateway_steps.ts";
import {
  createTopics,
  type KafkaCluster,
  kafkaTest,
  produceRecords,
  seeActiveController,
  seePartitions,
  seeReassignments,
  sharedCluster,
} from "../kafka/mod.ts";

const clock = systemClock();
const DEADLINE_MS = 2500;
const CONNECT_MS = 500;
const HEDGE_MS = 300;
/** A machine that also runs three brokers and other tests may be this late; less than what the deadline adds. */
const SLACK_MS = 1800;

const BOUNDS = {
  "evenkeel.kafka.deadline.ms": String(DEADLINE_MS),
  "logdir.response.timeout.ms": String(DEADLINE_MS),
  "evenkeel.kafka.connect.timeout.ms": String(CONNECT_MS),
  "evenkeel.kafka.hedge.ms": String(HEDGE_MS),
} as const;

const cluster = sharedCluster({ brokers: 3 }, async (running) => {
  await createTopics(running.bootstrap, [
    { name: "t", replicas: [[1, 2, 3], [2, 3, 1], [3, 1, 2]] },
    { name: "bulk", replicas: [[1, 2]] },
  ]);
  const target = { topic: "bulk", partition: 0 };
  await produceRecords(running.bootstrap, target, { count: 1000, bytes: 4000 });
});

async function timed<T>(work: Promise<T>): Promise<{ value: T; tookMs: number }> {
  const startMs = clock.monotonicMs();
  const value = await work;
  return { value, tookMs: clock.monotonicMs() - startMs };
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const giveUpMs = clock.nowMs() + 30_000;
  while (!await condition()) {
    if (clock.nowMs() > giveUpMs) throw new Error(`Did not come true within 30 s: ${what}`);
    await sleepUntil(clock, clock.nowMs() + 100);
  }
}

/** Waits until everything is in sync again, so that the next test begins with a healthy cluster. */
async function healthy(running: KafkaCluster): Promise<void> {
  const gateway = gatewayTo(running.bootstrap);
  await until("all replicas in sync", async () => {
    const topology = await gateway.observe();
    if (!topology.ok || topology.value.brokers.some((broker) => !broker.alive)) return false;
    return [0, 1, 2].every((partition) =>
      inSyncReplicasOf(topology.value, findPartition(topology.value, "t", partition)).length === 3
    );
  });
  await gateway.close();
}

/** Hangs one broker under a warm gateway and checks the bounds of every kind of call. */
async function hangOne(choose: (controllerId: number) => number): Promise<void> {
  const running = await cluster();
  const gateway = gatewayTo(running.bootstrap, BOUNDS);
  const topology = valueOf(await gateway.observe());
  valueOf(await gateway.readLogDirs(topology));
  valueOf(await gateway.readOffsets(topology));
  valueOf(await gateway.readGroupOffsets(topology));
  const hung = choose(topology.controllerId);
  const row = findPartition(topology, "t", hung % 3); // led by another broker
  running.hang(hung);
  try {
    const round = () =>
      Promise.all([
        timed(gateway.readLogDirs(topology)),
        timed(gateway.readOffsets(topology)),
        timed(gateway.readGroupOffsets(topology)),
      ]);
    for (const boundMs of [DEADLINE_MS, CONNECT_MS, CONNECT_MS]) {
      const { value: [sizes, offsets, groups], tookMs } = await timed(round());
      assertLess(tookMs, boundMs + SLACK_MS, `A round took ${tookMs} ms, bound ${boundMs}`);
      const failedDirs = valueOf(sizes.value).brokers.filter((one) => one.failure !== undefined);
      assertEquals(failedDirs.map((one) => one.brokerId), [hung]);
      assert(failedDirs[0]!.failure!.retriable);
      assertEquals(valueOf(offsets.value).failures.map((one) => one.brokerId), [hung]);
      assertEquals(valueOf(groups.value).failures.map((one) => one.brokerId), [hung]);
      assertEquals(valueOf(offsets.value).endOffset[row], 0);
    }
    // Whoever may be asked first: never longer than the silence after which the next one is asked.
    for (let i = 0; i < 4; i++) {
      const seen = await timed(gateway.observe());
      valueOf(seen.value);
      assertLess(seen.tookMs, HEDGE_MS + SLACK_MS);
      const listed = await timed(gateway.listReassignments());
      assertLess(listed.tookMs, DEADLINE_MS + SLACK_MS);
      const elected = await timed(gateway.electPreferredLeaders([{ topic: "t", partition: 0 }]));
      assertLess(elected.tookMs, DEADLINE_MS + SLACK_MS);
    }
  } finally {
    running.resume(hung);
  }
  await until(`broker ${hung} answers again`, async () => {
    const now = await gateway.observe();
    if (!now.ok) return false;
    const sizes = await gateway.readLogDirs(now.value);
    return sizes.ok && sizes.value.brokers.every((one) => one.failure === undefined);
  });
  await gateway.close();
  await healthy(running);
}

kafkaTest(
  "a hanging broker costs a round one deadline, later rounds a connect timeout",
  async () => {
    await hangOne((controllerId) => controllerId % 3 + 1);
  },
);

kafkaTest("a hanging controller holds up nothing that the other brokers know", async () => {
  await hangOne((controllerId) => controllerId);
});

kafkaTest("a first look through a hanging bootstrap broker goes to the next one", async () => {
  const running = await cluster();
  running.hang(1);
  try {
    // Three gateways with different turns: whichever comes first, none waits for broker 1 for long.
    for (let i = 0; i < 3; i++) {
      const gateway = gatewayTo(running.bootstrap, BOUNDS);
      const seen = await timed(gateway.observe());
      valueOf(seen.value);
      assertLess(seen.tookMs, CONNECT_MS + HEDGE_MS + SLACK_MS);
      const closed = await timed(gateway.close());
      assertLess(closed.tookMs, SLACK_MS);
    }
  } finally {
    running.resume(1);
  }
  await healthy(running);
});

kafkaTest("a killed controller is replaced while a throttled move goes on", async () => {
  const running = await cluster();
  const gateway = gatewayTo(running.bootstrap);
  const before = valueOf(await gateway.observe());
  assertEquals(before.controllerId, await seeActiveController(running));
  const rate = { operation: "set", value: "100000" } as const;
  const list = { type: "topic", name: "bulk" } as const;
  const outcomes = valueOf(
    await gateway.alterConfigs([
      {
        resource: { type: "broker", name: "1" },
        key: "leader.replication.throttled.rate",
        ...rate,
      },
      {
        resource: { type: "broker", name: "2" },
        key: "leader.replication.throttled.rate",
        ...rate,
      },
      {
        resource: { type: "broker", name: "3" },
        key: "follower.replication.throttled.rate",
        ...rate,
      },
      {
        resource: list,
        key: "leader.replication.throttled.replicas",
        operation: "set",
        value: "0:1,0:2",
      },
      {
        resource: list,
        key: "follower.replication.throttled.replicas",
        operation: "set",
        value: "0:3",
      },
    ]),
  );
  assert(outcomes.every((outcome) => outcome.errorCode === 0), JSON.stringify(outcomes));
  const target = { topic: "bulk", partition: 0, replicas: [1, 3] };
  assertEquals(valueOf(await gateway.alterReassignments([target]))[0]!.errorCode, 0);
  await until("the move goes on", async () => {
    const going = await gateway.listReassignments();
    return going.ok && going.value.length === 1;
  });
  await running.kill(before.controllerId);
  const listed = await timed(gateway.listReassignments());
  assertLess(listed.tookMs, 5000 + SLACK_MS);
  const ongoing = valueOf(listed.value);
  assertEquals(ongoing.map(({ topic, adding }) => [topic, adding]), [["bulk", [3]]]);
  const after = valueOf(await gateway.observe());
  assert(after.controllerId !== before.controllerId, "The controller must have moved");
  await running.restart(before.controllerId);
  await until("the move can be cancelled", async () => {
    const cancelled = await gateway.alterReassignments([{ ...target, replicas: null }]);
    return cancelled.ok && [0, 85].includes(cancelled.value[0]!.errorCode);
  });
  assertEquals(await seeReassignments(running), []);
  const seen = (await seePartitions(running)).find((one) => one.topic === "bulk")!;
  assertEquals([...seen.replicas].sort(), [1, 2]);
  await gateway.close();
  await healthy(running);
});

kafkaTest("an added broker is seen with its rack and takes a replica", async () => {
  const running = await cluster();
  const added = await running.addBroker({ rack: "r9" });
  assertEquals(added.id, 4);
  const gateway = gatewayTo(running.bootstrap);
  const topology = valueOf(await gateway.observe());
  const broker = topology.brokers.find((one) => one.id === 4);
  assertEquals([broker?.rack, broker?.alive, broker?.port], ["r9", true, added.port]);
  const target = { topic: "t", partition: 1, replicas: [2, 3, 4] };
  assertEquals(valueOf(await gateway.alterReassignments([target]))[0]!.errorCode, 0);
  await until("an independent client sees the replica on 4", async () => {
    const seen = (await seePartitions(running)).find((one) =>
      one.topic === "t" && one.partition === 1
    )!;
    return seen.replicas.join() === "2,3,4" && seen.isr.length === 3;
  });
  await gateway.close();
});

/** Stays the last: the disk does not come back. */
kafkaTest("a failed disk is shown as not alive and its replicas as offline", async () => {
  const running = await cluster();
  const gateway = gatewayTo(running.bootstrap);
  const before = valueOf(await gateway.observe());
  const sizes = valueOf(await gateway.readLogDirs(before));
  const row = findPartition(before, "t", 2); // led by broker 3
  const dir = sizes.replicaLogDir[before.replicaStart[row]!]!;
  const path = sizes.brokers.find((one) => one.brokerId === 3)!.dirs[dir]!.path;
  await running.failDisk(3, path.endsWith("d0") ? 0 : 1);
  await until("broker 3 reports the disk", async () => {
    const topology = valueOf(await gateway.observe());
    const now = valueOf(await gateway.readLogDirs(topology));
    const failed = now.brokers.find((one) => one.brokerId === 3)!.dirs.find((one) =>
      one.path === path
    );
    const replica = topology.replicaStart[row]!;
    return failed?.alive === false && failed.totalBytes === -1 &&
      Number.isNaN(now.replicaBytes[replica]!) &&
      (topology.replicaFlags[replica]! & OFFLINE) !== 0 && topology.leader[row] !== 3;
  });
  await gateway.close();
});

Deno.test("observe() with nobody listening fails at once and says what to check", async () => {
  const gateway = gatewayTo("127.0.0.1:1,127.0.0.1:2");
  const seen = await timed(gateway.observe());
  assert(!seen.value.ok);
  assertEquals(seen.value.failure.code, "cluster_unreachable");
  assert(seen.value.failure.retriable);
  assert(seen.value.failure.message.includes("127.0.0.1:1, 127.0.0.1:2"));
  assert(seen.value.failure.message.includes("check bootstrap.servers"));
  assertLess(seen.tookMs, 1000);
  await gateway.close();
});
