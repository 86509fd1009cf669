/**
 * How wide a goal's limits are: the setting of the configuration that decides it. Wider limits are met wherever narrower
 * ones are.
 *
 * @module
 */
import { CPU, DISK, NW_IN, NW_OUT } from "../model/metrics.ts";
import type { BalancingConstraint, PerResource } from "./constraint.ts";

/** A setting and what it does to goals that read it. */
export interface Width {
  /** Key of the configuration. */
  readonly key: string;
  /** Values are told apart, and tried, in parts of 1 / this. */
  readonly grid: number;
  /** The value with which limits have no width. */
  readonly none: number;
  of(constraint: BalancingConstraint): number;
  /** Undefined where the configuration does not allow the value beside its others. */
  widened(constraint: BalancingConstraint, value: number): BalancingConstraint | undefined;
}

/** Thresholds are told to two digits. */
const RATIO_GRID = 100;

const RESOURCE_KEYS: Readonly<Record<number, string>> = {
  [CPU]: "cpu",
  [NW_IN]: "network.inbound",
  [NW_OUT]: "network.outbound",
  [DISK]: "disk",
};

/** `cpu.balance.threshold` and its like. */
export function balanceWidth(resource: number): Width {
  return {
    key: `${RESOURCE_KEYS[resource]!}.balance.threshold`,
    grid: RATIO_GRID,
    none: 1,
    of: ({ balanceThreshold }) => balanceThreshold[resource]!,
    widened: (constraint, value) => ({
      ...constraint,
      balanceThreshold: constraint.balanceThreshold.with(resource, value) as unknown as PerResource,
    }),
  };
}

/** `replica.count.balance.threshold`. */
export const REPLICA_COUNT_WIDTH: Width = {
  key: "replica.count.balance.threshold",
  grid: RATIO_GRID,
  none: 1,
  of: ({ replicaCountThreshold }) => replicaCountThreshold,
  widened: (constraint, value) => ({ ...constraint, replicaCountThreshold: value }),
};

/** `leader.replica.count.balance.threshold`. */
export const LEADER_COUNT_WIDTH: Width = {
  key: "leader.replica.count.balance.threshold",
  grid: RATIO_GRID,
  none: 1,
  of: ({ leaderCountThreshold }) => leaderCountThreshold,
  widened: (constraint, value) => ({ ...constraint, leaderCountThreshold: value }),
};

/** Whole replicas, which say more of a topic with few of them than a ratio. */
export const TOPIC_MIN_GAP_WIDTH: Width = {
  key: "topic.replica.count.balance.min.gap",
  grid: 1,
  none: 0,
  of: ({ topicReplicaMinGap }) => topicReplicaMinGap,
  widened: (constraint, value) =>
    value > constraint.topicReplicaMaxGap
      ? undefined
      : { ...constraint, topicReplicaMinGap: value },
};

/** What keeps topics with many replicas from the distance that their threshold allows. */
export const TOPIC_MAX_GAP_WIDTH: Width = {
  key: "topic.replica.count.balance.max.gap",
  grid: 1,
  none: 0,
  of: ({ topicReplicaMaxGap }) => topicReplicaMaxGap,
  widened: (constraint, value) => ({ ...constraint, topicReplicaMaxGap: value }),
};
