/** What people see of the detector. */
import { ok, type Result } from "../../lib/failure.ts";
import type { DetectorState } from "../../messages/detector.ts";
import { type Anomaly, ANOMALY_KINDS } from "../../model/anomaly.ts";
import type { Desk } from "./desk.ts";

/** The state at `nowMs`; `startMs`: when this life began. Fails when the store cannot be read. */
export function detectorState(
  desk: Desk,
  times: { startMs: number; nowMs: number },
): Result<DetectorState> {
  const { startMs, nowMs } = times;
  const recent: Anomaly[] = [];
  for (const kind of ANOMALY_KINDS) {
    const read = desk.store.recent(kind, desk.settings.recentMax);
    if (!read.ok) return read;
    recent.push(...read.value);
  }
  const switches = desk.switches.now();
  const { totals, healer, notifier } = desk;
  const alerted = desk.ledger.all().flatMap(({ alertedAtMs }) => alertedAtMs ?? []);
  return ok({
    detectors: ANOMALY_KINDS.map((kind) => {
      const run = desk.runs.get(kind);
      return {
        kind,
        status: run?.status,
        problem: run?.problem,
        lastRunAtMs: run?.atMs,
        nextRunAtMs: desk.schedule.nextMs(kind),
        selfHealing: switches[kind],
        selfHealingRatio: desk.switches.ratio(kind, nowMs),
        detected: desk.ledger.detected(kind),
      };
    }),
    recent: recent.sort((a, b) => b.detectedAtMs - a.detectedAtMs),
    healing: healer.attempt,
    balancedness: desk.balancedness,
    uptimeMs: nowMs - startMs,
    fixesStarted: totals.fixesStarted,
    fixesFailedToStart: totals.fixesFailedToStart,
    meanTimeToStartFixMs: totals.periods === 0 ? undefined : totals.msToStartFix / totals.periods,
    ongoingSinceMs: alerted.length === 0 ? undefined : Math.min(...alerted),
    notificationsSent: notifier.counts.sent,
    notificationsLost: notifier.counts.lost,
  });
}
