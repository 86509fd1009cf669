/**
 * What the executor does beside executions: throttles that a broker's absence left behind, and forgetting.
 *
 * @module
 */
import { RoundInterrupted } from "./interrupt.ts";
import type { ThrottleControl, ThrottleDeps } from "./throttle_control.ts";

/**
 * Takes back every throttle that is still open; call it only while nothing executes. Gives when to try again (epoch
 * ms), undefined when nothing is left.
 */
export async function clearLeftThrottles(
  throttles: ThrottleControl,
  deps: ThrottleDeps,
): Promise<number | undefined> {
  const { gateway, clock, log, config } = deps;
  const open = throttles.open();
  if (open.length === 0) return undefined;
  const topology = await gateway.observe();
  if (topology.ok) {
    const alive = new Set(topology.value.brokers.filter((b) => b.alive).map((b) => b.id));
    try {
      await throttles.clear(open.map((undo) => ({ undo, entries: undo.entriesAdded })), alive);
    } catch (error) {
      if (!(error instanceof RoundInterrupted)) throw error;
      log.warn("Cannot record that throttles were taken back", { why: error.failure.message });
    }
  }
  if (throttles.open().length === 0) return undefined;
  return clock.nowMs() + Math.max(1, config["execution.progress.check.interval.ms"]);
}

/** Forgets brokers whose demotion or removal is longer ago than the retention time. */
export function forgetBrokers(deps: ThrottleDeps, nowMs: number): void {
  const { journal, config } = deps;
  const keepMs = {
    demoted: config["demotion.history.retention.time.ms"],
    removed: config["removal.history.retention.time.ms"],
  };
  const old = journal.brokerHistory().filter((entry) =>
    entry.startedAtMs !== 0 && entry.startedAtMs + keepMs[entry.kind] < nowMs
  );
  // A full disk only delays the forgetting.
  if (old.length > 0) journal.dropBrokerHistory(old);
}
