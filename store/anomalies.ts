/**
 * What the detector must not forget, in state.db: anomalies with their history, attempts to heal, since when brokers
 * are gone, and what people switched. Written by the detector alone.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import type { Result } from "../lib/failure.ts";
import {
  type Anomaly,
  ANOMALY_KINDS,
  type AnomalyCondition,
  type AnomalyKind,
  type AnomalyStatus,
  type AnomalyTransition,
  type HealingAttempt,
  type HealingPlan,
} from "../model/anomaly.ts";
import type { Store } from "./open.ts";
import type { SqlRow, SqlValue } from "./sqlite.ts";

/** Transitions and attempts kept of one anomaly. */
const HISTORY_MAX = 100;

/** An anomaly without its history, with what decides about it. */
export interface AnomalyRecord extends Omit<Anomaly, "transitions" | "attempts"> {
  /** Parts of the condition that somebody was told of. */
  readonly alerted: readonly string[];
  /** The condition that `wouldDo` was planned for, undefined before. */
  readonly wouldDoFor: string | undefined;
  /** Fixes in a row that did not heal the condition as it is. */
  readonly failures: number;
  /** No fix before, epoch ms; undefined = no need to wait. */
  readonly retryAtMs: number | undefined;
}

/** A switch that somebody set while running. */
export interface StoredSwitch {
  readonly kind: AnomalyKind;
  readonly enabled: boolean;
  /** The configured value at that time. */
  readonly configured: boolean;
}

/** Totals over all lives. */
export interface HealingTotals {
  readonly fixesStarted: number;
  readonly fixesFailedToStart: number;
  /** From the alert to the start of the fix, summed up over the fixes that began an anomaly's healing. */
  readonly msToStartFix: number;
  readonly periods: number;
}

/** Keeps anomalies. Failures: `store_full`, `store_corrupt`, `deadline_exceeded`. */
export interface AnomalyStore {
  /** Anomalies that last, at most one of a kind. */
  openAnomalies(): Result<AnomalyRecord[]>;
  /** The latest of a kind with their history, newest first. */
  recent(kind: AnomalyKind, limit: number): Result<Anomaly[]>;
  /** Writes an anomaly, and a change of its status when there is one. */
  save(record: AnomalyRecord, transition?: AnomalyTransition): Result<void>;
  /** Writes an attempt, replacing what is known of it. */
  saveAttempt(attempt: HealingAttempt): Result<void>;
  /** The attempt that has not ended, undefined when there is none. */
  openAttempt(): Result<HealingAttempt | undefined>;
  /** Since when brokers are gone, epoch ms by id. */
  failedBrokers(): Result<Map<number, number>>;
  saveFailedBrokers(since: ReadonlyMap<number, number>): Result<void>;
  /** Whether a file of Cruise Control was taken over, and notes that it was. */
  wasImported(path: string): Result<boolean>;
  noteImport(path: string, nowMs: number): Result<void>;
  switches(): Result<StoredSwitch[]>;
  saveSwitches(switches: readonly StoredSwitch[], nowMs: number): Result<void>;
  totals(): Result<HealingTotals>;
  saveTotals(totals: HealingTotals): Result<void>;
  /** Forgets the oldest anomalies that are over, so that at most `max` of a kind stay. */
  prune(max: number): Result<void>;
}

/** The anomalies in an open state.db. */
export function anomalyStore(store: Store): AnomalyStore {
  return { ...records(store), ...attempts(store), ...small(store) };
}

type Records = Pick<AnomalyStore, "openAnomalies" | "recent" | "save" | "prune">;

function records(store: Store): Records {
  const sql = (text: string) => store.connection.prepare(text);
  const upsert = sql(
    `INSERT INTO anomaly VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET condition = excluded.condition, status = excluded.status,
       reason = excluded.reason, status_ms = excluded.status_ms, ended_ms = excluded.ended_ms,
       alerted_ms = excluded.alerted_ms, alerted = excluded.alerted, would_do = excluded.would_do,
       would_do_for = excluded.would_do_for, failures = excluded.failures,
       retry_ms = excluded.retry_ms`,
  );
  const append = sql(
    `INSERT INTO anomaly_transition SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ?
     FROM anomaly_transition WHERE anomaly_id = ?`,
  );
  const trim = sql(
    `DELETE FROM anomaly_transition WHERE anomaly_id = ? AND seq <=
       (SELECT max(seq) FROM anomaly_transition WHERE anomaly_id = ?) - ${HISTORY_MAX}`,
  );
  const open = sql("SELECT * FROM anomaly WHERE ended_ms IS NULL ORDER BY detected_ms, id");
  const recent = sql("SELECT * FROM anomaly WHERE kind = ? ORDER BY detected_ms DESC, id LIMIT ?");
  const transitions = sql("SELECT * FROM anomaly_transition WHERE anomaly_id = ? ORDER BY seq");
  const tries = sql(
    `SELECT * FROM (SELECT * FROM healing WHERE anomaly_id = ? ORDER BY begun_ms DESC,
       execution_uuid LIMIT ${HISTORY_MAX}) ORDER BY begun_ms, execution_uuid`,
  );
  const forget = sql(
    `DELETE FROM anomaly WHERE ended_ms IS NOT NULL AND kind = ? AND id NOT IN
       (SELECT id FROM anomaly WHERE kind = ? ORDER BY detected_ms DESC, id LIMIT ?)`,
  );
  return {
    openAnomalies: () =>
      store.transaction("Cannot read open anomalies", () => open.all().map(recordOf)),
    recent: (kind, limit) =>
      store.transaction("Cannot read recent anomalies", () =>
        recent.all(kind, limit).map((row) => {
          const { alerted: _, wouldDoFor: __, failures: ___, retryAtMs: ____, ...shown } = recordOf(
            row,
          );
          return {
            ...shown,
            transitions: transitions.all(shown.id).map(transitionOf),
            attempts: tries.all(shown.id).map(attemptOf),
          };
        })),
    save: (record, transition) =>
      store.transaction("Cannot save an anomaly", () => {
        upsert.run(...valuesOf(record));
        if (transition === undefined) return;
        const { atMs, status, reason } = transition;
        append.run(record.id, atMs, status, reason, record.id);
        trim.run(record.id, record.id);
      }),
    prune: (max) =>
      store.transaction("Cannot forget old anomalies", () => {
        for (const kind of ANOMALY_KINDS) forget.run(kind, kind, max);
      }),
  };
}

type Attempts = Pick<AnomalyStore, "saveAttempt" | "openAttempt">;

function attempts(store: Store): Attempts {
  const upsert = store.connection.prepare(
    `INSERT INTO healing VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (execution_uuid) DO UPDATE SET
       state = excluded.state, plan = excluded.plan, ended_ms = excluded.ended_ms,
       outcome = excluded.outcome`,
  );
  const open = store.connection.prepare("SELECT * FROM healing WHERE state <> 'ended'");
  return {
    saveAttempt: (attempt) =>
      store.transaction("Cannot save an attempt to heal", () => {
        upsert.run(
          attempt.executionUuid,
          attempt.anomalyId,
          attempt.begunAtMs,
          attempt.state,
          jsonOf(attempt.plan),
          attempt.endedAtMs ?? null,
          attempt.outcome ?? null,
        );
      }),
    openAttempt: () =>
      store.transaction("Cannot read the attempt to heal", () => {
        const row = open.get();
        return row === undefined ? undefined : attemptOf(row);
      }),
  };
}

type Small = Omit<AnomalyStore, keyof Records | keyof Attempts>;

const TOTALS = ["fixesStarted", "fixesFailedToStart", "msToStartFix", "periods"] as const;

function small(store: Store): Small {
  const sql = (text: string) => store.connection.prepare(text);
  const brokers = sql("SELECT * FROM failed_broker");
  const clear = sql("DELETE FROM failed_broker");
  const note = sql("INSERT INTO failed_broker VALUES (?, ?)");
  const imported = sql("SELECT 1 FROM imported_file WHERE path = ?");
  const noteImport = sql("INSERT OR IGNORE INTO imported_file VALUES (?, ?)");
  const switches = sql("SELECT * FROM self_healing_switch");
  const turn = sql("INSERT OR REPLACE INTO self_healing_switch VALUES (?, ?, ?, ?)");
  const totals = sql("SELECT * FROM healing_total");
  const total = sql("INSERT OR REPLACE INTO healing_total VALUES (?, ?)");
  return {
    failedBrokers: () =>
      store.transaction(
        "Cannot read failed brokers",
        () =>
          new Map(brokers.all().map((row) => [Number(row["broker_id"]), Number(row["since_ms"])])),
      ),
    saveFailedBrokers: (since) =>
      store.transaction("Cannot save failed brokers", () => {
        clear.run();
        for (const [brokerId, sinceMs] of since) note.run(brokerId, sinceMs);
      }),
    wasImported: (path) =>
      store.transaction("Cannot read imported files", () => imported.get(path) !== undefined),
    noteImport: (path, nowMs) =>
      store.transaction("Cannot note an imported file", () => {
        noteImport.run(path, nowMs);
      }),
    switches: () =>
      store.transaction(
        "Cannot read the switches of self-healing",
        () =>
          switches.all().filter((row) => isKind(row["kind"])).map((row) => ({
            kind: row["kind"] as AnomalyKind,
            enabled: row["enabled"] === 1,
            configured: row["configured"] === 1,
          })),
      ),
    saveSwitches: (changed, nowMs) =>
      store.transaction("Cannot save the switches of self-healing", () => {
        for (const { kind, enabled, configured } of changed) {
          turn.run(kind, enabled ? 1 : 0, configured ? 1 : 0, nowMs);
        }
      }),
    totals: () =>
      store.transaction("Cannot read the totals of self-healing", () => {
        const known = new Map(totals.all().map((row) => [row["name"], Number(row["value"])]));
        const of = (name: typeof TOTALS[number]) => known.get(name) ?? 0;
        return {
          fixesStarted: of("fixesStarted"),
          fixesFailedToStart: of("fixesFailedToStart"),
          msToStartFix: of("msToStartFix"),
          periods: of("periods"),
        };
      }),
    saveTotals: (values) =>
      store.transaction("Cannot save the totals of self-healing", () => {
        for (const name of TOTALS) total.run(name, values[name]);
      }),
  };
}

function isKind(value: SqlValue | undefined): boolean {
  return (ANOMALY_KINDS as readonly unknown[]).includes(value);
}

function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

function textOf(value: SqlValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: SqlValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function planOf(value: SqlValue | undefined): HealingPlan | undefined {
  return typeof value === "string" ? JSON.parse(value) as HealingPlan : undefined;
}

function valuesOf(record: AnomalyRecord): SqlValue[] {
  return [
    record.id,
    record.condition.kind,
    JSON.stringify(record.condition),
    record.detectedAtMs,
    record.status,
    record.reason,
    record.statusAtMs,
    record.endedAtMs ?? null,
    record.alertedAtMs ?? null,
    JSON.stringify(record.alerted),
    jsonOf(record.wouldDo),
    record.wouldDoFor ?? null,
    record.failures,
    record.retryAtMs ?? null,
  ];
}

function recordOf(row: SqlRow): AnomalyRecord {
  assert(isKind(row["kind"]), `Kind ${row["kind"]} of a stored anomaly is unknown`);
  return {
    id: String(row["id"]),
    condition: JSON.parse(String(row["condition"])) as AnomalyCondition,
    detectedAtMs: Number(row["detected_ms"]),
    status: String(row["status"]) as AnomalyStatus,
    reason: String(row["reason"]),
    statusAtMs: Number(row["status_ms"]),
    endedAtMs: numberOf(row["ended_ms"]),
    alertedAtMs: numberOf(row["alerted_ms"]),
    alerted: JSON.parse(String(row["alerted"])) as string[],
    wouldDo: planOf(row["would_do"]),
    wouldDoFor: textOf(row["would_do_for"]),
    failures: Number(row["failures"]),
    retryAtMs: numberOf(row["retry_ms"]),
  };
}

function transitionOf(row: SqlRow): AnomalyTransition {
  return {
    atMs: Number(row["at_ms"]),
    status: String(row["status"]) as AnomalyStatus,
    reason: String(row["reason"]),
  };
}

function attemptOf(row: SqlRow): HealingAttempt {
  return {
    executionUuid: String(row["execution_uuid"]),
    anomalyId: String(row["anomaly_id"]),
    begunAtMs: Number(row["begun_ms"]),
    state: String(row["state"]) as HealingAttempt["state"],
    plan: planOf(row["plan"]),
    endedAtMs: numberOf(row["ended_ms"]),
    outcome: textOf(row["outcome"]),
  };
}
