/**
 * Parameters of requests for a plan, in Cruise Control's groups, and which of them exclude each other.
 *
 * @module
 */
import { type Budget, budgetOf, budgetProblem } from "../../model/budget.ts";
import { BYTES_PER_MB } from "../../model/metrics.ts";
import type { WindowChoice } from "../../model/windows.ts";
import {
  bool,
  double,
  int,
  ints,
  type ParamRefusal,
  pattern,
  texts,
  type TopicPattern,
  unreadable,
  type ValuesOf,
  word,
} from "./params.ts";

/** More MB or minutes than any plan takes. */
const AMOUNT_MAX = 1e15;

/** Parameters of every plan. */
export const ANY_PLAN_PARAMS = {
  allow_capacity_estimation: bool(true),
  verbose: bool(false),
  exclude_recently_demoted_brokers: bool(false),
} as const;

/**
 * Parameters of every plan with goals. `fast_mode` is taken and changes nothing: the search has one way, which is
 * quicker than both of Cruise Control's. Nor does `use_ready_default_goals`, there as here.
 */
export const GOAL_PARAMS = {
  ...ANY_PLAN_PARAMS,
  goals: texts(),
  data_from: word(
    ["valid_windows", "valid_partitions"],
    "valid_windows",
    "Invalid data source",
  ),
  use_ready_default_goals: bool(false),
  excluded_topics: pattern(),
  exclude_recently_removed_brokers: bool(true),
  fast_mode: bool(true),
} as const;

/**
 * What a plan may cost, and whether to tell what its first bytes buy. Not Cruise Control's: MB of replicas that land on
 * other brokers, how many of them, minutes at a bandwidth (MB/s that one broker may send, and receive).
 */
export const BUDGET_PARAMS = {
  max_mb: double({ name: "max_mb", least: 0, most: AMOUNT_MAX }),
  max_moves: int(undefined, { notNegative: "max_moves" }),
  max_minutes: double({ name: "max_minutes", least: 0, most: AMOUNT_MAX }),
  bandwidth: double({ name: "bandwidth", least: 0, most: AMOUNT_MAX }),
  curve: bool(false),
} as const;

/** Which windows of the load count, not Cruise Control's: their mean, or limits of capacity hold in each of them. */
export const WINDOW_PARAMS = {
  over: word(["mean", "max", "p95", "each"], "mean", "Invalid choice of windows"),
} as const;

/** Parameters of a plan for the whole cluster. */
export const PLAN_PARAMS = {
  ...GOAL_PARAMS,
  ...BUDGET_PARAMS,
  ...WINDOW_PARAMS,
  kafka_assigner: bool(false),
  rebalance_disk: bool(false),
  destination_broker_ids: ints(),
  ignore_proposal_cache: bool(false),
} as const;

/** Values of {@link PLAN_PARAMS}. */
export type PlanValues = ValuesOf<typeof PLAN_PARAMS>;

/** Values of a plan's parameters, as far as an endpoint takes them. */
export interface AnyPlanValues {
  readonly verbose: boolean;
  readonly allow_capacity_estimation?: boolean;
  readonly exclude_recently_demoted_brokers?: boolean;
  readonly exclude_recently_removed_brokers?: boolean;
  readonly excluded_topics?: TopicPattern | undefined;
  readonly goals?: readonly string[];
  readonly data_from?: "valid_windows" | "valid_partitions";
  readonly use_ready_default_goals?: boolean;
  readonly ignore_proposal_cache?: boolean;
  readonly kafka_assigner?: boolean;
  readonly rebalance_disk?: boolean;
  readonly destination_broker_ids?: readonly number[];
  readonly over?: WindowChoice | "each";
  readonly max_mb?: number | undefined;
  readonly max_moves?: number | undefined;
  readonly max_minutes?: number | undefined;
  readonly bandwidth?: number | undefined;
  readonly curve?: boolean;
  /** Bytes/s of one broker, where the endpoint executes: the bandwidth unless one is given. */
  readonly replication_throttle?: number | undefined;
}

/** The budget that the values ask for, undefined when they limit nothing and want no curve. */
export function requestedBudget(values: AnyPlanValues): Budget | undefined {
  const { max_mb: maxMb, max_moves: maxMoves, max_minutes: maxMinutes, curve = false } = values;
  const bandwidthMbPerSec = bandwidthOf(values);
  return budgetOf({ maxMb, maxMoves, maxMinutes, bandwidthMbPerSec }, curve);
}

function bandwidthOf({ bandwidth, replication_throttle: throttle }: AnyPlanValues): number {
  return bandwidth ?? (throttle === undefined ? 0 : throttle / BYTES_PER_MB);
}

/** Why these plan parameters cannot be used together, undefined when they can. */
export function planParamProblem(values: AnyPlanValues): string | ParamRefusal | undefined {
  const { goals = [], destination_broker_ids: destinations = [] } = values;
  const { max_minutes: maxMinutes, bandwidth } = values;
  const unlimited = budgetProblem({
    maxMinutes,
    // A throttle limits the execution, whether there are minutes to keep to or not.
    bandwidth: maxMinutes === undefined ? bandwidth : bandwidthOf(values),
  }, { maxMinutes: "max_minutes", bandwidth: "bandwidth" });
  if (unlimited !== undefined) return unlimited;
  if (values.kafka_assigner === true) {
    // The words are Cruise Control's; the exclusion is on unless the request says otherwise.
    const excludes = values.exclude_recently_removed_brokers === true ||
      values.exclude_recently_demoted_brokers === true;
    if (excludes) return unreadable("Kafka assigner mode does not support excluding brokers.");
    if (values.rebalance_disk === true) {
      return "Cannot use kafka_assigner=true with rebalance_disk=true: give one of them";
    }
    if (destinations.length > 0) {
      return "Cannot use kafka_assigner=true with destination_broker_ids: the mode places every replica";
    }
    if (goals.length > 0) return ownGoals("kafka_assigner");
  }
  if (values.rebalance_disk === true) {
    if (goals.length > 0) return ownGoals("rebalance_disk");
    if (destinations.length > 0) {
      return "Cannot use rebalance_disk=true with destination_broker_ids: it moves nothing between brokers";
    }
  }
  if (goals.length === 0) return undefined;
  if (values.ignore_proposal_cache === true) {
    return "Cannot use ignore_proposal_cache=true with goals: plans for given goals are never cached";
  }
  if (values.use_ready_default_goals === true) {
    return "Cannot use use_ready_default_goals=true with goals: give one of them";
  }
  return undefined;
}

function ownGoals(mode: string): string {
  return `Cannot use ${mode}=true with goals: the mode has goals of its own`;
}
