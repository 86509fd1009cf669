/**
 * One round: look at the cluster, let the due detectors judge it, and act on what they find.
 *
 * @module
 */
import type { Result } from "../../lib/failure.ts";
import type { ExecutorState } from "../../messages/executor.ts";
import type { AnomalyCondition, AnomalyKind } from "../../model/anomaly.ts";
import type { AnomalyRecord } from "../../store/anomalies.ts";
import { noteStarted, saveTotals } from "./attempts.ts";
import { type ClusterHealth, clusterHealth, failedSince, sameBrokers } from "./cluster_health.ts";
import {
  brokerFailure,
  describe,
  diskFailure,
  fingerprint,
  goalViolation,
  partsOf,
} from "./conditions.ts";
import { decide, type Decision } from "./decide.ts";
import { gateOf } from "./gates.ts";
import { predictedOverload } from "./overload.ts";
import { describePlan, exclusions, type HealingFacts, healingRequest } from "./healing_plan.ts";
import { retryWaitMs } from "./settings.ts";
import type { Desk } from "./desk.ts";
import { tell } from "./telling.ts";

interface Sight {
  readonly health: ClusterHealth;
  executor: ExecutorState;
  readonly loading: boolean;
}

/** Whether somebody executes or has reserved the executor. */
export function isExecuting(executor: ExecutorState): boolean {
  return executor.phase !== "NO_TASK_IN_PROGRESS";
}

/** Runs the detectors in `due`. */
export async function round(desk: Desk, due: readonly AnomalyKind[]): Promise<void> {
  const nowMs = desk.context.clock.nowMs();
  const seen = await look(desk);
  for (const kind of due) desk.schedule.done(kind, nowMs);
  if (!seen.ok) {
    const problem = seen.failure.message;
    for (const kind of due) {
      noteFailedRun(desk, kind, problem);
      desk.schedule.sooner(kind, nowMs + desk.settings.backoffMs);
    }
    return;
  }
  const sight = seen.value;
  noteFailedBrokers(desk, sight.health, nowMs);
  for (const kind of due) {
    if (desk.signal.aborted) return;
    await run(desk, sight, kind);
  }
}

/** A reason that is the same as before is not logged again. */
function noteFailedRun(desk: Desk, kind: AnomalyKind, problem: string): void {
  const atMs = desk.context.clock.nowMs();
  const isNews = desk.runs.get(kind)?.problem !== problem;
  desk.runs.set(kind, { atMs, status: "FAILED", problem });
  if (isNews && !desk.signal.aborted) {
    desk.context.log.warn("A search for anomalies failed", { kind, reason: problem });
  }
}

async function look(desk: Desk): Promise<Result<Sight>> {
  const { context, signal } = desk;
  const [executor, cluster, monitor] = await Promise.all([
    context.request({ kind: "get_executor_state", withTasks: false }, { signal }),
    context.request({ kind: "get_cluster", fresh: true }, { signal }),
    context.request({ kind: "get_monitor_state" }, { signal }),
  ]);
  if (!executor.ok) return executor;
  if (!cluster.ok) return cluster;
  const loading = !monitor.ok || monitor.value.loadingProgress < 1;
  const sight = { health: clusterHealth(cluster.value), executor: executor.value, loading };
  return { ok: true, value: sight };
}

function noteFailedBrokers(desk: Desk, health: ClusterHealth, nowMs: number): void {
  if (sameBrokers(desk.failedBrokers, health.failedBrokers)) return;
  desk.failedBrokers = failedSince(desk.failedBrokers, health.failedBrokers, nowMs);
  const saved = desk.store.saveFailedBrokers(desk.failedBrokers);
  if (!saved.ok) {
    const { message } = saved.failure;
    desk.context.log.error("Failed brokers were not written down", { reason: message });
  }
}

async function run(desk: Desk, sight: Sight, kind: AnomalyKind): Promise<void> {
  const atMs = desk.context.clock.nowMs();
  const status = gateOf(kind, {
    health: sight.health,
    loading: sight.loading,
    executing: isExecuting(sight.executor),
    unchanged: desk.judgedGenerations === desk.generations,
  });
  const before = desk.runs.get(kind);
  desk.runs.set(kind, { atMs, status, problem: undefined });
  if (status !== "READY") {
    const unsettled = status === "SKIP_HAS_OFFLINE_REPLICAS" || status === "SKIP_HAS_DEAD_BROKERS";
    if (kind === "GOAL_VIOLATION" && unsettled) desk.balancedness = -1;
    return;
  }
  const generations = desk.generations;
  const found = await detect(desk, sight, kind);
  if (!found.ok) {
    if (before !== undefined) desk.runs.set(kind, before);
    noteFailedRun(desk, kind, found.failure.message);
    return;
  }
  const nowMs = desk.context.clock.nowMs();
  const isBeingHealed = desk.healer.attempt !== undefined &&
    desk.healer.attempt.anomalyId === desk.ledger.of(kind)?.id;
  if (found.value === undefined) {
    // The last replicas are moved before the execution has cleaned up: it is over when both are.
    if (!isBeingHealed) gone(desk, kind, nowMs);
    if (kind === "GOAL_VIOLATION") desk.judgedGenerations = generations;
    return;
  }
  const record = desk.ledger.observe(found.value, nowMs);
  const decision = decide({
    nowMs,
    record,
    healing: desk.switches.now()[kind],
    executing: isExecuting(sight.executor),
    rules: desk.settings.brokerFailure,
    backoffMs: desk.settings.backoffMs,
  });
  if (isBeingHealed) {
    // The fix goes on, and its end brings the next look; what is new meanwhile is told at once.
    if (decision.alert) alert(desk, record, decision);
    return;
  }
  await act(desk, sight, { record, decision });
  if (kind === "GOAL_VIOLATION" && decision.kind === "ignore") desk.judgedGenerations = generations;
}

async function detect(
  desk: Desk,
  sight: Sight,
  kind: AnomalyKind,
): Promise<Result<AnomalyCondition | undefined>> {
  const { health, executor } = sight;
  switch (kind) {
    case "BROKER_FAILURE":
      return { ok: true, value: brokerFailure(health, desk.failedBrokers) };
    case "DISK_FAILURE": {
      const known = desk.ledger.of(kind)?.condition;
      const nowMs = desk.context.clock.nowMs();
      return { ok: true, value: diskFailure(health, known, nowMs) };
    }
    case "PREDICTED_OVERLOAD": {
      const known = desk.ledger.of(kind)?.condition;
      const nowMs = desk.context.clock.nowMs();
      return { ok: true, value: predictedOverload(desk.predicted, known, nowMs) };
    }
    case "GOAL_VIOLATION": {
      const checked = await desk.context.request({
        kind: "check_goals",
        goals: desk.settings.goals,
        ...exclusions({ health, executor, settings: desk.settings }),
      }, { signal: desk.signal });
      if (!checked.ok) return checked;
      desk.balancedness = checked.value.balancedness;
      return { ok: true, value: goalViolation(checked.value.goals) };
    }
  }
}

function gone(desk: Desk, kind: AnomalyKind, nowMs: number): void {
  const ended = desk.ledger.gone(kind, nowMs);
  if (ended === undefined) return;
  const text = `${kind} is over: ${describe(ended.condition)} no more`;
  if (ended.alertedAtMs !== undefined) tell(desk, "anomaly_gone", ended, text);
  else desk.context.log.info(text, { anomaly: ended.id });
}

async function act(
  desk: Desk,
  sight: Sight,
  judged: { record: AnomalyRecord; decision: Decision },
): Promise<void> {
  const { decision } = judged;
  const { kind } = judged.record.condition;
  const nowMs = desk.context.clock.nowMs();
  const record = decision.alert ? alert(desk, judged.record, decision) : judged.record;
  if (decision.kind === "wait") {
    mark(desk, record, "CHECK_WITH_DELAY", decision.reason);
    desk.schedule.sooner(kind, decision.untilMs);
    return;
  }
  if (decision.kind === "ignore") return mark(desk, record, "IGNORED", decision.reason);
  if (sight.loading) {
    mark(desk, record, "LOAD_MONITOR_NOT_READY", "Samples are being loaded from the store");
    desk.schedule.sooner(kind, nowMs + desk.settings.backoffMs);
    return;
  }
  if (decision.kind === "plan") await planOnly(desk, sight, record);
  else await fix(desk, sight, record);
}

function alert(desk: Desk, record: AnomalyRecord, decision: Decision): AnomalyRecord {
  const { kind } = record.condition;
  const alerted = partsOf(record.condition);
  const alertedAtMs = record.alertedAtMs ?? desk.context.clock.nowMs();
  const told = desk.ledger.patch(kind, { alerted, alertedAtMs });
  const text = `${kind} detected: ${describe(record.condition)}. ${decision.reason}`;
  tell(desk, "anomaly_detected", told, text);
  return told;
}

function mark(
  desk: Desk,
  record: AnomalyRecord,
  status: AnomalyRecord["status"],
  reason: string,
): void {
  const nowMs = desk.context.clock.nowMs();
  desk.ledger.mark(record.condition.kind, { status, reason, nowMs });
}

/** Self-healing is off: what it would do is planned once for a condition. */
async function planOnly(desk: Desk, sight: Sight, record: AnomalyRecord): Promise<void> {
  const { condition } = record;
  const { kind } = condition;
  const planned = await desk.healer.plan(healingRequest(condition, factsOf(desk, sight)));
  const nowMs = desk.context.clock.nowMs();
  if (desk.signal.aborted) return;
  if (!planned.ok) {
    const { code, message } = planned.failure;
    const status = code === "not_enough_windows" ? "COMPLETENESS_NOT_READY" : "IGNORED";
    const reason = `Self-healing is off, and could do nothing: ${message}`;
    notHealed(desk, record, { status, reason, counts: code !== "not_enough_windows" });
    return;
  }
  const reason = `Self-healing is off; it would do ${describePlan(planned.value)}`;
  desk.ledger.mark(kind, {
    status: "IGNORED",
    reason,
    nowMs,
    wouldDo: planned.value,
    wouldDoFor: fingerprint(condition),
    failures: 0,
    retryAtMs: undefined,
  });
  tell(desk, "fix_not_started", desk.ledger.of(kind)!, `${kind}: ${reason}`);
}

function factsOf({ settings, predicted }: Desk, { health, executor }: Sight): HealingFacts {
  return { health, executor, settings, predicted };
}

async function fix(desk: Desk, sight: Sight, record: AnomalyRecord): Promise<void> {
  const request = healingRequest(record.condition, factsOf(desk, sight));
  const result = await desk.healer.fix(record, request);
  if (desk.signal.aborted) return;
  if (result.kind === "not_started") {
    if (result.counts) {
      const { fixesFailedToStart } = desk.totals;
      saveTotals(desk, { ...desk.totals, fixesFailedToStart: fixesFailedToStart + 1 });
    }
    notHealed(desk, record, result);
    return;
  }
  // The other kinds of this round wait for its end.
  sight.executor = { ...sight.executor, phase: "STARTING_EXECUTION" };
  if (result.kind === "started") noteStarted(desk, result.attempt);
}

function notHealed(
  desk: Desk,
  record: AnomalyRecord,
  why: { status: AnomalyRecord["status"]; reason: string; counts: boolean },
): void {
  const { kind } = record.condition;
  const nowMs = desk.context.clock.nowMs();
  const failures = record.failures + (why.counts ? 1 : 0);
  const retryAtMs = nowMs + retryWaitMs(failures, desk.settings.backoffMs);
  const { status, reason } = why;
  const isNews = record.status !== status || record.reason !== reason;
  const marked = desk.ledger.mark(kind, { status, reason, nowMs, failures, retryAtMs });
  desk.schedule.sooner(kind, retryAtMs);
  if (why.counts && isNews) {
    tell(desk, "fix_not_started", marked, `${kind} is not healed: ${reason}`);
  }
}
