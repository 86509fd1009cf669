/**
 * Proposals that belong together. Situation: brokers 1 and 2 are full and swap the leaders of t-0 and t-1, one move at a
 * time; t-2 has nothing to do with that. Expected: once one half of the swap is done, the other half follows, whatever
 * ends the execution, unless it is to end at once.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { planTasks } from "../../../actors/executor/task_planning.ts";
import type { Proposal } from "../../../model/proposal.ts";
import { FakeCluster, fakeGateway } from "./fake_cluster.ts";
import { Bench, move } from "./harness.ts";

const SWAP = 7;

function swap() {
  const cluster = new FakeCluster({
    brokers: 4,
    partitions: [
      { topic: "t", partition: 0, replicas: [1, 3] },
      { topic: "t", partition: 1, replicas: [2, 3] },
      { topic: "t", partition: 2, replicas: [1, 3] },
    ],
  });
  const proposals: Proposal[] = [
    { ...move("t", 0, { from: [1, 3], to: [2, 3] }), group: SWAP },
    move("t", 2, { from: [1, 3], to: [4, 3] }),
    { ...move("t", 1, { from: [2, 3], to: [1, 3] }), group: SWAP },
  ];
  return { cluster, proposals };
}

async function withBench(
  { cluster, proposals }: ReturnType<typeof swap>,
  body: (bench: Bench) => Promise<void>,
  config: Record<string, string> = {},
): Promise<void> {
  const bench = new Bench({ gateway: () => fakeGateway(cluster), config });
  try {
    await bench.start();
    // One at a time: the swap is half done for a while.
    const limits = { interBrokerPerBroker: 1, interBrokerCluster: 1 };
    assertEquals((await bench.execute(proposals, limits)).ok, true);
    await body(bench);
    bench.assertJournalConsistent();
  } finally {
    bench.close();
  }
}

async function untilCompleted(bench: Bench, count: number): Promise<void> {
  while ((await bench.state()).interBroker.completed < count) await bench.tick();
}

Deno.test("moves of a group that was begun go before others", async () => {
  const made = swap();
  await withBench(made, async (bench) => {
    await untilCompleted(bench, 1);
    await bench.tick();
    await untilCompleted(bench, 2);
    const placement = made.cluster.placement();
    assertEquals([placement["t/0"], placement["t/1"]], [[2, 3], [1, 3]]);
    assertEquals((await bench.runToEnd()).outcome, "completed");
  });
});

Deno.test("stop_execution finishes a group that is half done, with its leadership, and nothing else", async () => {
  const made = swap();
  await withBench(made, async (bench) => {
    await untilCompleted(bench, 1);
    await bench.stop();
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "stopped");
    assertEquals(made.cluster.placement(), { "t/0": [2, 3], "t/1": [1, 3], "t/2": [1, 3] });
    assertEquals([0, 1].map((p) => made.cluster.get("t", p).leader), [2, 1]);
    assert(!summary.explanation.includes("half done"), summary.explanation);
  });
});

Deno.test("stop_execution takes a group back of which nothing is done", async () => {
  const made = swap();
  made.cluster.bytesPerLook = 1;
  await withBench(made, async (bench) => {
    while (made.cluster.ongoing().length === 0) await bench.tick();
    await bench.stop();
    assertEquals((await bench.runToEnd()).completed, 0);
    assertEquals(made.cluster.placement(), { "t/0": [1, 3], "t/1": [2, 3], "t/2": [1, 3] });
  });
});

Deno.test("stop_execution at once cuts a group short and says so, also after a restart", async () => {
  for (const restarts of [false, true]) {
    const made = swap();
    await withBench(made, async (bench) => {
      await untilCompleted(bench, 1);
      made.cluster.bytesPerLook = 1;
      await bench.tick();
      await bench.stop();
      await bench.tick();
      assertEquals(made.cluster.ongoing().length, 1, "the other half goes on");
      await bench.stop(true, { atOnce: true });
      if (restarts) await bench.restart();
      const summary = await bench.runToEnd();
      assertEquals(made.cluster.placement(), { "t/0": [2, 3], "t/1": [2, 3], "t/2": [1, 3] });
      assertStringIncludes(
        summary.explanation,
        "1 group of moves that belong together is half done, such as that of t/0",
      );
    });
  }
});

Deno.test("a stop goes on finishing groups after a restart, and so does a roll-back by policy", async () => {
  for (const policy of ["resume", "rollback"]) {
    const made = swap();
    await withBench(made, async (bench) => {
      await untilCompleted(bench, 1);
      if (policy === "resume") await bench.stop();
      await bench.restart();
      const summary = await bench.runToEnd();
      assertEquals(summary.outcome, policy === "resume" ? "stopped" : "rolled_back");
      assertEquals(made.cluster.placement(), { "t/0": [2, 3], "t/1": [1, 3], "t/2": [1, 3] });
    }, { "executor.recovery.policy": policy });
  }
});

Deno.test("a group whose other half cannot be carried out any more is said to be half done", async () => {
  const made = swap();
  await withBench(made, async (bench) => {
    await untilCompleted(bench, 1);
    made.cluster.setAlive(1, false);
    const summary = await bench.runToEnd();
    assertEquals(summary.outcome, "completed_with_error");
    assertEquals(made.cluster.ongoing(), []);
    assertStringIncludes(summary.explanation, "is half done, such as that of t/0");
  });
});

Deno.test("planTasks() leaves out what belongs together with a proposal that cannot be carried out", () => {
  const { cluster, proposals } = swap();
  cluster.reassign("t/1", [4, 3]);
  for (let i = 0; i < 3; i++) cluster.step();
  const topology = cluster.topology();
  const planned = planTasks(proposals, { topology, logDirs: undefined }, {
    allowReplicationFactorChange: false,
  });
  assert(planned.ok);
  assertEquals(planned.value.tasks.map((task) => task.proposalSeq), [1, 1]);
  assertEquals(planned.value.skipped.map(({ partition }) => partition), [1, 0]);
  assertEquals(
    planned.value.skipped[1]!.why,
    "it belongs together with the proposal of t-1, which is not carried out",
  );
});
