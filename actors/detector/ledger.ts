/**
 * The anomalies that last, one of a kind at most, and every change of them written down.
 *
 * ```
 * observe --> DETECTED --> CHECK_WITH_DELAY | IGNORED | FIX_STARTED | FIX_FAILED_TO_START | ..._NOT_READY
 *                ^                                  |
 *                +--- observe: other parts ---------+--- gone: ended
 * ```
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { AnomalyCondition, AnomalyKind, AnomalyStatus } from "../../model/anomaly.ts";
import type { AnomalyRecord, AnomalyStore } from "../../store/anomalies.ts";
import { describe, fingerprint } from "./conditions.ts";

/** Members that change beside the status. */
export type Patch = Partial<
  Pick<
    AnomalyRecord,
    "alertedAtMs" | "alerted" | "wouldDo" | "wouldDoFor" | "failures" | "retryAtMs"
  >
>;

/** What the ledger needs. */
export interface LedgerDeps {
  readonly store: AnomalyStore;
  readonly log: Log;
  newId(): string;
  /** Anomalies of a kind that are kept. */
  readonly historyMax: number;
}

/** See the top of the file. */
export class Ledger {
  readonly #deps: LedgerDeps;
  readonly #open = new Map<AnomalyKind, AnomalyRecord>();
  readonly #detected = new Map<AnomalyKind, number>();

  /** A ledger that has read nothing yet. */
  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  /** Takes up what lasts since an earlier life. */
  load(): Result<void> {
    const open = this.#deps.store.openAnomalies();
    if (!open.ok) return open;
    for (const record of open.value) this.#open.set(record.condition.kind, record);
    return ok(undefined);
  }

  /** The anomaly of a kind that lasts. */
  of(kind: AnomalyKind): AnomalyRecord | undefined {
    return this.#open.get(kind);
  }

  /** All that last. */
  all(): AnomalyRecord[] {
    return [...this.#open.values()];
  }

  /** Anomalies of a kind since the start of this life. */
  detected(kind: AnomalyKind): number {
    return this.#detected.get(kind) ?? 0;
  }

  /** The condition holds at `nowMs`: a new anomaly, or news of the one that lasts. */
  observe(condition: AnomalyCondition, nowMs: number): AnomalyRecord {
    const { kind } = condition;
    const known = this.#open.get(kind);
    if (known !== undefined && fingerprint(known.condition) === fingerprint(condition)) {
      // Figures beside the parts may differ; they are not worth a line of history.
      if (JSON.stringify(known.condition) === JSON.stringify(condition)) return known;
      return this.#put({ ...known, condition });
    }
    const reason = describe(condition);
    const fresh = { condition, status: "DETECTED" as const, reason, statusAtMs: nowMs };
    if (known !== undefined) {
      // Brokers come and go in what is predicted; a plan is for all of them, and needs its time to show.
      const waits = kind === "PREDICTED_OVERLOAD" ? {} : { failures: 0, retryAtMs: undefined };
      return this.#put({ ...known, ...fresh, ...waits }, true);
    }
    this.#detected.set(kind, this.detected(kind) + 1);
    const record: AnomalyRecord = {
      ...fresh,
      id: this.#deps.newId(),
      detectedAtMs: nowMs,
      endedAtMs: undefined,
      alertedAtMs: undefined,
      alerted: [],
      wouldDo: undefined,
      wouldDoFor: undefined,
      failures: 0,
      retryAtMs: undefined,
    };
    return this.#put(record, true);
  }

  /** The condition of this kind holds no more. Gives the anomaly that is over, undefined when there was none. */
  gone(kind: AnomalyKind, nowMs: number): AnomalyRecord | undefined {
    const record = this.#open.get(kind);
    if (record === undefined) return undefined;
    const ended = this.#put({ ...record, endedAtMs: nowMs });
    this.#open.delete(kind);
    this.#noted(this.#deps.store.prune(this.#deps.historyMax));
    return ended;
  }

  /** Gives the anomaly of this kind a status. */
  mark(
    kind: AnomalyKind,
    change: { status: AnomalyStatus; reason: string; nowMs: number } & Patch,
  ): AnomalyRecord {
    const record = this.#open.get(kind);
    assert(record !== undefined, `There is no ${kind} to change the status of`);
    const { nowMs, ...rest } = change;
    const isNews = record.status !== change.status || record.reason !== change.reason;
    return this.#put(
      { ...record, ...rest, statusAtMs: isNews ? nowMs : record.statusAtMs },
      isNews,
    );
  }

  /** Changes what decides about the anomaly, not its status. */
  patch(kind: AnomalyKind, patch: Patch): AnomalyRecord {
    const record = this.#open.get(kind);
    assert(record !== undefined, `There is no ${kind} to change`);
    return this.#put({ ...record, ...patch });
  }

  #put(record: AnomalyRecord, isNews = false): AnomalyRecord {
    this.#open.set(record.condition.kind, record);
    const { status, reason, statusAtMs: atMs } = record;
    this.#noted(this.#deps.store.save(record, isNews ? { atMs, status, reason } : undefined));
    return record;
  }

  /** What cannot be written is kept in memory: looking after the cluster goes on. */
  #noted(result: Result<void>): void {
    if (result.ok) return;
    this.#deps.log.error("An anomaly was not written down", { reason: result.failure.message });
  }
}
