/**
 * The sub-states of `state` in plain text.
 *
 * @module
 */
import type { ExecutorState, TaskState, TaskView } from "../../../messages/executor.ts";
import type { AnalyzerStateJson } from "../shapes/analyzer_state.ts";
import { finishedCount } from "../shapes/executor_state.ts";
import type { MonitorStateJson } from "../shapes/monitor_state.ts";
import { proposalJson, proposalText } from "../shapes/proposal.ts";
import { fixed, list, map, right, utcSeconds } from "../java_format.ts";

function share(part: number, whole: number, digits = 3): string {
  return `${fixed(whole > 0 ? (part / whole) * 100 : 0, digits)}%`;
}

/** The line of the monitor. `validWindows`: windows that enough partitions are valid in. */
export function monitorText(state: MonitorStateJson, validWindows: number): string {
  if (state.state === "NOT_STARTED") return "MonitorState: {state: NOT_STARTED}\n";
  const windows = state.numMonitoredWindows;
  const parts = [`state: ${state.state}(${fixed(state.trainingPct, 3)}% trained)`];
  if (state.state === "LOADING") {
    parts.push(`LoadingProgress: ${fixed(state.loadingProgressPct ?? 0, 3)}%`);
  }
  const colon = state.state === "LOADING" ? ":" : "";
  parts.push(
    `NumValidWindows: (${validWindows}/${windows})${colon} (${share(validWindows, windows)})`,
    `NumValidPartitions: ${state.numValidPartitions}/${state.numTotalPartitions} (${
      fixed(state.monitoringCoveragePct, 3)
    }%)`,
    `${state.state === "LOADING" ? "F" : "f"}lawedPartitions: ${state.numFlawedPartitions}`,
  );
  const reason = state.reasonOfLatestPauseOrResume;
  if (reason !== undefined && reason !== "N/A") parts.push(`reasonOfPauseOrResume: ${reason}`);
  return `MonitorState: {${parts.join(", ")}}\n`;
}

function movementParts(state: ExecutorState, kind: "inter" | "intra"): string[] {
  const counts = kind === "inter" ? state.interBroker : state.intraBroker;
  const limit = kind === "inter"
    ? state.limits?.interBrokerPerBroker ?? 0
    : state.limits?.intraBrokerPerBroker ?? 0;
  const done = Math.round(state.movedMb);
  const total = Math.round(state.totalMb);
  return [
    `pending(${counts.pending})/in-progress(${counts.inProgress})/aborting(${counts.aborting})/finished(${
      finishedCount(counts)
    })/total(${counts.total}) ${kind}-broker partition movements`,
    `completed(${done})/total(${total}) bytes in MBs: ${share(done, total, 2)}`,
    `max/min/avg concurrent ${kind}-broker partition movements per-broker: ${limit}/${limit}/${
      fixed(limit, 2)
    }`,
  ];
}

function leadershipParts(state: ExecutorState): string[] {
  const limit = state.limits?.leadershipPerBroker ?? 0;
  return [
    `finished(${
      finishedCount(state.leadership)
    })/total(${state.leadership.total}) leadership movements`,
    `max/min/avg broker leadership movement concurrency: ${limit}/${limit}/${fixed(limit, 2)}`,
    `cluster leadership movement concurrency: ${state.limits?.leadershipCluster ?? 0}`,
  ];
}

function stoppingParts(state: ExecutorState): string[] {
  const movements = (kind: "intra" | "inter") => {
    const counts = kind === "inter" ? state.interBroker : state.intraBroker;
    return `cancelled(${counts.pending})/in-progress(${counts.inProgress})/aborting(${counts.aborting})/total(${counts.total}) ${kind}-broker partition movements`;
  };
  const { limits, leadership } = state;
  return [
    movements("intra"),
    movements("inter"),
    `cancelled(${leadership.pending})/total(${leadership.total}) leadership movements`,
    `maximum concurrent intra-broker partition movements per-broker: ${
      limits?.intraBrokerPerBroker ?? 0
    }`,
    `maximum concurrent inter-broker partition movements per-broker: ${
      limits?.interBrokerPerBroker ?? 0
    }`,
    `maximum concurrent leader movements per-broker: ${limits?.leadershipPerBroker ?? 0}`,
    `cluster concurrent leader movements: ${limits?.leadershipCluster ?? 0}`,
  ];
}

function phaseParts(state: ExecutorState): string[] {
  switch (state.phase) {
    case "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS":
      return movementParts(state, "inter");
    case "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS":
      return movementParts(state, "intra");
    case "LEADER_MOVEMENT_TASK_IN_PROGRESS":
      return leadershipParts(state);
    case "STOPPING_EXECUTION":
      return stoppingParts(state);
    default:
      return [];
  }
}

/** The line of the executor. */
export function executorText(state: ExecutorState): string {
  const parts = [`state: ${state.phase}`, ...phaseParts(state)];
  if (state.phase !== "NO_TASK_IN_PROGRESS") {
    const name = state.userTriggered ? "triggeredUserTaskId" : "triggeredSelfHealingTaskId";
    parts.push(`${name}: ${state.executionUuid ?? ""}`);
    parts.push(`triggeredTaskReason: ${state.reason ?? ""}`);
    if (state.resumedAtMs !== undefined) {
      parts.push(`resumedAfterRestart: ${utcSeconds(state.resumedAtMs)}`);
    }
  }
  if (state.recentlyDemotedBrokers.length > 0) {
    parts.push(`recentlyDemotedBrokers: ${list(state.recentlyDemotedBrokers)}`);
  }
  if (state.recentlyRemovedBrokers.length > 0) {
    parts.push(`recentlyRemovedBrokers: ${list(state.recentlyRemovedBrokers)}`);
  }
  return `ExecutorState: {${parts.join(", ")}}\n`;
}

/** The line of the analyzer. */
export function analyzerText(state: AnalyzerStateJson): string {
  return `AnalyzerState: {isProposalReady: ${state.isProposalReady}, readyGoals: ${
    list(state.readyGoals)
  }}\n`;
}

/** Verbose block: completeness of each window. */
export function windowsText(state: MonitorStateJson): string {
  const entries = Object.entries(state.monitoredWindows ?? {}).map(([endMs, ratio]) =>
    [endMs, `${fixed(ratio * 100, 3)}%`] as const
  );
  return `\n\nMonitored Windows [Window End_Time=Data_Completeness]:\n${map(entries)}`;
}

/** Verbose block: what each goal needs and whether it has it. */
export function readinessText(state: AnalyzerStateJson): string {
  const lines = (state.goalReadiness ?? []).map((goal) => {
    const needs = goal.modelCompleteRequirement;
    return `\n${
      right(goal.name, 50)
    }, (requiredNumWindows=${needs.requiredNumSnapshots}, minMonitoredPartitionPercentage=${
      fixed(needs.minMonitoredPartitionsPercentage, 3)
    }, includedAllTopics=${needs.includeAllTopics}), ${
      goal.status === "ready" ? "Ready" : "NotReady"
    }`;
  });
  return `\n\nGoal Readiness:${lines.join("")}`;
}

function taskText(task: TaskView): string {
  const broker = task.brokerId === undefined ? "" : `(${task.brokerId})`;
  return `{EXE_ID: ${task.executionId}, ${task.type}${broker}, ${
    proposalText(proposalJson(task.proposal))
  }, ${task.state}}`;
}

const MOVEMENT_NAMES = [
  ["INTER_BROKER_REPLICA_ACTION", "inter-broker partition movements"],
  ["INTRA_BROKER_REPLICA_ACTION", "intra-broker partition movements"],
  ["LEADER_ACTION", "leadership movements"],
] as const;

/** Verbose blocks: the tasks of a running execution by kind and state. Empty when nothing runs. */
export function tasksText(state: ExecutorState): string {
  const first = state.phase === "STOPPING_EXECUTION" ? "Cancelled" : "Pending";
  const states: readonly [TaskState, string][] = [
    ["PENDING", first],
    ["IN_PROGRESS", "In progress"],
    ["ABORTING", "Aborting"],
    ["ABORTED", "Aborted"],
    ["DEAD", "Dead"],
  ];
  let text = "";
  for (const [type, name] of MOVEMENT_NAMES) {
    for (const [wanted, heading] of states) {
      const tasks = state.tasks.filter((task) => task.type === type && task.state === wanted);
      if (tasks.length === 0) continue;
      text += `\n\n${heading} ${name}:\n${tasks.map(taskText).join("\n")}`;
    }
  }
  return text;
}
