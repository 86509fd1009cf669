/**
 * What to do about an anomaly now. Pure: the same standing gives the same decision.
 *
 * ```
 * wait ---- a threshold, a backoff or an execution is in the way: look again at a stated time
 * ignore -- nothing that self-healing can do, or it is off and has said what it would do
 * plan ---- self-healing is off: plan what it would do, for the record
 * fix ----- self-healing is on: plan and execute
 * ```
 *
 * @module
 */
import { countOf } from "../../lib/count_of.ts";
import type { AnomalyRecord } from "../../store/anomalies.ts";
import { fingerprint, partsOf, utc } from "./conditions.ts";
import { describePlan } from "./healing_plan.ts";
import type { BrokerFailureRules } from "./settings.ts";

/** What a decision depends on. */
export interface Standing {
  readonly nowMs: number;
  readonly record: AnomalyRecord;
  /** Whether self-healing is on for this kind. */
  readonly healing: boolean;
  /** Whether the executor is at work or reserved. */
  readonly executing: boolean;
  readonly rules: BrokerFailureRules;
  /** Wait before looking again while something executes; its end is noticed earlier. */
  readonly backoffMs: number;
}

/** What to do. `alert`: somebody must be told, because a part of the condition is new. */
export type Decision =
  & { readonly alert: boolean; readonly reason: string }
  & (
    | { readonly kind: "wait"; readonly untilMs: number }
    | { readonly kind: "ignore" }
    | { readonly kind: "plan" }
    | { readonly kind: "fix" }
  );

/** Times that the part of a goal is healed which can be, while nothing changes for that. */
const PARTLY_TRIED_MAX = 3;

/** Decides. */
export function decide(standing: Standing): Decision {
  const { nowMs, record, rules } = standing;
  const { condition } = record;
  const alert = partsOf(condition).some((part) => !record.alerted.includes(part));
  if (condition.kind === "BROKER_FAILURE") {
    const firstMs = Math.min(...condition.failedBrokers.map(({ sinceMs }) => sinceMs));
    const alertMs = firstMs + rules.alertMs;
    if (nowMs < alertMs) {
      return { kind: "wait", untilMs: alertMs, alert: false, reason: `Told at ${utc(alertMs)}` };
    }
    const healMs = firstMs + rules.healMs;
    if (nowMs < healMs) {
      const reason = standing.healing
        ? `Healed at ${utc(healMs)} unless the broker is back`
        : `Self-healing is off; it would begin at ${utc(healMs)}`;
      return { kind: "wait", untilMs: healMs, alert, reason };
    }
  }
  const hopeless = unfixable(record, rules);
  if (hopeless !== undefined) return { kind: "ignore", alert, reason: hopeless };
  return { ...act(standing), alert };
}

/** `Decision` without its alert. */
type Act = Decision extends infer D ? D extends unknown ? Omit<D, "alert"> : never : never;

function act({ nowMs, record, healing, executing, backoffMs }: Standing): Act {
  const isPlanned = record.wouldDoFor === fingerprint(record.condition);
  if (!healing && isPlanned) {
    const what = record.wouldDo === undefined ? "nothing" : describePlan(record.wouldDo);
    return { kind: "ignore", reason: `Self-healing is off; it would do ${what}` };
  }
  if (record.retryAtMs !== undefined && nowMs < record.retryAtMs) {
    const reason = `Tried ${countOf(record.failures, "time")}; again at ${utc(record.retryAtMs)}`;
    return { kind: "wait", untilMs: record.retryAtMs, reason };
  }
  if (executing) {
    const reason = "Waits for the end of the execution in progress";
    return { kind: "wait", untilMs: nowMs + backoffMs, reason };
  }
  return healing
    ? { kind: "fix", reason: "Planning the fix" }
    : { kind: "plan", reason: "Self-healing is off; planning what it would do" };
}

/** Why nothing can be done about it without people, undefined when something can. */
function unfixable(
  { condition, failures }: Pick<AnomalyRecord, "condition" | "failures">,
  rules: BrokerFailureRules,
): string | undefined {
  switch (condition.kind) {
    case "BROKER_FAILURE": {
      const failed = condition.failedBrokers.length;
      const share = failed / (failed + condition.aliveBrokers);
      if (failed > rules.fixableCount) {
        return `Left to people: ${failed} brokers failed, more than ` +
          `fixable.failed.broker.count.threshold, which is ${rules.fixableCount}`;
      }
      if (share > rules.fixableShare) {
        return `Left to people: ${failed} of ${
          failed + condition.aliveBrokers
        } brokers failed, a ` +
          "greater share than fixable.failed.broker.percentage.threshold, which is " +
          String(rules.fixableShare);
      }
      return undefined;
    }
    case "DISK_FAILURE":
      return condition.offlineReplicas > 0
        ? undefined
        : "Nothing that can be copied is offline: replace the disk and restart the broker";
    case "PREDICTED_OVERLOAD":
      return condition.overloads.some(({ resource }) => resource === "cpu")
        ? undefined
        : "Left to people: how much heap would move with replicas is not known";
    case "GOAL_VIOLATION":
      // What was healed in part changes the condition; what lasts as it was tried often enough.
      return condition.unfixable.length === 0 ||
          (condition.partly !== undefined && failures < PARTLY_TRIED_MAX)
        ? undefined
        : `Left to people: no plan was found for ${condition.unfixable.join(", ")}`;
  }
}
