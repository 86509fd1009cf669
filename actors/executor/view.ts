/**
 * The executor's state as people see it. Pure.
 *
 * @module
 */
import type {
  ExecutionSummary,
  ExecutorPhase,
  ExecutorState,
  TaskCounts,
  TaskState,
  TaskView,
} from "../../messages/executor.ts";
import { BYTES_PER_MB } from "../../model/metrics.ts";
import type { BrokerHistoryEntry } from "../../store/journal.ts";
import type { JournalExecution } from "../../store/journal_rows.ts";
import { movedSoFar } from "./measure.ts";
import { rateOf, secondsLeft, totalBytes } from "./rate.ts";
import type { Run } from "./run.ts";
import type { TaskBook } from "./task_book.ts";
import type { Task } from "./task.ts";

const NO_TASKS: TaskCounts = {
  pending: 0,
  inProgress: 0,
  aborting: 0,
  aborted: 0,
  dead: 0,
  completed: 0,
  total: 0,
};

/** What is known of an executor that moves nothing. */
export function idleState(
  phase: ExecutorPhase,
  known: {
    readonly reserved: { uuid: string; reason: string; userTriggered: boolean } | undefined;
    readonly history: readonly BrokerHistoryEntry[];
    readonly lastExecution: ExecutionSummary | undefined;
  },
): ExecutorState {
  const ids = (kind: BrokerHistoryEntry["kind"]) =>
    known.history.filter((entry) => entry.kind === kind).map((entry) => entry.brokerId);
  return {
    phase,
    executionUuid: known.reserved?.uuid,
    reason: known.reserved?.reason,
    userTriggered: known.reserved?.userTriggered ?? false,
    stopRequested: false,
    startedAtMs: undefined,
    resumedAtMs: undefined,
    limits: undefined,
    interBroker: NO_TASKS,
    intraBroker: NO_TASKS,
    leadership: NO_TASKS,
    movedMb: 0,
    totalMb: 0,
    rateMbPerSec: undefined,
    secondsLeft: undefined,
    recentlyDemotedBrokers: ids("demoted"),
    recentlyRemovedBrokers: ids("removed"),
    tasks: [],
    lastExecution: known.lastExecution,
  };
}

/** The state during an execution. `idle` gives what does not depend on it. */
export function runningState(
  run: Run,
  execution: JournalExecution,
  shown: {
    phase: ExecutorPhase;
    idle: ExecutorState;
    withTasks: boolean;
    resumedAtMs: number | undefined;
  },
): ExecutorState {
  const moved = movedSoFar(run);
  const total = totalBytes(run.book.all());
  const rate = rateOf(run.memory.samples);
  return {
    ...shown.idle,
    phase: shown.phase,
    executionUuid: run.uuid,
    reason: execution.reason,
    userTriggered: execution.userTriggered,
    stopRequested: run.stop !== undefined,
    startedAtMs: execution.createdAtMs,
    resumedAtMs: shown.resumedAtMs,
    limits: run.steering,
    interBroker: run.book.counts("INTER_BROKER_REPLICA_ACTION"),
    intraBroker: run.book.counts("INTRA_BROKER_REPLICA_ACTION"),
    leadership: run.book.counts("LEADER_ACTION"),
    movedMb: moved / BYTES_PER_MB,
    totalMb: total / BYTES_PER_MB,
    rateMbPerSec: rate === undefined ? undefined : rate / BYTES_PER_MB,
    secondsLeft: secondsLeft(total - moved, rate),
    tasks: shown.withTasks ? [...run.book.all()].map(taskView) : [],
  };
}

function taskView(task: Task): TaskView {
  const { executionId, type, state, brokerId, reason } = task.record;
  const shownState: TaskState = state === "SUBMITTING" ? "IN_PROGRESS" : state;
  return { executionId, type, state: shownState, brokerId, proposal: task.proposal, reason };
}

/** How an ended execution is told, from its journal row and tasks. */
export function summaryOf(execution: JournalExecution, book: TaskBook): ExecutionSummary {
  const counts = [
    book.counts("INTER_BROKER_REPLICA_ACTION"),
    book.counts("INTRA_BROKER_REPLICA_ACTION"),
    book.counts("LEADER_ACTION"),
  ];
  const sum = (of: keyof TaskCounts) => counts.reduce((total, count) => total + count[of], 0);
  return {
    executionUuid: execution.uuid,
    outcome: (execution.outcome ?? "completed") as ExecutionSummary["outcome"],
    startedAtMs: execution.createdAtMs,
    endedAtMs: execution.endedAtMs ?? execution.createdAtMs,
    completed: sum("completed"),
    aborted: sum("aborted"),
    dead: sum("dead"),
    notBegun: sum("pending"),
    movedMb: execution.movedMb,
    explanation: execution.explanation ?? "",
  };
}
