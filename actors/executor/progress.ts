/**
 * Judging tasks in flight by one look at the cluster. Pure: the same table serves ordinary progress and roll-back;
 * tasks whose submission has no known outcome are judged by `recovery.ts`.
 *
 * @module
 */
import { newBrokers, type Task } from "./task.ts";
import type { Sight } from "./sight.ts";

/** What to do with a task. */
export type Verdict =
  /** All is as it should be; look again at the next check. */
  | { readonly kind: "wait" }
  /** Kafka has accepted it. */
  | { readonly kind: "accepted" }
  | { readonly kind: "completed"; readonly reason?: string }
  | { readonly kind: "aborted"; readonly reason: string }
  /** Over without having reached its target; `stopAll` ends the whole execution. Cancel what Kafka still does for it. */
  | { readonly kind: "dead"; readonly reason: string; readonly stopAll: boolean }
  /** What is seen fits nothing yet; decide only when it stays like that for the settle time. */
  | { readonly kind: "unsettled"; readonly then: Verdict }
  /** Kafka does not know it: submit it again. */
  | { readonly kind: "resubmit" };

/** Why a task is aborted when its partition is gone. */
export const GONE = "The partition does not exist any more: its topic was deleted";

/** The task's partition is in somebody else's hands. */
export function superseded(sight: Sight): Verdict {
  return {
    kind: "aborted",
    reason: `Superseded: somebody else changed the partition, its replicas are ${sight.replicas}`,
  };
}

/** A broker of the target went down. As in Cruise Control this stops the whole execution. */
export function deadTarget(sight: Sight): Verdict {
  return {
    kind: "dead",
    reason: `Broker ${sight.deadTargets.join(", ")} of the target is down`,
    stopAll: true,
  };
}

/** Judges a move between brokers that Kafka has accepted. */
export function judgeMove(sight: Sight): Verdict {
  switch (sight.standing) {
    case "gone":
      return { kind: "aborted", reason: GONE };
    case "moving_elsewhere":
      return superseded(sight);
    case "at_target":
      return { kind: "completed" };
    default:
  }
  if (sight.deadTargets.length > 0) return deadTarget(sight);
  switch (sight.standing) {
    case "moving_to_target":
    case "at_target_lagging":
      return { kind: "wait" };
    case "at_origin":
    case "origin_permuted":
      return { kind: "unsettled", then: { kind: "resubmit" } };
    case "elsewhere":
      return { kind: "unsettled", then: superseded(sight) };
    default:
      return { kind: "wait" };
  }
}

/** Judges an election that Kafka has accepted. `waitedMs` since the first submission. */
export function judgeLeadership(
  task: Task,
  sight: Sight,
  options: { waitedMs: number; timeoutMs: number; alive: ReadonlySet<number> },
): Verdict {
  const wanted = newBrokers(task.proposal)[0]!;
  if (sight.standing === "gone") return { kind: "aborted", reason: GONE };
  if (sight.leader === wanted) return { kind: "completed" };
  if (!options.alive.has(wanted)) {
    return { kind: "dead", reason: `Broker ${wanted} that should lead is down`, stopAll: false };
  }
  const instead = noElection(wanted, sight);
  if (instead !== undefined) return { kind: "unsettled", then: instead };
  if (options.waitedMs > options.timeoutMs) {
    return {
      kind: "dead",
      reason: `Leadership did not move within ${options.timeoutMs} ms (leader.movement.timeout.ms)`,
      stopAll: false,
    };
  }
  return { kind: "resubmit" };
}

/** Why a preferred election is of no use now, if so; metadata that lags behind may look like it. */
function noElection(wanted: number, sight: Sight): Verdict | undefined {
  if (sight.replicas[0] !== wanted) {
    // A preferred election would make another broker the leader.
    const reason = `The replica list ${sight.replicas} does not begin with ${wanted}`;
    return { kind: "aborted", reason };
  }
  if (sight.leader < 0) {
    return { kind: "completed", reason: "The partition has no leader; nothing was changed" };
  }
  if (!sight.inSync.includes(wanted)) {
    const reason = `Broker ${wanted} is not in sync; broker ${sight.leader} goes on leading`;
    return { kind: "completed", reason };
  }
  return undefined;
}

/** What a broker says of a replica that moves between its log dirs. */
export interface DiskSight {
  /** False when the partition does not exist or has no replica on that broker any more. */
  readonly exists: boolean;
  /** Undefined when the broker did not answer or does not list the replica. */
  readonly currentDir: string | undefined;
  /** Where a copy is under way to. */
  readonly futureDir: string | undefined;
  /** False when the broker reports the wanted directory as failed or does not have it. */
  readonly targetUsable: boolean;
  /** Failed readings in a row, this one included. */
  readonly silentReadings: number;
}

/** Readings of a broker's log dirs that must fail in a row before its moves count as dead. */
export const SILENT_READINGS_MAX = 3;

/** Judges a move between log dirs, whether its submission was acknowledged or not. */
export function judgeDiskMove(wantedDir: string, sight: DiskSight): Verdict {
  if (!sight.exists) return { kind: "aborted", reason: GONE };
  if (sight.currentDir === undefined) {
    if (sight.silentReadings < SILENT_READINGS_MAX) return { kind: "wait" };
    return {
      kind: "dead",
      reason: `The broker did not tell its log dirs ${sight.silentReadings} times in a row`,
      stopAll: false,
    };
  }
  if (sight.currentDir === wantedDir) return { kind: "completed" };
  if (!sight.targetUsable) {
    return { kind: "dead", reason: `Log dir ${wantedDir} is not usable`, stopAll: false };
  }
  if (sight.futureDir === wantedDir) return { kind: "accepted" };
  return { kind: "unsettled", then: { kind: "resubmit" } };
}
