/**
 * The history that the actor holds: taken in, saved now and then, forgotten when old.
 *
 * @module
 */
import type { Log } from "../../lib/log.ts";
import type { BrokerHistoryStore } from "../../store/broker_history.ts";
import {
  CHUNK_MINUTES,
  COLUMN_COUNT,
  forgetBefore,
  type History,
  isDirty,
  keptMinutes,
  markDirty,
  minuteOf,
  recordReading,
  restoreHistory,
  takeDirty,
} from "./history.ts";
import type { ClassifierSettings } from "./settings.ts";

/** The actor's history. */
export interface Memory {
  history(): History;
  record(atMs: number, reading: { brokerIds: Int32Array; values: Float64Array }): void;
  /** Reads what was saved; without it when it cannot be read. */
  restore(nowMs: number): void;
  /** Saves when it is time, and forgets what is too old unless somebody still learns from it. */
  keepUp(nowMs: number, options: { readonly mayForget: boolean }): void;
  flush(nowMs: number): void;
  /** When to save next, undefined when there is nothing to save. */
  dueMs(): number | undefined;
  /** Why the store refused the latest save, undefined when it did not. */
  failure(): string | undefined;
}

/** An empty history. */
export function createMemory(deps: {
  readonly store: BrokerHistoryStore;
  readonly settings: ClassifierSettings;
  readonly log: Log;
}): Memory {
  const { store, settings, log } = deps;
  let history: History = new Map();
  let flushAtMs = 0;
  let failure: string | undefined;

  const keepFrom = (nowMs: number) => minuteOf(nowMs) - keptMinutes(history.size, settings.history);

  function flush(nowMs: number): void {
    flushAtMs = nowMs + settings.flushIntervalMs;
    if (!isDirty(history)) return;
    const chunks = takeDirty(history);
    const keepFromChunk = Math.floor(keepFrom(nowMs) / CHUNK_MINUTES);
    const saved = store.save(chunks, { keepFromChunk });
    if (!saved.ok) {
      markDirty(history, chunks);
      if (failure === undefined) {
        log.warn("The history of broker metrics is not saved", { reason: saved.failure.message });
      }
    }
    failure = saved.ok ? undefined : saved.failure.message;
  }

  return {
    history: () => history,
    record: (atMs, reading) => void recordReading(history, atMs, reading),
    restore(nowMs) {
      flushAtMs = nowMs + settings.flushIntervalMs;
      const loaded = store.load({ valuesPerChunk: CHUNK_MINUTES * COLUMN_COUNT });
      if (loaded.ok) history = restoreHistory(loaded.value);
      else {
        log.error("Starting without the history of broker metrics", {
          reason: loaded.failure.message,
        });
      }
      forgetBefore(history, keepFrom(nowMs));
    },
    keepUp(nowMs, { mayForget }) {
      if (nowMs < flushAtMs) return;
      if (mayForget) forgetBefore(history, keepFrom(nowMs));
      flush(nowMs);
    },
    flush,
    dueMs: () => isDirty(history) ? flushAtMs : undefined,
    failure: () => failure,
  };
}
