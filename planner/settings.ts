/**
 * What the planner is asked for.
 *
 * @module
 */
import type { BalancingConstraint } from "../goals/constraint.ts";
import type { Budget } from "../model/budget.ts";
import type { WindowChoice } from "../model/windows.ts";
import type { NamedLogDir } from "./operations/remove_disks.ts";
import type { FactorChange } from "./operations/replication_factor.ts";
import type { Keeper, PreviousPlan } from "./previous.ts";

/** What a plan is for, as Cruise Control's endpoints name it. */
export type PlannerOperation =
  | "rebalance"
  | "add_broker"
  | "remove_broker"
  | "demote_broker"
  | "fix_offline_replicas"
  | "topic_replication_factor"
  | "remove_disks"
  | "rebalance_disk";

/** Those that are not about balance between brokers: more of these, or wider limits, help none. */
export const UNBALANCED: readonly PlannerOperation[] = [
  "demote_broker",
  "remove_disks",
  "rebalance_disk",
];

/** Everything that decides a plan besides the cluster. Same input and settings, same plan, byte for byte. */
export interface PlannerSettings {
  readonly operation: PlannerOperation;
  /** The brokers that add, remove and demote are about; empty otherwise, and where only log dirs are demoted. */
  readonly brokerIds: readonly number[];
  /**
   * Which loads count where the input has several windows: their mean, highest or 95th percentile; or `each`, when
   * capacity limits hold in every window and everything else goes by the mean.
   */
  readonly over: WindowChoice | "each";
  /** The log dirs that remove_disks and demote_broker are about; empty otherwise. */
  readonly logDirs: readonly NamedLogDir[];
  /** What topic_replication_factor is to do; undefined otherwise. */
  readonly factorChange?: FactorChange;
  /** Whether only replicas that move anyway may move: those that are added, or offline. */
  readonly onlyMoveImmigrants: boolean;
  /** Partitions, as `topic-number`, that stay as they are unless a replica is offline. */
  readonly pinned: ReadonlySet<string>;
  /** Whether demote_broker puts followers last in their partitions' lists, too. */
  readonly demoteFollowers: boolean;
  /** Simple goal names, most important first; not empty. */
  readonly goals: readonly string[];
  readonly constraint: BalancingConstraint;
  /** Regular expression, full match; "" = the constraint's own. */
  readonly excludedTopics: string;
  /** When not empty, only these brokers may receive replicas. */
  readonly destinationBrokerIds: readonly number[];
  readonly excludedForLeadership: readonly number[];
  readonly excludedForReplicaMove: readonly number[];
  /** True when a goal violation started this: thresholds are then widened by the constraint's multiplier. */
  readonly triggeredByGoalViolation: boolean;
  /**
   * What to do when a hard goal cannot be met, or an offline replica finds no broker: `fail`, or make the plan that
   * heals everything else and name what is left. Either way no hard goal is broken that held.
   */
  readonly unmetHardGoals: "fail" | "report";
  /** Whether to look, by planning again and again, for brokers that would be enough where a hard goal cannot be met. */
  readonly findsEnough?: boolean;
  /**
   * What the plan may cost. When set, also to no limit at all, proposals come in the order of worth and the summary
   * has the curve of gain by bytes.
   */
  readonly budget?: Budget;
  /** The plan to start the search from: where little changed since it was made, that saves most of the work. */
  readonly previous?: PreviousPlan | undefined;
  /** Where the model waits for the next plan; changes how long a plan takes and nothing else. */
  readonly keeper?: Keeper | undefined;
  /** 32-bit seed of the search's draws. */
  readonly seed: number;
  /** Actions that may be looked at. When they are used up the best plan so far is returned. */
  readonly stepsMax: number;
}

/** Settings with what is usual filled in: a rebalance of everything with seed 1 and the constraint's budget. */
export function plannerSettings(
  goals: readonly string[],
  constraint: BalancingConstraint,
  options: Partial<Omit<PlannerSettings, "goals" | "constraint">> = {},
): PlannerSettings {
  return {
    operation: "rebalance",
    brokerIds: [],
    excludedTopics: "",
    onlyMoveImmigrants: options.operation === "topic_replication_factor",
    over: "mean",
    logDirs: [],
    pinned: new Set(),
    demoteFollowers: false,
    destinationBrokerIds: [],
    excludedForLeadership: [],
    excludedForReplicaMove: [],
    triggeredByGoalViolation: false,
    unmetHardGoals: "fail",
    seed: 1,
    stepsMax: constraint.plannerStepsMax,
    ...options,
    goals,
    constraint,
  };
}
