/**
 * What a goal is to the planner. A goal is declared in a file of its own, listed once in `catalog.ts`, and prepared
 * for one cluster before a search: limits are numbers then, and judging an action costs O(1) or O(RF).
 *
 * @module
 */
import type { ClusterModel } from "../model/cluster_model.ts";
import type { BalancingConstraint } from "./constraint.ts";
import type { LogDirState } from "./log_dir_state.ts";
import type { Width } from "./width.ts";

/** What limits are computed from: fixed for the whole search. */
export interface GoalContext {
  readonly model: ClusterModel;
  readonly constraint: BalancingConstraint;
  /** Widens balance thresholds; 1 unless a goal violation started the plan. */
  readonly multiplier: number;
  /** Brokers that may receive replicas, ascending ("allowed brokers"). */
  readonly allowed: Int32Array;
  /** Brokers that are alive, ascending. */
  readonly alive: Int32Array;
  /** Sum over all brokers, dead ones too, by axis; no action changes it. */
  readonly totals: Float64Array;
  /** Capacity of the allowed brokers together, by resource. */
  readonly allowedCapacity: Float64Array;
  /** Log dirs of all replicas, undefined where none are modelled. */
  readonly logDirs: LogDirState | undefined;
  /** Replicas by topic. */
  readonly topicTotals: Int32Array;
}

/** Limits of every broker on one axis. */
export interface AxisLimits {
  readonly axis: number;
  /** Length B; a broker above is out. */
  readonly upper: Float64Array;
  /** Length B; a broker below is out. 0 or less = no lower limit. */
  readonly lower: Float64Array;
}

/** The upper limit of a count that has none: the largest that fits. */
export const NO_LIMIT = 2 ** 31 - 1;

/** Limits of every topic on each broker, replicas. */
export interface TopicLimits {
  /** Length T. */
  readonly upper: Int32Array;
  /** Length T. */
  readonly lower: Int32Array;
}

/** Why a goal cannot be met by any plan, and what would help. */
export interface Infeasible {
  readonly reason: string;
  /** "Add at least 2 brokers ..."; as Cruise Control words it. */
  readonly recommendation?: string;
}

/** A goal's vote on the size of the cluster. */
export interface ProvisionVote {
  readonly status: "UNDER_PROVISIONED" | "RIGHT_SIZED" | "OVER_PROVISIONED" | "UNDECIDED";
  readonly recommendation?: Recommendation;
  /** The recommendation in words, where it is more than counts. */
  readonly text?: string;
}

/** What to add or remove; exactly one of the counts is set. */
export interface Recommendation {
  readonly brokers?: number;
  readonly racks?: number;
  readonly partitions?: number;
  readonly topicPattern?: string;
  /** Resource name for the text, "" = none. */
  readonly resource?: string;
  readonly typicalBrokerId?: number;
  readonly typicalCapacity?: number;
}

/** A goal made ready for one model. Methods read the model's present state. */
export interface PreparedGoal {
  readonly name: string;
  readonly hard: boolean;
  /** Set by goals that limit a broker's sum on one axis. */
  readonly axisLimits?: AxisLimits;
  /** Set by goals that limit a topic's replicas on a broker. */
  readonly topicLimits?: TopicLimits;
  /** Set by goals that want a topic's leaders on a broker: fewest of them, 0 = none wanted. */
  readonly topicLeaders?: (topic: number, broker: number) => number;
  /** True for goals that keep a partition's replicas on different racks. */
  readonly racksDiffer?: boolean;
  /**
   * Whether actions are held to the goal by `moveDelta` and `leadDelta` while other goals are planned for. Goals with
   * limits or racks need it only where those do not say everything; undefined = true for all others.
   */
  readonly guardsMoves?: boolean;
  /** Set by goals that keep replicas on some brokers: whether a replica may be on one. */
  mayHold?(replica: number, broker: number): boolean;
  /**
   * Set by goals that demand less than they would rather have: whether a broker that is outside misses only the latter,
   * which fails no plan.
   */
  readonly onlyWished?: (broker: number) => boolean;
  /** True when nothing in this cluster is the goal's business; it is met then, whatever happens. */
  readonly idle?: boolean;
  /** What a penalty of 1 is, for people; undefined = it has no unit. */
  readonly amount?: { readonly unit: string; readonly of: number };
  /** How far a broker is outside, >= 0, 0 = within; comparable between brokers of one goal only. */
  penalty(broker: number): number;
  /** All penalties at once into `into` (length B), where that costs less than asking broker by broker. */
  penalties?: ((into: Float64Array) => void) | undefined;
  /** Change of the summed penalty if `replica` went to broker `to`, leadership with it. */
  moveDelta(replica: number, to: number): number;
  /** Change of the summed penalty if `replica` became leader of its partition. */
  leadDelta(partition: number, replica: number): number;
  /** Whether no plan at all can meet it, found without searching. */
  infeasible(): Infeasible | undefined;
  /** Vote on the cluster's size, given whether the goal is met at the end. */
  provision(met: boolean): ProvisionVote;
  /** What is wrong with a broker, for people: "disk 412345 MB is above 330000 MB". */
  explain(broker: number): string;
}

/** A goal as declared. */
export interface Goal {
  /** Cruise Control's simple class name. */
  readonly name: string;
  readonly hard: boolean;
  /** True for a hard goal whose violation is reported as such, but is no failure of the plan. */
  readonly bestEffort?: boolean;
  /** Resources, by id, without whose loads the goal is off. */
  readonly resources: readonly number[];
  /** Settings that widen its limits, the first of them that is enough by itself counts; absent where there is none, or none that leaves hard goals as they are. */
  readonly widths?: readonly Width[];
  prepare(context: GoalContext): PreparedGoal;
}

/** Penalty of every alive broker, 0 for others. */
export function allPenalties(goal: PreparedGoal, context: GoalContext): Float64Array {
  const penalties = new Float64Array(context.model.brokerCount);
  if (goal.penalties !== undefined) goal.penalties(penalties);
  else for (const broker of context.alive) penalties[broker] = goal.penalty(broker);
  return penalties;
}

/** Penalty summed over the alive brokers; 0 means met. O(B) penalties. */
export function totalPenalty(goal: PreparedGoal, context: GoalContext): number {
  return allPenalties(goal, context).reduce((sum, penalty) => sum + penalty, 0);
}

/** Alive brokers outside the goal's limits, and how far all of them are together, in the unit of `amount`. */
export function outsideLimits(
  goal: PreparedGoal,
  context: GoalContext,
): { readonly brokers: number; readonly amount: number } {
  const penalties = allPenalties(goal, context);
  let brokers = 0;
  let penalty = 0;
  for (const broker of context.alive) {
    if (penalties[broker]! > 0) brokers++;
    penalty += penalties[broker]!;
  }
  return { brokers, amount: penalty * (goal.amount?.of ?? 1) };
}

/** Alive brokers outside the goal's limits. */
export function brokersOut(goal: PreparedGoal, context: GoalContext): number[] {
  return withPenalty(allPenalties(goal, context), context);
}

/** The same, farthest outside first. */
export function farthestOut(goal: PreparedGoal, context: GoalContext): number[] {
  const penalties = allPenalties(goal, context);
  return withPenalty(penalties, context).sort((a, b) => penalties[b]! - penalties[a]! || a - b);
}

function withPenalty(penalties: Float64Array, { alive }: GoalContext): number[] {
  const out: number[] = [];
  for (const broker of alive) if (penalties[broker]! > 0) out.push(broker);
  return out;
}

/** Of {@link brokersOut} those that miss what the goal demands. */
export function brokersUnmet(goal: PreparedGoal, context: GoalContext): number[] {
  return brokersOut(goal, context).filter((broker) => goal.onlyWished?.(broker) !== true);
}
