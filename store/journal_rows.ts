/**
 * From rows of the journal's tables to what the journal speaks of.
 *
 * @module
 */
import type { Placement, ProposalReason } from "../model/proposal.ts";
import type {
  JournalExecution,
  JournalProposal,
  JournalTask,
  JournalTaskState,
  JournalTaskType,
  ThrottleUndo,
} from "./journal.ts";
import type { SqlRow, SqlValue } from "./sqlite.ts";

function textOf(value: SqlValue | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

function numberOf(value: SqlValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

/** A row of `execution`. */
export function readExecution(row: SqlRow): JournalExecution {
  return {
    uuid: String(row["uuid"]),
    operation: String(row["operation"]),
    reason: String(row["reason"]),
    userTriggered: row["user_triggered"] === 1,
    state: String(row["state"]),
    stopRequested: Number(row["stop_requested"]) >= 1,
    stopAtOnce: row["stop_requested"] === 2,
    stopReason: textOf(row["stop_reason"]),
    options: JSON.parse(String(row["options"])),
    limits: JSON.parse(String(row["limits"])),
    throttleBytesPerSec: numberOf(row["throttle_bytes_per_sec"]),
    createdAtMs: Number(row["created_ms"]),
    endedAtMs: numberOf(row["ended_ms"]),
    outcome: textOf(row["outcome"]),
    explanation: textOf(row["explanation"]),
    movedMb: Number(row["moved_mb"]),
  };
}

/** A row of `proposal`. */
export function readProposal(row: SqlRow): JournalProposal {
  const group = numberOf(row["group_number"]);
  return {
    seq: Number(row["seq"]),
    topicId: String(row["topic_id"]),
    proposal: {
      topic: String(row["topic"]),
      partition: Number(row["partition"]),
      sizeMb: Number(row["size_mb"]),
      oldLeader: Number(row["old_leader"]),
      oldReplicas: JSON.parse(String(row["old_replicas"])) as Placement[],
      newReplicas: JSON.parse(String(row["new_replicas"])) as Placement[],
      reasons: JSON.parse(String(row["reasons"])) as ProposalReason[],
      ...(group === undefined ? {} : { group }),
    },
  };
}

/** A row of `task`. */
export function readTask(row: SqlRow): JournalTask {
  return {
    executionId: Number(row["execution_id"]),
    proposalSeq: Number(row["proposal_seq"]),
    type: row["type"] as JournalTaskType,
    brokerId: numberOf(row["broker_id"]),
    state: row["state"] as JournalTaskState,
    attempt: Number(row["attempt"]),
    submittedAtMs: numberOf(row["submitted_ms"]),
    startedAtMs: numberOf(row["start_ms"]),
    endedAtMs: numberOf(row["end_ms"]),
    abortAs: (textOf(row["abort_as"]) as JournalTask["abortAs"]) ?? undefined,
    reason: textOf(row["reason"]),
  };
}

/** A row of `throttle_undo`. */
export function readUndo(row: SqlRow): ThrottleUndo {
  return {
    executionUuid: String(row["execution_uuid"]),
    resourceType: row["resource_type"] as ThrottleUndo["resourceType"],
    resourceName: String(row["resource_name"]),
    key: String(row["key"]),
    originalValue: textOf(row["original_value"]),
    writtenValue: textOf(row["written_value"]),
    entriesAdded: JSON.parse(String(row["entries_added"])) as string[],
  };
}
