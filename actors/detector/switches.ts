/**
 * Which kinds are healed: as configured, or as people switched while running.
 *
 * @module
 */
import type { Result } from "../../lib/failure.ts";
import type { SelfHealingSwitches } from "../../messages/detector.ts";
import { ANOMALY_KINDS, type AnomalyKind } from "../../model/anomaly.ts";
import type { AnomalyStore, StoredSwitch } from "../../store/anomalies.ts";

/** The switches of one detector. */
export interface Switches {
  now(): SelfHealingSwitches;
  /** Stores and sets them. Fails as the store does; nothing is switched then. */
  set(kinds: readonly AnomalyKind[], enabled: boolean, nowMs: number): Result<void>;
  /** Share of the time since the start for which the kind was on, 0..1; undefined right after the start. */
  ratio(kind: AnomalyKind, nowMs: number): number | undefined;
}

/**
 * Switches that begin at `nowMs`. What people switched before a restart holds as long as the configuration says the
 * same as it did then: a changed configuration is the newer word.
 */
export function createSwitches(
  configured: SelfHealingSwitches,
  stored: readonly StoredSwitch[],
  options: { store: AnomalyStore; nowMs: number },
): Switches {
  const state = new Map(ANOMALY_KINDS.map((kind) => {
    const kept = stored.find((one) => one.kind === kind && one.configured === configured[kind]);
    return [kind, { on: kept?.enabled ?? configured[kind], sinceMs: options.nowMs, onMs: 0 }];
  }));
  return {
    now: () =>
      Object.fromEntries(
        ANOMALY_KINDS.map((kind) => [kind, state.get(kind)!.on]),
      ) as unknown as SelfHealingSwitches,
    set(kinds, enabled, nowMs) {
      const saved = options.store.saveSwitches(
        kinds.map((kind) => ({ kind, enabled, configured: configured[kind] })),
        nowMs,
      );
      if (!saved.ok) return saved;
      for (const kind of kinds) {
        const one = state.get(kind)!;
        if (one.on) one.onMs += nowMs - one.sinceMs;
        one.sinceMs = nowMs;
        one.on = enabled;
      }
      return saved;
    },
    ratio(kind, nowMs) {
      const uptimeMs = nowMs - options.nowMs;
      if (uptimeMs <= 0) return undefined;
      const { on, onMs, sinceMs } = state.get(kind)!;
      return (onMs + (on ? nowMs - sinceMs : 0)) / uptimeMs;
    },
  };
}
