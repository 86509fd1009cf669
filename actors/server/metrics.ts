/**
 * `/metrics` for Prometheus: what the actors say about themselves, what the runtime says about them, and how long
 * requests take.
 *
 * @module
 */
import type { Result } from "../../lib/failure.ts";
import { VERSION } from "../../lib/version.ts";
import type { ClassifierState } from "../../messages/classifier.ts";
import type { DetectorState } from "../../messages/detector.ts";
import type { ExecutorState, TaskCounts } from "../../messages/executor.ts";
import { setClassifier } from "./classifier_metrics.ts";
import type { ActorHealth, ActorStates } from "./health.ts";
import type { Facts } from "./facts.ts";
import type { MetricsRegistry, MetricsText, RequestSeen, SetGauge } from "./metrics_registry.ts";

/** What a scrape shows besides requests. */
export interface Scrape {
  readonly states: ActorStates;
  readonly classifier: Result<ClassifierState>;
  readonly health: readonly ActorHealth[];
  readonly facts: Facts;
  readonly activeTasks: number;
  readonly sessions: number;
  /** Seconds since the server started. */
  readonly uptimeS: number;
}

/** The metrics of one server. */
export interface Metrics {
  /** Counts a request. `endpoint` must come from a closed list: labels are never what callers sent. */
  observeRequest(endpoint: string, status: number, seconds: number): Promise<void>;
  /** The text for a scrape. */
  render(scrape: Scrape): Promise<MetricsText>;
}

/**
 * Requests that wait to be counted. The library is loaded at the first scrape, or when so many wait: it costs a start
 * 100 ms and 6 MB, and where nobody scrapes it is not needed.
 */
const WAITING_MAX = 1_000;

/** Metrics in a registry of their own. */
export function createMetrics(): Metrics {
  let registry: MetricsRegistry | undefined;
  const waiting: RequestSeen[] = [];
  const load = async (): Promise<MetricsRegistry> => {
    const { createRegistry } = await import("./metrics_registry.ts");
    registry ??= createRegistry();
    for (const seen of waiting.splice(0)) registry.countRequest(seen);
    return registry;
  };
  return {
    async observeRequest(endpoint, status, seconds) {
      const seen = { endpoint, status, seconds };
      if (registry !== undefined) return registry.countRequest(seen);
      waiting.push(seen);
      if (waiting.length === WAITING_MAX) await load();
    },
    async render(scrape) {
      const { resetGauges, setGauge, text } = await load();
      // What is not known at this scrape must not show the value of an earlier one.
      resetGauges();
      setProcess(setGauge, scrape);
      setMonitor(setGauge, scrape.states);
      setAnalyzer(setGauge, scrape.states);
      if (scrape.states.executor.ok) setExecutor(setGauge, scrape.states.executor.value);
      if (scrape.states.detector.ok) setDetector(setGauge, scrape.states.detector.value);
      if (scrape.classifier.ok) setClassifier(setGauge, scrape.classifier.value);
      setRuntime(setGauge, scrape);
      return text();
    },
  };
}

function setProcess(set: SetGauge, scrape: Scrape): void {
  const memory = Deno.memoryUsage();
  set(
    { name: "evenkeel_info", help: "Version of the program.", labels: ["version"] },
    1,
    { version: VERSION },
  );
  set({ name: "evenkeel_uptime_seconds", help: "Seconds since the start." }, scrape.uptimeS);
  set(
    { name: "evenkeel_process_resident_bytes", help: "Resident memory of the process." },
    memory.rss,
  );
  set(
    { name: "evenkeel_server_heap_bytes", help: "Heap in use by the server's thread." },
    memory.heapUsed,
  );
  set(
    { name: "evenkeel_user_tasks_active", help: "User tasks being worked on." },
    scrape.activeTasks,
  );
  set({ name: "evenkeel_http_sessions", help: "Sessions that are remembered." }, scrape.sessions);
}

function setMonitor(set: SetGauge, { sampler, aggregator }: ActorStates): void {
  if (sampler.ok) {
    const state = sampler.value;
    set(
      { name: "evenkeel_monitor_polls", help: "Polls of the cluster that were done." },
      state.pollsDone,
    );
    set(
      { name: "evenkeel_monitor_polls_failed", help: "Polls of the cluster that failed." },
      state.pollsFailed,
    );
    set(
      { name: "evenkeel_monitor_paused", help: "1 while sampling is paused." },
      state.state === "paused" ? 1 : 0,
    );
    set(
      { name: "evenkeel_monitor_silent_brokers", help: "Brokers silent in the latest poll." },
      state.silentBrokers.length,
    );
    set(
      { name: "evenkeel_monitor_last_poll_seconds", help: "Duration of the latest poll." },
      (state.lastPollDurationMs ?? NaN) / 1000,
    );
    set(
      { name: "evenkeel_monitor_last_poll_timestamp_seconds", help: "When the latest poll was." },
      (state.lastPollAtMs ?? NaN) / 1000,
    );
  }
  if (!aggregator.ok) return;
  const state = aggregator.value;
  set(
    { name: "evenkeel_monitor_valid_partitions", help: "Partitions whose load is known." },
    state.validPartitions,
  );
  set(
    { name: "evenkeel_monitor_partitions", help: "Partitions of the cluster." },
    state.totalPartitions,
  );
  set(
    { name: "evenkeel_monitor_flawed_partitions", help: "Partitions with extrapolated windows." },
    state.flawedPartitions,
  );
  set({ name: "evenkeel_monitor_windows", help: "Stable windows." }, state.windows.length);
  set({ name: "evenkeel_store_samples", help: "Samples stored." }, state.samplesStored);
  set(
    { name: "evenkeel_store_failing", help: "1 while the store refuses samples." },
    state.storeFailure === undefined ? 0 : 1,
  );
}

function setAnalyzer(set: SetGauge, { analyzer }: ActorStates): void {
  if (!analyzer.ok) return;
  set(
    { name: "evenkeel_analyzer_proposal_ready", help: "1 when a plan can be made." },
    analyzer.value.isProposalReady ? 1 : 0,
  );
  set(
    { name: "evenkeel_analyzer_goals_off", help: "Goals that are off, with the goal's name." },
    analyzer.value.goalsOff.length,
  );
}

function setExecutor(set: SetGauge, state: ExecutorState): void {
  const family = {
    name: "evenkeel_executor_tasks",
    help: "Tasks of the running execution, by kind and state.",
    labels: ["kind", "state"],
  };
  const kinds: readonly [string, TaskCounts][] = [
    ["inter_broker", state.interBroker],
    ["intra_broker", state.intraBroker],
    ["leadership", state.leadership],
  ];
  for (const [kind, counts] of kinds) {
    for (const [name, value] of Object.entries(counts)) {
      if (name !== "total") set(family, value as number, { kind, state: name });
    }
  }
  set(
    { name: "evenkeel_executor_executing", help: "1 while an execution runs." },
    state.phase === "NO_TASK_IN_PROGRESS" ? 0 : 1,
  );
  set(
    { name: "evenkeel_executor_moved_megabytes", help: "MB moved by the running execution." },
    state.movedMb,
  );
  set(
    { name: "evenkeel_executor_total_megabytes", help: "MB that the execution has to move." },
    state.totalMb,
  );
  set(
    { name: "evenkeel_executor_rate_megabytes_per_second", help: "Rate of the latest minute." },
    state.rateMbPerSec ?? NaN,
  );
  set(
    { name: "evenkeel_executor_seconds_left", help: "Seconds until the execution should end." },
    state.secondsLeft ?? NaN,
  );
  set(
    { name: "evenkeel_executor_throttle_bytes_per_second", help: "Replication throttle." },
    state.limits?.throttleBytesPerSec ?? NaN,
  );
}

function setDetector(set: SetGauge, state: DetectorState): void {
  for (const { kind, selfHealing, detected, lastRunAtMs } of state.detectors) {
    const labels = ["kind"];
    set(
      { name: "evenkeel_detector_self_healing", help: "1 while the kind is healed.", labels },
      selfHealing ? 1 : 0,
      { kind },
    );
    set(
      { name: "evenkeel_detector_anomalies", help: "Anomalies since the start.", labels },
      detected,
      { kind },
    );
    set(
      { name: "evenkeel_detector_anomaly_open", help: "1 while such an anomaly lasts.", labels },
      state.recent.some((one) => one.condition.kind === kind && one.endedAtMs === undefined)
        ? 1
        : 0,
      { kind },
    );
    set(
      { name: "evenkeel_detector_run_timestamp_seconds", help: "When it looked last.", labels },
      (lastRunAtMs ?? NaN) / 1000,
      { kind },
    );
  }
  const balancedness = { name: "evenkeel_detector_balancedness", help: "0..100, -1 unsettled." };
  set(balancedness, state.balancedness);
  set({ name: "evenkeel_detector_fixes_started", help: "Fixes begun." }, state.fixesStarted);
  set(
    { name: "evenkeel_detector_fixes_failed_to_start", help: "Fixes that did not begin." },
    state.fixesFailedToStart,
  );
  set(
    { name: "evenkeel_detector_healing", help: "1 while an anomaly is being healed." },
    state.healing === undefined ? 0 : 1,
  );
  set(
    { name: "evenkeel_notifications_sent", help: "Notifications that reached the webhook." },
    state.notificationsSent,
  );
  set(
    { name: "evenkeel_notifications_lost", help: "Notifications that were given up." },
    state.notificationsLost,
  );
}

function setRuntime(set: SetGauge, scrape: Scrape): void {
  for (const actor of scrape.health) {
    set(
      { name: "evenkeel_actor_up", help: "1 when the actor answers.", labels: ["actor"] },
      actor.ok ? 1 : 0,
      { actor: actor.actor },
    );
  }
  const labels = ["actor"];
  for (const actor of scrape.facts.runtime?.actors ?? []) {
    const of = { actor: actor.name };
    set({ name: "evenkeel_actor_restarts", help: "Restarts.", labels }, actor.restarts, of);
    set(
      { name: "evenkeel_actor_mailbox_length", help: "Facts that wait.", labels },
      actor.mailboxLength,
      of,
    );
    set(
      { name: "evenkeel_actor_messages_handled", help: "Facts handed to it.", labels },
      actor.messagesHandled,
      of,
    );
    set(
      { name: "evenkeel_actor_messages_dropped", help: "Facts dropped or replaced.", labels },
      actor.messagesDropped,
      of,
    );
    set(
      { name: "evenkeel_actor_dead_letters", help: "Facts that nobody took.", labels },
      actor.deadLetters,
      of,
    );
    set(
      { name: "evenkeel_actor_requests_owed", help: "Requests without an answer yet.", labels },
      actor.requestsOwed,
      of,
    );
  }
}
