/**
 * Judging a task whose submission has no known outcome: the executor died, or the answer was lost, between writing
 * SUBMITTING and writing what Kafka said. What the cluster shows decides.
 *
 * | seen | going on | rolling back |
 * |---|---|---|
 * | partition gone or created anew | aborted | aborted |
 * | at the target, in sync | completed | completed |
 * | being moved to our target | accepted | accepted, then cancelled |
 * | being moved elsewhere | aborted: superseded | same |
 * | not listed, list as before | submit again | aborted once it stays so |
 * | not listed, old brokers in another order | submit again | accepted, so that the order is put back |
 * | not listed, at the target but not in sync | accepted | completed: Kafka has finished |
 * | not listed, anything else | look again, then superseded | same |
 *
 * @module
 */
import { deadTarget, GONE, superseded, type Verdict } from "./progress.ts";
import type { Sight } from "./sight.ts";

/** What becomes of an execution that is found unfinished. */
export type RecoveryPolicy = "resume" | "rollback" | "abandon";

/** Why a task is aborted that Kafka never took on. */
export const NEVER_BEGUN = "Kafka had not begun when the execution was stopped";

/** Judges a move between brokers in SUBMITTING. */
export function judgeUnknownMove(sight: Sight, options: { rollingBack: boolean }): Verdict {
  switch (sight.standing) {
    case "gone":
      return { kind: "aborted", reason: GONE };
    case "at_target":
      return { kind: "completed" };
    case "moving_to_target":
      return { kind: "accepted" };
    case "moving_elsewhere":
      return superseded(sight);
    case "at_target_lagging":
      return options.rollingBack
        ? { kind: "completed", reason: "Kafka had finished; a replica is not in sync" }
        : { kind: "accepted" };
    case "elsewhere":
      return { kind: "unsettled", then: superseded(sight) };
    case "at_origin":
    case "origin_permuted":
      break;
  }
  if (options.rollingBack) {
    if (sight.standing === "origin_permuted") return { kind: "accepted" };
    // The request may still be on its way: believe it only after a while.
    return { kind: "unsettled", then: { kind: "aborted", reason: NEVER_BEGUN } };
  }
  return sight.deadTargets.length > 0 ? deadTarget(sight) : { kind: "resubmit" };
}

/** What a roll-back does next for a move in ABORTING. */
export type RollbackStep =
  /** Ask Kafka to cancel. */
  | { readonly kind: "cancel" }
  /** Submit the old replica list: the same brokers, so no data moves. */
  | { readonly kind: "restore_order" }
  /** Give leadership back to the first replica. */
  | { readonly kind: "elect" }
  | { readonly kind: "look_again" }
  | {
    readonly kind: "ended";
    readonly as: "rolled_back" | "completed" | "aborted";
    readonly reason?: string;
  };

/** What this process has done for the roll-back of one task so far; all false after a restart. */
export interface RollbackMemory {
  /** Kafka has answered a cancel: accepted, or nothing in progress. */
  readonly cancelAnswer: "none" | "accepted" | "nothing_in_progress" | "refused";
  readonly orderRestored: boolean;
  readonly elected: boolean;
  /** Whether what is seen now has stayed the same for the settle time. */
  readonly settled: boolean;
}

/**
 * The next step of rolling one move back. Cancelling leaves the old brokers in another order (target order first,
 * removed ones last), which would silently change the preferred leader: so the old order is submitted afterwards.
 */
export function rollbackStep(
  sight: Sight,
  origin: { readonly replicas: readonly number[]; readonly leader: number },
  memory: RollbackMemory,
): RollbackStep {
  switch (sight.standing) {
    case "gone":
      return { kind: "ended", as: "aborted", reason: GONE };
    case "moving_elsewhere":
      return { kind: "ended", as: "aborted", reason: "Superseded by somebody else's reassignment" };
    case "moving_to_target":
      // Also after an accepted cancel: a request that was thought lost may have arrived since. And when Kafka refused
      // (no other replica is in sync), it can only go forward: ask again while it does.
      return { kind: "cancel" };
    default:
  }
  if (memory.cancelAnswer === "none") return { kind: "cancel" };
  if (memory.cancelAnswer === "accepted" && !memory.orderRestored) return { kind: "restore_order" };
  switch (sight.standing) {
    case "at_target":
    case "at_target_lagging":
      // A re-order has the same brokers before and after; it is undone only if it was cancelled, which it cannot be.
      if (memory.orderRestored) break;
      return {
        kind: "ended",
        as: "completed",
        reason: "Kafka finished before it could be cancelled",
      };
    case "origin_permuted":
      // Settled means that Kafka really has this order, whatever it answered before.
      return { kind: memory.settled ? "restore_order" : "look_again" };
    case "at_origin":
      return atOrigin(sight, origin, memory);
    default:
  }
  if (!memory.settled) return { kind: "look_again" };
  return {
    kind: "ended",
    as: "aborted",
    reason: `Somebody else changed the partition meanwhile, its replicas are ${sight.replicas}`,
  };
}

function atOrigin(
  sight: Sight,
  origin: { readonly replicas: readonly number[]; readonly leader: number },
  memory: RollbackMemory,
): RollbackStep {
  const lostLeadership = origin.leader >= 0 && sight.leader !== origin.leader &&
    origin.replicas[0] === origin.leader && sight.inSync.includes(origin.leader);
  if (lostLeadership && !memory.elected) return { kind: "elect" };
  if (!memory.settled && (lostLeadership || !memory.orderRestored)) return { kind: "look_again" };
  return { kind: "ended", as: "rolled_back" };
}
