import { assert, assertEquals } from "@std/assert";
import { settle } from "../../../lib/clock.ts";
import { DISK_USAGE, LEADER_BYTES_IN } from "../../../model/metrics.ts";
import { BROKER_METRICS } from "../../../model/readings.ts";
import { testBatch, testTopology } from "./bench_cluster.ts";
import {
  at,
  load,
  monitor,
  mustLoad,
  observe,
  sample,
  START_MS,
  WINDOW_MS,
  withRig,
} from "./rig.ts";

const TOPICS = [{ name: "a", partitions: 2 }, { name: "b", partitions: 1 }];

Deno.test("get_load says what is missing and when to ask again", async () => {
  await withRig(async (rig) => {
    const blind = await load(rig);
    assert(!blind.ok && blind.failure.retriable);
    assertEquals(blind.failure.code, "not_enough_windows");
    await observe(rig, testTopology(1, TOPICS));
    const empty = await load(rig);
    assert(!empty.ok);
    assert(empty.failure.message.includes("no sample was taken yet"), empty.failure.message);
  });
});

Deno.test("get_load answers from the active window while no window is stable, and says so", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    await sample(rig, topology, START_MS + 5_000, (row) => 10 * row);
    await sample(rig, topology, START_MS + 15_000, (row) => 30 * row);
    const early = await mustLoad(rig);
    assertEquals(early.fromActiveWindow, true);
    assertEquals([...early.windowEndsMs], [START_MS + WINDOW_MS]);
    assertEquals([...early.valid], [1, 1, 1]);
    assertEquals(at(early, 0, 2, LEADER_BYTES_IN), 40, "the mean");
    assertEquals(at(early, 0, 2, DISK_USAGE), 60, "the last size");
    assertEquals((await monitor(rig)).activeRatio, 1);

    await sample(rig, topology, START_MS + WINDOW_MS + 5_000, () => 7);
    const late = await mustLoad(rig);
    assertEquals(late.fromActiveWindow, false);
    assertEquals([...late.windowEndsMs], [START_MS + WINDOW_MS]);
    assertEquals(at(late, 0, 2, LEADER_BYTES_IN), 40);
  });
});

Deno.test("get_load waits for a stable window where the configuration wants it", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    await sample(rig, topology, START_MS + 20_000, () => 1);
    const answer = await load(rig);
    assert(!answer.ok);
    assert(answer.failure.message.includes("ends in 40 s"), answer.failure.message);
  }, { "evenkeel.plan.from.active.window": "false" });
});

Deno.test("window_closed tells each change of stable windows once", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    await sample(rig, topology, START_MS + 1_000, () => 1);
    await sample(rig, topology, START_MS + 2_000, () => 1);
    assertEquals(rig.emitted, []);
    await sample(rig, topology, START_MS + WINDOW_MS, () => 1);
    await sample(rig, topology, START_MS + WINDOW_MS + 1, () => 1);
    assertEquals(rig.emitted.map((m) => m.kind === "window_closed" && m.windowEndMs), [
      START_MS + WINDOW_MS,
    ]);
    const { loadGeneration } = await mustLoad(rig);
    assertEquals(rig.emitted.map((m) => m.kind === "window_closed" && m.loadGeneration), [
      loadGeneration,
    ]);
  });
});

Deno.test("samples_collected of another broker than the leader are refused and counted", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    rig.actor.handle(testBatch(topology, START_MS, () => 5, { leaders: Int32Array.of(1, 2, 1) }));
    await rig.actor.tick(START_MS);
    const state = await monitor(rig);
    assertEquals([state.samplesStored, state.samplesRejected], [2, 1]);
    const snapshot = await mustLoad(rig, { minValidRatio: 0.5, includeAllTopics: true });
    assertEquals([...snapshot.valid], [1, 0, 1]);
    assertEquals(at(snapshot, 0, 1, LEADER_BYTES_IN), NaN);
  });
});

Deno.test("samples_collected before their topology wait for it", async () => {
  await withRig(async (rig) => {
    const [one, two] = [
      testTopology(1, TOPICS),
      testTopology(2, [...TOPICS, {
        name: "aa",
        partitions: 1,
      }]),
    ];
    await observe(rig, one);
    rig.actor.handle(testBatch(two, START_MS, (row) => row));
    await rig.actor.tick(START_MS);
    assertEquals((await monitor(rig)).samplesStored, 0);
    await observe(rig, two);
    assertEquals((await monitor(rig)).samplesStored, 4);
    const snapshot = await mustLoad(rig);
    assertEquals([0, 1, 2, 3].map((row) => at(snapshot, 0, row, LEADER_BYTES_IN)), [0, 1, 2, 3]);
  });
});

Deno.test("samples_collected of the topology before find their rows in the new one", async () => {
  await withRig(async (rig) => {
    const one = testTopology(1, TOPICS);
    const two = testTopology(2, [{ name: "0 first", partitions: 3 }, ...TOPICS]);
    await observe(rig, one);
    await observe(rig, two);
    rig.actor.handle(testBatch(one, START_MS, (row) => 100 + row));
    await rig.actor.tick(START_MS);
    const snapshot = await mustLoad(rig, { minValidRatio: 0.5 });
    assertEquals([3, 4, 5].map((row) => at(snapshot, 0, row, LEADER_BYTES_IN)), [100, 101, 102]);
    assertEquals(snapshot.generation, 2);
  });
});

Deno.test("cluster_observed keeps histories by topic, forgets a topic that was created anew", async () => {
  await withRig(async (rig) => {
    const before = testTopology(1, TOPICS);
    await observe(rig, before);
    await sample(rig, before, START_MS, (row) => 100 + row);
    const after = testTopology(2, [
      { name: "a", partitions: 3, id: "another" },
      { name: "b", partitions: 2 },
    ]);
    await observe(rig, after);
    const snapshot = await mustLoad(rig, { minValidRatio: 0.1, includeAllTopics: true });
    assertEquals([0, 1, 2, 3, 4].map((row) => at(snapshot, 0, row, LEADER_BYTES_IN)), [
      NaN,
      NaN,
      NaN,
      102,
      NaN,
    ]);
  });
});

Deno.test("cluster_observed without a topic keeps its history for five minutes", async () => {
  await withRig(async (rig) => {
    const whole = testTopology(1, TOPICS);
    const lacking = testTopology(2, [TOPICS[0]!]);
    await observe(rig, whole);
    await sample(rig, whole, START_MS, (row) => 100 + row);
    await observe(rig, lacking);
    assertEquals((await mustLoad(rig)).valid.length, 2);
    await rig.clock.advanceTo(START_MS + 299_000);
    await observe(rig, testTopology(3, TOPICS));
    assertEquals(at(await mustLoad(rig), 0, 2, LEADER_BYTES_IN), 102);

    await observe(rig, testTopology(4, [TOPICS[0]!]));
    const wish = await rig.actor.tick(rig.clock.nowMs());
    assertEquals(wish, START_MS + 599_000);
    await rig.clock.advanceTo(wish!);
    await rig.actor.tick(wish!);
    await observe(rig, testTopology(5, TOPICS));
    const snapshot = await mustLoad(rig, { minValidRatio: 0.5, includeAllTopics: true });
    assertEquals(at(snapshot, 0, 2, LEADER_BYTES_IN), NaN);
  });
});

Deno.test("get_load never turns an unknown metric into 0", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    const value = (_: number, metric: number) => metric === LEADER_BYTES_IN ? NaN : 1;
    for (const offsetMs of [0, 1_000, WINDOW_MS]) {
      await sample(rig, topology, START_MS + offsetMs, value);
    }
    const snapshot = await mustLoad(rig);
    assertEquals(at(snapshot, 0, 0, LEADER_BYTES_IN), NaN);
    assertEquals(at(snapshot, 0, 0, DISK_USAGE), 1);
  });
});

Deno.test("get_load carries replica sizes over topologies and broker metrics over windows", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    const metrics = (cpu: number) =>
      Float64Array.from(BROKER_METRICS, (_, m) => m === 0 ? cpu : NaN);
    for (const [i, cpu] of [0.25, 0.75].entries()) {
      rig.actor.handle(testBatch(topology, START_MS + i, () => 1, {
        replicaMb: Float32Array.of(1, 2, 3, 4, NaN, 6),
        brokerIds: Int32Array.of(2),
        brokerMetrics: metrics(cpu),
      }));
    }
    await rig.actor.tick(START_MS);
    await observe(rig, testTopology(2, [{ name: "0", partitions: 1 }, ...TOPICS]));
    const snapshot = await mustLoad(rig, { minValidRatio: 0.5 });
    assertEquals([...snapshot.replicaMb], [NaN, NaN, 1, 2, 3, 4, NaN, 6]);
    assertEquals([...snapshot.brokerIds], [2]);
    assertEquals(snapshot.brokerMetrics[0], 0.5);
    assertEquals(snapshot.brokerMetrics[1], NaN);
  });
});

Deno.test("tick() asks the sampler for the cluster when nobody told it", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(3, TOPICS);
    rig.actor.handle(testBatch(topology, START_MS, (row) => row));
    assertEquals(await rig.actor.tick(START_MS), START_MS + 2_000);
    await settle();
    rig.cluster = topology;
    await rig.clock.advanceTo(START_MS + 2_000);
    await rig.actor.tick(START_MS + 2_000);
    await settle();
    assertEquals(rig.wokenAtMs, START_MS + 2_000);
    await rig.actor.tick(START_MS + 2_000);
    assertEquals((await monitor(rig)).samplesStored, 3);
  });
});

Deno.test("get_load gives only the newest where that is wanted: the window being filled", async () => {
  await withRig(async (rig) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    for (const window of [0, 1]) {
      const startMs = START_MS + window * WINDOW_MS;
      await sample(rig, topology, startMs + 5_000, (row) => 10 * row * (window + 1));
      await sample(rig, topology, startMs + 15_000, (row) => 10 * row * (window + 1));
    }
    const active = await mustLoad(rig, { newest: true });
    assertEquals([active.fromActiveWindow, active.windowEndsMs.length], [true, 1]);
    assertEquals(at(active, 0, 2, LEADER_BYTES_IN), 40);
    const usual = await mustLoad(rig);
    assertEquals(at(usual, 0, 2, LEADER_BYTES_IN), 20, "of stable windows");
  });
});
