/**
 * What the journal speaks of, and how it is read from rows of its tables.
 *
 * @module
 */
import type { Placement, Proposal, ProposalReason } from "../model/proposal.ts";
import type { SqlRow, SqlValue } from "./sqlite.ts";

/** State of a task as written down: Cruise Control's states, and SUBMITTING between PENDING and IN_PROGRESS. */
export type JournalTaskState =
  | "PENDING"
  | "SUBMITTING"
  | "IN_PROGRESS"
  | "ABORTING"
  | "ABORTED"
  | "DEAD"
  | "COMPLETED";

/** Kind of a task. */
export type JournalTaskType =
  | "INTER_BROKER_REPLICA_ACTION"
  | "INTRA_BROKER_REPLICA_ACTION"
  | "LEADER_ACTION";

/** A proposal as frozen when the execution began; `topicId` is "" when the cluster gives none. */
export interface JournalProposal {
  readonly seq: number;
  readonly topicId: string;
  readonly proposal: Proposal;
}

/** One task. Times are epoch ms. */
export interface JournalTask {
  /** Unique and increasing over all executions of this store. */
  readonly executionId: number;
  readonly proposalSeq: number;
  readonly type: JournalTaskType;
  /** Set for intra-broker tasks only. */
  readonly brokerId: number | undefined;
  readonly state: JournalTaskState;
  /** Times that it was submitted. */
  readonly attempt: number;
  readonly submittedAtMs: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
  /** What it becomes once rolled back; set while ABORTING. */
  readonly abortAs: "ABORTED" | "DEAD" | undefined;
  readonly reason: string | undefined;
}

/** An execution as written down. `options` and `limits` are plain data that the executor understands. */
export interface JournalExecution {
  readonly uuid: string;
  readonly operation: string;
  readonly reason: string;
  readonly userTriggered: boolean;
  readonly state: string;
  readonly stopRequested: boolean;
  /** Whether it is to end in the middle of groups, too. */
  readonly stopAtOnce: boolean;
  readonly stopReason: string | undefined;
  readonly options: unknown;
  readonly limits: unknown;
  readonly throttleBytesPerSec: number | undefined;
  readonly createdAtMs: number;
  readonly endedAtMs: number | undefined;
  readonly outcome: string | undefined;
  readonly explanation: string | undefined;
  readonly movedMb: number;
}

/** How to undo one throttle setting. */
export interface ThrottleUndo {
  readonly executionUuid: string;
  readonly resourceType: "topic" | "broker";
  readonly resourceName: string;
  readonly key: string;
  /** The dynamic value of the resource itself before we touched it, undefined = there was none. */
  readonly originalValue: string | undefined;
  /** Rates that we wrote, separated by commas, the latest last; undefined for lists. */
  readonly writtenValue: string | undefined;
  /** Entries that we added to a list and have not removed yet; empty for rates. */
  readonly entriesAdded: readonly string[];
}

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
