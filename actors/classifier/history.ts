/**
 * What the classifier remembers of brokers: one row a broker and minute, in chunks of six hours.
 *
 * ```
 * series of a broker        chunk 79120        chunk 79121 (absent)   chunk 79122
 *                      | 360 rows x 6 |              -            | 360 rows x 6 |
 * row of minute m: chunk floor(m / 360), row m mod 360; NaN = not known
 * ```
 * Readings of one minute are averaged; of the heap the lowest counts, because the rest is what the next collection
 * takes away.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import { BROKER_METRICS } from "../../model/readings.ts";

/** Columns of a row, with units as in BROKER_METRICS. */
export const COLUMNS = [
  "cpuUsage",
  "heapUsedFraction",
  "messagesInRate",
  "bytesInRate",
  "produceTotalTimeMs",
  "fetchConsumerTotalTimeMs",
] as const satisfies readonly (typeof BROKER_METRICS[number])[];

/** Column of a row: fraction of the cores, mean of the minute. */
export const CPU = 0;
/** Column of a row: fraction of the heap, lowest of the minute. */
export const HEAP = 1;
/** Column of a row: 1/s. */
export const MESSAGES = 2;
/** Column of a row: KB/s. */
export const BYTES_IN = 3;
/** Column of a row: ms. */
export const PRODUCE_MS = 4;
/** Column of a row: ms. */
export const FETCH_MS = 5;

/** Columns of a row. */
export const COLUMN_COUNT = COLUMNS.length;

/** Rows of a chunk: 8.6 KB, a few hundred chunks a broker and month. */
export const CHUNK_MINUTES = 360;

/** Length of the unit of time, ms. */
export const MINUTE_MS = 60_000;

const SOURCES = COLUMNS.map((name) => BROKER_METRICS.indexOf(name));

/** The rows of one broker. Read with {@link valueAt}. */
export interface Series {
  /** Index of `chunks[0]`: minutes since the epoch / CHUNK_MINUTES. */
  firstChunk: number;
  /** CHUNK_MINUTES x COLUMN_COUNT each, row-major. */
  chunks: (Float32Array | undefined)[];
  /** Latest minute with a reading, -1 when none; with the readings of each column in it. */
  newestMinute: number;
  readonly counts: Int32Array;
  /** Chunks that changed since they were saved. */
  readonly dirty: Set<number>;
}

/** All brokers by id. */
export type History = Map<number, Series>;

/** A chunk as it is saved. */
export interface StoredChunk {
  readonly brokerId: number;
  /** Minutes since the epoch / CHUNK_MINUTES. */
  readonly chunk: number;
  /** CHUNK_MINUTES x COLUMN_COUNT, row-major. */
  readonly values: Float32Array;
}

/** Minute of a time, epoch ms. */
export function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS);
}

/** A series without rows. */
export function emptySeries(): Series {
  return {
    firstChunk: 0,
    chunks: [],
    newestMinute: -1,
    counts: new Int32Array(COLUMN_COUNT),
    dirty: new Set(),
  };
}

/** The value of a column at a minute, NaN when it is not known. */
export function valueAt(series: Series, minute: number, column: number): number {
  const chunk = Math.floor(minute / CHUNK_MINUTES);
  const values = series.chunks[chunk - series.firstChunk];
  if (values === undefined) return NaN;
  return values[(minute - chunk * CHUNK_MINUTES) * COLUMN_COUNT + column]!;
}

/** First minute of the oldest chunk, Infinity for an empty series. */
export function oldestMinute(series: Series): number {
  return series.chunks.length === 0 ? Infinity : series.firstChunk * CHUNK_MINUTES;
}

/** Writes one value; makes room where there is none. */
export function setValue(series: Series, minute: number, cell: { column: number; value: number }) {
  const chunk = Math.floor(minute / CHUNK_MINUTES);
  const row = (minute - chunk * CHUNK_MINUTES) * COLUMN_COUNT;
  chunkOf(series, chunk)[row + cell.column] = cell.value;
  series.dirty.add(chunk);
}

function chunkOf(series: Series, chunk: number): Float32Array {
  if (series.chunks.length === 0) series.firstChunk = chunk;
  if (chunk < series.firstChunk) {
    series.chunks.unshift(...new Array(series.firstChunk - chunk).fill(undefined));
    series.firstChunk = chunk;
  }
  const at = chunk - series.firstChunk;
  while (series.chunks.length <= at) series.chunks.push(undefined);
  return series.chunks[at] ??= new Float32Array(CHUNK_MINUTES * COLUMN_COUNT).fill(NaN);
}

/**
 * Takes a reading in: `values` is brokers x BROKER_METRICS, row-major, NaN = not known. A reading of a minute before
 * the latest one of that broker is ignored. Returns how many brokers were taken.
 */
export function recordReading(
  history: History,
  atMs: number,
  reading: { readonly brokerIds: Int32Array; readonly values: Float64Array },
): number {
  const width = BROKER_METRICS.length;
  assert(
    reading.values.length === reading.brokerIds.length * width,
    `Broker metrics must have ${reading.brokerIds.length} x ${width} values, got ${reading.values.length}`,
  );
  const minute = minuteOf(atMs);
  let taken = 0;
  reading.brokerIds.forEach((brokerId, i) => {
    let series = history.get(brokerId);
    if (series === undefined) history.set(brokerId, series = emptySeries());
    if (minute < series.newestMinute) return;
    if (minute > series.newestMinute) startMinute(series, minute);
    taken++;
    for (let column = 0; column < COLUMN_COUNT; column++) {
      addValue(series, column, reading.values[i * width + SOURCES[column]!]!);
    }
  });
  return taken;
}

/** Begins a minute; one that has values from before a restart goes on with a weight of one reading. */
function startMinute(series: Series, minute: number): void {
  series.newestMinute = minute;
  for (let column = 0; column < COLUMN_COUNT; column++) {
    series.counts[column] = Number.isNaN(valueAt(series, minute, column)) ? 0 : 1;
  }
}

function addValue(series: Series, column: number, value: number): void {
  if (!Number.isFinite(value)) return;
  const minute = series.newestMinute;
  const count = series.counts[column]!++;
  const before = count === 0 ? value : valueAt(series, minute, column);
  const merged = column === HEAP
    ? Math.min(before, value)
    : before + (value - before) / (count + 1);
  setValue(series, minute, { column, value: merged });
}

/**
 * Mean of the known values of a column in the minutes (to - length, to], NaN when none is known. Reads nothing after
 * `to`.
 */
export function meanOver(
  series: Series,
  to: number,
  window: { readonly column: number; readonly length: number },
): number {
  let sum = 0;
  let known = 0;
  for (let minute = to - window.length + 1; minute <= to; minute++) {
    const value = valueAt(series, minute, window.column);
    if (value !== value) continue;
    sum += value;
    known++;
  }
  return known === 0 ? NaN : sum / known;
}

/** As {@link meanOver}, the lowest. */
export function lowestOver(
  series: Series,
  to: number,
  window: { readonly column: number; readonly length: number },
): number {
  let lowest = Infinity;
  for (let minute = to - window.length + 1; minute <= to; minute++) {
    const value = valueAt(series, minute, window.column);
    if (value < lowest) lowest = value;
  }
  return lowest === Infinity ? NaN : lowest;
}

/** Days that are kept of each broker: `days`, or fewer when all brokers together would have more than `rowsMax` rows. */
export function keptMinutes(brokers: number, limits: { days: number; rowsMax: number }): number {
  const room = Math.floor(limits.rowsMax / Math.max(1, brokers));
  // Less than two days would have no yesterday to learn from.
  return Math.max(2 * 1440, Math.min(limits.days * 1440, room));
}

/** Forgets whole chunks that ended before `beforeMinute`, and brokers without any left. */
export function forgetBefore(history: History, beforeMinute: number): void {
  const firstKept = Math.floor(beforeMinute / CHUNK_MINUTES);
  for (const [brokerId, series] of history) {
    const gone = Math.min(series.chunks.length, firstKept - series.firstChunk);
    if (gone > 0) {
      series.chunks.splice(0, gone);
      series.firstChunk += gone;
      for (const chunk of series.dirty) if (chunk < series.firstChunk) series.dirty.delete(chunk);
    }
    if (series.chunks.length === 0) history.delete(brokerId);
  }
}

/** Chunks that changed since they were taken last. They count as saved: put them back with {@link markDirty} if not. */
export function takeDirty(history: History): StoredChunk[] {
  const taken: StoredChunk[] = [];
  for (const [brokerId, series] of history) {
    for (const chunk of series.dirty) {
      const values = series.chunks[chunk - series.firstChunk];
      if (values !== undefined) taken.push({ brokerId, chunk, values });
    }
    series.dirty.clear();
  }
  return taken;
}

/** Whether anything changed since it was taken last. */
export function isDirty(history: History): boolean {
  for (const series of history.values()) if (series.dirty.size > 0) return true;
  return false;
}

/** Makes chunks wait for the next save again. */
export function markDirty(history: History, chunks: readonly StoredChunk[]): void {
  for (const { brokerId, chunk } of chunks) history.get(brokerId)?.dirty.add(chunk);
}

/** A history of saved chunks. */
export function restoreHistory(chunks: readonly StoredChunk[]): History {
  const history: History = new Map();
  for (const { brokerId, chunk, values } of chunks) {
    let series = history.get(brokerId);
    if (series === undefined) history.set(brokerId, series = emptySeries());
    chunkOf(series, chunk).set(values);
  }
  return history;
}

/** First and last minute that any broker may have rows for; undefined for an empty history. */
export function rangeOf(
  history: History,
): { readonly from: number; readonly to: number } | undefined {
  let from = Infinity;
  let to = -Infinity;
  for (const series of history.values()) {
    from = Math.min(from, firstKnown(series));
    to = Math.max(to, lastKnown(series));
  }
  return from <= to ? { from, to } : undefined;
}

function firstKnown(series: Series): number {
  const end = oldestMinute(series) + series.chunks.length * CHUNK_MINUTES;
  for (let minute = oldestMinute(series); minute < end; minute++) {
    if (!Number.isNaN(valueAt(series, minute, CPU))) return minute;
  }
  return Infinity;
}

/** Latest minute with a known cpu, -Infinity without one. */
export function lastKnown(series: Series): number {
  const from = oldestMinute(series);
  for (let minute = from + series.chunks.length * CHUNK_MINUTES - 1; minute >= from; minute--) {
    if (!Number.isNaN(valueAt(series, minute, CPU))) return minute;
  }
  return -Infinity;
}
