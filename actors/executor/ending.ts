/**
 * How an execution ended, in a word and a sentence. Pure.
 *
 * @module
 */
import type { ExecutionSummary, TaskCounts } from "../../messages/executor.ts";
import type { StopWish } from "./run.ts";
import type { Task } from "./task.ts";

/** What an execution leaves behind. */
export interface Leftovers {
  readonly stop: StopWish | undefined;
  readonly counts: TaskCounts;
  readonly notes: readonly string[];
  /** Tasks that ended otherwise than by completing. */
  readonly failed: readonly Task[];
  /** Throttle settings that could not be taken back yet. */
  readonly openThrottles: number;
}

/** The outcome and its explanation. */
export function endingOf(
  left: Leftovers,
): { outcome: ExecutionSummary["outcome"]; explanation: string } {
  const { counts } = left;
  const sentences = [
    `${counts.completed} of ${counts.total} tasks completed` +
    countText(counts.aborted, "aborted") + countText(counts.dead, "dead") +
    countText(counts.pending, "not begun"),
  ];
  if (left.stop !== undefined) sentences.push(`Stopped: ${left.stop.reason}`);
  sentences.push(...left.notes);
  const first = left.failed[0];
  if (first !== undefined && first.record.reason !== undefined) {
    const { topic, partition } = first.proposal;
    sentences.push(`First that did not complete: ${topic}-${partition}, ${first.record.reason}`);
  }
  if (left.openThrottles > 0) {
    sentences.push(
      `${left.openThrottles} throttle settings wait for their broker to come back and are then removed`,
    );
  }
  return { outcome: outcomeOf(left), explanation: sentences.join(". ") };
}

function countText(count: number, word: string): string {
  return count === 0 ? "" : `, ${count} ${word}`;
}

function outcomeOf(left: Leftovers): ExecutionSummary["outcome"] {
  switch (left.stop?.kind) {
    case "user":
      return "stopped";
    case "recovery":
      return "rolled_back";
    case "abandon":
      return "abandoned";
    case "dead_target":
    case "failure":
      return "completed_with_error";
    case undefined:
      return left.counts.completed === left.counts.total ? "completed" : "completed_with_error";
  }
}
