/**
 * A plan: proposals in the order to carry them out, and what they are worth. The members are those of the plan
 * file, version 1, without the figures that differ from run to run.
 *
 * @module
 */
import type { Proposal, Proposals } from "./proposal.ts";

/** A goal before and after the plan. */
export interface GoalOutcome {
  readonly name: string;
  readonly hard: boolean;
  /** Set when the goal was not planned for, with the reason (no source of CPU, for instance). */
  readonly off?: string;
  readonly violatedBefore: boolean;
  readonly violatedAfter: boolean;
  /** Brokers outside the goal's limits. */
  readonly brokersOutBefore: number;
  readonly brokersOutAfter: number;
  /** How far all of them are outside together, in `unit`; absent for goals that measure nothing. */
  readonly amountBefore?: number;
  readonly amountAfter?: number;
  /** "MB", "KB/s", "%", "replicas" ... */
  readonly unit?: string;
  /** MB that any plan must move for this goal alone. */
  readonly lowerBoundMb: number;
  /** Why it is violated afterwards and what would help, undefined when it is not. */
  readonly explanation?: string;
  /** Goals, hard or more important ones, beside which no plan meets it: proven. Absent when nothing of that kind is known. */
  readonly conflictsWith?: readonly string[];
}

/** Utilization of a broker. CPU percent, rates KB/s, disk MB. NaN = not known. */
export interface BrokerFigures {
  readonly cpu: number;
  readonly nwIn: number;
  readonly nwOut: number;
  readonly disk: number;
  readonly potentialNwOut: number;
  readonly leaderNwIn: number;
  readonly replicas: number;
  readonly leaders: number;
}

/** Cruise Control's cluster statistics over the alive brokers, one figure a kind. */
export interface StatisticsRow {
  readonly cpu: number;
  readonly networkInbound: number;
  readonly networkOutbound: number;
  readonly disk: number;
  readonly potentialNwOut: number;
  readonly replicas: number;
  readonly leaderReplicas: number;
  readonly topicReplicas: number;
}

/** Statistics of a model state (analyzer specification, "cluster model stats"). */
export interface ClusterStatistics {
  readonly brokers: number;
  readonly replicas: number;
  readonly topics: number;
  readonly avg: StatisticsRow;
  readonly max: StatisticsRow;
  readonly min: StatisticsRow;
  readonly std: StatisticsRow;
}

/** A hard goal that the plan leaves violated, or replicas that it leaves offline. */
export interface Unmet {
  /** Name of the goal; "" for replicas that are left offline. */
  readonly goal: string;
  /** "Cannot meet RackAwareGoal: ..." */
  readonly message: string;
  /** Exactly what is left (the first of them) and what would solve it. */
  readonly details: readonly string[];
}

/** Brokers alike that would be added to one rack. */
export interface BrokersToAdd {
  readonly count: number;
  /** Name of the rack, undefined = one that is added as well. */
  readonly rack?: string;
  /** 1 for the first rack that is added, 2 for the second. */
  readonly newRack?: number;
  /** Id of a broker that they are like in all but capacity. */
  readonly like: number;
  /** cpu percent, KB/s, KB/s, MB, of each. */
  readonly capacity: {
    readonly cpu: number;
    readonly nwIn: number;
    readonly nwOut: number;
    readonly disk: number;
  };
}

/** Brokers with which hard goals could be met that cannot be met now. */
export interface Enough {
  readonly brokers: readonly BrokersToAdd[];
  /** With fewer brokers of these sizes no plan can, wherever they stand. */
  readonly atLeast: number;
  /**
   * That they are enough: the plan that was asked for, made with them, or one for hard goals alone. `bound`: that fewer are not; the cluster is too large,
   * or what it lacks too hard to find, for planning again and again.
   */
  readonly shownBy: "plan" | "hard_goals" | "bound";
  /** Hard goals that more brokers do not help to meet. */
  readonly without: readonly string[];
  /** The same in words. */
  readonly text: string;
}

/** A setting of the configuration, and a value of it with which goals are met that are not met now. */
export interface WiderSetting {
  /** Such as `disk.balance.threshold`. */
  readonly key: string;
  readonly now: number;
  readonly value: number;
  /** No plan meets the goals with a smaller value; absent = nothing of that kind is known. */
  readonly atLeast?: number;
}

/** Settings with which goals could be met that the plan leaves, all of them together. */
export interface Wider {
  readonly settings: readonly WiderSetting[];
  /** Goals that are met then beside all that this plan meets. */
  readonly goals: readonly string[];
  /** That they are enough: the plan that was asked for, made with them; or that one leaves brokers within such limits. */
  readonly shownBy: "plan" | "placement";
  /** Goals that the plan leaves and no setting helps. */
  readonly without: readonly string[];
  /** The same in words. */
  readonly text: string;
}

/** What the first moves of a plan buy. */
export interface CurvePoint {
  /** MB moved so far, and replicas. */
  readonly mb: number;
  readonly moves: number;
  /** 0..100. */
  readonly balancedness: number;
  readonly goalsMet: number;
}

/** A plan for fewer goals, as a budget of its MB would buy it. */
export interface CheaperPlan extends CurvePoint {
  /** Goals that it does not meet and the whole plan does. */
  readonly without: readonly string[];
}

/** Totals of a plan. */
export interface PlanSummary {
  readonly steps: number;
  readonly seed: number;
  readonly interBrokerReplicaMoves: number;
  readonly intraBrokerReplicaMoves: number;
  readonly leadershipMoves: number;
  readonly mbToMove: number;
  /** MB that any plan must move which meets the goals that this one meets; a sound lower bound. */
  readonly lowerBoundMb: number;
  readonly balancednessBefore: number;
  readonly balancednessAfter: number;
  readonly goals: readonly GoalOutcome[];
  /** What stays unhealed; absent when every hard goal is met. */
  readonly unmet?: readonly Unmet[];
  /** What would be enough to meet it, when that was asked for and found. */
  readonly enough?: Enough;
  /** What would be enough to meet other goals that are left, when that was asked for and found. */
  readonly wider?: Wider;
  /** Gain by bytes of the whole plan in its order, when it was asked for. */
  readonly curve?: readonly CurvePoint[];
  /** Plans for fewer goals, cheapest first, when a curve was asked for and nothing was limited. */
  readonly cheaper?: readonly CheaperPlan[];
  /** Partitions that a budget left out; absent when nothing was. */
  readonly leftOut?: number;
  readonly statisticsBefore: ClusterStatistics;
  readonly statisticsAfter: ClusterStatistics;
  readonly provision: {
    readonly status: "UNDER_PROVISIONED" | "RIGHT_SIZED" | "OVER_PROVISIONED" | "UNDECIDED";
    readonly recommendations: readonly string[];
  };
}

/** Limits by goal. */
export type BrokerLimits = Readonly<Record<string, readonly [least: number, most: number | null]>>;

/** A plan that is held on to: its proposals may be made only when they are asked for. */
export interface HeldPlan extends Omit<Plan, "proposals"> {
  readonly proposals: Proposals;
}

/** A whole plan. */
export interface Plan {
  readonly proposals: readonly Proposal[];
  readonly summary: PlanSummary;
  readonly brokers: readonly {
    readonly id: number;
    readonly before: BrokerFigures;
    readonly after: BrokerFigures;
    /** What goals allow, by name: least (0 = none) and most (null = no limit) of what they are about. */
    readonly limits?: BrokerLimits;
  }[];
}

/** What goals miss at least, in Cruise Control's words, and then what is enough. */
export function recommendationsOf(
  { provision, enough, wider }: Pick<PlanSummary, "provision" | "enough" | "wider">,
): string[] {
  const found = [enough, wider].flatMap((one) => one === undefined ? [] : [one.text]);
  return [...provision.recommendations, ...found];
}
