/**
 * Cruise Control's executor state, one of the sub-states of `state`.
 *
 * @module
 */
import type {
  ExecutionLimits,
  ExecutorPhase,
  ExecutorState,
  TaskCounts,
  TaskState,
  TaskType,
  TaskView,
} from "../../../messages/executor.ts";
import { type ProposalJson, proposalJson } from "./proposal.ts";

/** A task as clients read it. */
export interface TaskJson {
  readonly executionId: number;
  readonly type: TaskType;
  readonly state: TaskState;
  readonly proposal: ProposalJson;
  readonly brokerId?: number;
}

/** The state as clients read it; which members there are depends on the phase. */
export interface ExecutorStateJson {
  readonly state: ExecutorPhase;
  readonly [member: string]: string | number | readonly number[] | readonly TaskJson[];
}

type Members = Record<string, number | readonly TaskJson[]>;

function taskJson(task: TaskView): TaskJson {
  return {
    executionId: task.executionId,
    type: task.type,
    state: task.state,
    proposal: proposalJson(task.proposal),
    ...(task.brokerId !== undefined ? { brokerId: task.brokerId } : {}),
  };
}

function tasksIn(state: ExecutorState, type: TaskType, wanted: TaskState): readonly TaskJson[] {
  return state.tasks.filter((task) => task.type === type && task.state === wanted).map(taskJson);
}

/** Tasks that will not change any more. */
export function finishedCount(counts: TaskCounts): number {
  return counts.completed + counts.aborted + counts.dead;
}

function dataMovement(state: ExecutorState): Members {
  return {
    finishedDataMovement: Math.round(state.movedMb),
    totalDataToMove: Math.round(state.totalMb),
  };
}

function concurrency(name: string, limit: number): Members {
  return { [`maximum${name}`]: limit, [`minimum${name}`]: limit, [`average${name}`]: limit };
}

function interBrokerMembers(state: ExecutorState, limits: ExecutionLimits): Members {
  const counts = state.interBroker;
  return {
    ...concurrency("ConcurrentPartitionMovementsPerBroker", limits.interBrokerPerBroker),
    numInProgressPartitionMovements: counts.inProgress,
    abortingPartitions: counts.aborting,
    numPendingPartitionMovements: counts.pending,
    numFinishedPartitionMovements: finishedCount(counts),
    numTotalPartitionMovements: counts.total,
    ...dataMovement(state),
  };
}

function intraBrokerMembers(state: ExecutorState, limits: ExecutionLimits): Members {
  const counts = state.intraBroker;
  return {
    ...concurrency("ConcurrentIntraBrokerPartitionMovementsPerBroker", limits.intraBrokerPerBroker),
    numInProgressIntraBrokerPartitionMovements: counts.inProgress,
    numAbortingIntraBrokerPartitionMovements: counts.aborting,
    numPendingIntraBrokerPartitionMovements: counts.pending,
    numFinishedIntraBrokerPartitionMovements: finishedCount(counts),
    numTotalIntraBrokerPartitionMovements: counts.total,
    finishedIntraBrokerDataMovement: Math.round(state.movedMb),
    totalIntraBrokerDataToMove: Math.round(state.totalMb),
    // One client demands these in all three phases that move something.
    ...dataMovement(state),
  };
}

function leadershipMembers(state: ExecutorState, limits: ExecutionLimits): Members {
  const counts = state.leadership;
  return {
    ...concurrency("BrokerLeaderMovementConcurrency", limits.leadershipPerBroker),
    clusterLeaderMovementConcurrency: limits.leadershipCluster,
    numPendingLeadershipMovements: counts.pending,
    numFinishedLeadershipMovements: finishedCount(counts),
    numTotalLeadershipMovements: counts.total,
    ...dataMovement(state),
  };
}

function stoppingMembers(state: ExecutorState, limits: ExecutionLimits): Members {
  return {
    maximumConcurrentPartitionMovementsPerBroker: limits.interBrokerPerBroker,
    maximumConcurrentIntraBrokerPartitionMovementsPerBroker: limits.intraBrokerPerBroker,
    maximumBrokerLeaderMovementConcurrency: limits.leadershipPerBroker,
    clusterLeaderMovementConcurrency: limits.leadershipCluster,
    numCancelledLeadershipMovements: state.leadership.pending,
    numInProgressPartitionMovements: state.interBroker.inProgress,
    abortingPartitions: state.interBroker.aborting,
    numCancelledPartitionMovements: state.interBroker.pending,
    numInProgressIntraBrokerPartitionMovements: state.intraBroker.inProgress,
    numAbortingIntraBrokerPartitionMovements: state.intraBroker.aborting,
    numCancelledIntraBrokerPartitionMovements: state.intraBroker.pending,
  };
}

function verboseMovements(state: ExecutorState, type: TaskType, infix: string): Members {
  return {
    [`inProgress${infix}PartitionMovement`]: tasksIn(state, type, "IN_PROGRESS"),
    [`pending${infix}PartitionMovement`]: tasksIn(state, type, "PENDING"),
    [`aborting${infix}PartitionMovement`]: tasksIn(state, type, "ABORTING"),
    [`aborted${infix}PartitionMovement`]: tasksIn(state, type, "ABORTED"),
    [`dead${infix}PartitionMovement`]: tasksIn(state, type, "DEAD"),
    [`completed${infix}PartitionMovement`]: tasksIn(state, type, "COMPLETED"),
  };
}

function verboseStopping(state: ExecutorState): Members {
  const inter = "INTER_BROKER_REPLICA_ACTION";
  const intra = "INTRA_BROKER_REPLICA_ACTION";
  return {
    cancelledLeadershipMovement: tasksIn(state, "LEADER_ACTION", "PENDING"),
    cancelledPartitionMovement: tasksIn(state, inter, "PENDING"),
    inProgressPartitionMovement: tasksIn(state, inter, "IN_PROGRESS"),
    abortingPartitionMovement: tasksIn(state, inter, "ABORTING"),
    cancelledIntraBrokerPartitionMovement: tasksIn(state, intra, "PENDING"),
    inProgressIntraBrokerPartitionMovement: tasksIn(state, intra, "IN_PROGRESS"),
    abortingIntraBrokerPartitionMovement: tasksIn(state, intra, "ABORTING"),
  };
}

const NO_LIMITS: ExecutionLimits = {
  interBrokerPerBroker: 0,
  interBrokerCluster: 0,
  intraBrokerPerBroker: 0,
  leadershipPerBroker: 0,
  leadershipCluster: 0,
  throttleBytesPerSec: undefined,
};

function phaseMembers(state: ExecutorState, verbose: boolean): Members {
  const limits = state.limits ?? NO_LIMITS;
  switch (state.phase) {
    case "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS":
      return {
        ...interBrokerMembers(state, limits),
        ...(verbose ? verboseMovements(state, "INTER_BROKER_REPLICA_ACTION", "") : {}),
      };
    case "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS":
      return {
        ...intraBrokerMembers(state, limits),
        ...(verbose ? verboseMovements(state, "INTRA_BROKER_REPLICA_ACTION", "IntraBroker") : {}),
      };
    case "LEADER_MOVEMENT_TASK_IN_PROGRESS":
      return {
        ...leadershipMembers(state, limits),
        ...(verbose
          ? { pendingLeadershipMovement: tasksIn(state, "LEADER_ACTION", "PENDING") }
          : {}),
      };
    case "STOPPING_EXECUTION":
      return { ...stoppingMembers(state, limits), ...(verbose ? verboseStopping(state) : {}) };
    default:
      return {};
  }
}

/** The state in Cruise Control's shape. */
export function executorStateJson(
  state: ExecutorState,
  options: { verbose: boolean },
): ExecutorStateJson {
  const isIdle = state.phase === "NO_TASK_IN_PROGRESS";
  const id = state.executionUuid ?? "";
  return {
    state: state.phase,
    ...(state.recentlyDemotedBrokers.length > 0
      ? { recentlyDemotedBrokers: state.recentlyDemotedBrokers }
      : {}),
    ...(state.recentlyRemovedBrokers.length > 0
      ? { recentlyRemovedBrokers: state.recentlyRemovedBrokers }
      : {}),
    ...(isIdle ? {} : {
      triggeredUserTaskId: state.userTriggered ? id : "",
      triggeredSelfHealingTaskId: state.userTriggered ? "" : id,
      triggeredTaskReason: state.reason ?? "",
    }),
    // Not Cruise Control's, which forgets executions when it restarts.
    ...(state.resumedAtMs === undefined ? {} : { resumedMs: state.resumedAtMs }),
    ...phaseMembers(state, options.verbose),
  };
}
