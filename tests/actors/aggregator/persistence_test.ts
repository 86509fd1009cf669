import { assert, assertEquals } from "@std/assert";
import { fail } from "../../../lib/failure.ts";
import { PARTITION_METRIC_COUNT } from "../../../model/metrics.ts";
import type { SampleStore } from "../../../store/samples.ts";
import { connect } from "../../../store/sqlite.ts";
import { testTopology } from "./bench_cluster.ts";
import {
  at,
  load,
  monitor,
  mustLoad,
  observe,
  open,
  rigOn,
  sample,
  START_MS,
  WINDOW_MS,
  withRig,
} from "./rig.ts";

const TOPICS = [{ name: "a", partitions: 2 }, { name: "b", partitions: 1 }];

Deno.test("start() continues with full windows and a greater generation", async () => {
  await withRig(async (rig, directory) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    for (let i = 0; i < 10; i++) {
      await sample(rig, topology, START_MS + i * 20_000, (row) => 10 * i + row);
    }
    const before = await mustLoad(rig, { windows: 3 });
    await rig.actor.stop();

    const next = rigOn(open(directory), { nowMs: START_MS + 185_000 });
    await next.actor.start();
    await observe(next, testTopology(1, [{ name: "0", partitions: 1 }, ...TOPICS]));
    await next.actor.tick(next.clock.nowMs());
    const after = await mustLoad(next, { windows: 3, minValidRatio: 0.5 });
    assertEquals([...after.windowEndsMs], [...before.windowEndsMs]);
    for (let window = 0; window < 3; window++) {
      for (let row = 0; row < 3; row++) {
        for (let metric = 0; metric < PARTITION_METRIC_COUNT; metric++) {
          assertEquals(at(after, window, row + 1, metric), at(before, window, row, metric));
        }
      }
    }
    assert(after.loadGeneration > before.loadGeneration);
    assertEquals((await monitor(next)).samplesStored, 30);
    assertEquals(next.emitted.length, 1, "stable windows are announced after a start");
    await next.actor.stop();
  });
});

Deno.test("tick() saves at most once an interval, so that a crash loses no more than that", async () => {
  await withRig(async (rig, directory) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    const stored = () => {
      const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
      const row = connection.prepare(
        `SELECT samples, value FROM partition_load WHERE topic = 'b' AND metric = 'LEADER_BYTES_IN'`,
      ).get();
      connection.close();
      return row;
    };
    await sample(rig, topology, START_MS + 1_000, () => 4);
    assertEquals(stored(), { samples: 1, value: 4 }, "at once after a quiet time");
    await sample(rig, topology, START_MS + 2_000, () => 8);
    await sample(rig, topology, START_MS + 9_000, () => 9);
    assertEquals(stored(), { samples: 1, value: 4 });
    const wish = await rig.actor.tick(rig.clock.nowMs());
    assertEquals(wish, START_MS + 11_000);
    await rig.clock.advanceTo(wish!);
    await rig.actor.tick(wish!);
    assertEquals(stored(), { samples: 3, value: 7 });
  });
});

Deno.test("tick() keeps samples in memory while the store is full and saves them afterwards", async () => {
  const directory = Deno.makeTempDirSync();
  const real = open(directory);
  let full = true;
  const store: SampleStore = {
    ...real,
    save: (save) =>
      full
        ? fail("store_full", "Cannot store samples: disk is full", { retriable: true })
        : real.save(save),
  };
  const rig = rigOn(store);
  await rig.actor.start();
  const topology = testTopology(1, TOPICS);
  await observe(rig, topology);
  await sample(rig, topology, START_MS + 1_000, () => 4);
  await sample(rig, topology, START_MS + 12_000, () => 4);
  assertEquals((await monitor(rig)).storeFailure, "Cannot store samples: disk is full");
  assertEquals(rig.records.map((record) => record.level), ["error"], "said once");
  assert((await load(rig)).ok, "the load is answered from memory");
  full = false;
  await sample(rig, topology, START_MS + 23_000, () => 4);
  assertEquals((await monitor(rig)).storeFailure, undefined);
  const loaded = real.load({ windowMs: WINDOW_MS, count: 1 });
  assert(loaded.ok);
  assertEquals([...loaded.value.windows[0]!.sampleCounts], [3, 3, 3]);
  await rig.actor.stop();
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("tick() deletes windows beyond the retention", async () => {
  await withRig(async (rig, directory) => {
    const topology = testTopology(1, TOPICS);
    await observe(rig, topology);
    for (let i = 0; i < 12; i++) await sample(rig, topology, START_MS + i * WINDOW_MS, () => 1);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    const rows = connection.prepare("SELECT window_end_ms FROM partition_window").all();
    assertEquals(rows.length, 6, "the active window and five before it");
    connection.close();
  });
});

Deno.test("tick() writes all windows again when the file was found damaged and begun anew", async () => {
  const directory = Deno.makeTempDirSync();
  const real = open(directory);
  let damaged = false;
  const saves: number[] = [];
  const store: SampleStore = {
    ...real,
    save(save) {
      if (damaged) {
        damaged = false;
        return fail("store_corrupt", "Cannot store samples: database disk image is malformed");
      }
      saves.push(save.windows.length);
      return real.save(save);
    },
  };
  const rig = rigOn(store);
  await rig.actor.start();
  const topology = testTopology(1, TOPICS);
  await observe(rig, topology);
  for (let i = 0; i < 3; i++) await sample(rig, topology, START_MS + i * WINDOW_MS, () => 1);
  damaged = true;
  await sample(rig, topology, START_MS + 3 * WINDOW_MS, () => 1);
  await sample(rig, topology, START_MS + 3 * WINDOW_MS + 10_000, () => 1);
  assertEquals(saves, [1, 1, 1, 4], "the active window and all three stable ones");
  await rig.actor.stop();
  Deno.removeSync(directory, { recursive: true });
});
