/**
 * What became of attempts to heal, noted in their anomaly and told.
 *
 * @module
 */
import type { Log } from "../../lib/log.ts";
import type { AnomalyCondition, HealingAttempt } from "../../model/anomaly.ts";
import type { HealingTotals } from "../../store/anomalies.ts";
import type { Progress } from "./healer.ts";
import { describePlan } from "./healing_plan.ts";
import type { Desk } from "./desk.ts";
import { retryWaitMs } from "./settings.ts";
import { tell } from "./telling.ts";

/** Notes what became of the open attempt, in this life or in an earlier one. */
export function noteProgress(desk: Desk, progress: Progress): void {
  if (progress.kind === "started") noteStarted(desk, progress.attempt);
  if (progress.kind === "ended") noteEnded(desk, progress.attempt);
}

/** An attempt reached the executor. */
export function noteStarted(desk: Desk, attempt: HealingAttempt): void {
  const record = desk.ledger.all().find(({ id }) => id === attempt.anomalyId);
  const nowMs = desk.context.clock.nowMs();
  const isFirst = record !== undefined && record.failures === 0;
  const waitedMs = isFirst ? nowMs - (record.alertedAtMs ?? record.detectedAtMs) : 0;
  saveTotals(desk, {
    ...desk.totals,
    fixesStarted: desk.totals.fixesStarted + 1,
    msToStartFix: desk.totals.msToStartFix + waitedMs,
    periods: desk.totals.periods + (isFirst ? 1 : 0),
  });
  if (record === undefined) return;
  const what = attempt.plan === undefined ? "a plan" : describePlan(attempt.plan);
  const reason = `Execution ${attempt.executionUuid} began: ${what}`;
  const { kind } = record.condition;
  const marked = desk.ledger.mark(kind, { status: "FIX_STARTED", reason, nowMs });
  tell(desk, "fix_started", marked, `${kind} is being healed. ${reason}`, attempt);
}

function noteEnded(desk: Desk, attempt: HealingAttempt): void {
  const record = desk.ledger.all().find(({ id }) => id === attempt.anomalyId);
  if (record === undefined) return;
  const nowMs = desk.context.clock.nowMs();
  const { kind } = record.condition;
  const neverBegan = record.status !== "FIX_STARTED";
  const reason = `Execution ${attempt.executionUuid} ${attempt.outcome}`;
  // Should the condition last although this was done, the next attempt waits.
  const failures = record.failures + (neverBegan ? 0 : 1);
  const waitMs = Math.max(
    retryWaitMs(failures, desk.settings.backoffMs),
    settleMs(record.condition),
  );
  const retryAtMs = neverBegan ? undefined : nowMs + waitMs;
  const status = neverBegan ? "CHECK_WITH_DELAY" : "FIX_STARTED";
  const marked = desk.ledger.mark(kind, { status, reason, nowMs, failures, retryAtMs });
  if (!neverBegan) tell(desk, "fix_ended", marked, `${kind}: ${reason}`);
}

/** How long a condition outlasts what has healed it: predictions look at what was before the fix, too. */
function settleMs(condition: AnomalyCondition): number {
  return condition.kind === "PREDICTED_OVERLOAD" ? condition.horizonMs : 0;
}

/** Sets the totals, and writes them down. */
export function saveTotals(desk: Desk, totals: HealingTotals): void {
  desk.totals = totals;
  const saved = desk.store.saveTotals(totals);
  if (!saved.ok) warn(desk.context.log, saved.failure.message);
}

function warn(log: Log, reason: string): void {
  log.error("The totals of self-healing were not written down", { reason });
}
