/** Executions that change how many replicas partitions have. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Gateway } from "../../../cluster/gateway.ts";
import { FakeCluster, fakeGateway } from "./fake_cluster.ts";
import { Bench, move } from "./harness.ts";

const UP = [
  move("t", 0, { from: [1, 2], to: [1, 2, 3] }),
  move("t", 1, { from: [2, 1], to: [2, 1, 4] }),
];
const DOWN = [
  move("t", 0, { from: [1, 2], to: [1] }),
  move("t", 1, { from: [2, 1], to: [2] }),
];
const BEFORE = { "t/0": [1, 2], "t/1": [2, 1] };
const ALLOWED = { allowReplicationFactorChange: true };

async function withBench(
  body: (bench: Bench, cluster: FakeCluster, allowed: boolean[]) => Promise<void>,
): Promise<void> {
  const cluster = new FakeCluster({
    brokers: 4,
    partitions: [
      { topic: "t", partition: 0, replicas: [1, 2] },
      { topic: "t", partition: 1, replicas: [2, 1] },
    ],
  });
  const allowed: boolean[] = [];
  const gateway = (): Gateway => {
    const fake = fakeGateway(cluster);
    return {
      ...fake,
      alterReassignments(targets, options) {
        allowed.push(options?.allowReplicationFactorChange ?? false);
        return fake.alterReassignments(targets, options);
      },
    };
  };
  const bench = new Bench({ gateway });
  try {
    await bench.start();
    await body(bench, cluster, allowed);
    bench.assertJournalConsistent();
    assertEquals(cluster.settings(), [], "no throttle is left");
    assertEquals(cluster.ongoing(), []);
  } finally {
    bench.close();
  }
}

Deno.test("replicas are added under the throttle, and Kafka is told that their number changes", async () => {
  await withBench(async (bench, cluster, allowed) => {
    await bench.execute(UP, { ...ALLOWED, throttleBytesPerSec: 1000 });
    await bench.tick();
    const settings = cluster.settings();
    assert(settings.includes("broker 3 follower.replication.throttled.rate=1000"), `${settings}`);
    assertEquals((await bench.runToEnd()).outcome, "completed");
    assertEquals(cluster.placement(), { "t/0": [1, 2, 3], "t/1": [2, 1, 4] });
    assert(allowed.length > 0 && allowed.every(Boolean));
  });
});

Deno.test("replicas are deleted without a throttle, since nothing is copied", async () => {
  await withBench(async (bench, cluster) => {
    await bench.execute(DOWN, { ...ALLOWED, throttleBytesPerSec: 1000 });
    await bench.tick();
    assertEquals(cluster.settings(), []);
    assertEquals((await bench.runToEnd()).outcome, "completed");
    assertEquals(cluster.placement(), { "t/0": [1], "t/1": [2] });
  });
});

Deno.test("a stop in the middle takes added replicas away again", async () => {
  await withBench(async (bench, cluster) => {
    await bench.execute(UP, { ...ALLOWED, throttleBytesPerSec: 1000 });
    await bench.tick();
    await bench.stop();
    assertEquals((await bench.runToEnd()).outcome, "stopped");
    assertEquals(cluster.placement(), BEFORE);
  });
});

Deno.test("a restart in the middle goes on to the wanted number of replicas", async () => {
  await withBench(async (bench, cluster, allowed) => {
    await bench.execute(UP, { ...ALLOWED, interBrokerPerBroker: 1, throttleBytesPerSec: 1000 });
    await bench.tick();
    await bench.restart();
    assertEquals((await bench.runToEnd()).outcome, "completed");
    assertEquals(cluster.placement(), { "t/0": [1, 2, 3], "t/1": [2, 1, 4] });
    assert(allowed.every(Boolean));
  });
});

Deno.test("a change of their number that nobody asked for is refused before anything happens", async () => {
  await withBench(async (bench, cluster) => {
    const refused = await bench.execute(UP);
    assert(!refused.ok);
    assertStringIncludes(refused.failure.message, "changes its replica count from 2 to 3");
    assertEquals(cluster.placement(), BEFORE);
    await bench.execute(DOWN, ALLOWED, "two");
    await bench.runToEnd();
  });
});
