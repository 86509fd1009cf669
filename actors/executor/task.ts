/**
 * A task together with the proposal that it carries out, as the executor works with it.
 *
 * @module
 */
import { mbToMove, type Proposal, replicasToAdd } from "../../model/proposal.ts";
import type { JournalTask } from "../../store/journal_rows.ts";

/** One task in hand. Replaced, never changed, when its record changes. */
export interface Task {
  readonly record: JournalTask;
  readonly proposal: Proposal;
  /** Kafka's id of the topic when the execution was planned, "" when the cluster gives none. */
  readonly topicId: string;
}

/** Names a partition in maps. Topic names hold no slash. */
export function partitionKey(of: { readonly topic: string; readonly partition: number }): string {
  return `${of.topic}/${of.partition}`;
}

/** Broker ids of the replicas before, in order. */
export function oldBrokers(proposal: Proposal): number[] {
  return proposal.oldReplicas.map((replica) => replica.brokerId);
}

/** Broker ids of the replicas afterwards, in order. */
export function newBrokers(proposal: Proposal): number[] {
  return proposal.newReplicas.map((replica) => replica.brokerId);
}

/** Whether the task makes Kafka copy data between brokers. A re-order or a pure removal does not. */
export function movesData(task: Task): boolean {
  return task.record.type === "INTER_BROKER_REPLICA_ACTION" &&
    replicasToAdd(task.proposal).length > 0;
}

/** MB that the task has to copy. */
export function taskMb(task: Task): number {
  switch (task.record.type) {
    case "INTER_BROKER_REPLICA_ACTION":
      return mbToMove(task.proposal);
    case "INTRA_BROKER_REPLICA_ACTION":
      return task.proposal.sizeMb;
    case "LEADER_ACTION":
      return 0;
  }
}

/** The log dir that an intra-broker task moves its replica to. */
export function wantedLogDir(task: Task): string {
  const placement = task.proposal.newReplicas.find((p) => p.brokerId === task.record.brokerId);
  return placement?.logDir ?? "";
}

/** Whether two lists hold the same ids in the same order. */
export function sameOrder(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

/** Whether two lists of distinct ids hold the same ids. */
export function sameSet(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
