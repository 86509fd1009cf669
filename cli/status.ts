/**
 * `evenkeel status`: how everything is, on one screen.
 *
 * @module
 */
import type { Command } from "commander";
import type { Client } from "./client.ts";
import { EXIT } from "./exit_codes.ts";
import { type Io, printJson, reportFailure } from "./io.ts";
import { type ClientOptions, type RunClient, withClientOptions } from "./remote.ts";
import { labelled } from "./tables.ts";
import { countOf } from "../lib/count_of.ts";
import { duration, megabytes, share } from "./units.ts";
import type { Detector, Execution, LastExecution, Status } from "./wire.ts";

function healthText(status: Status): string {
  const { actors, ok } = status.health;
  if (ok) return `all ${actors.length} parts answer`;
  return actors.filter((actor) => !actor.ok)
    .map((actor) => `${actor.actor.toUpperCase()} DOWN: ${actor.problem ?? "no reason given"}`)
    .join("; ");
}

function clusterText({ cluster }: Status): string {
  if (cluster === null) return "not seen yet";
  const down = cluster.brokers.filter((broker) => !broker.alive).map((broker) => broker.id);
  const troubles = [
    down.length > 0 ? `brokers DOWN: ${down.join(", ")}` : "",
    cluster.offlinePartitions > 0
      ? `${countOf(cluster.offlinePartitions, "partition")} OFFLINE`
      : "",
    cluster.underReplicatedPartitions > 0
      ? `${countOf(cluster.underReplicatedPartitions, "partition")} under-replicated`
      : "",
    ...cluster.failedLogDirs.map((dir) => `log dir ${dir.path} of broker ${dir.brokerId} FAILED`),
  ].filter((text) => text !== "");
  const size = [
    countOf(cluster.brokers.length, "broker"),
    countOf(cluster.topics, "topic"),
    countOf(cluster.partitions, "partition"),
    countOf(cluster.replicas, "replica"),
  ].join(", ");
  return `${size}; ${troubles.length === 0 ? "all replicas in sync" : troubles.join("; ")}`;
}

function ago(nowMs: number, atMs: number | null | undefined): string {
  return typeof atMs === "number" ? `${duration((nowMs - atMs) / 1000)} ago` : "never";
}

function samplingText({ sampler, nowMs }: Status): string {
  if (sampler === null) return "no answer";
  const parts = [
    sampler.state.replace("_", " "),
    `last poll ${ago(nowMs, sampler.lastPollAtMs)}`,
    `${sampler.pollsDone} done, ${sampler.pollsFailed} failed`,
    `from ${sampler.sources.join(", ")}`,
  ];
  if (sampler.state === "paused" && sampler.reason !== undefined) {
    parts.push(`because: ${sampler.reason}`);
  }
  if (sampler.silentBrokers.length > 0) {
    parts.push(`SILENT brokers: ${sampler.silentBrokers.join(", ")}`);
  }
  const { brokerMetrics } = sampler;
  if (brokerMetrics !== undefined) {
    parts.push(`broker metrics read ${ago(nowMs, brokerMetrics.atMs)}`);
    const unknown = brokerMetrics.unknownBrokers.map((one) => one.brokerId);
    if (unknown.length > 0) parts.push(`UNKNOWN broker metrics: ${unknown.join(", ")}`);
  }
  if (sampler.lastFailure !== undefined) parts.push(`FAILING: ${sampler.lastFailure}`);
  return parts.join("; ");
}

function loadText({ monitor, nowMs }: Status): string {
  if (monitor === null) return "no answer";
  if (monitor.loadingProgress < 1) {
    return `loading samples, ${(monitor.loadingProgress * 100).toFixed(0)} % done`;
  }
  const known = monitor.validPartitions > 0 || monitor.activeRatio === 0
    ? `${monitor.validPartitions} of ${monitor.totalPartitions} partitions known (${
      share(monitor.validPartitions, monitor.totalPartitions)
    })`
    : `${
      (monitor.activeRatio * 100).toFixed(1)
    } % of the partitions known, from the window being filled`;
  const filled = monitor.windows.filter((window) => window.monitoredRatio > 0);
  const windows = filled.length === 0
    ? "no complete window yet"
    : `${countOf(filled.length, "window")}, newest ended ${ago(nowMs, filled[0]!.endMs)}`;
  const store = monitor.storeFailure === undefined ? "" : `; STORE: ${monitor.storeFailure}`;
  return `${known}; ${windows}${store}`;
}

function planningText({ analyzer }: Status): string {
  if (analyzer === null) return "no answer";
  const off = analyzer.goalsOff.map(({ goal, reason }) => `${goal} (${reason})`);
  const goals = countOf(analyzer.readyGoals.length, "goal");
  const ready = analyzer.isProposalReady
    ? `a plan is ready; ${goals} can be planned for`
    : analyzer.readyGoals.length > 0
    ? `${goals} can be planned for`
    : "not yet: load is not known well enough";
  return off.length === 0 ? ready : `${ready}; off: ${off.join(", ")}`;
}

function predictionText({ classifier }: Status): string {
  if (classifier === undefined || classifier === null) return "no answer";
  const predicts = classifier.predictedAtMs !== null;
  const groups = new Map<string, number[]>();
  for (const { brokerId, current, predicted } of classifier.brokers) {
    const name = ((predicts ? predicted : current) ?? "unknown").replace("_", "-");
    groups.set(name, [...groups.get(name) ?? [], brokerId]);
  }
  const when = predicts ? `in ${duration(classifier.horizonMs / 1000)}` : "now";
  const states = [...groups].map(([name, ids]) =>
    name === "over-loaded" || name === "unknown"
      ? `${name.toUpperCase()}: ${ids.join(", ")}`
      : `${ids.length} ${name}`
  );
  const brokers = states.length === 0 ? "" : `; brokers ${when}: ${states.join("; ")}`;
  const store = classifier.storeFailure === null ? "" : `; STORE: ${classifier.storeFailure}`;
  return `${classifier.explanation}${brokers}${store}`;
}

/** How an execution ended, in one line; `when` as in "2 min ago". */
export function lastExecutionText(last: LastExecution, when = ""): string {
  const outcome = `${last.outcome.replaceAll("_", " ")} ${when}`.trimEnd();
  const not = last.aborted + last.dead + last.notBegun;
  return `${outcome}, ${countOf(last.completed, "task")} done, ${not} not, ${
    megabytes(last.movedMb)
  } moved`;
}

/** What is executing, in one line. */
export function executionText(execution: Execution, nowMs: number): string {
  if (execution.phase === "NO_TASK_IN_PROGRESS") {
    const last = execution.lastExecution;
    return last === undefined || last === null
      ? "idle, nothing executed yet"
      : `idle; last: ${lastExecutionText(last, ago(nowMs, last.endedAtMs))}`;
  }
  const kinds = [execution.interBroker, execution.intraBroker, execution.leadership];
  const sum = (pick: (kind: typeof kinds[number]) => number) =>
    kinds.reduce((total, kind) => total + pick(kind), 0);
  const done = sum((kind) => kind.completed + kind.aborted + kind.dead);
  const pace = typeof execution.rateMbPerSec === "number"
    ? `${megabytes(execution.rateMbPerSec)}/s, ${duration(execution.secondsLeft)} left`
    : "rate not known yet";
  const resumed = typeof execution.resumedAtMs === "number"
    ? `; found unfinished at the start ${ago(nowMs, execution.resumedAtMs)}`
    : "";
  return `${execution.phase.replaceAll("_", " ").toLowerCase()}: ${done} of ${
    sum((kind) => kind.total)
  } tasks, ${megabytes(execution.movedMb)} of ${megabytes(execution.totalMb)}, ${pace}${resumed}`;
}

function words(kind: string): string {
  return kind.toLowerCase().replaceAll("_", " ");
}

/** What is wrong, and whether it is healed without asking, in one line. */
export function detectorText(detector: Detector, nowMs: number): string {
  const open = detector.recent.filter(({ endedAtMs }) => typeof endedAtMs !== "number");
  const over = detector.recent.length - open.length;
  const troubles = open.map(({ condition, detectedAtMs, status, reason }) =>
    `${words(condition.kind).toUpperCase()} for ${duration((nowMs - detectedAtMs) / 1000)}, ` +
    `${words(status)}: ${reason}`
  );
  const healed = detector.detectors.filter(({ selfHealing }) => selfHealing);
  const healing = healed.length === 0
    ? "self-healing off"
    : `self-healing on for ${healed.map(({ kind }) => words(kind)).join(", ")}`;
  const found = troubles.length === 0 ? "nothing is wrong" : troubles.join("; ");
  return `${found}; ${over > 0 ? `${over} over; ` : ""}${healing}`;
}

/** The screen. */
export function statusScreen(status: Status, url: string): string {
  return labelled([
    ["Evenkeel", `${status.version} at ${url}`],
    ["Health", healthText(status)],
    ["Cluster", clusterText(status)],
    ["Sampling", samplingText(status)],
    ["Load", loadText(status)],
    ["Planning", planningText(status)],
    ["Forecast", predictionText(status)],
    [
      "Execution",
      status.executor === null ? "no answer" : executionText(status.executor, status.nowMs),
    ],
    [
      "Anomalies",
      status.detector === null ? "no answer" : detectorText(status.detector, status.nowMs),
    ],
  ]);
}

async function runStatus(client: Client, io: Io, options: ClientOptions): Promise<number> {
  const status = await client.call<Status>("GET", "status");
  if (!status.ok) return reportFailure(io, status.failure);
  if (options.json) printJson(io, status.value);
  else io.out(statusScreen(status.value, new URL(options.url).origin));
  return status.value.health.ok ? EXIT.done : EXIT.failed;
}

/** Adds the command. */
export function registerStatus(program: Command, run: RunClient): void {
  withClientOptions(program.command("status"))
    .description("Show on one screen how everything is; exit code 1 when a part does not answer")
    .addHelpText(
      "after",
      "\nExamples:\n  evenkeel status\n  evenkeel status --url http://balancer:9090 --json\n",
    )
    .action(run(runStatus));
}
