import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Proposal } from "../../../model/proposal.ts";
import { Bench, move } from "./harness.ts";
import { FakeCluster, fakeGateway } from "./fake_cluster.ts";

function threeMoves() {
  const cluster = new FakeCluster({
    brokers: 4,
    partitions: [
      { topic: "t", partition: 0, replicas: [1, 2, 3] },
      { topic: "t", partition: 1, replicas: [1, 3, 2] },
      { topic: "u", partition: 0, replicas: [2, 1] },
    ],
  });
  const proposals = [
    move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }),
    move("t", 1, { from: [1, 3, 2], to: [3, 1, 2] }),
    move("u", 0, { from: [2, 1], to: [2, 4] }),
  ];
  return { cluster, proposals };
}

async function withBench(
  cluster: FakeCluster,
  body: (bench: Bench) => Promise<void>,
  config: Record<string, string> = {},
): Promise<void> {
  const bench = new Bench({ gateway: () => fakeGateway(cluster), config });
  try {
    await bench.start();
    await body(bench);
  } finally {
    bench.close();
  }
}

Deno.test("createExecutor() moves, re-orders, elects and takes its throttles back", async () => {
  const { cluster, proposals } = threeMoves();
  cluster.applyConfig({
    resource: { type: "broker", name: "2" },
    key: "leader.replication.throttled.rate",
    operation: "set",
    value: "777",
  });
  cluster.applyConfig({
    resource: { type: "topic", name: "u" },
    key: "leader.replication.throttled.replicas",
    operation: "set",
    value: "0:1",
  });
  const before = cluster.settings();
  await withBench(cluster, async (bench) => {
    const begun = await bench.execute(proposals, { throttleBytesPerSec: 1000 });
    assertEquals(begun, { ok: true, value: { tasks: 5 } });
    await bench.tick();
    assert(cluster.settings().includes("broker 2 leader.replication.throttled.rate=1000"));
    const state = await bench.state();
    assertEquals(state.phase, "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS");
    assertEquals(state.interBroker.inProgress, 3);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed", summary.explanation);
    assertEquals(summary.completed, 5);
    assertEquals(cluster.placement(), {
      "t/0": [4, 2, 3],
      "t/1": [3, 1, 2],
      "u/0": [2, 4],
    });
    assertEquals(cluster.get("t", 0).leader, 4);
    assertEquals(cluster.get("t", 1).leader, 3);
    assertEquals(cluster.settings(), before);
    bench.assertJournalConsistent();
  });
});

/** The proposal with a log dir for each replica that comes. */
function arrivingIn(proposal: Proposal, logDir: string): Proposal {
  const old = proposal.oldReplicas.map((replica) => replica.brokerId);
  const newReplicas = proposal.newReplicas.map((replica) =>
    old.includes(replica.brokerId) ? replica : { ...replica, logDir }
  );
  return { ...proposal, newReplicas };
}

Deno.test("createExecutor() asks for the log dirs of arriving replicas before they come", async () => {
  const { cluster, proposals: [first, second] } = threeMoves();
  await withBench(cluster, async (bench) => {
    await bench.execute([arrivingIn(first!, "/b"), second!]);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed", summary.explanation);
    assertEquals(Object.fromEntries(cluster.get("t", 0).logDirs), {
      1: "/a",
      2: "/a",
      3: "/a",
      4: "/b",
    });
  });
});

/** Replica 1 goes to broker 4 and leads there, replica 2 to another log dir of its broker: one proposal. */
function mixed(): Proposal {
  return {
    ...move("t", 0, { from: [1, 2, 3], to: [4, 2, 3] }),
    oldReplicas: [1, 2, 3].map((brokerId) => ({ brokerId, logDir: "/a" })),
    newReplicas: [4, 2, 3].map((brokerId) => ({ brokerId, logDir: brokerId === 3 ? "/a" : "/b" })),
  };
}

Deno.test("createExecutor() moves between brokers, then between log dirs, then leadership", async () => {
  const { cluster, proposals: [, second] } = threeMoves();
  await withBench(cluster, async (bench) => {
    assertEquals(await bench.execute([mixed(), second!]), { ok: true, value: { tasks: 5 } });
    const phases: string[] = [];
    while ((await bench.state()).executionUuid !== undefined) {
      await bench.tick();
      const { phase } = await bench.state();
      if (phases.at(-1) !== phase) phases.push(phase);
    }
    assertEquals(phases.slice(0, 3), [
      "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
      "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS",
      "LEADER_MOVEMENT_TASK_IN_PROGRESS",
    ]);
    assertEquals(cluster.placement()["t/0"], [4, 2, 3]);
    const { logDirs } = cluster.get("t", 0);
    assertEquals([2, 3, 4].map((id) => logDirs.get(id)), ["/b", "/a", "/b"]);
    assertEquals([cluster.get("t", 0).leader, cluster.get("t", 1).leader], [4, 3]);
    bench.assertJournalConsistent();
  });
});

Deno.test("stop_execution among log dirs keeps what moved between brokers and drops the copy", async () => {
  const { cluster } = threeMoves();
  await withBench(cluster, async (bench) => {
    await bench.execute([mixed()]);
    while ((await bench.state()).intraBroker.inProgress === 0) await bench.tick();
    const { interBroker, intraBroker, leadership } = await bench.state();
    const total = interBroker.total + intraBroker.total + leadership.total;
    assert(leadership.pending > 0);
    cluster.bytesPerLook = 1;
    await bench.stop();
    const summary = await bench.runToEnd();
    const { completed, aborted, dead, notBegun } = summary;
    assertEquals([summary.outcome, completed, aborted], ["stopped", 1, 1]);
    assertEquals(completed + aborted + dead + notBegun, total);
    assertEquals(cluster.placement()["t/0"], [4, 2, 3]);
    assertEquals(cluster.get("t", 0).logDirs.get(2), "/a");
    assertEquals(cluster.get("t", 0).future.size, 0);
    bench.assertJournalConsistent();
  });
});

Deno.test("a log dir that its broker refuses is named, and the replica moves all the same", async () => {
  const { cluster, proposals: [first] } = threeMoves();
  await withBench(cluster, async (bench) => {
    await bench.execute([arrivingIn(first!, "/nowhere")]);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed", summary.explanation);
    assertStringIncludes(summary.explanation, "refused log dir /nowhere for t-0 with error 57");
    assertEquals(cluster.placement()["t/0"], [4, 2, 3]);
  });
});

Deno.test("stop_execution rolls moves in flight back to their old order", async () => {
  const { cluster, proposals } = threeMoves();
  cluster.bytesPerLook = 1;
  const before = cluster.placement();
  await withBench(cluster, async (bench) => {
    await bench.execute([proposals[0]!, proposals[2]!], { throttleBytesPerSec: 1000 });
    await bench.tick();
    await bench.tick();
    assertEquals(cluster.ongoing().length, 2);
    const stopped = await bench.stop();
    assert(stopped.ok && stopped.value.wasExecuting);
    assertEquals((await bench.state()).phase, "STOPPING_EXECUTION");
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "stopped");
    assertEquals(cluster.placement(), before);
    assertEquals(cluster.settings(), []);
    assertEquals(cluster.get("t", 0).leader, 1);
    bench.assertJournalConsistent();
  });
});

Deno.test("createExecutor() ends all moves when a broker of a target goes down", async () => {
  const { cluster, proposals } = threeMoves();
  cluster.bytesPerLook = 1;
  const before = cluster.placement();
  await withBench(cluster, async (bench) => {
    await bench.execute([proposals[0]!], { throttleBytesPerSec: 1000 });
    await bench.tick();
    cluster.setAlive(4, false);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed_with_error");
    assertEquals(summary.dead, 1);
    assertStringIncludes(summary.explanation, "Broker 4 of the target is down");
    assertEquals(cluster.placement(), before);
    // The rate at the dead broker cannot be deleted: the undo record waits for it.
    assertEquals(cluster.settings().filter((s) => !s.startsWith("broker 4")), []);
    cluster.setAlive(4, true);
    await bench.tick();
    assertEquals(cluster.settings(), []);
    bench.assertJournalConsistent();
  });
});

Deno.test("createExecutor() cancels a move that receives no byte and goes on with the others", async () => {
  const { cluster, proposals } = threeMoves();
  cluster.frozen.add("t/0");
  await withBench(cluster, async (bench) => {
    await bench.execute(proposals);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed_with_error");
    assertStringIncludes(summary.explanation, "No progress for");
    assertEquals(cluster.placement(), { "t/0": [1, 2, 3], "t/1": [3, 1, 2], "u/0": [2, 4] });
    bench.assertJournalConsistent();
  }, { "evenkeel.execution.move.stuck.timeout.ms": "5000" });
});

Deno.test("a stop ends even when Kafka refuses to cancel and the move cannot go on", async () => {
  // All old replicas are gone, the new one is the only one in sync, and one more is wanted that gets nothing.
  const cluster = new FakeCluster({
    brokers: 4,
    partitions: [{ topic: "t", partition: 0, replicas: [1, 2] }],
  });
  await withBench(cluster, async (bench) => {
    await bench.execute([move("t", 0, { from: [1, 2], to: [3, 4] })]);
    await bench.tick();
    cluster.frozen.add("t/0");
    Object.assign(cluster.get("t", 0), { inSync: [3], leader: 3 });
    await bench.stop();
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "stopped");
    assertStringIncludes(summary.explanation, "Kafka refuses to cancel");
    bench.assertJournalConsistent();
  }, { "evenkeel.execution.move.stuck.timeout.ms": "5000" });
});

Deno.test("createExecutor() aborts the move of a topic that is deleted", async () => {
  const { cluster, proposals } = threeMoves();
  cluster.bytesPerLook = 5;
  await withBench(cluster, async (bench) => {
    await bench.execute(proposals, { throttleBytesPerSec: 1000 });
    await bench.tick();
    cluster.deleteTopic("u");
    const summary = await bench.runToEnd();
    assertEquals(summary.aborted, 1);
    assertEquals(cluster.placement(), { "t/0": [4, 2, 3], "t/1": [3, 1, 2] });
    assertEquals(cluster.settings(), []);
    bench.assertJournalConsistent();
  });
});

Deno.test("createExecutor() leaves a partition alone that somebody else reassigns meanwhile", async () => {
  const { cluster, proposals } = threeMoves();
  cluster.bytesPerLook = 5;
  await withBench(cluster, async (bench) => {
    await bench.execute(proposals, { interBrokerCluster: 1 });
    await bench.tick();
    // The second move is pending; somebody else takes its partition.
    cluster.reassign("u/0", [2, 3]);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed_with_error");
    assertStringIncludes(summary.explanation, "Superseded");
    assertEquals(cluster.placement()["t/0"], [4, 2, 3]);
    assertEquals(cluster.placement()["u/0"]!.slice(0, 2), [2, 3]);
    bench.assertJournalConsistent();
  });
});

Deno.test("reserve_executor cancels others' reassignments or is rejected, as configured", async () => {
  for (const auto of ["true", "false"]) {
    const { cluster, proposals } = threeMoves();
    cluster.bytesPerLook = 0;
    cluster.reassign("t/0", [4, 2, 3]);
    await withBench(cluster, async (bench) => {
      const begun = await bench.execute([proposals[1]!]);
      assertEquals(begun.ok, auto === "true");
      assertEquals(cluster.ongoing().length, auto === "true" ? 0 : 1);
      if (!begun.ok) assertEquals(begun.failure.code, "ongoing_execution");
    }, { "auto.stop.external.agent": auto });
  }
});

Deno.test("createExecutor() fails the phase when a limit of 0 lets nothing start", async () => {
  const { cluster, proposals } = threeMoves();
  await withBench(cluster, async (bench) => {
    await bench.execute([proposals[0]!], { interBrokerPerBroker: 0 });
    const summary = await bench.runToEnd(20);
    assertEquals(summary.outcome, "completed_with_error");
    assertStringIncludes(summary.explanation, "could not start");
  });
});

Deno.test("createExecutor() moves replicas between log dirs and drops the copy on stop", async () => {
  for (const stop of [false, true]) {
    const { cluster } = threeMoves();
    const disk = {
      ...move("t", 0, { from: [1, 2, 3], to: [1, 2, 3] }),
      oldReplicas: [{ brokerId: 1, logDir: "/a" }, { brokerId: 2 }, { brokerId: 3 }],
      newReplicas: [{ brokerId: 1, logDir: "/b" }, { brokerId: 2 }, { brokerId: 3 }],
    };
    if (stop) cluster.bytesPerLook = 1;
    await withBench(cluster, async (bench) => {
      const begun = await bench.execute([disk]);
      assertEquals(begun, { ok: true, value: { tasks: 1 } });
      await bench.tick();
      if (stop) await bench.stop();
      const summary = await bench.runToEnd();
      assertEquals(summary.outcome, stop ? "stopped" : "completed");
      assertEquals(cluster.get("t", 0).logDirs.get(1), stop ? "/a" : "/b");
      assertEquals(cluster.get("t", 0).future.size, 0);
      bench.assertJournalConsistent();
    });
  }
});

Deno.test("a reservation is exclusive, expires, and is cancelled by a stop", async () => {
  const { cluster, proposals } = threeMoves();
  await withBench(cluster, async (bench) => {
    const reserve = (uuid: string) =>
      bench.settled(bench.actor.answers.reserve_executor!({
        kind: "reserve_executor",
        executionUuid: uuid,
        reason: "r",
        userTriggered: true,
      }));
    assert((await reserve("a")).ok);
    assertEquals((await bench.state()).phase, "GENERATING_PROPOSALS_FOR_EXECUTION");
    assert(!(await reserve("b")).ok);
    await bench.tick();
    await bench.tick();
    assertEquals((await bench.state()).phase, "NO_TASK_IN_PROGRESS");
    assert((await reserve("b")).ok);
    await bench.stop();
    const late = await bench.settled(bench.actor.answers.execute_proposals!({
      kind: "execute_proposals",
      executionUuid: "b",
      operation: "rebalance",
      proposals,
      options: {},
    }));
    assert(!late.ok);
    assertEquals(late.failure.code, "cancelled");
    assertEquals(cluster.ongoing(), []);
  });
});

Deno.test("demoted and removed brokers are remembered for the retention time", async () => {
  const { cluster, proposals } = threeMoves();
  await withBench(cluster, async (bench) => {
    await bench.execute([proposals[0]!], { removedBrokers: [1], demotedBrokers: [2] });
    await bench.runToEnd();
    const state = await bench.state();
    assertEquals([state.recentlyRemovedBrokers, state.recentlyDemotedBrokers], [[1], [2]]);
    await bench.clock.advanceTo(bench.clock.nowMs() + 60_001);
    await bench.tick();
    assertEquals((await bench.state()).recentlyRemovedBrokers, []);
    assertEquals((await bench.state()).recentlyDemotedBrokers, [2]);
  }, { "removal.history.retention.time.ms": "60000" });
});
