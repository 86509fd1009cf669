/**
 * What the analyzer says and answers.
 *
 * @module
 */
import type { Budget } from "../model/budget.ts";
import type { Plan } from "../model/plan.ts";
import type { Proposal } from "../model/proposal.ts";
import type { WindowChoice } from "../model/windows.ts";
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

/** Cpu that a broker is expected to have, fraction of its capacity. */
export interface ExpectedCpu {
  readonly brokerId: number;
  readonly cpu: number;
}

/** A load that is to come, and the limit that holds for it. */
export interface ExpectedLoad {
  /** Brokers that are not named are taken as they are. */
  readonly brokers: readonly ExpectedCpu[];
  /** Fraction of a broker's cpu that may be used; a lower `cpu.capacity.threshold` holds instead. */
  readonly cpuLimit: number;
}

/** What is wanted of a plan. Absent members mean the configured default. */
export interface PlanRequest {
  readonly operation: OperationName;
  /** Names in priority order; absent = `default.goals`. */
  readonly goals?: readonly string[];
  /** Broker ids that the operation is about. */
  readonly brokerIds?: readonly number[];
  /** Log dirs that remove_disks empties. */
  readonly logDirs?: readonly { readonly brokerId: number; readonly path: string }[];
  /** What topic_configuration is to do: topics by a regular expression, full match, and their replicas. */
  readonly topicFactors?: readonly { readonly topics: string; readonly factor: number }[];
  /** Whether topic_configuration may give a partition more replicas than there are racks. */
  readonly skipRackCheck?: boolean;
  /** Modes with goals of their own: even racks and disks by position, or between the log dirs of each broker. */
  readonly mode?: "kafka_assigner" | "rebalance_disk";
  /** Whether demote_broker takes partitions along that are not in sync. */
  readonly demoteUnderReplicated?: boolean;
  /** Whether demote_broker puts followers last in their lists, too. */
  readonly demoteFollowers?: boolean;
  /** Regular expression, full match on topic names, that stay where they are. */
  readonly excludedTopics?: string;
  /** Only these brokers may receive replicas. */
  readonly destinationBrokerIds?: readonly number[];
  readonly excludedForLeadership?: readonly number[];
  readonly excludedForReplicaMove?: readonly number[];
  readonly skipHardGoalCheck?: boolean;
  /** Which of the stable windows count (absent = their mean); `each`: capacity limits hold in every one. */
  readonly over?: WindowChoice | "each";
  /** What the plan may cost; when set, also to no limit at all, the summary has the curve of gain by bytes. */
  readonly budget?: Budget;
  /** Whether a cached plan may answer. */
  readonly ignoreProposalCache?: boolean;
  readonly requirements?: CompletenessRequirements;
  /** Set when a goal violation asks: thresholds of distribution goals are then widened. */
  readonly triggeredByGoalViolation?: boolean;
  /** Whether the plan heals by itself: nobody waits to read which brokers would be enough, and what can be healed must not wait for that. */
  readonly heals?: boolean;
  /** The caller has seen the cluster at this generation: one that the analyzer knows older is asked for anew. */
  readonly topologyGeneration?: number;
  /**
   * Plans for this load instead of the one that was: the newest loads of partitions are brought to it. `CpuCapacityGoal`
   * is planned for even if `goals` do not name it, and what can be relieved is, also when not everything can.
   */
  readonly expected?: ExpectedLoad;
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

/** Load of one log dir, MB. */
export interface LogDirLoad {
  readonly path: string;
  readonly alive: boolean;
  readonly capacityMb: number;
  readonly usedMb: number;
  readonly replicas: number;
  readonly leaders: number;
}

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
  /** Absent unless log dirs were asked for, or the plan is about them. */
  readonly logDirs?: readonly LogDirLoad[];
}

/** Which of a partition's loads over the windows is meant: what plans go by, the highest, or the mean. */
export type LoadChoice = "expected" | "max" | "avg";

/** Load of a partition's leader. Rates KB/s, disk MB, CPU percent of a core, messages/s; NaN = not known. */
export interface PartitionLoad {
  readonly topic: string;
  readonly partition: number;
  readonly leader: number;
  readonly followers: readonly number[];
  readonly cpu: number;
  readonly disk: number;
  readonly nwIn: number;
  readonly nwOut: number;
  readonly messagesIn: number;
}

/** Which partitions are wanted, by which resource they are sorted, and how many at most. */
export interface PartitionLoadWish {
  readonly sortBy: "cpu" | "disk" | "nwIn" | "nwOut";
  readonly entries: number;
  readonly choice: LoadChoice;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** 0..1; absent = `min.valid.partition.ratio`. */
  readonly minValidRatio?: number;
  /** Regular expression, full match; absent = every topic. */
  readonly topics?: string;
  /** Partition numbers, both ends included. */
  readonly partitions?: { readonly from: number; readonly to: number };
  /** Partitions with a replica on one of these; absent = all. */
  readonly brokerIds?: readonly number[];
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
  /** Whether a plan brings it nearer all the same, where none meets it: the rest may be healed. Only said of hard goals. */
  readonly partly?: boolean;
  /** What is wrong and what would help, undefined when it is met. */
  readonly explanation: string | undefined;
}

/** Proposals of a plan that did not fit into the message that tells of it: `plan_parts.ts` gets them. */
export interface PlanRest {
  /** Names the plan as it was made: after a restart, or when it was made again, there is none of that name. */
  readonly planId: string;
  /** All proposals of the plan, those that were sent already among them. */
  readonly proposalCount: number;
}

/** Requests that the analyzer answers. */
export interface AnalyzerRequests {
  /** Makes a plan. Fails with `not_enough_windows`, `hard_goal_unmet`, `invalid_argument` or `cancelled`. */
  make_plan: {
    request: { readonly kind: "make_plan"; readonly planUuid: string; readonly plan: PlanRequest };
    answer: {
      /** With the first proposals only when there is a `rest`. */
      readonly plan: Plan;
      readonly rest?: PlanRest;
      readonly before: readonly BrokerLoad[];
      readonly after: readonly BrokerLoad[];
      readonly windows: number;
      readonly validRatio: number;
      readonly fromCache: boolean;
    };
  };
  /**
   * The next proposals of a plan, in its order, as many as a message may hold. Fails with `not_found`, retriable, when
   * the plan is not held any more: the analyzer was restarted, or made others since.
   */
  get_plan_part: {
    request: { readonly kind: "get_plan_part"; readonly planId: string; readonly from: number };
    answer: { readonly proposals: readonly Proposal[] };
  };
  /** Makes the `make_plan` of that uuid fail with `cancelled` soon. Unknown uuids are ignored. */
  cancel_plan: {
    request: { readonly kind: "cancel_plan"; readonly planUuid: string };
    answer: Record<never, never>;
  };
  /**
   * Makes a snapshot of the model that `make_plan` would plan these goals for, to be fetched part by part and forgotten
   * with the last one. Fails as `make_plan` does for want of load, and with `mailbox_full`, retriable, while too many
   * are being fetched.
   */
  get_snapshot: {
    request: {
      readonly kind: "get_snapshot";
      /** Names in priority order; empty = `default.goals`. */
      readonly goals: readonly string[];
      /** Whether the load of each window is told besides the mean. */
      readonly withWindows: boolean;
      /** Whether it is told which replica is in which log dir. */
      readonly withLogDirs: boolean;
    };
    answer: {
      readonly snapshotId: string;
      /** Brokers whose capacity is a guess. */
      readonly estimatedBrokers: readonly number[];
    };
  };
  /**
   * The next part of a snapshot's text: in their order from 0 on, each once. Fails with `not_found`, retriable, when it
   * is another's turn or the snapshot is not held any more.
   */
  get_snapshot_part: {
    request: {
      readonly kind: "get_snapshot_part";
      readonly snapshotId: string;
      readonly part: number;
    };
    answer: { readonly text: string; readonly isLast: boolean };
  };
  /** Forgets a snapshot that nobody fetches to its end. Unknown ids are ignored. */
  drop_snapshot: {
    request: { readonly kind: "drop_snapshot"; readonly snapshotId: string };
    answer: Record<never, never>;
  };
  get_broker_load: {
    request: {
      readonly kind: "get_broker_load";
      readonly fromMs?: number;
      readonly toMs?: number;
      /** Whether log dirs are told, too. */
      readonly withLogDirs?: boolean;
      /** Only capacities and counts, with loads of 0: needs no measurement. The other members are then ignored. */
      readonly capacityOnly?: boolean;
    };
    answer: { readonly brokers: readonly BrokerLoad[] };
  };
  /** Loads of single partitions, highest first. Fails as `make_plan` does for want of load. */
  get_partition_load: {
    request: { readonly kind: "get_partition_load"; readonly wish: PartitionLoadWish };
    answer: {
      readonly partitions: readonly PartitionLoad[];
      /** Characters of the longest topic name among all that match, also those beyond `entries`. */
      readonly longestTopic: number;
      /** Brokers whose capacity is a guess. */
      readonly estimatedBrokers: readonly number[];
    };
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
