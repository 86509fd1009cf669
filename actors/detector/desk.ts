/**
 * Everything that the detector's rounds read and change.
 *
 * @module
 */
import type { ActorContext } from "../../messages/actor.ts";
import type { StatesPredicted } from "../../messages/classifier.ts";
import type { DetectorStatus } from "../../messages/detector.ts";
import type { AnomalyKind } from "../../model/anomaly.ts";
import type { AnomalyStore, HealingTotals } from "../../store/anomalies.ts";
import type { Healer } from "./healer.ts";
import type { Ledger } from "./ledger.ts";
import type { Notifier } from "./notifier.ts";
import type { Schedule } from "./schedule.ts";
import type { DetectorSettings } from "./settings.ts";
import type { Switches } from "./switches.ts";

/** What came of a detector's latest run. */
export interface RunNote {
  readonly atMs: number;
  readonly status: DetectorStatus;
  readonly problem: string | undefined;
}

/** Everything that a round reads and changes. */
export interface Desk {
  readonly context: ActorContext;
  readonly settings: DetectorSettings;
  readonly store: AnomalyStore;
  readonly ledger: Ledger;
  readonly healer: Healer;
  readonly notifier: Notifier;
  readonly schedule: Schedule;
  readonly switches: Switches;
  readonly signal: AbortSignal;
  /** Since when brokers are gone, epoch ms by id. */
  failedBrokers: ReadonlyMap<number, number>;
  /** Generations as told by facts, and those that the goals were judged by with nothing left to do. */
  generations: string;
  judgedGenerations: string | undefined;
  /** The latest prediction; undefined before the first. */
  predicted: StatesPredicted | undefined;
  balancedness: number;
  totals: HealingTotals;
  readonly runs: Map<AnomalyKind, RunNote>;
}
