/** Tells people what the detector found and did. */
import type { HealingAttempt } from "../../model/anomaly.ts";
import type { AnomalyRecord } from "../../store/anomalies.ts";
import type { NotificationEvent } from "./notifier.ts";
import type { Desk } from "./desk.ts";

/** Logs and posts an event of an anomaly; `attempt`: the one that it is about. */
export function tell(
  desk: Desk,
  event: NotificationEvent,
  record: AnomalyRecord,
  text: string,
  attempt?: HealingAttempt,
): void {
  const { kind } = record.condition;
  desk.notifier.tell({
    event,
    atMs: desk.context.clock.nowMs(),
    anomalyId: record.id,
    kind,
    text,
    selfHealingEnabled: desk.switches.now()[kind],
    detectedAtMs: record.detectedAtMs,
    condition: record.condition,
    ...(attempt?.plan === undefined ? {} : { plan: attempt.plan }),
  });
}
