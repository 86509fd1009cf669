/**
 * Phase 3: preferred elections for the partitions whose replica list begins with the wanted leader.
 *
 * @module
 */
import type { PartitionOutcome } from "../../cluster/gateway.ts";
import { selectLeadership } from "./batch.ts";
import { goingOn } from "./groups.ts";
import { must } from "./interrupt.ts";
import { GONE, judgeLeadership, type Verdict } from "./progress.ts";
import { isBlocked, type PhaseReport, type Run, settledVerdict } from "./run.ts";
import { sightOf, type View } from "./sight.ts";
import type { Step } from "./task_book.ts";
import { partitionKey, type Task } from "./task.ts";

const LEADER = "LEADER_ACTION";

/** Kafka's error codes with a meaning of their own here (executor specification, 6.2). */
const ELECTION_NOT_NEEDED = 84;
const PREFERRED_LEADER_NOT_AVAILABLE = 80;
const DELETED = [3, 17];

/** One round of the phase. */
export async function leadershipRound(run: Run, view: View): Promise<PhaseReport> {
  const judged = judgeAll(run, view);
  const goesOn = goingOn(run);
  const ended = giveUp(run, goesOn) || judged.ended;
  const again = judged.again.filter(goesOn);
  const isFinishing = run.book.of(LEADER, "PENDING", "SUBMITTING", "IN_PROGRESS").some(goesOn);
  if (run.stop !== undefined && !isFinishing) return { somethingHappened: ended, done: true };
  const inExecution = run.book.inExecution(LEADER);
  const pending = run.book.of(LEADER, "PENDING").filter((task) =>
    !run.memory.settling.has(task.record.executionId) && goesOn(task)
  );
  const chosen = selectLeadership(pending, inExecution, {
    perBroker: run.steering.leadershipPerBroker,
    cluster: run.steering.leadershipCluster,
  });
  const seen = {
    pending: pending.length,
    inExecution: inExecution.length,
    chosen: chosen.length,
  };
  if (isBlocked(run, seen)) {
    run.memory.notes.push(
      `${pending.length} leadership changes could not start: the limits are ` +
        `${run.steering.leadershipPerBroker} a broker, ${run.steering.leadershipCluster} in the cluster`,
    );
    return { somethingHappened: true, done: true };
  }
  // As in Cruise Control, elections are repeated only at checks that ended nothing.
  const repeated = ended ? [] : again;
  if (chosen.length + repeated.length > 0) await elect(run, [...repeated, ...chosen]);
  return {
    somethingHappened: ended || chosen.length > 0,
    done: !run.book.hasOpen(LEADER),
  };
}

/** Ends elections that do not go on; true when there are any. */
function giveUp(run: Run, goesOn: (task: Task) => boolean): boolean {
  const left = run.book.inExecution(LEADER).filter((task) => !goesOn(task));
  run.book.change(left.map((task) => ({
    task,
    to: "DEAD",
    reason: `${run.stop?.reason}. An election that was asked for cannot be taken back`,
  })));
  return left.length > 0;
}

/** Judges every open task; gives those whose election is due again. */
function judgeAll(run: Run, view: View): { again: Task[]; ended: boolean } {
  const again: Task[] = [];
  const steps: Step[] = [];
  let ended = false;
  const nowMs = run.clock.nowMs();
  const goesOn = goingOn(run);
  const open = [
    ...run.book.of(LEADER, "PENDING").filter(goesOn),
    ...run.book.inExecution(LEADER),
  ];
  for (const task of open) {
    const { state, submittedAtMs, startedAtMs } = task.record;
    const sight = sightOf(task, view);
    const judged = judgeLeadership(task, sight, {
      waitedMs: startedAtMs === undefined ? 0 : nowMs - startedAtMs,
      timeoutMs: run.config["leader.movement.timeout.ms"],
      alive: view.alive,
    });
    const verdict = settledVerdict(run, task, { verdict: judged, sight });
    const step = endStep(task, verdict);
    if (step !== undefined) {
      steps.push(step);
      ended = true;
    } else if (verdict.kind === "resubmit" && state === "SUBMITTING") {
      steps.push({ task, to: "PENDING" });
    } else if (verdict.kind === "resubmit" && state === "IN_PROGRESS") {
      const waitMs = run.steering.progressCheckIntervalMs;
      if (nowMs - submittedAtMs! >= waitMs) again.push(task);
    }
  }
  run.book.change(steps);
  return { again, ended };
}

function endStep(task: Task, verdict: Verdict): Step | undefined {
  switch (verdict.kind) {
    case "completed":
      return {
        task,
        to: "COMPLETED",
        ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      };
    case "aborted":
      return { task, to: "ABORTED", reason: verdict.reason };
    case "dead":
      return { task, to: "DEAD", reason: verdict.reason };
    default:
      return undefined;
  }
}

async function elect(run: Run, chosen: readonly Task[]): Promise<void> {
  const tasks = run.book.change(chosen.map((task) => ({ task, to: "SUBMITTING" })));
  const outcomes = must(
    await run.gateway.electPreferredLeaders(
      tasks.map(({ proposal: { topic, partition } }) => ({ topic, partition })),
    ),
  );
  const byPartition = new Map(outcomes.map((outcome) => [partitionKey(outcome), outcome]));
  run.book.change(tasks.flatMap((task) => {
    const step = answerStep(task, byPartition.get(partitionKey(task.proposal)));
    return step === undefined ? [] : [step];
  }));
}

function answerStep(task: Task, outcome: PartitionOutcome | undefined): Step | undefined {
  if (outcome === undefined) return undefined;
  if (DELETED.includes(outcome.errorCode)) return { task, to: "ABORTED", reason: GONE };
  const known = [0, ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE];
  // Any other answer is judged by what the next look shows.
  return known.includes(outcome.errorCode) ? { task, to: "IN_PROGRESS" } : undefined;
}
