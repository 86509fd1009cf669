/**
 * When each detector looks: at a fixed rate, and earlier when asked to.
 *
 * @module
 */
import type { Prng } from "../../lib/prng.ts";
import { ANOMALY_KINDS, type AnomalyKind } from "../../model/anomaly.ts";

/** Spreads the first runs, as Cruise Control does. */
const FIRST_JITTER_MS_MAX = 10_000;

/** Times of the detectors. */
export interface Schedule {
  /** Kinds that are due at `nowMs`, most urgent first. */
  due(nowMs: number): AnomalyKind[];
  /** Its run at `nowMs` is done; the next is at the fixed rate. */
  done(kind: AnomalyKind, nowMs: number): void;
  /** Runs it at or before `atMs`. */
  sooner(kind: AnomalyKind, atMs: number): void;
  nextMs(kind: AnomalyKind): number;
  /** The earliest run of all. */
  earliestMs(): number;
}

/** The first search for failed brokers is at once, the others begin after half an interval and up to 10 s. */
export function createSchedule(
  intervalMs: Readonly<Record<AnomalyKind, number>>,
  options: { nowMs: number; prng: Prng },
): Schedule {
  const next = new Map<AnomalyKind, number>();
  for (const kind of ANOMALY_KINDS) {
    const half = Math.floor(intervalMs[kind] / 2);
    const jitter = options.prng.below(Math.min(FIRST_JITTER_MS_MAX, half + 1));
    next.set(kind, kind === "BROKER_FAILURE" ? options.nowMs : options.nowMs + half + jitter);
  }
  const regular = new Map(next);
  const nextMs = (kind: AnomalyKind) => next.get(kind)!;
  return {
    due: (nowMs) => ANOMALY_KINDS.filter((kind) => nextMs(kind) <= nowMs),
    done(kind, nowMs) {
      const missed = Math.floor((nowMs - regular.get(kind)!) / intervalMs[kind]) + 1;
      regular.set(kind, regular.get(kind)! + Math.max(0, missed) * intervalMs[kind]);
      next.set(kind, regular.get(kind)!);
    },
    sooner: (kind, atMs) => void next.set(kind, Math.min(nextMs(kind), atMs)),
    nextMs,
    earliestMs: () => Math.min(...next.values()),
  };
}
