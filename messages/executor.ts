/**
 * What the executor says and answers.
 *
 * @module
 */
import type { Proposal } from "../model/proposal.ts";
import type { PlanRest } from "./analyzer.ts";

/** Phase of the executor; Cruise Control's names. */
export type ExecutorPhase =
  | "NO_TASK_IN_PROGRESS"
  | "GENERATING_PROPOSALS_FOR_EXECUTION"
  | "INITIALIZING_PROPOSAL_EXECUTION"
  | "STARTING_EXECUTION"
  | "INTER_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS"
  | "INTRA_BROKER_REPLICA_MOVEMENT_TASK_IN_PROGRESS"
  | "LEADER_MOVEMENT_TASK_IN_PROGRESS"
  | "STOPPING_EXECUTION";

/** Kind of an execution task; Cruise Control's names. */
export type TaskType =
  | "INTER_BROKER_REPLICA_ACTION"
  | "INTRA_BROKER_REPLICA_ACTION"
  | "LEADER_ACTION";

/** State of an execution task; Cruise Control's names. */
export type TaskState = "PENDING" | "IN_PROGRESS" | "ABORTING" | "ABORTED" | "DEAD" | "COMPLETED";

/** One task as people see it. */
export interface TaskView {
  readonly executionId: number;
  readonly type: TaskType;
  readonly state: TaskState;
  /** Set for intra-broker tasks only. */
  readonly brokerId: number | undefined;
  readonly proposal: Proposal;
  /** Why it ended other than by completing, or what is special about it. */
  readonly reason: string | undefined;
}

/** Task counts of one type. */
export interface TaskCounts {
  readonly pending: number;
  readonly inProgress: number;
  readonly aborting: number;
  readonly aborted: number;
  readonly dead: number;
  readonly completed: number;
  readonly total: number;
}

/** Limits in force. */
export interface ExecutionLimits {
  readonly interBrokerPerBroker: number;
  readonly interBrokerCluster: number;
  readonly intraBrokerPerBroker: number;
  readonly leadershipPerBroker: number;
  readonly leadershipCluster: number;
  /** Bytes/s, undefined = no throttle. */
  readonly throttleBytesPerSec: number | undefined;
}

/** What the executor is doing. */
export interface ExecutorState {
  readonly phase: ExecutorPhase;
  /** Of the execution in progress, undefined when idle. */
  readonly executionUuid: string | undefined;
  readonly reason: string | undefined;
  readonly userTriggered: boolean;
  readonly stopRequested: boolean;
  readonly startedAtMs: number | undefined;
  /** When the executor found it unfinished as it started, to end it by `executor.recovery.policy`; undefined otherwise. */
  readonly resumedAtMs: number | undefined;
  readonly limits: ExecutionLimits | undefined;
  readonly interBroker: TaskCounts;
  readonly intraBroker: TaskCounts;
  readonly leadership: TaskCounts;
  /** MB, measured on the brokers that receive replicas, not derived from finished tasks alone. */
  readonly movedMb: number;
  readonly totalMb: number;
  /** MB/s of the latest minute, undefined until known. */
  readonly rateMbPerSec: number | undefined;
  /** Undefined until a rate is known. */
  readonly secondsLeft: number | undefined;
  readonly recentlyDemotedBrokers: readonly number[];
  readonly recentlyRemovedBrokers: readonly number[];
  /** Tasks, only when asked for. */
  readonly tasks: readonly TaskView[];
  /** The execution that ended last, undefined before the first one. */
  readonly lastExecution: ExecutionSummary | undefined;
}

/** How an execution ended. */
export interface ExecutionSummary {
  readonly executionUuid: string;
  readonly outcome: "completed" | "completed_with_error" | "stopped" | "rolled_back" | "abandoned";
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly completed: number;
  readonly aborted: number;
  readonly dead: number;
  /** Tasks that had not begun when it was stopped. */
  readonly notBegun: number;
  readonly movedMb: number;
  /** One sentence for people. */
  readonly explanation: string;
}

/** executor -> server, sampler, analyzer, at every progress check and change of phase. keep_latest. */
export interface ExecutionProgressed {
  readonly kind: "execution_progressed";
  readonly state: ExecutorState;
}

/** executor -> server, sampler, analyzer, once an execution, after clean-up. never_dropped. */
export interface ExecutionEnded {
  readonly kind: "execution_ended";
  readonly summary: ExecutionSummary;
}

/** All facts of the executor. */
export type ExecutorEmits = ExecutionProgressed | ExecutionEnded;

/** Settings of one execution; absent = the configured default. */
export interface ExecutionOptions {
  readonly interBrokerPerBroker?: number;
  readonly interBrokerCluster?: number;
  readonly intraBrokerPerBroker?: number;
  readonly leadershipPerBroker?: number;
  readonly leadershipCluster?: number;
  readonly progressCheckIntervalMs?: number;
  readonly throttleBytesPerSec?: number;
  /** Names of replica movement strategies, most significant first. */
  readonly strategies?: readonly string[];
  readonly allowReplicationFactorChange?: boolean;
  readonly demotedBrokers?: readonly number[];
  readonly removedBrokers?: readonly number[];
  /** Brokers that share the cluster's limit instead of having one of their own. */
  readonly unthrottledBrokers?: readonly number[];
}

/** Changes of a running execution's limits; absent = as it is. */
export type LimitChanges = Pick<
  ExecutionOptions,
  | "interBrokerPerBroker"
  | "interBrokerCluster"
  | "intraBrokerPerBroker"
  | "leadershipPerBroker"
  | "leadershipCluster"
  | "progressCheckIntervalMs"
>;

/** Requests that the executor answers. */
export interface ExecutorRequests {
  /**
   * Reserves the executor while proposals are generated. Fails with `ongoing_execution`. The reservation ends by
   * `execute_proposals` or `release_executor` with the same uuid, or when the actor restarts.
   */
  reserve_executor: {
    request: {
      readonly kind: "reserve_executor";
      readonly executionUuid: string;
      readonly reason: string;
      readonly userTriggered: boolean;
    };
    answer: Record<never, never>;
  };
  release_executor: {
    request: { readonly kind: "release_executor"; readonly executionUuid: string };
    answer: Record<never, never>;
  };
  /** Answered when the journal holds the execution: from then on it survives a crash. */
  execute_proposals: {
    request: {
      readonly kind: "execute_proposals";
      readonly executionUuid: string;
      readonly operation: string;
      /** The first only when there is a `rest`: the executor asks the analyzer for the others. */
      readonly proposals: readonly Proposal[];
      readonly rest?: PlanRest;
      readonly options: ExecutionOptions;
    };
    answer: { readonly tasks: number };
  };
  /** Answered at once; the stop itself ends with `execution_ended`. */
  stop_execution: {
    request: {
      readonly kind: "stop_execution";
      readonly stopExternalAgent: boolean;
      readonly reason: string;
      /** Cuts groups of moves short that were begun; otherwise those that are half done are finished. */
      readonly atOnce?: boolean;
    };
    answer: {
      readonly wasExecuting: boolean;
      /** Reassignments of other tools that were cancelled. */
      readonly cancelledExternal: readonly { readonly topic: string; readonly partition: number }[];
    };
  };
  /** Changes the limits of the running execution, for good; nothing when none runs. Fails with `invalid_argument`. */
  change_limits: {
    request: { readonly kind: "change_limits"; readonly changes: LimitChanges };
    answer: { readonly isExecuting: boolean };
  };
  /** Forgets that brokers were removed or demoted; those that were not are ignored. Gives what was known and is left. */
  forget_brokers: {
    request: {
      readonly kind: "forget_brokers";
      readonly removed: readonly number[];
      readonly demoted: readonly number[];
    };
    answer: {
      readonly removed: { readonly before: readonly number[]; readonly left: readonly number[] };
      readonly demoted: { readonly before: readonly number[]; readonly left: readonly number[] };
    };
  };
  get_executor_state: {
    request: { readonly kind: "get_executor_state"; readonly withTasks: boolean };
    answer: ExecutorState;
  };
}
