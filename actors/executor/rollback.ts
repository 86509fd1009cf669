/**
 * Rolling moves back that are in ABORTING: cancel, put the old order back, give leadership back, then end them.
 *
 * @module
 */
import type { ReassignmentTarget } from "../../cluster/gateway.ts";
import { must } from "./interrupt.ts";
import { type RollbackMemory, rollbackStep } from "./recovery.ts";
import { isSettled, type Run, stuckForMs } from "./run.ts";
import { sightOf, type View } from "./sight.ts";
import type { Step } from "./task_book.ts";
import { oldBrokers, partitionKey, type Task } from "./task.ts";

const MOVE = "INTER_BROKER_REPLICA_ACTION";
const NO_REASSIGNMENT_IN_PROGRESS = 85;
const UNKNOWN_PARTITION = 3;
const REFUSED = 39;

const NOTHING_DONE: Omit<RollbackMemory, "settled"> = {
  cancelAnswer: "none",
  orderRestored: false,
  elected: false,
};

/** Takes the next step of every roll-back; true when something was asked for or ended. */
export async function rollBack(run: Run, view: View): Promise<boolean> {
  const cancel: Task[] = [];
  const restore: Task[] = [];
  const elect: Task[] = [];
  const ended: Step[] = [];
  for (const task of run.book.of(MOVE, "ABORTING")) {
    const sight = sightOf(task, view);
    const memory = run.memory.rollbacks.get(task.record.executionId) ?? NOTHING_DONE;
    const step = rollbackStep(
      sight,
      { replicas: oldBrokers(task.proposal), leader: task.proposal.oldLeader },
      { ...memory, settled: isSettled(run, task, sight) },
    );
    const refusedForMs = memory.cancelAnswer === "refused" ? stuckForMs(run, task) : undefined;
    if (step.kind === "cancel" && refusedForMs !== undefined) {
      const reason =
        `${task.record.reason}. Kafka refuses to cancel because no old replica is in ` +
        `sync, and the move did not advance for ${refusedForMs} ms; it is left to Kafka`;
      ended.push({ task, to: "DEAD", reason });
    } else if (step.kind === "cancel") cancel.push(task);
    else if (step.kind === "restore_order") restore.push(task);
    else if (step.kind === "elect") elect.push(task);
    else if (step.kind === "ended") ended.push(endOf(task, step));
  }
  run.book.change(ended);
  if (cancel.length > 0) await cancelMoves(run, cancel);
  if (restore.length > 0) await restoreOrder(run, restore);
  if (elect.length > 0) await giveLeadershipBack(run, elect);
  return cancel.length + restore.length + elect.length + ended.length > 0;
}

function endOf(
  task: Task,
  step: { as: "rolled_back" | "completed" | "aborted"; reason?: string },
): Step {
  const why = task.record.reason;
  if (step.as === "completed") {
    return { task, to: "COMPLETED", ...(step.reason === undefined ? {} : { reason: step.reason }) };
  }
  const then = step.as === "rolled_back"
    ? `Rolled back to replicas ${oldBrokers(task.proposal)}`
    : step.reason;
  return {
    task,
    to: task.record.abortAs ?? "ABORTED",
    reason: [why, then].filter((text) => text !== undefined).join(". "),
  };
}

async function cancelMoves(run: Run, tasks: readonly Task[]): Promise<void> {
  const targets = tasks.map(({ proposal }): ReassignmentTarget => ({
    topic: proposal.topic,
    partition: proposal.partition,
    replicas: null,
  }));
  for (const [task, errorCode] of await ask(run, tasks, targets)) {
    const cancelAnswer = errorCode === 0
      ? "accepted"
      : errorCode === NO_REASSIGNMENT_IN_PROGRESS || errorCode === UNKNOWN_PARTITION
      ? "nothing_in_progress"
      : errorCode === REFUSED
      ? "refused"
      : "none";
    if (cancelAnswer === "refused") {
      run.log.warn("Kafka refuses to cancel a move because no other replica is in sync", {
        partition: partitionKey(task.proposal),
      });
    }
    remember(run, task, { cancelAnswer, orderRestored: false });
  }
}

async function restoreOrder(run: Run, tasks: readonly Task[]): Promise<void> {
  const targets = tasks.map(({ proposal }): ReassignmentTarget => ({
    topic: proposal.topic,
    partition: proposal.partition,
    replicas: oldBrokers(proposal),
  }));
  for (const [task, errorCode] of await ask(run, tasks, targets)) {
    if (errorCode === 0) remember(run, task, { orderRestored: true });
    else {
      run.log.warn("Cannot put the old replica order back yet", {
        partition: partitionKey(task.proposal),
        errorCode,
      });
    }
  }
}

async function giveLeadershipBack(run: Run, tasks: readonly Task[]): Promise<void> {
  must(
    await run.gateway.electPreferredLeaders(
      tasks.map(({ proposal: { topic, partition } }) => ({ topic, partition })),
    ),
  );
  // Whatever Kafka answered: once is enough, the next look decides.
  for (const task of tasks) remember(run, task, { elected: true });
}

async function ask(
  run: Run,
  tasks: readonly Task[],
  targets: readonly ReassignmentTarget[],
): Promise<[Task, number][]> {
  const outcomes = must(
    await run.gateway.alterReassignments(targets, { allowReplicationFactorChange: true }),
  );
  const codes = new Map(outcomes.map((outcome) => [partitionKey(outcome), outcome.errorCode]));
  return tasks.flatMap((task): [Task, number][] => {
    const code = codes.get(partitionKey(task.proposal));
    return code === undefined ? [] : [[task, code]];
  });
}

function remember(run: Run, task: Task, change: Partial<Omit<RollbackMemory, "settled">>): void {
  const id = task.record.executionId;
  run.memory.rollbacks.set(id, { ...NOTHING_DONE, ...run.memory.rollbacks.get(id), ...change });
}
