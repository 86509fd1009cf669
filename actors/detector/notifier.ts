/**
 * Tells people: every notification is logged, and posted to the webhook when there is one. Posting goes on beside the
 * detector's own work, with a deadline, a limited number of attempts and a limited queue. What waits when the process
 * ends is lost: the anomaly itself is in the store.
 *
 * @module
 */
import { type Clock, sleepUntil, withDeadline } from "../../lib/clock.ts";
import type { Result } from "../../lib/failure.ts";
import type { Log } from "../../lib/log.ts";
import type { AnomalyCondition, AnomalyKind, HealingPlan } from "../../model/anomaly.ts";

/** What happened. */
export type NotificationEvent =
  | "anomaly_detected"
  | "fix_started"
  | "fix_not_started"
  | "fix_ended"
  | "anomaly_gone";

/** One notification, as it is posted. Times are epoch ms. */
export interface Notification {
  readonly event: NotificationEvent;
  readonly atMs: number;
  readonly anomalyId: string;
  readonly kind: AnomalyKind;
  /** One sentence for people. */
  readonly text: string;
  readonly selfHealingEnabled: boolean;
  readonly detectedAtMs: number;
  readonly condition: AnomalyCondition;
  /** The plan that is carried out, absent when none is. */
  readonly plan?: HealingPlan;
}

/** Posts a body and gives the HTTP status. Fails with `cluster_unreachable` when nobody answers. */
export type PostJson = (body: string, signal: AbortSignal) => Promise<Result<number>>;

/** Limits of the webhook. */
export interface WebhookLimits {
  readonly deadlineMs: number;
  readonly attemptsMax: number;
  readonly backoffMs: number;
  readonly queueMax: number;
}

/** Tells people. */
export interface Notifier {
  tell(notification: Notification): void;
  readonly counts: { readonly sent: number; readonly lost: number };
  /** Gives up what waits. */
  stop(): void;
}

/** Statuses that another attempt may change. */
function mayRetry(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** A notifier; without `post` it only logs. */
export function createNotifier(
  deps: { clock: Clock; log: Log; post: PostJson | undefined },
  limits: WebhookLimits,
): Notifier {
  const { clock, log, post } = deps;
  const ending = new AbortController();
  const queue: Notification[] = [];
  const counts = { sent: 0, lost: 0 };
  let draining = false;

  async function attempt(send: PostJson, body: string): Promise<number | string> {
    const one = new AbortController();
    const abort = () => one.abort();
    ending.signal.addEventListener("abort", abort, { once: true });
    try {
      const atMs = clock.nowMs() + limits.deadlineMs;
      const answer = await withDeadline(clock, atMs, send(body, one.signal));
      if (!answer.inTime) return `no answer within ${limits.deadlineMs} ms`;
      return answer.value.ok ? answer.value.value : answer.value.failure.message;
    } finally {
      one.abort();
      ending.signal.removeEventListener("abort", abort);
    }
  }

  async function deliver(send: PostJson, notification: Notification): Promise<void> {
    const body = JSON.stringify(notification);
    let problem = "";
    for (let tried = 1; tried <= limits.attemptsMax; tried++) {
      const answer = await attempt(send, body);
      if (ending.signal.aborted) return;
      if (typeof answer === "number" && answer >= 200 && answer < 300) {
        counts.sent++;
        return;
      }
      problem = typeof answer === "number" ? `HTTP status ${answer}` : answer;
      if (typeof answer === "number" && !mayRetry(answer)) break;
      if (tried === limits.attemptsMax) break;
      const waitMs = limits.backoffMs * 2 ** (tried - 1);
      await sleepUntil(clock, clock.nowMs() + waitMs, { signal: ending.signal });
    }
    counts.lost++;
    log.error("A notification did not reach the webhook", {
      anomaly: notification.anomalyId,
      event: notification.event,
      reason: problem,
    });
  }

  async function drain(send: PostJson): Promise<void> {
    if (draining) return;
    draining = true;
    try {
      while (queue.length > 0 && !ending.signal.aborted) await deliver(send, queue.shift()!);
    } finally {
      draining = false;
    }
  }

  return {
    counts,
    tell(notification) {
      const { event, anomalyId, text } = notification;
      const write = event === "anomaly_detected" || event === "fix_not_started"
        ? log.warn
        : log.info;
      write(text, { event, anomaly: anomalyId });
      if (post === undefined || ending.signal.aborted) return;
      queue.push(notification);
      if (queue.length > limits.queueMax) {
        queue.shift();
        counts.lost++;
        log.error("The webhook is too slow: the oldest notification was given up");
      }
      void drain(post);
    },
    stop: () => ending.abort(),
  };
}
