/** Tasks for tests of the pure parts. */
import type { Task } from "../../../actors/executor/task.ts";
import type { Proposal } from "../../../model/proposal.ts";
import type { JournalTask } from "../../../store/journal_rows.ts";
import { move } from "./harness.ts";

/** A task over a proposal. */
export function taskOf(
  executionId: number,
  proposal: Proposal,
  record: Partial<JournalTask> = {},
): Task {
  return {
    proposal,
    topicId: "",
    record: {
      executionId,
      proposalSeq: executionId,
      type: "INTER_BROKER_REPLICA_ACTION",
      brokerId: undefined,
      state: "PENDING",
      attempt: 0,
      submittedAtMs: undefined,
      startedAtMs: undefined,
      endedAtMs: undefined,
      abortAs: undefined,
      reason: undefined,
      ...record,
    },
  };
}

/** A task that moves partition `executionId` of topic t. */
export function moveTask(
  executionId: number,
  from: number[],
  to: number[],
  record: Partial<JournalTask> & { sizeMb?: number; leader?: number } = {},
): Task {
  const { sizeMb, leader, ...rest } = record;
  const lists = {
    from,
    to,
    ...(sizeMb === undefined ? {} : { sizeMb }),
    ...(leader === undefined ? {} : { leader }),
  };
  return taskOf(executionId, move("t", executionId, lists), rest);
}
