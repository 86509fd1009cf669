/**
 * The executor on real brokers: what it did is checked with Kafka's own Java client.
 */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { systemClock } from "../../lib/clock.ts";
import { silentLog } from "../../lib/log.ts";
import type { Proposal } from "../../model/proposal.ts";
import { openJournal } from "../../store/journal.ts";
import { openState } from "../../store/open.ts";
import {
  createTopics,
  kafkaTest,
  plainAdmin,
  produceRecords,
  seeDynamicConfigs,
  seeLogDirs,
  seePartitions,
  seeReassignments,
  sharedCluster,
} from "../kafka/mod.ts";
import { type RealExecutor, startRealExecutor } from "../actors/executor/real_executor.ts";

const BYTES = 4_000_000;

const cluster = sharedCluster({ brokers: 3 }, async (running) => {
  await createTopics(running.bootstrap, [
    { name: "skewed", replicas: [[1, 2], [1, 2], [1, 2], [1, 2]] },
    { name: "disks", replicas: [[2, 1]] },
    { name: "arriving", replicas: [[2, 1], [2, 1], [2, 1], [2, 1]] },
    { name: "stopped", replicas: [[1, 2], [1, 2]] },
    { name: "killed", replicas: [[1, 2], [2, 1]] },
    { name: "grouped", replicas: [[1, 2], [1, 2], [1, 2]] },
  ]);
  for (const topic of ["skewed", "stopped", "killed", "grouped"]) {
    for (const partition of [0, 1]) {
      await produceRecords(running.bootstrap, { topic, partition }, {
        count: BYTES / 1000,
        bytes: 1000,
      });
    }
  }
  await produceRecords(running.bootstrap, { topic: "disks", partition: 0 }, {
    count: 500,
    bytes: 1000,
  });
});

function move(topic: string, partition: number, from: number[], to: number[]): Proposal {
  return {
    topic,
    partition,
    sizeMb: BYTES / (1024 * 1024),
    oldLeader: from[0]!,
    oldReplicas: from.map((brokerId) => ({ brokerId })),
    newReplicas: to.map((brokerId) => ({ brokerId })),
    reasons: [],
  };
}

async function withExecutor(body: (executor: RealExecutor) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const executor = await startRealExecutor((await cluster()).bootstrap, directory);
  try {
    await body(executor);
  } finally {
    await executor.close();
    const opened = openState({ directory, clock: systemClock(), log: silentLog });
    assert(opened.ok);
    const journal = openJournal(opened.value);
    assertEquals(journal.unfinishedExecutions(), []);
    assertEquals(journal.openUndos(), []);
    opened.value.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function placementOf(topic: string): Promise<[number, number[], number][]> {
  const seen = await seePartitions(await cluster());
  return seen.filter((p) => p.topic === topic).map((p) => [p.partition, [...p.replicas], p.leader]);
}

/** Throttle settings of the topics or brokers. Kafka itself keeps other dynamic settings on topics. */
async function seeThrottles(type: "topic" | "broker", names: string[]): Promise<string[]> {
  const seen = await seeDynamicConfigs(await cluster(), type, names);
  return seen.filter(({ key }) => key.includes("throttled"))
    .map(({ name, key, value }) => `${name} ${key}=${value}`);
}

async function assertNothingLeft(operatorsRates: string[] = []): Promise<void> {
  const running = await cluster();
  assertEquals(await seeReassignments(running), []);
  const topics = ["skewed", "disks", "stopped", "killed", "grouped"];
  assertEquals(await seeThrottles("topic", topics), []);
  assertEquals(await seeThrottles("broker", ["1", "2", "3"]), operatorsRates);
}

kafkaTest(
  "createExecutor() moves with throttle, changes leaders and restores settings",
  async () => {
    const running = await cluster();
    const admin = plainAdmin(running.bootstrap.split(","));
    await admin.connect();
    const setRate = (value: string) =>
      // kafkajs's alterConfigs replaces the whole dynamic configuration: fine for a broker that has none.
      admin.alterConfigs({
        validateOnly: false,
        resources: [{
          type: 4,
          name: "1",
          configEntries: value === "" ? [] : [{ name: "leader.replication.throttled.rate", value }],
        }],
      });
    const admin1 = plainAdmin([running.bootstrap.split(",")[0]!]);
    await admin1.connect();
    await setRate("50000000");
    await withExecutor(async (executor) => {
      const begun = await executor.execute("moves", [
        move("skewed", 0, [1, 2], [3, 2]),
        move("skewed", 1, [1, 2], [1, 3]),
        move("skewed", 2, [1, 2], [2, 1]),
      ], { throttleBytesPerSec: 700_000 });
      assertEquals(begun, { ok: true, value: { tasks: 5 } });
      const summary = await executor.runToEnd();
      assertEquals(summary.outcome, "completed", summary.explanation);
      assertEquals(await placementOf("skewed"), [
        [0, [3, 2], 3],
        [1, [1, 3], 1],
        [2, [2, 1], 2],
        [3, [1, 2], 1],
      ]);
      const moving = executor.progress.filter((state) => state.executionUuid === "moves");
      const moved = moving.map((state) => state.movedMb);
      assertEquals(moved, [...moved].sort((a, b) => a - b));
      assert(executor.progress.some((s) => s.movedMb > 0 && s.movedMb < s.totalMb), "no progress");
      assert(executor.progress.some((s) => (s.rateMbPerSec ?? 0) > 0), "no rate");
      await assertNothingLeft(["1 leader.replication.throttled.rate=50000000"]);
    });
    await setRate("");
    await admin.disconnect();
  },
);

kafkaTest(
  "createExecutor() moves a replica to another log dir, another one to a broker, and its leadership",
  async () => {
    const running = await cluster();
    const find = async () => {
      const seen = await seeLogDirs(running, [2, 3]);
      const found = seen.filter((replica) => replica.topic === "disks");
      return found.toSorted((a, b) => a.brokerId - b.brokerId);
    };
    const [before] = await find();
    const dirsOf = (id: number) => running.brokers.find((broker) => broker.id === id)!.logDirs;
    const wanted = dirsOf(2).find((dir) => dir !== before!.path)!;
    const arriving = dirsOf(3)[1];
    await withExecutor(async (executor) => {
      const proposal: Proposal = {
        ...move("disks", 0, [2, 1], [3, 2]),
        oldReplicas: [{ brokerId: 2, logDir: before!.path }, { brokerId: 1 }],
        newReplicas: [{ brokerId: 3, logDir: arriving }, { brokerId: 2, logDir: wanted }],
      };
      const begun = await executor.execute("disks", [proposal], {});
      assertEquals(begun, { ok: true, value: { tasks: 3 } });
      const summary = await executor.runToEnd();
      assertEquals(summary.outcome, "completed", summary.explanation);
      assertEquals((await find()).map((r) => [r.path, r.isFuture]), [
        [wanted, false],
        [arriving, false],
      ]);
      assertEquals(await placementOf("disks"), [[0, [3, 2], 3]]);
      const phases = executor.progress.map(({ phase }) => phase);
      const inOrder = phases.filter((phase, i) =>
        phase.includes("MOVEMENT") && phase !== phases[i - 1]
      );
      assertEquals(inOrder, [
        "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
        "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
        "LEADER_MOVEMENT_TASK_IN_PROGRESS",
      ]);
    });
  },
);

kafkaTest(
  "createExecutor() puts arriving replicas into the log dirs that the plan chose",
  async () => {
    const running = await cluster();
    const { logDirs: [first, second] } = running.brokers.find((broker) => broker.id === 3)!;
    // A broker that chooses by itself takes the dir with the fewest replicas, and would spread these evenly.
    const dirs = [second, second, second, first];
    await withExecutor(async (executor) => {
      const proposals = dirs.map((logDir, partition): Proposal => ({
        ...move("arriving", partition, [2, 1], [2, 3]),
        newReplicas: [{ brokerId: 2 }, { brokerId: 3, logDir }],
      }));
      await executor.execute("arriving", proposals, {});
      const summary = await executor.runToEnd();
      assertEquals(summary.outcome, "completed", summary.explanation);
      const held = (await seeLogDirs(running, [3])).filter((one) => one.topic === "arriving");
      const found = held.toSorted((a, b) => a.partition - b.partition).map((one) => one.path);
      assertEquals(found, dirs);
    });
  },
);

kafkaTest("stop_execution cancels on real brokers and puts the old order back", async () => {
  await withExecutor(async (executor) => {
    const before = await placementOf("stopped");
    await executor.execute("stopped", [
      move("stopped", 0, [1, 2], [3, 2]),
      move("stopped", 1, [1, 2], [3, 1]),
    ], { throttleBytesPerSec: 100_000 });
    await executor.run(() => (executor.progress.at(-1)?.movedMb ?? 0) > 0);
    assertEquals((await seeReassignments(await cluster())).length, 2);
    const stopped = await executor.actor.answers.stop_execution!({
      kind: "stop_execution",
      stopExternalAgent: true,
      reason: "Stopped by user",
    });
    assertEquals(stopped, { ok: true, value: { wasExecuting: true, cancelledExternal: [] } });
    const summary = await executor.runToEnd();
    assertEquals(summary.outcome, "stopped", summary.explanation);
    assertEquals(await placementOf("stopped"), before);
    await assertNothingLeft();
  });
});

kafkaTest("stop_execution finishes moves that belong together on real brokers", async () => {
  await withExecutor(async (executor) => {
    // The last partition is empty and arrives at once. The others take some seconds: Kafka lets what a throttle allows in
    // 11 seconds pass at the start, and that must not be all of one.
    await executor.execute("grouped", [
      { ...move("grouped", 2, [1, 2], [3, 2]), group: 0 },
      { ...move("grouped", 0, [1, 2], [3, 1]), group: 0 },
      move("grouped", 1, [1, 2], [3, 2]),
    ], { throttleBytesPerSec: 300_000 });
    await executor.run(() => (executor.progress.at(-1)?.interBroker.completed ?? 0) > 0);
    assertEquals(executor.progress.at(-1)!.interBroker.inProgress, 2);
    await executor.actor.answers.stop_execution!({
      kind: "stop_execution",
      stopExternalAgent: false,
      reason: "Stopped by user",
    });
    const summary = await executor.runToEnd();
    assertEquals(summary.outcome, "stopped", summary.explanation);
    assertEquals(await placementOf("grouped"), [
      [0, [3, 1], 3],
      [1, [1, 2], 1],
      [2, [3, 2], 3],
    ]);
    await assertNothingLeft();
  });
});

kafkaTest("reserve_executor cancels what another tool is moving", async () => {
  const running = await cluster();
  await withExecutor(async (other) => {
    // The other tool: an executor of its own journal that is left alone in the middle of a move.
    await other.execute("foreign", [move("stopped", 0, [1, 2], [3, 2])], {
      throttleBytesPerSec: 100_000,
    });
    await other.run(() => (other.progress.at(-1)?.interBroker.inProgress ?? 0) > 0);
    assertEquals((await seeReassignments(running)).length, 1);
    await withExecutor(async (executor) => {
      const begun = await executor.execute("ours", [move("stopped", 1, [1, 2], [2, 1])], {});
      assert(begun.ok, JSON.stringify(begun));
      assertEquals(await seeReassignments(running), []);
      assertEquals((await executor.runToEnd()).outcome, "completed");
    });
    // The first one finds its move gone from Kafka's list and submits it again; stop it to get out.
    await other.actor.answers.stop_execution!({
      kind: "stop_execution",
      stopExternalAgent: false,
      reason: "end of test",
    });
    await other.runToEnd();
  });
  await assertNothingLeft();
});

kafkaTest("createExecutor() ends in a stated outcome when a broker dies mid-move", async () => {
  const running = await cluster();
  await withExecutor(async (executor) => {
    const before = await placementOf("killed");
    await executor.execute("killed", [
      move("killed", 0, [1, 2], [3, 2]),
      move("killed", 1, [2, 1], [2, 3]),
    ], { throttleBytesPerSec: 100_000 });
    await executor.run(() => (executor.progress.at(-1)?.movedMb ?? 0) > 0);
    await running.kill(3);
    const summary = await executor.runToEnd();
    assertEquals(summary.outcome, "completed_with_error");
    assertStringIncludes(summary.explanation, "Broker 3 of the target is down");
    assertGreater(summary.dead, 0);
    await running.restart(3);
    // The rates at the broker that was away are taken back as soon as it is there.
    await executor.run(async () => (await seeThrottles("broker", ["1", "2", "3"])).length === 0);
    assertEquals(await placementOf("killed"), before);
    await assertNothingLeft();
  });
});
