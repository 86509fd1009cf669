/**
 * When what is in memory goes to the store, and what happens while the store refuses.
 *
 * @module
 */
import type { Log } from "../../lib/log.ts";
import type { SampleStore } from "../../store/samples.ts";
import type { LoadState } from "./load_state.ts";
import { markSaved, markUnsaved, pendingSave } from "./persistence.ts";

/** What a flusher needs. */
export interface FlusherDeps {
  readonly store: SampleStore;
  readonly log: Log;
  /** Longest time that a sample is in memory only. */
  readonly intervalMs: number;
  readonly retentionWindows: number;
}

/** Saves changes at most once an interval, at once after a quiet time. */
export interface Flusher {
  /** When the next save is due, epoch ms; undefined while nothing changed. */
  dueMs(state: LoadState): number | undefined;
  /** Saves what changed. Whatever the store refuses stays pending and is tried again an interval later. */
  flush(state: LoadState, nowMs: number): void;
  /** Why the latest save was refused, undefined while all is well. */
  failure(): string | undefined;
}

/** A flusher that saved nothing yet. */
export function createFlusher({ store, log, intervalMs, retentionWindows }: FlusherDeps): Flusher {
  let triedMs = -Infinity;
  let failure: string | undefined;

  function flush(state: LoadState, nowMs: number): void {
    triedMs = nowMs;
    const saved = store.save(pendingSave(state, { retentionWindows }));
    if (saved.ok) {
      markSaved(state);
      if (failure !== undefined) log.info("Samples are stored again");
      failure = undefined;
      return;
    }
    // A damaged file was replaced by an empty one: what it held goes into the new one, as far as it is in memory.
    if (saved.failure.code === "store_corrupt") markUnsaved(state);
    if (failure === undefined) {
      log.error("Samples are kept in memory only", { reason: saved.failure.message });
    }
    failure = saved.failure.message;
  }

  return {
    flush,
    failure: () => failure,
    dueMs(state) {
      const changed = state.partitions.dirty.size + state.brokers.dirty.size > 0;
      return changed ? triedMs + intervalMs : undefined;
    },
  };
}
