/**
 * Whether partition samples may be used: while replicas move, loads are those of no lasting placement, and Cruise
 * Control keeps them out of the model (its sampling mode ONGOING_EXECUTION).
 *
 * ```
 *   ALL --execution_progressed, phase moves replicas or leaders--> ONGOING_EXECUTION
 *   ONGOING_EXECUTION --execution_ended, or progressed with an idle phase, or asked after silence--> ALL
 * ```
 *
 * @module
 */
import type { ExecutorPhase } from "../../messages/executor.ts";
import type { Message } from "../../messages/mod.ts";

/** The mode, and when it was last confirmed. */
export interface ExecutionMode {
  readonly moving: boolean;
  /** Epoch ms. */
  readonly heardAtMs: number;
}

/** Whether the executor moves something in this phase. */
export function isMoving(phase: ExecutorPhase): boolean {
  switch (phase) {
    case "NO_TASK_IN_PROGRESS":
    case "GENERATING_PROPOSALS_FOR_EXECUTION":
    case "INITIALIZING_PROPOSAL_EXECUTION":
      return false;
    case "STARTING_EXECUTION":
    case "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS":
    case "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS":
    case "LEADER_MOVEMENT_TASK_IN_PROGRESS":
    case "STOPPING_EXECUTION":
      return true;
  }
}

/** The mode after a message. */
export function modeAfter(mode: ExecutionMode, message: Message, nowMs: number): ExecutionMode {
  if (message.kind === "execution_progressed") {
    return { moving: isMoving(message.state.phase), heardAtMs: nowMs };
  }
  return message.kind === "execution_ended" ? { moving: false, heardAtMs: nowMs } : mode;
}

/** Whether the executor has been silent for so long that it should be asked: it may have died and not come back. */
export function mustAsk(mode: ExecutionMode, nowMs: number, silenceMs: number): boolean {
  return mode.moving && nowMs - mode.heardAtMs >= silenceMs;
}
