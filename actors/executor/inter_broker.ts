/**
 * Phase 1: moves between brokers and re-orders of replica lists, by one round at a time.
 *
 * A round judges what is in flight, takes throttles back that nobody needs, rolls back what is to be rolled back, and
 * submits what the limits allow. Each state is in the journal before the request that it announces.
 *
 * @module
 */
import type { PartitionOutcome, ReassignmentTarget } from "../../cluster/gateway.ts";
import { announceLogDirs } from "./arriving.ts";
import { selectLeadership, selectMoves, unthrottledLimit } from "./batch.ts";
import { goingOn, inBegunGroup } from "./groups.ts";
import { must } from "./interrupt.ts";
import { deadTarget, GONE, judgeMove, superseded, type Verdict } from "./progress.ts";
import { judgeUnknownMove } from "./recovery.ts";
import { rollBack } from "./rollback.ts";
import {
  isBlocked,
  mayTryAgain,
  type PhaseReport,
  type Run,
  settledVerdict,
  stuckForMs,
  triedTooOften,
  wishToStop,
} from "./run.ts";
import { type Sight, sightOf, type View } from "./sight.ts";
import { needsMinInSync, orderTasks } from "./strategies.ts";
import type { Step } from "./task_book.ts";
import { isInExecution } from "./task_state.ts";
import { movesData, newBrokers, partitionKey, type Task } from "./task.ts";
import { clearingsOf } from "./throttle.ts";

const MOVE = "INTER_BROKER_REPLICA_ACTION";

/** Partitions in one request; Kafka refuses more than about 10,000 records. */
const REQUEST_PARTITIONS_MAX = 1_000;

/** Kafka's error codes with a meaning of their own here (executor specification, appendix K.6). */
const REFUSED_TARGET = [37, 38, 39];
/** REQUEST_TIMED_OUT, and UNKNOWN_SERVER_ERROR, which also stands for a partition that the answer left out. */
const UNKNOWN_OUTCOME = [7, -1];
const TRY_AGAIN = [5, 6, 41, 89];
const UNKNOWN_PARTITION = 3;

/** One round of the phase. */
export async function moveRound(run: Run, view: View): Promise<PhaseReport> {
  const judged = judgeInFlight(run, view);
  const rolledBack = await rollBack(run, view);
  await clearUnneeded(run, view);
  const inExecution = run.book.inExecution(MOVE);
  const goesOn = goingOn(run);
  if (run.stop !== undefined && !run.book.of(MOVE, "PENDING", "SUBMITTING").some(goesOn)) {
    return { somethingHappened: judged || rolledBack, done: inExecution.length === 0 };
  }
  refusePending(run, view);
  const chosen = await chooseBatch(run, view, inExecution);
  const pending = startable(run).length;
  if (isBlocked(run, { pending, inExecution: inExecution.length, chosen: chosen.length })) {
    run.memory.notes.push(
      `${pending} moves could not start: the limits are ${run.steering.interBrokerPerBroker} a broker, ` +
        `${run.steering.interBrokerCluster} in the cluster`,
    );
    return { somethingHappened: true, done: true };
  }
  if (chosen.length > 0) await submit(run, view, chosen);
  return {
    somethingHappened: judged || rolledBack || chosen.length > 0,
    done: run.stop === undefined && !run.book.hasOpen(MOVE),
  };
}

/** Judges what Kafka may be working on; true when a task ended or has to be submitted again. */
function judgeInFlight(run: Run, view: View): boolean {
  const steps: Step[] = [];
  let ended = false;
  const goesOn = goingOn(run);
  for (const task of run.book.of(MOVE, "SUBMITTING", "IN_PROGRESS")) {
    const sight = sightOf(task, view);
    const verdict = task.record.state === "SUBMITTING"
      ? judgeUnknownMove(sight, { rollingBack: !goesOn(task) })
      : judgeMove(sight);
    const settled = settledVerdict(run, task, { verdict, sight });
    const step = stepFor(run, task, { verdict: settled, sight });
    if (step === undefined) continue;
    steps.push(step);
    ended ||= step.to !== "IN_PROGRESS";
  }
  run.book.change(steps);
  if (run.stop === undefined) return ended;
  // What has just completed may have left a group half done.
  const isFinishing = goingOn(run);
  const inFlight = run.book.of(MOVE, "IN_PROGRESS").filter((task) => !isFinishing(task));
  const { reason } = run.stop;
  run.book.change(inFlight.map((task) => ({ task, to: "ABORTING", abortAs: "ABORTED", reason })));
  return ended || inFlight.length > 0;
}

function stepFor(
  run: Run,
  task: Task,
  judged: { verdict: Verdict; sight: Sight },
): Step | undefined {
  const { verdict, sight } = judged;
  const { state } = task.record;
  switch (verdict.kind) {
    case "completed":
      return {
        task,
        to: "COMPLETED",
        ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      };
    case "aborted":
      return { task, to: "ABORTED", reason: verdict.reason };
    case "accepted":
      return state === "SUBMITTING" ? { task, to: "IN_PROGRESS" } : undefined;
    case "dead":
      if (verdict.stopAll) wishToStop(run, { kind: "dead_target", reason: verdict.reason });
      return state === "IN_PROGRESS"
        ? { task, to: "ABORTING", abortAs: "DEAD", reason: verdict.reason }
        : { task, to: "DEAD", reason: verdict.reason };
    case "resubmit":
      if (!mayTryAgain(run, task)) return { task, to: "DEAD", reason: triedTooOften(task) };
      // An accepted task that Kafka has forgotten keeps its slot; one that never arrived waits for its turn again.
      return { task, to: state === "SUBMITTING" ? "PENDING" : "SUBMITTING" };
    case "wait":
    case "unsettled":
      return stuckStep(run, task, sight);
  }
}

/** A move that received nothing for too long is cancelled; the others go on. */
function stuckStep(run: Run, task: Task, sight: Sight): Step | undefined {
  if (task.record.state !== "IN_PROGRESS") return undefined;
  const forMs = stuckForMs(run, task);
  if (forMs === undefined) return undefined;
  const lagging = newBrokers(task.proposal).filter((id) => !sight.inSync.includes(id));
  return {
    task,
    to: "ABORTING",
    abortAs: "DEAD",
    reason:
      `No progress for ${forMs} ms (evenkeel.execution.move.stuck.timeout.ms), the replicas on ` +
      `brokers ${lagging} are not in sync; cancelled`,
  };
}

/** Ends pending tasks that must not start: gone, in somebody else's hands, or with a broker that is down. */
function refusePending(run: Run, view: View): void {
  const steps: Step[] = [];
  for (const task of run.book.of(MOVE, "PENDING").filter(goingOn(run))) {
    const sight = sightOf(task, view);
    const verdict = pendingVerdict(sight);
    const settled = settledVerdict(run, task, { verdict, sight });
    if (settled.kind === "aborted") steps.push({ task, to: "ABORTED", reason: settled.reason });
    if (settled.kind === "dead") {
      steps.push({ task, to: "DEAD", reason: settled.reason });
      wishToStop(run, { kind: "dead_target", reason: settled.reason });
    }
  }
  run.book.change(steps);
}

function pendingVerdict(sight: Sight): Verdict {
  if (sight.standing === "gone") return { kind: "aborted", reason: GONE };
  if (sight.standing === "moving_elsewhere") return superseded(sight);
  // Read from a broker that lags behind, or changed by somebody else since the plan.
  if (sight.standing === "elsewhere") return { kind: "unsettled", then: superseded(sight) };
  if (sight.deadTargets.length > 0) return deadTarget(sight);
  return { kind: "wait" };
}

/** Pending tasks whose partition is seen as planned; the others have to settle first. */
function startable(run: Run): Task[] {
  const goesOn = goingOn(run);
  return run.book.of(MOVE, "PENDING").filter((task) =>
    !run.memory.settling.has(task.record.executionId) && goesOn(task)
  );
}

async function chooseBatch(run: Run, view: View, inExecution: readonly Task[]): Promise<Task[]> {
  const { steering, book } = run;
  const order = run.memory.order ??= await strategyOrder(run, view);
  const isBegun = inBegunGroup(book);
  const pending = startable(run).sort((a, b) =>
    Number(isBegun(b)) - Number(isBegun(a)) ||
    order.get(a.record.executionId)! - order.get(b.record.executionId)!
  );
  const copying = pending.filter(movesData);
  const running = inExecution.filter(movesData);
  const unthrottled = unthrottledLimit(
    [...copying, ...running],
    steering.unthrottledBrokers ?? [],
    run.config["max.num.cluster.movements"],
  );
  const moves = selectMoves(copying, running, {
    perBroker: steering.interBrokerPerBroker,
    cluster: steering.interBrokerCluster,
    unthrottled,
  });
  const reorders = selectLeadership(
    pending.filter((task) => !movesData(task)),
    inExecution.filter((task) => !movesData(task)),
    { perBroker: steering.leadershipPerBroker, cluster: steering.leadershipCluster },
  );
  // Tasks that Kafka has forgotten hold their slot and go first.
  const goesOn = goingOn(run);
  const forgotten = book.of(MOVE, "SUBMITTING").filter((task) =>
    task.record.startedAtMs !== undefined && goesOn(task)
  );
  return [...forgotten, ...moves, ...reorders];
}

/** The strategy is applied once, to the cluster as it is when the phase begins. */
async function strategyOrder(run: Run, view: View): Promise<Map<number, number>> {
  const { strategies } = run.steering;
  const tasks = run.book.of(MOVE, "PENDING", "SUBMITTING", "IN_PROGRESS");
  const minInSync = new Map<string, number>();
  if (needsMinInSync(strategies)) {
    const topics = [...new Set(tasks.map((task) => task.proposal.topic))];
    const readings = must(
      await run.gateway.readConfigs(
        topics.map((name) => ({ type: "topic", name })),
        ["min.insync.replicas"],
      ),
    );
    for (const { resource, entries } of readings) {
      const value = entries.find((entry) => entry.key === "min.insync.replicas")?.value;
      if (value !== undefined) minInSync.set(resource.name, Number(value));
    }
  }
  const ordered = orderTasks(tasks, strategies, { topology: view.topology, minInSync });
  return new Map(ordered.map((task, position) => [task.record.executionId, position]));
}

async function submit(run: Run, view: View, wanted: readonly Task[]): Promise<void> {
  const { throttleBytesPerSec, allowReplicationFactorChange } = run.steering;
  let chosen = wanted;
  const moves = chosen.filter(movesData);
  if (throttleBytesPerSec !== undefined && moves.length > 0) {
    await run.throttles.set(moves, {
      executionUuid: run.uuid,
      rateBytesPerSec: throttleBytesPerSec,
      alive: view.alive,
    });
    // The wish to stop may have come in while the settings were read back.
    chosen = chosen.filter(goingOn(run));
  }
  for (let from = 0; from < chosen.length; from += REQUEST_PARTITIONS_MAX) {
    const part = chosen.slice(from, from + REQUEST_PARTITIONS_MAX);
    const fresh = run.book.change(
      part.filter((task) => task.record.state === "PENDING").map((task) => ({
        task,
        to: "SUBMITTING",
      })),
    );
    const tasks = [...part.filter((task) => task.record.state === "SUBMITTING"), ...fresh];
    await announceLogDirs(run, tasks);
    const answer = await run.gateway.alterReassignments(
      tasks.map((task): ReassignmentTarget => ({
        topic: task.proposal.topic,
        partition: task.proposal.partition,
        replicas: newBrokers(task.proposal),
      })),
      { allowReplicationFactorChange },
    );
    if (!answer.ok && !answer.failure.retriable) {
      wishToStop(run, { kind: "failure", reason: answer.failure.message });
    }
    // Without an answer nobody knows: the tasks stay SUBMITTING and the next round looks.
    run.book.change(answerSteps(run, tasks, must(answer)));
  }
}

function answerSteps(
  run: Run,
  tasks: readonly Task[],
  outcomes: readonly PartitionOutcome[],
): Step[] {
  const byPartition = new Map(outcomes.map((outcome) => [partitionKey(outcome), outcome]));
  const steps: Step[] = [];
  for (const task of tasks) {
    const outcome = byPartition.get(partitionKey(task.proposal));
    if (outcome === undefined || UNKNOWN_OUTCOME.includes(outcome.errorCode)) continue;
    const { errorCode } = outcome;
    const said = `Kafka answered error ${errorCode}` +
      (outcome.errorMessage === undefined ? "" : `: ${outcome.errorMessage}`);
    if (errorCode === 0) {
      steps.push({ task, to: "IN_PROGRESS" });
    } else if (errorCode === UNKNOWN_PARTITION) {
      steps.push({ task, to: "ABORTED", reason: GONE });
    } else if (REFUSED_TARGET.includes(errorCode)) {
      steps.push({ task, to: "DEAD", reason: said });
      wishToStop(run, { kind: "dead_target", reason: `${partitionKey(task.proposal)}: ${said}` });
    } else if (TRY_AGAIN.includes(errorCode) && mayTryAgain(run, task)) {
      steps.push({ task, to: "PENDING" });
    } else {
      steps.push({ task, to: "DEAD", reason: said });
      wishToStop(run, { kind: "failure", reason: `${partitionKey(task.proposal)}: ${said}` });
    }
  }
  return steps;
}

/** Takes throttles back that neither a task in flight nor a pending one needs. */
async function clearUnneeded(run: Run, view: View): Promise<void> {
  const own = run.throttles.open().filter((undo) => undo.executionUuid === run.uuid);
  if (own.length === 0) return;
  const inFlight = [...run.book.all()].filter((task) =>
    movesData(task) && isInExecution(task.record.state)
  );
  const pending = run.book.of(MOVE, "PENDING").filter(movesData).filter(goingOn(run));
  await run.throttles.clear(clearingsOf(own, inFlight, pending), view.alive);
}
