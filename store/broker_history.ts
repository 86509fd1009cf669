/**
 * The classifier's history of broker metrics in samples.db, as chunks of rows. Written by the classifier alone.
 *
 * The aggregator owns the file: it is the one that sets a damaged file aside. This store opens the file when it is
 * used, answers with the failure when it cannot, and tries again at the next call.
 *
 * @module
 */
import { ok, type Result } from "../lib/failure.ts";
import { type OpenOptions, openSamplesAsGuest, type Store } from "./open.ts";

/** A chunk: values of one broker over some minutes. */
export interface HistoryChunk {
  readonly brokerId: number;
  /** Index of the chunk in time. */
  readonly chunk: number;
  /** Rows one after the other; NaN = not known. */
  readonly values: Float32Array;
}

/** Keeps chunks. Failures: `store_full`, `store_corrupt`, `deadline_exceeded`, `store_too_new`, `invalid_file`. */
export interface BrokerHistoryStore {
  /** Writes chunks, new or again, and removes all of brokers' chunks before `keepFromChunk`. */
  save(chunks: readonly HistoryChunk[], options: { readonly keepFromChunk: number }): Result<void>;
  /** All chunks of `valuesPerChunk` values; those of another length, of another layout, are left out. */
  load(options: { readonly valuesPerChunk: number }): Result<HistoryChunk[]>;
  close(): void;
}

/** The history in samples.db. Opening is tried at the first call, so this does not fail. */
export function brokerHistoryStore(options: OpenOptions): BrokerHistoryStore {
  let store: Store | undefined;

  function use<T>(work: (store: Store) => Result<T>): Result<T> {
    if (store === undefined) {
      const opened = openSamplesAsGuest(options);
      if (!opened.ok) return opened;
      store = opened.value;
    }
    const done = work(store);
    if (!done.ok && done.failure.code === "store_corrupt") {
      store.close();
      store = undefined;
    }
    return done;
  }

  return {
    save: (chunks, { keepFromChunk }) => use((open) => saveChunks(open, chunks, { keepFromChunk })),
    load: ({ valuesPerChunk }) => use((open) => loadChunks(open, valuesPerChunk)),
    close: () => store?.close(),
  };
}

function saveChunks(
  store: Store,
  chunks: readonly HistoryChunk[],
  { keepFromChunk }: { readonly keepFromChunk: number },
): Result<void> {
  return store.transaction("Cannot store the history of broker metrics", () => {
    const insert = store.connection.prepare(
      "INSERT OR REPLACE INTO broker_history (broker_id, chunk, rows) VALUES (?, ?, ?)",
    );
    for (const { brokerId, chunk, values } of chunks) {
      const { buffer, byteOffset, byteLength } = values;
      insert.run(brokerId, chunk, new Uint8Array(buffer, byteOffset, byteLength));
    }
    store.connection.prepare("DELETE FROM broker_history WHERE chunk < ?").run(keepFromChunk);
  });
}

function loadChunks(store: Store, valuesPerChunk: number): Result<HistoryChunk[]> {
  const read = store.transaction(
    "Cannot read the history of broker metrics",
    () =>
      store.connection.prepare("SELECT broker_id, chunk, rows FROM broker_history ORDER BY 1, 2")
        .all(),
  );
  if (!read.ok) return read;
  return ok(read.value.flatMap((row) => {
    const rows = row["rows"];
    if (!(rows instanceof Uint8Array) || rows.byteLength !== 4 * valuesPerChunk) return [];
    // Copied: a typed array of floats needs an aligned buffer.
    const values = new Float32Array(new Uint8Array(rows).buffer);
    return [{ brokerId: Number(row["broker_id"]), chunk: Number(row["chunk"]), values }];
  }));
}
