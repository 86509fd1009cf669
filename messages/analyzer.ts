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
  get_analyzer_state: { request: { readonly kind: "get_analyzer_state" }; answer: AnalyzerState };
}
