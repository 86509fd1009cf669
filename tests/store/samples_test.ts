import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../lib/clock.ts";
import { type LogRecord, logTo } from "../../lib/log.ts";
import { createPrng } from "../../lib/prng.ts";
import { PARTITION_METRICS } from "../../model/metrics.ts";
import { BROKER_METRICS } from "../../model/readings.ts";
import { openSamples } from "../../store/open.ts";
import {
  type EntityLayout,
  openSampleStore,
  type SampleSave,
  type SampleStore,
} from "../../store/samples.ts";
import { connect } from "../../store/sqlite.ts";

const NOW_MS = 1_700_000_000_000;
const WINDOW_MS = 60_000;

const LAYOUT: EntityLayout = {
  topics: [
    { name: "orders", id: "id-1", firstRow: 0, partitions: 3 },
    { name: "it's", id: "", firstRow: 3, partitions: 1 },
  ],
  entityCount: 4,
};

interface Bench {
  readonly directory: string;
  readonly store: SampleStore;
  readonly records: LogRecord[];
}

function withStore(test: (bench: Bench) => void): void {
  const directory = Deno.makeTempDirSync();
  const records: LogRecord[] = [];
  const store = open(directory, records);
  try {
    test({ directory, store, records });
  } finally {
    store.close();
    Deno.removeSync(directory, { recursive: true });
  }
}

function open(directory: string, records: LogRecord[] = []): SampleStore {
  const log = logTo((record) => records.push(record), "store", { nowMs: () => NOW_MS });
  const opened = openSampleStore({ directory, clock: new ManualClock(NOW_MS), log });
  assert(opened.ok, opened.ok ? "" : opened.failure.message);
  return opened.value;
}

function saveOf(endMs: number, overrides: Partial<SampleSave> = {}): SampleSave {
  return {
    windowMs: WINDOW_MS,
    layout: LAYOUT,
    windows: [{
      endMs,
      sampleCounts: Uint16Array.of(2, 2, 1, 0),
      metrics: [
        {
          metricId: 1,
          totals: Float32Array.of(100, 200, 300, 0),
          knownCounts: Uint16Array.of(2, 2, 1, 0),
        },
        {
          metricId: 2,
          totals: Float32Array.of(10, 0, 0.25, 0),
          knownCounts: Uint16Array.of(2, 0, 1, 0),
        },
      ],
    }],
    brokerWindows: [],
    counters: { loadGeneration: 3, samplesStored: 5 },
    keepFromMs: 0,
    ...overrides,
  };
}

function load(store: SampleStore, count = 10) {
  const loaded = store.load({ windowMs: WINDOW_MS, count });
  assert(loaded.ok, loaded.ok ? "" : loaded.failure.message);
  return loaded.value;
}

Deno.test("load() gives back what save() was given, oldest window first, across a restart", () => {
  withStore(({ directory, store }) => {
    const first = saveOf(2 * WINDOW_MS);
    const second = saveOf(WINDOW_MS);
    assert(store.save(first).ok);
    assert(store.save(second).ok);
    const again = open(directory);
    const loaded = load(again);
    assertEquals(loaded.windows.map((w) => w.endMs), [WINDOW_MS, 2 * WINDOW_MS]);
    for (const window of loaded.windows) {
      assertEquals(window.layout, LAYOUT);
      assertEquals(window.sampleCounts, first.windows[0]!.sampleCounts);
      assertEquals(window.metrics, first.windows[0]!.metrics);
    }
    assertEquals(loaded.counters, { loadGeneration: 3, samplesStored: 5 });
    assertEquals(load(again, 1).windows.map((w) => w.endMs), [2 * WINDOW_MS]);
    again.close();
  });
});

Deno.test("load() leaves out windows of another length", () => {
  withStore(({ store }) => {
    assert(store.save(saveOf(WINDOW_MS)).ok);
    const other = store.load({ windowMs: 2 * WINDOW_MS, count: 5 });
    assert(other.ok);
    assertEquals(other.value.windows, []);
  });
});

Deno.test("save() overwrites a window under a new layout and forgets layouts that nobody uses", () => {
  withStore(({ directory, store }) => {
    assert(store.save(saveOf(WINDOW_MS)).ok);
    const layout: EntityLayout = {
      topics: [{ name: "orders", id: "id-1", firstRow: 0, partitions: 1 }],
      entityCount: 1,
    };
    const windows = [{ endMs: WINDOW_MS, sampleCounts: Uint16Array.of(9), metrics: [] }];
    assert(store.save(saveOf(WINDOW_MS, { layout, windows })).ok);
    const loaded = load(store).windows;
    assertEquals(loaded.map((w) => [w.layout, w.sampleCounts, w.metrics]), [[
      layout,
      Uint16Array.of(9),
      [],
    ]]);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    assertEquals(connection.prepare("SELECT count(*) AS n FROM layout").get(), { n: 1 });
    connection.close();
  });
});

Deno.test("save() deletes windows that are too old, with their metrics", () => {
  withStore(({ directory, store }) => {
    for (let w = 1; w <= 4; w++) {
      const brokerWindows = [{
        endMs: w * WINDOW_MS,
        brokerId: 7,
        samples: 1,
        means: new Float64Array(BROKER_METRICS.length),
      }];
      assert(
        store.save(saveOf(w * WINDOW_MS, { brokerWindows, keepFromMs: (w - 1) * WINDOW_MS })).ok,
      );
    }
    const kept = load(store);
    assertEquals(kept.windows.map((w) => w.endMs), [3 * WINDOW_MS, 4 * WINDOW_MS]);
    assertEquals(kept.brokerWindows.map((w) => w.endMs), [3 * WINDOW_MS, 4 * WINDOW_MS]);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    assertEquals(connection.prepare("SELECT count(*) AS n FROM partition_metric").get(), { n: 4 });
    connection.close();
  });
});

Deno.test("save() keeps broker windows as rows, unknown metrics as NULL", () => {
  withStore(({ directory, store }) => {
    const means = Float64Array.from(BROKER_METRICS, (_, i) => i === 0 ? NaN : i / 4);
    const brokerWindow = { endMs: WINDOW_MS, brokerId: 101, samples: 30, means };
    assert(store.save(saveOf(WINDOW_MS, { brokerWindows: [brokerWindow] })).ok);
    assertEquals(load(store).brokerWindows, [brokerWindow]);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    assertEquals(
      connection.prepare("SELECT broker_id, cpu_usage, cores, bytes_in_rate FROM broker_window")
        .get(),
      { broker_id: 101, cpu_usage: null, cores: 0.25, bytes_in_rate: 0.5 },
    );
    connection.close();
  });
});

Deno.test("partition_load shows windows as rows: means, last sizes, NULL where nobody knew", () => {
  withStore(({ directory, store }) => {
    assert(store.save(saveOf(WINDOW_MS)).ok);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    const rows = connection.prepare(
      `SELECT topic, "partition", metric, samples, value FROM partition_load
        ORDER BY metric, topic DESC, "partition"`,
    ).all().map((row) => Object.values(row));
    assertEquals(rows, [
      ["orders", 0, "DISK_USAGE", 2, 100],
      ["orders", 1, "DISK_USAGE", 2, 200],
      ["orders", 2, "DISK_USAGE", 1, 300],
      ["it's", 0, "DISK_USAGE", 0, null],
      ["orders", 0, "LEADER_BYTES_IN", 2, 5],
      ["orders", 1, "LEADER_BYTES_IN", 2, null],
      ["orders", 2, "LEADER_BYTES_IN", 1, 0.25],
      ["it's", 0, "LEADER_BYTES_IN", 0, null],
    ]);
    const names = connection.prepare("SELECT metric FROM metric_name ORDER BY metric_id").all();
    assertEquals(names.map((row) => row["metric"]), PARTITION_METRICS.map((m) => m.name));
    connection.close();
  });
});

Deno.test("partition_load decodes every normal float32 exactly", () => {
  const seed = 20260101;
  const prng = createPrng(seed);
  const count = 2_000;
  const totals = Float32Array.from({ length: count }, (_, i) => {
    if (i < 5) return [0, 1, -1.5, 3.4028234663852886e38, 1.1754943508222875e-38][i]!;
    return (prng.next() - 0.5) * 2 ** (prng.below(220) - 100);
  });
  const ones = new Uint16Array(count).fill(1);
  withStore(({ directory, store }) => {
    const layout = {
      topics: [{ name: "t", id: "", firstRow: 0, partitions: count }],
      entityCount: count,
    };
    const windows = [{
      endMs: WINDOW_MS,
      sampleCounts: ones,
      metrics: [{ metricId: 0, totals, knownCounts: ones }],
    }];
    assert(store.save(saveOf(WINDOW_MS, { layout, windows })).ok);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    const rows = connection.prepare(`SELECT value FROM partition_load ORDER BY "partition"`).all();
    rows.forEach((row, i) => assertEquals(row["value"], totals[i], `seed ${seed}, value ${i}`));
    assertEquals(rows.length, count);
    connection.close();
  });
});

Deno.test("load() sets a file whose rows do not fit aside, and the store goes on with a new one", () => {
  withStore(({ directory, store, records }) => {
    assert(store.save(saveOf(WINDOW_MS)).ok);
    const connection = connect(`${directory}/samples.db`, { busyTimeoutMs: 0 });
    connection.exec("UPDATE partition_metric SET totals = x'00'");
    connection.close();
    const loaded = store.load({ windowMs: WINDOW_MS, count: 5 });
    assert(!loaded.ok);
    assertEquals(loaded.failure.code, "store_corrupt");
    assertEquals(records.map((record) => record.level), ["error"]);
    assertEquals(load(store).windows, []);
    assert(store.save(saveOf(WINDOW_MS)).ok);
    assertEquals(load(store).windows.length, 1);
    const names = [...Deno.readDirSync(directory)].map((entry) => entry.name);
    assert(names.includes(`samples.db.damaged-${NOW_MS}`), names.join());
  });
});

Deno.test("openSampleStore() refuses a file from the future", () => {
  const directory = Deno.makeTempDirSync();
  const options = {
    directory,
    clock: new ManualClock(NOW_MS),
    log: logTo(() => {}, "store", { nowMs: () => NOW_MS }),
  };
  const opened = openSamples(options);
  assert(opened.ok);
  opened.value.connection.exec("PRAGMA user_version = 99");
  opened.value.close();
  const refused = openSampleStore(options);
  assert(!refused.ok);
  assertEquals(refused.failure.code, "store_too_new");
  Deno.removeSync(directory, { recursive: true });
});
