/**
 * Samples in samples.db: windows of partitions as columns, windows of brokers as rows. One writer: the aggregator.
 *
 * A window is written whole, again and again while it is active, in one transaction with everything else that changed,
 * so a crash leaves the state of the latest save. With `synchronous=NORMAL` that holds for kill -9; after a loss of
 * power the saves since the latest checkpoint of the log may be missing, too, never torn.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import { BROKER_METRICS } from "../model/readings.ts";
import { type OpenOptions, openSamples, startSamplesAnew, type Store } from "./open.ts";
import type { SqlRow, SqlValue } from "./sqlite.ts";

/** A topic in a layout: its partitions are entities `firstRow .. firstRow + partitions - 1`. */
export interface LayoutTopic {
  readonly name: string;
  /** Kafka's uuid, "" when the cluster gives none. */
  readonly id: string;
  readonly firstRow: number;
  readonly partitions: number;
}

/** Which partition each entry of a column is. Immutable: compared by identity when saved. */
export interface EntityLayout {
  /** By firstRow, without gaps. */
  readonly topics: readonly LayoutTopic[];
  readonly entityCount: number;
}

/** A metric of a window. Absent from the window when no sample knew it. */
export interface StoredMetric {
  readonly metricId: number;
  /** Length entityCount: sum of the known samples, or the last one. */
  readonly totals: Float32Array;
  /** Length entityCount: samples that knew the metric. */
  readonly knownCounts: Uint16Array;
}

/** A window of all partitions. */
export interface StoredWindow {
  /** Exclusive end, epoch ms. */
  readonly endMs: number;
  /** Length entityCount. */
  readonly sampleCounts: Uint16Array;
  readonly metrics: readonly StoredMetric[];
}

/** A window of one broker. */
export interface StoredBrokerWindow {
  readonly endMs: number;
  readonly brokerId: number;
  readonly samples: number;
  /** Length BROKER_METRICS.length: means over the window, NaN = not known. */
  readonly means: Float64Array;
}

/** Numbers that continue after a restart. */
export interface SampleCounters {
  readonly loadGeneration: number;
  readonly samplesStored: number;
}

/** What is saved at once. */
export interface SampleSave {
  readonly windowMs: number;
  /** Of all `windows`. */
  readonly layout: EntityLayout;
  readonly windows: readonly StoredWindow[];
  readonly brokerWindows: readonly StoredBrokerWindow[];
  readonly counters: SampleCounters;
  /** Windows that end earlier are deleted. */
  readonly keepFromMs: number;
}

/** What was kept, oldest window first. */
export interface LoadedSamples {
  readonly windows: readonly (StoredWindow & { readonly layout: EntityLayout })[];
  readonly brokerWindows: readonly StoredBrokerWindow[];
  readonly counters: SampleCounters;
}

/** samples.db, open. Every call may fail with `store_full`, after which the same call may succeed later. */
export interface SampleStore {
  /**
   * Writes windows, new or again. Fails with `store_corrupt` when the file was found damaged: it has been set aside
   * then, and everything must be saved again into the new one.
   */
  save(save: SampleSave): Result<void>;
  /** The newest `count` windows of that length. Fails with `store_corrupt` as `save` does. */
  load(options: { windowMs: number; count: number }): Result<LoadedSamples>;
  close(): void;
}

/**
 * Opens samples.db. A damaged file is set aside and a new one started. No space for opening it is not an error here:
 * the store then answers `store_full` to each call and opens the file when there is space again.
 * Fails with `store_too_new` or `invalid_file`.
 */
export function openSampleStore(options: OpenOptions): Result<SampleStore> {
  const opened = openSamples(options);
  if (!opened.ok && !opened.failure.retriable) return opened;
  let file = opened.ok ? withLayouts(opened.value) : undefined;

  function use<T>(work: (file: SamplesFile) => Result<T>): Result<T> {
    if (file === undefined) {
      const again = openSamples(options);
      if (!again.ok) return again;
      file = withLayouts(again.value);
    }
    const done = work(file);
    if (done.ok || done.failure.code !== "store_corrupt") return done;
    file.store.close();
    const anew = startSamplesAnew(options, done.failure.message);
    file = anew.ok ? withLayouts(anew.value) : undefined;
    return anew.ok ? done : anew;
  }

  return ok({
    save: (save) => use((open) => saveSamples(open, save)),
    load: (wanted) => use((open) => loadChecked(open, wanted)),
    close: () => file?.store.close(),
  });
}

/** The open file and the layouts that it is known to hold. */
interface SamplesFile {
  readonly store: Store;
  readonly layoutIds: WeakMap<EntityLayout, number>;
}

function withLayouts(store: Store): SamplesFile {
  return { store, layoutIds: new WeakMap() };
}

function saveSamples(file: SamplesFile, save: SampleSave): Result<void> {
  const { store, layoutIds } = file;
  const known = layoutIds.get(save.layout);
  const saved = store.transaction("Cannot store samples", (): number => {
    const layoutId = known ?? insertLayout(store, save.layout);
    for (const window of save.windows) saveWindow(store, window, { ...save, layoutId });
    for (const window of save.brokerWindows) saveBrokerWindow(store, window, save.windowMs);
    saveCounters(store, save.counters);
    deleteOld(store, { keepFromMs: save.keepFromMs, layoutId });
    return layoutId;
  });
  if (!saved.ok) return saved;
  layoutIds.set(save.layout, saved.value);
  return ok(undefined);
}

function insertLayout({ connection }: Store, layout: EntityLayout): number {
  const { lastInsertRowid } = connection.prepare("INSERT INTO layout (entity_count) VALUES (?)")
    .run(layout.entityCount);
  const insert = connection.prepare("INSERT INTO layout_topic VALUES (?, ?, ?, ?, ?)");
  for (const topic of layout.topics) {
    insert.run(lastInsertRowid, topic.name, topic.id, topic.firstRow, topic.partitions);
  }
  return lastInsertRowid;
}

function saveWindow(
  { connection }: Store,
  window: StoredWindow,
  save: { layout: EntityLayout; layoutId: number; windowMs: number },
): void {
  assert(
    window.sampleCounts.length === save.layout.entityCount,
    "A window must have the layout's length",
  );
  connection.prepare(
    `INSERT INTO partition_window VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      window_ms = excluded.window_ms, layout_id = excluded.layout_id,
      sample_counts = excluded.sample_counts`,
  ).run(window.endMs, save.windowMs, save.layoutId, bytesOf(window.sampleCounts));
  const insert = connection.prepare(
    `INSERT INTO partition_metric VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      totals = excluded.totals, known_counts = excluded.known_counts`,
  );
  const ids = window.metrics.map((metric) => metric.metricId);
  // A metric that nobody knows any more would keep its blob in the old layout.
  connection.prepare(
    `DELETE FROM partition_metric WHERE window_end_ms = ? AND metric_id NOT IN (${
      ids.map(() => "?").join(", ")
    })`,
  ).run(window.endMs, ...ids);
  for (const metric of window.metrics) {
    const sameCounts = equal(metric.knownCounts, window.sampleCounts);
    insert.run(
      window.endMs,
      metric.metricId,
      bytesOf(metric.totals),
      sameCounts ? null : bytesOf(metric.knownCounts),
    );
  }
}

function saveBrokerWindow({ connection }: Store, window: StoredBrokerWindow, windowMs: number) {
  assert(window.means.length === BROKER_METRICS.length, "A broker window has one mean a metric");
  const means = [...window.means].map((mean) => Number.isNaN(mean) ? null : mean);
  connection.prepare(
    `INSERT OR REPLACE INTO broker_window
      (window_end_ms, window_ms, broker_id, samples, ${BROKER_COLUMNS.join(", ")})
      VALUES (?, ?, ?, ?, ${means.map(() => "?").join(", ")})`,
  ).run(window.endMs, windowMs, window.brokerId, window.samples, ...means);
}

function saveCounters({ connection }: Store, counters: SampleCounters): void {
  const insert = connection.prepare("INSERT OR REPLACE INTO counter VALUES (?, ?)");
  insert.run("load_generation", counters.loadGeneration);
  insert.run("samples_stored", counters.samplesStored);
}

function deleteOld({ connection }: Store, keep: { keepFromMs: number; layoutId: number }): void {
  for (const table of ["partition_window", "broker_window"]) {
    connection.prepare(`DELETE FROM ${table} WHERE window_end_ms < ?`).run(keep.keepFromMs);
  }
  connection.prepare(
    `DELETE FROM layout WHERE layout_id <> ?
      AND layout_id NOT IN (SELECT layout_id FROM partition_window)`,
  ).run(keep.layoutId);
}

/** Thrown while loading when rows do not fit together; SQLite itself only notices damaged pages. */
class RowsDamaged extends Error {}

function loadChecked(
  file: SamplesFile,
  wanted: { windowMs: number; count: number },
): Result<LoadedSamples> {
  try {
    return file.store.transaction("Cannot load samples", () => loadSamples(file, wanted));
  } catch (error) {
    if (!(error instanceof RowsDamaged)) throw error;
    return fail("store_corrupt", `Cannot load samples from ${file.store.path}: ${error.message}`);
  }
}

function loadSamples(
  { store, layoutIds }: SamplesFile,
  wanted: { windowMs: number; count: number },
): LoadedSamples {
  const { connection } = store;
  const layouts = new Map<number, EntityLayout>();
  const rows = connection.prepare(
    "SELECT * FROM partition_window WHERE window_ms = ? ORDER BY window_end_ms DESC LIMIT ?",
  ).all(wanted.windowMs, wanted.count).reverse();
  const windows = rows.map((row) => {
    const layoutId = Number(row["layout_id"]);
    const layout = layouts.get(layoutId) ?? loadLayout(store, layoutId);
    layouts.set(layoutId, layout);
    layoutIds.set(layout, layoutId);
    return { ...loadWindow(store, row, layout), layout };
  });
  const fromMs = windows[0]?.endMs ?? 0;
  const brokerWindows = connection.prepare(
    "SELECT * FROM broker_window WHERE window_ms = ? AND window_end_ms >= ? ORDER BY window_end_ms",
  ).all(wanted.windowMs, fromMs).map(brokerWindowOf);
  const counter = (name: string) =>
    Number(
      connection.prepare("SELECT value FROM counter WHERE name = ?").get(name)?.["value"] ?? 0,
    );
  return {
    windows,
    brokerWindows,
    counters: {
      loadGeneration: counter("load_generation"),
      samplesStored: counter("samples_stored"),
    },
  };
}

function loadLayout({ connection }: Store, layoutId: number): EntityLayout {
  const head = connection.prepare("SELECT * FROM layout WHERE layout_id = ?").get(layoutId);
  if (head === undefined) throw new RowsDamaged(`layout ${layoutId} is missing`);
  const rows = connection.prepare(
    "SELECT * FROM layout_topic WHERE layout_id = ? ORDER BY first_row",
  ).all(layoutId);
  return {
    entityCount: Number(head["entity_count"]),
    topics: rows.map((row) => ({
      name: String(row["topic"]),
      id: String(row["topic_id"]),
      firstRow: Number(row["first_row"]),
      partitions: Number(row["partitions"]),
    })),
  };
}

function loadWindow({ connection }: Store, row: SqlRow, layout: EntityLayout): StoredWindow {
  const endMs = Number(row["window_end_ms"]);
  const sampleCounts = new Uint16Array(ownBytes(row["sample_counts"]!, 2 * layout.entityCount));
  const metrics = connection.prepare("SELECT * FROM partition_metric WHERE window_end_ms = ?")
    .all(endMs).map((metric) => {
      const known = metric["known_counts"]!;
      return {
        metricId: Number(metric["metric_id"]),
        totals: new Float32Array(ownBytes(metric["totals"]!, 4 * layout.entityCount)),
        knownCounts: known === null
          ? sampleCounts
          : new Uint16Array(ownBytes(known, 2 * layout.entityCount)),
      };
    });
  return { endMs, sampleCounts, metrics };
}

/** Columns of broker_window, in the order of BROKER_METRICS. */
const BROKER_COLUMNS = BROKER_METRICS.map((name) =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
);

function brokerWindowOf(row: SqlRow): StoredBrokerWindow {
  return {
    endMs: Number(row["window_end_ms"]),
    brokerId: Number(row["broker_id"]),
    samples: Number(row["samples"]),
    means: Float64Array.from(BROKER_COLUMNS, (column) => {
      const value = row[column]!;
      return value === null ? NaN : Number(value);
    }),
  };
}

// Blobs are little-endian by definition of the schema; every platform that Deno runs on is.
assert(new Uint8Array(Uint16Array.of(1).buffer)[0] === 1, "This platform is big-endian");

function bytesOf(array: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A blob's bytes in memory of their own, because a view needs alignment. */
function ownBytes(blob: SqlValue, byteLength: number): ArrayBuffer {
  assert(blob instanceof Uint8Array, "A column of a window is declared as a blob");
  if (blob.length !== byteLength) {
    throw new RowsDamaged(`a column has ${blob.length} bytes where its layout has ${byteLength}`);
  }
  const own = new Uint8Array(byteLength);
  own.set(blob);
  return own.buffer;
}

function equal(a: Uint16Array, b: Uint16Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
