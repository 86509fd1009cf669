/**
 * The schema of samples.db, as numbered steps forward.
 *
 * Bulk is kept as columns of a window: one row a window and metric, with a blob of one little-endian float32 a
 * partition. Which partition is which follows from the layout: a topic's partitions are `first_row ..`. The view
 * `partition_load` turns that back into rows that a person can query:
 *
 * ```
 * sqlite3 samples.db "SELECT * FROM partition_load WHERE topic = 'orders' AND metric = 'LEADER_BYTES_IN'"
 * ```
 *
 * @module
 */
import type { Migration } from "./migration.ts";

/** The value of two hexadecimal digits at `position` (from 1) of `text`, in SQL. */
function hexByte(text: string, position: number): string {
  const digit = (at: number) => `(instr('0123456789ABCDEF', substr(${text}, ${at}, 1)) - 1)`;
  return `(${digit(position)} * 16 + ${digit(position + 1)})`;
}

/** An unsigned little-endian number of `bytes` bytes from hexadecimal digits, in SQL. */
function littleEndian(text: string, bytes: number): string {
  const parts = Array.from(
    { length: bytes },
    (_, i) => `(${hexByte(text, 2 * i + 1)} << ${8 * i})`,
  );
  return `(${parts.join(" | ")})`;
}

// Written out and not taken from the model: what a migration did to a file must not change with the program.
const METRIC_NAMES =
  "(0, 'CPU_USAGE'), (1, 'DISK_USAGE'), (2, 'LEADER_BYTES_IN'), (3, 'LEADER_BYTES_OUT'), " +
  "(4, 'PRODUCE_RATE'), (5, 'FETCH_RATE'), (6, 'MESSAGE_IN_RATE'), " +
  "(7, 'REPLICATION_BYTES_IN_RATE'), (8, 'REPLICATION_BYTES_OUT_RATE')";

/** Every step, ascending. */
export const SAMPLES_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "windows of partitions and brokers",
    sql: `
      -- Which topics' partitions a blob's entries are. Immutable; a changed set of topics is a new layout.
      CREATE TABLE layout (layout_id INTEGER PRIMARY KEY, entity_count INTEGER NOT NULL) STRICT;
      CREATE TABLE layout_topic (
        layout_id INTEGER NOT NULL REFERENCES layout ON DELETE CASCADE,
        topic TEXT NOT NULL, topic_id TEXT NOT NULL,
        first_row INTEGER NOT NULL, partitions INTEGER NOT NULL,
        PRIMARY KEY (layout_id, first_row)
      ) STRICT, WITHOUT ROWID;

      -- One row a window. Times are epoch ms, the end is exclusive. sample_counts: uint16 a partition.
      CREATE TABLE partition_window (
        window_end_ms INTEGER PRIMARY KEY, window_ms INTEGER NOT NULL,
        layout_id INTEGER NOT NULL REFERENCES layout, sample_counts BLOB NOT NULL
      ) STRICT;
      CREATE INDEX partition_window_layout ON partition_window (layout_id);
      -- totals: float32 a partition, the sum of the known samples (mean metrics) or the last one (DISK_USAGE).
      -- known_counts: uint16 a partition, NULL when they are the window's sample_counts. A metric that nobody knew has no row.
      CREATE TABLE partition_metric (
        window_end_ms INTEGER NOT NULL REFERENCES partition_window ON DELETE CASCADE,
        metric_id INTEGER NOT NULL, totals BLOB NOT NULL, known_counts BLOB,
        PRIMARY KEY (window_end_ms, metric_id)
      ) STRICT;

      -- Means over the window; NULL = not known. Units as in BROKER_METRICS of model/readings.ts.
      CREATE TABLE broker_window (
        window_end_ms INTEGER NOT NULL, window_ms INTEGER NOT NULL, broker_id INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        cpu_usage REAL, cores REAL, bytes_in_rate REAL, bytes_out_rate REAL,
        replication_bytes_in_rate REAL, replication_bytes_out_rate REAL, messages_in_rate REAL,
        heap_used_fraction REAL, produce_total_time_ms REAL, fetch_consumer_total_time_ms REAL,
        request_queue_size REAL, request_handler_idle_fraction REAL,
        PRIMARY KEY (window_end_ms, broker_id)
      ) STRICT, WITHOUT ROWID;

      -- Counters that outlive a restart.
      CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      CREATE VIEW metric_name (metric_id, metric) AS VALUES ${METRIC_NAMES};

      CREATE VIEW partition_load AS
      WITH RECURSIVE number (n) AS (
        SELECT 0 UNION ALL
        SELECT n + 1 FROM number WHERE n + 1 < (SELECT max(partitions) FROM layout_topic)
      ), entry AS (
        SELECT w.window_end_ms, t.topic, number.n AS "partition", name.metric, m.metric_id,
          ${
      littleEndian("hex(substr(w.sample_counts, 2 * (t.first_row + number.n) + 1, 2))", 2)
    } AS samples,
          ${
      littleEndian(
        "hex(substr(coalesce(m.known_counts, w.sample_counts), 2 * (t.first_row + number.n) + 1, 2))",
        2,
      )
    } AS known,
          ${littleEndian("hex(substr(m.totals, 4 * (t.first_row + number.n) + 1, 4))", 4)} AS bits
        FROM partition_window w
        JOIN layout_topic t USING (layout_id)
        JOIN partition_metric m USING (window_end_ms)
        JOIN metric_name name USING (metric_id)
        JOIN number ON number.n < t.partitions
      ), number_of AS (
        -- IEEE 754 single precision: sign, exponent - 127, 24-bit fraction; shifts of up to 62 bits stay exact.
        -- Values below 2^-126 read as about 2^-127: nothing that is measured is that small.
        SELECT *, CASE WHEN bits >> 31 = 1 THEN -1.0 ELSE 1.0 END AS sign,
          ((bits >> 23) & 255) - 150 AS power, (bits & 8388607) | 8388608 AS fraction
        FROM entry
      )
      SELECT window_end_ms, datetime(window_end_ms / 1000, 'unixepoch') AS window_end,
        topic, "partition", metric, samples,
        CASE WHEN known = 0 THEN NULL
          WHEN bits & 2147483647 = 0 THEN 0.0
          ELSE sign * fraction
            * (1 << max(0, min(62, power))) * (1 << max(0, min(62, power - 62)))
            / (1 << max(0, min(62, -power))) / (1 << max(0, min(62, -power - 62)))
            / (1 << max(0, -power - 124))
            / CASE WHEN metric = 'DISK_USAGE' THEN 1 ELSE known END
        END AS value
      FROM number_of;
    `,
  },
  {
    version: 2,
    name: "history of broker metrics",
    sql: `
      -- What the classifier learns from. rows: float32, little-endian, one row a minute of the six hours of the chunk
      -- (chunk = minutes since the epoch / 360) with the columns cpuUsage, heapUsedFraction, messagesInRate,
      -- bytesInRate, produceTotalTimeMs, fetchConsumerTotalTimeMs; NaN = not known.
      CREATE TABLE broker_history (
        id INTEGER PRIMARY KEY, broker_id INTEGER NOT NULL, chunk INTEGER NOT NULL, rows BLOB NOT NULL,
        UNIQUE (broker_id, chunk)
      ) STRICT;
    `,
  },
];
