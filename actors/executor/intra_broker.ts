/**
 * Phase 2: moves between log dirs of one broker.
 *
 * @module
 */
import type { LogDirOutcome, LogDirTarget } from "../../cluster/gateway.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import { findTopic } from "../../model/topology.ts";
import { selectDiskMoves } from "./batch.ts";
import { goingOn } from "./groups.ts";
import { must } from "./interrupt.ts";
import { futureOf, logDirOf, replicaRow } from "./log_dirs.ts";
import { type DiskSight, GONE, judgeDiskMove, type Verdict } from "./progress.ts";
import {
  isBlocked,
  isSettled,
  mayTryAgain,
  type PhaseReport,
  type Run,
  settledVerdict,
  stuckForMs,
  triedTooOften,
} from "./run.ts";
import type { View } from "./sight.ts";
import type { Step } from "./task_book.ts";
import { type Task, wantedLogDir } from "./task.ts";

const DISK = "INTRA_BROKER_REPLICA_ACTION";
const UNKNOWN_PARTITION = 3;
const UNKNOWN_OUTCOME = [7, -1];

/** One round of the phase. `reading` belongs to the view's topology. */
export async function diskRound(
  run: Run,
  view: View,
  reading: LogDirsReading,
): Promise<PhaseReport> {
  countSilence(run, reading);
  const ended = judgeInFlight(run, view, reading);
  const cancelled = await cancelAborting(run, view, reading);
  const inExecution = run.book.inExecution(DISK);
  const goesOn = goingOn(run);
  const pending = run.book.of(DISK, "PENDING").filter(goesOn);
  if (run.stop !== undefined && pending.length === 0) {
    return { somethingHappened: ended || cancelled, done: inExecution.length === 0 };
  }
  const chosen = selectDiskMoves(pending, inExecution, {
    perBroker: run.steering.intraBrokerPerBroker,
  });
  const seen = {
    pending: pending.length,
    inExecution: inExecution.length,
    chosen: chosen.length,
  };
  if (isBlocked(run, seen)) {
    run.memory.notes.push(
      `${pending.length} moves between log dirs could not start: the limit is ` +
        `${run.steering.intraBrokerPerBroker} a broker`,
    );
    return { somethingHappened: true, done: true };
  }
  const forgotten = run.book.of(DISK, "SUBMITTING").filter((task) =>
    task.record.startedAtMs !== undefined && goesOn(task)
  );
  if (chosen.length + forgotten.length > 0) await submit(run, forgotten, chosen);
  return {
    somethingHappened: ended || chosen.length > 0,
    done: run.stop === undefined && !run.book.hasOpen(DISK),
  };
}

function countSilence(run: Run, reading: LogDirsReading): void {
  const asked = new Set(run.book.inExecution(DISK).map((task) => task.record.brokerId!));
  for (const brokerId of asked) {
    const before = run.memory.silentReadings.get(brokerId) ?? 0;
    const answer = reading.brokers.find((broker) => broker.brokerId === brokerId);
    const answered = answer !== undefined && answer.failure === undefined;
    run.memory.silentReadings.set(brokerId, answered ? 0 : before + 1);
  }
}

function diskSight(run: Run, task: Task, look: { view: View; reading: LogDirsReading }): DiskSight {
  const { view: { topology }, reading } = look;
  const { topic, partition } = task.proposal;
  const brokerId = task.record.brokerId!;
  const replica = { topic, partition, brokerId };
  const seenId = topology.topicIds[findTopic(topology, topic)] ?? "";
  const sameTopic = task.topicId === "" || seenId === "" || seenId === task.topicId;
  const dirs = reading.brokers.find((broker) => broker.brokerId === brokerId)?.dirs ?? [];
  return {
    exists: sameTopic && replicaRow(topology, replica) >= 0,
    currentDir: logDirOf(topology, reading, replica),
    futureDir: futureOf(reading, replica)?.logDir,
    targetUsable: dirs.some((dir) => dir.path === wantedLogDir(task) && dir.alive),
    silentReadings: run.memory.silentReadings.get(brokerId) ?? 1,
  };
}

function judgeInFlight(run: Run, view: View, reading: LogDirsReading): boolean {
  const steps: Step[] = [];
  for (const task of run.book.of(DISK, "SUBMITTING", "IN_PROGRESS")) {
    const sight = diskSight(run, task, { view, reading });
    const verdict = settledVerdict(run, task, {
      verdict: judgeDiskMove(wantedLogDir(task), sight),
      sight: { standing: `${sight.currentDir} ${sight.futureDir}`, replicas: [], leader: 0 },
    });
    const step = stepFor(run, task, verdict);
    if (step !== undefined) steps.push(step);
  }
  run.book.change(steps);
  if (run.stop === undefined) return steps.length > 0;
  const goesOn = goingOn(run);
  const inFlight = run.book.of(DISK, "IN_PROGRESS").filter((task) => !goesOn(task));
  const { reason } = run.stop;
  run.book.change(inFlight.map((task) => ({ task, to: "ABORTING", abortAs: "ABORTED", reason })));
  return steps.length + inFlight.length > 0;
}

function stepFor(run: Run, task: Task, verdict: Verdict): Step | undefined {
  const { state } = task.record;
  switch (verdict.kind) {
    case "completed":
      return { task, to: "COMPLETED" };
    case "aborted":
      return { task, to: "ABORTED", reason: verdict.reason };
    case "dead":
      return { task, to: "DEAD", reason: verdict.reason };
    case "accepted":
      return state === "SUBMITTING" ? { task, to: "IN_PROGRESS" } : stuckStep(run, task);
    case "resubmit":
      if (!mayTryAgain(run, task)) return { task, to: "DEAD", reason: triedTooOften(task) };
      // The broker does not know it: its turn comes again, unless everything is to end.
      if (run.stop !== undefined && !goingOn(run)(task)) {
        return { task, to: "ABORTED", reason: run.stop.reason };
      }
      return state === "SUBMITTING" ? { task, to: "PENDING" } : { task, to: "SUBMITTING" };
    case "wait":
    case "unsettled":
      return stuckStep(run, task);
  }
}

function stuckStep(run: Run, task: Task): Step | undefined {
  if (task.record.state !== "IN_PROGRESS") return undefined;
  const forMs = stuckForMs(run, task);
  if (forMs === undefined) return undefined;
  return {
    task,
    to: "ABORTING",
    abortAs: "DEAD",
    reason:
      `No byte was copied for ${forMs} ms (evenkeel.execution.move.stuck.timeout.ms); cancelled`,
  };
}

/** Kafka drops the copy when it is asked for the directory that the replica is in. */
async function cancelAborting(run: Run, view: View, reading: LogDirsReading): Promise<boolean> {
  const targets: LogDirTarget[] = [];
  const steps: Step[] = [];
  for (const task of run.book.of(DISK, "ABORTING")) {
    const sight = diskSight(run, task, { view, reading });
    const { topic, partition } = task.proposal;
    const rolledBack = task.record.abortAs ?? "ABORTED";
    if (!sight.exists) steps.push({ task, to: "ABORTED", reason: GONE });
    else if (sight.currentDir === wantedLogDir(task)) {
      steps.push({ task, to: "COMPLETED", reason: "Finished before it could be cancelled" });
    } else if (sight.currentDir === undefined) {
      const verdict = judgeDiskMove(wantedLogDir(task), sight);
      if (verdict.kind === "dead") steps.push({ task, to: "DEAD", reason: verdict.reason });
    } else if (sight.futureDir !== undefined) {
      const logDir = sight.currentDir;
      targets.push({ brokerId: task.record.brokerId!, topic, partition, logDir });
    } else if (isSettled(run, task, { standing: sight.currentDir, replicas: [], leader: 0 })) {
      steps.push({ task, to: rolledBack });
    }
  }
  run.book.change(steps);
  if (targets.length > 0) must(await run.gateway.alterLogDirs(targets));
  return steps.length + targets.length > 0;
}

/** `forgotten` are in SUBMITTING already: their broker took them on once and does not know them any more. */
async function submit(
  run: Run,
  forgotten: readonly Task[],
  chosen: readonly Task[],
): Promise<void> {
  const tasks = [
    ...forgotten,
    ...run.book.change(chosen.map((task) => ({ task, to: "SUBMITTING" }))),
  ];
  const outcomes = must(
    await run.gateway.alterLogDirs(tasks.map((task): LogDirTarget => ({
      brokerId: task.record.brokerId!,
      topic: task.proposal.topic,
      partition: task.proposal.partition,
      logDir: wantedLogDir(task),
    }))),
  );
  const keyOf = (of: Pick<LogDirOutcome, "brokerId" | "topic" | "partition">) =>
    `${of.brokerId}/${of.topic}/${of.partition}`;
  const codes = new Map(outcomes.map((outcome) => [keyOf(outcome), outcome.errorCode]));
  run.book.change(tasks.flatMap((task): Step[] => {
    const { topic, partition } = task.proposal;
    const code = codes.get(keyOf({ brokerId: task.record.brokerId!, topic, partition }));
    if (code === undefined || UNKNOWN_OUTCOME.includes(code)) return [];
    if (code === 0) return [{ task, to: "IN_PROGRESS" }];
    if (code === UNKNOWN_PARTITION) return [{ task, to: "ABORTED", reason: GONE }];
    const reason = `Broker ${task.record.brokerId} refused log dir ${wantedLogDir(task)}: ` +
      `Kafka's error ${code}`;
    return [{ task, to: "DEAD", reason }];
  }));
}
