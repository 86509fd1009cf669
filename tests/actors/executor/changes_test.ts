/** What people may change while an execution runs, and what they may have forgotten. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { LimitChanges } from "../../../messages/executor.ts";
import { FakeCluster, fakeGateway } from "./fake_cluster.ts";
import { Bench, move } from "./harness.ts";

const PARTITIONS = 6;

function cluster() {
  return new FakeCluster({
    brokers: 3,
    partitions: Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: "t",
      partition,
      replicas: [1, 2],
    })),
  });
}

const proposals = Array.from(
  { length: PARTITIONS },
  (_, p) => move("t", p, { from: [1, 2], to: [1, 3] }),
);

async function withBench(body: (bench: Bench) => Promise<void>): Promise<void> {
  const fake = cluster();
  const bench = new Bench({ gateway: () => fakeGateway(fake) });
  try {
    await bench.start();
    await body(bench);
  } finally {
    bench.close();
  }
}

function change(bench: Bench, changes: LimitChanges) {
  return bench.settled(bench.actor.answers.change_limits!({ kind: "change_limits", changes }));
}

function forget(bench: Bench, named: { removed: number[]; demoted: number[] }) {
  return bench.settled(bench.actor.answers.forget_brokers!({ kind: "forget_brokers", ...named }));
}

Deno.test("change_limits lets a running execution go faster, also after a restart", async () => {
  await withBench(async (bench) => {
    const begun = await bench.execute(proposals, { interBrokerPerBroker: 1 });
    assert(begun.ok);
    await bench.tick();
    assertEquals((await bench.state()).interBroker.inProgress, 1);
    assertEquals(await change(bench, { interBrokerPerBroker: 4 }), {
      ok: true,
      value: { isExecuting: true },
    });
    await bench.restart();
    await bench.tick();
    assertEquals((await bench.state()).limits?.interBrokerPerBroker, 4);
    assertEquals((await bench.state()).interBroker.inProgress, 4);
    assertEquals((await bench.runToEnd()).completed, PARTITIONS);
  });
});

Deno.test("change_limits refuses what is out of range and leaves the limits as they are", async () => {
  await withBench(async (bench) => {
    await bench.execute(proposals, { interBrokerPerBroker: 1 });
    const refused = await change(bench, { interBrokerPerBroker: 1_000_000 });
    assert(!refused.ok);
    assertStringIncludes(refused.failure.message, "interBrokerPerBroker");
    assertEquals((await bench.state()).limits?.interBrokerPerBroker, 1);
  });
});

Deno.test("change_limits says so when nothing is executing", async () => {
  await withBench(async (bench) => {
    assertEquals(await change(bench, { leadershipCluster: 5 }), {
      ok: true,
      value: { isExecuting: false },
    });
  });
});

Deno.test("forget_brokers drops the named brokers from the history and gives those that are left", async () => {
  await withBench(async (bench) => {
    await bench.execute(proposals, { removedBrokers: [1, 2], demotedBrokers: [3] });
    await bench.runToEnd();
    assertEquals((await bench.state()).recentlyRemovedBrokers, [1, 2]);
    assertEquals(await forget(bench, { removed: [2, 9], demoted: [] }), {
      ok: true,
      value: { removed: { before: [1, 2], left: [1] }, demoted: { before: [3], left: [3] } },
    });
    await bench.restart();
    const { recentlyRemovedBrokers, recentlyDemotedBrokers } = await bench.state();
    assertEquals([recentlyRemovedBrokers, recentlyDemotedBrokers], [[1], [3]]);
  });
});
