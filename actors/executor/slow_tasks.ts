/**
 * Telling people of tasks that take longer than they should. Thresholds as in Cruise Control, with its slip for moves
 * between log dirs mended (it compares seconds with milliseconds there).
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import type { Run } from "./run.ts";
import { type Task, taskMb } from "./task.ts";

/** Names in one line of the log. */
const NAMED_MAX = 10;

/** How long a task may take before it counts as slow, ms after its start. */
export function slowAfterMs(task: Task, config: Config): number {
  const least = config["task.execution.alerting.threshold.ms"];
  switch (task.record.type) {
    case "INTER_BROKER_REPLICA_ACTION":
      return Math.max(
        Math.round(
          taskMb(task) / config["inter.broker.replica.movement.rate.alerting.threshold"] * 1000,
        ),
        least,
      );
    case "INTRA_BROKER_REPLICA_ACTION":
      return Math.max(
        Math.round(
          taskMb(task) / config["intra.broker.replica.movement.rate.alerting.threshold"] * 1000,
        ),
        least,
      );
    case "LEADER_ACTION":
      return least;
  }
}

/** Logs tasks that have become slow, each once, together, at most every `slow.task.alerting.backoff.ms`. */
export function tellSlowTasks(run: Run): void {
  const { config, memory } = run;
  const nowMs = run.clock.nowMs();
  const quietMs = config["slow.task.alerting.backoff.ms"];
  if (memory.alertedAtMs !== undefined && nowMs - memory.alertedAtMs < quietMs) return;
  const slow = [...run.book.all()].filter((task) => {
    const { executionId, state, startedAtMs } = task.record;
    return state === "IN_PROGRESS" && startedAtMs !== undefined &&
      !memory.alerted.has(executionId) && nowMs - startedAtMs > slowAfterMs(task, config);
  });
  if (slow.length === 0) return;
  memory.alertedAtMs = nowMs;
  for (const task of slow) memory.alerted.add(task.record.executionId);
  run.log.warn("Tasks take longer than they should", {
    execution: run.uuid,
    count: slow.length,
    tasks: slow.slice(0, NAMED_MAX).map(nameOf).join(", "),
  });
}

function nameOf({ record, proposal }: Task): string {
  return `${record.executionId} ${record.type} ${proposal.topic}-${proposal.partition} ` +
    `since ${record.startedAtMs}`;
}
