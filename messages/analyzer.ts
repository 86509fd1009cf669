/**
 * What the analyzer says and answers.
 *
 * @module
 */
import type { Plan } from "../model/plan.ts";
import type { CompletenessRequirements } from "./aggregator.ts";

/** What a plan is for, as Cruise Control's endpoints name it. */
export type OperationName =
  | "rebalance"
  | "add_broker"
  | "remove_broker"
  | "demote_broker"
  | "fix_offline_replicas"
  | "topic_configuration"
  | "remove_disks";

/** What is wanted of a plan. Absent members mean the configured default. */
export interface PlanRequest {
  readonly operation: OperationName;
  /** Names in priority order; absent = `default.goals`. */
  readonly goals?: readonly string[];
  /** Broker ids that the operation is about. */
  readonly brokerIds?: readonly number[];
  /** Regular expression, full match on topic names, that stay where they are. */
  readonly excludedTopics?: string;
  /** Only these brokers may receive replicas. */
  readonly destinationBrokerIds?: readonly number[];
  readonly excludedForLeadership?: readonly number[];
  readonly excludedForReplicaMove?: readonly number[];
  readonly skipHardGoalCheck?: boolean;
  /** Whether a cached plan may answer. */
  readonly ignoreProposalCache?: boolean;
  readonly requirements?: CompletenessRequirements;
  /** Set when a goal violation asks: thresholds of distribution goals are then widened. */
  readonly triggeredByGoalViolation?: boolean;
  /** The caller has seen the cluster at this generation: one that the analyzer knows older is asked for anew. */
  readonly topologyGeneration?: number;
}

/** A step of making a plan, for people who wait for it. */
export interface PlanStep {
  readonly step: string;
  readonly completionPercentage: number;
  readonly timeInMs: number;
}

/** analyzer -> server, at each step of a plan that somebody waits for. keep_latest. */
export interface PlanProgressed {
  readonly kind: "plan_progressed";
  readonly planUuid: string;
  readonly steps: readonly PlanStep[];
}

/** All facts of the analyzer. */
export type AnalyzerEmits = PlanProgressed;

/** Load of a broker, as `load` shows it. Rates KB/s, disk MB, CPU percent; NaN = not known. */
export interface BrokerLoad {
  readonly brokerId: number;
  readonly host: string;
  readonly rack: string;
  readonly state: "ALIVE" | "DEAD" | "NEW" | "DEMOTED" | "BAD_DISKS";
  readonly diskMb: number;
  readonly cpuPct: number;
  readonly leaderNwIn: number;
  readonly followerNwIn: number;
  readonly nwOut: number;
  readonly potentialNwOut: number;
  readonly replicas: number;
  readonly leaders: number;
  readonly diskCapacityMb: number;
  readonly nwInCapacity: number;
  readonly nwOutCapacity: number;
  readonly cores: number;
  readonly capacityEstimated: boolean;
}

/** Whether goals can be planned for now. */
export interface AnalyzerState {
  readonly isProposalReady: boolean;
  readonly readyGoals: readonly string[];
  /** Goals that are off, with the reason, e.g. CPU goals without a source of CPU. */
  readonly goalsOff: readonly { readonly goal: string; readonly reason: string }[];
  readonly goalReadiness: readonly {
    readonly goal: string;
    readonly ready: boolean;
    readonly requirements: CompletenessRequirements;
  }[];
}

/** How one goal stands. */
export interface GoalStanding {
  readonly goal: string;
  readonly hard: boolean;
  /** Why it was not looked at, undefined when it was. */
  readonly off: string | undefined;
  readonly violated: boolean;
  /** Whether a plan meets it without giving up a fixable goal before it; true for one that is met. */
  readonly fixable: boolean;
  /** What is wrong and what would help, undefined when it is met. */
  readonly explanation: string | undefined;
}

/** Requests that the analyzer answers. */
export interface AnalyzerRequests {
  /** Makes a plan. Fails with `not_enough_windows`, `hard_goal_unmet`, `invalid_argument` or `cancelled`. */
  make_plan: {
    request: { readonly kind: "make_plan"; readonly planUuid: string; readonly plan: PlanRequest };
    answer: {
      readonly plan: Plan;
      readonly before: readonly BrokerLoad[];
      readonly after: readonly BrokerLoad[];
      readonly windows: number;
      readonly validRatio: number;
      readonly fromCache: boolean;
    };
  };
  /** Makes the `make_plan` of that uuid fail with `cancelled` soon. Unknown uuids are ignored. */
  cancel_plan: {
    request: { readonly kind: "cancel_plan"; readonly planUuid: string };
    answer: Record<never, never>;
  };
  get_broker_load: {
    request: { readonly kind: "get_broker_load"; readonly fromMs?: number; readonly toMs?: number };
    answer: { readonly brokers: readonly BrokerLoad[] };
  };
  /**
   * How these goals stand now, and which of the violated ones a plan would meet; nothing is executed. Fails as
   * `make_plan` does, but not with `hard_goal_unmet`.
   */
  check_goals: {
    request: {
      readonly kind: "check_goals";
      /** Most important first, not empty. */
      readonly goals: readonly string[];
      readonly excludedForLeadership: readonly number[];
      readonly excludedForReplicaMove: readonly number[];
    };
    answer: {
      readonly goals: readonly GoalStanding[];
      /** 0..100 by the weights of these goals, -1 when replicas are offline: the goals are then not looked at. */
      readonly balancedness: number;
      readonly topologyGeneration: number;
      readonly loadGeneration: number;
    };
  };
  get_analyzer_state: { request: { readonly kind: "get_analyzer_state" }; answer: AnalyzerState };
}
