/**
 * Log dirs for replicas that come to a broker: a broker that is asked to move a replica which it does not have answers
 * REPLICA_NOT_AVAILABLE, remembers the log dir, and puts the replica there when it comes (KIP-113, "Reassign replicas
 * between brokers"). It forgets that when it restarts; the replica is then wherever the broker puts it.
 *
 * @module
 */
import type { LogDirTarget } from "../../cluster/gateway.ts";
import { replicasToAdd } from "../../model/proposal.ts";
import type { Run } from "./run.ts";
import type { Task } from "./task.ts";

/** REPLICA_NOT_AVAILABLE is what a broker says that has taken the wish on. */
const TAKEN_ON = [0, 9];

/** The log dirs that proposals choose for replicas on brokers that have none of their partition. */
export function arrivingReplicas(tasks: readonly Task[]): LogDirTarget[] {
  return tasks.flatMap(({ proposal }) =>
    replicasToAdd(proposal).flatMap(({ brokerId, logDir }) =>
      logDir === undefined
        ? []
        : [{ brokerId, topic: proposal.topic, partition: proposal.partition, logDir }]
    )
  );
}

/** Tells the brokers before the replicas come. What a broker refuses is noted, and the replica moves all the same. */
export async function announceLogDirs(run: Run, tasks: readonly Task[]): Promise<void> {
  const targets = arrivingReplicas(tasks);
  if (targets.length === 0) return;
  const answer = await run.gateway.alterLogDirs(targets);
  if (!answer.ok) {
    run.memory.notes.push(
      `log dirs of ${targets.length} arriving replicas were left to their brokers: ${answer.failure.message}`,
    );
    return;
  }
  for (const outcome of answer.value) {
    if (TAKEN_ON.includes(outcome.errorCode)) continue;
    run.memory.notes.push(
      `broker ${outcome.brokerId} refused log dir ${outcome.logDir} for ` +
        `${outcome.topic}-${outcome.partition} with error ${outcome.errorCode} and chooses one itself`,
    );
  }
}
