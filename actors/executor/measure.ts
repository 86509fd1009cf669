/**
 * Measuring how far the moves in flight are, into the run's memory.
 *
 * @module
 */
import { replicasToAdd } from "../../model/proposal.ts";
import type { LogDirsReading } from "../../model/readings.ts";
import { replicaBytesOf } from "./log_dirs.ts";
import { movedBytes, receivedBytes, withSample } from "./rate.ts";
import type { Run } from "./run.ts";
import { sightOf, type View } from "./sight.ts";
import { isInExecution } from "./task_state.ts";
import { type Task, taskMb } from "./task.ts";

/** Whether sizes are due to be read: at most once a progress check interval, and only while something moves. */
export function isMeasuringDue(run: Run): boolean {
  const moving = [...run.book.all()].some((task) =>
    isInExecution(task.record.state) && taskMb(task) > 0
  );
  const { measuredAtMs } = run.memory;
  return moving && (measuredAtMs === undefined ||
    run.clock.nowMs() - measuredAtMs >= run.steering.progressCheckIntervalMs);
}

/** Notes what the receiving brokers hold. `reading` belongs to the view's topology. */
export function noteSizes(run: Run, view: View, reading: LogDirsReading): void {
  const nowMs = run.clock.nowMs();
  const { memory } = run;
  for (const task of run.book.all()) {
    if (!isInExecution(task.record.state)) continue;
    const bytes = receivedBytes(task, view.topology, reading);
    const id = task.record.executionId;
    // A broker that does not say has not moved anything as far as we know: its clock goes on.
    if (bytes === undefined) continue;
    const before = memory.bytes.get(id);
    const mark = progressMark(task, view, { reading, bytes });
    const changedAtMs = before?.mark === mark ? before.changedAtMs : nowMs;
    memory.bytes.set(id, { bytes, mark, changedAtMs });
  }
  memory.measuredAtMs = nowMs;
  noteMoved(run);
}

/**
 * Changes exactly when a task comes nearer to its end: replicas enter the ISR, or ones that are not in it grow. A
 * replica that has caught up grows with its leader for ever; that is no progress of a move that waits for another one.
 */
function progressMark(
  task: Task,
  view: View,
  seen: { reading: LogDirsReading; bytes: number },
): string {
  if (task.record.type !== "INTER_BROKER_REPLICA_ACTION") return String(seen.bytes);
  const { topology } = view;
  const { topic, partition } = task.proposal;
  const { inSync } = sightOf(task, view);
  const lagging = replicasToAdd(task.proposal).filter((p) => !inSync.includes(p.brokerId));
  const sizes = lagging.map(({ brokerId }) =>
    replicaBytesOf(topology, seen.reading, { topic, partition, brokerId })
  );
  return `${[...inSync].sort()} ${sizes}`;
}

/** Adds a sample of what has been moved in all to those that the rate comes from. */
export function noteMoved(run: Run): void {
  const sample = { atMs: run.clock.nowMs(), bytes: movedSoFar(run) };
  run.memory.samples = withSample(run.memory.samples, sample);
}

/** Bytes moved by now, as far as measured. */
export function movedSoFar(run: Run): number {
  const received = new Map([...run.memory.bytes].map(([id, seen]) => [id, seen.bytes]));
  return movedBytes(run.book.all(), received);
}
