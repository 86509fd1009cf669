/**
 * Parameters of requests that may execute, in Cruise Control's groups.
 *
 * @module
 */
import type { ExecutionOptions } from "../../messages/executor.ts";
import { bool, int, limited, long, strictBool, text, texts } from "./params.ts";
import type { ServerSettings } from "./settings.ts";

const STRATEGIES = [
  "PostponeUrpReplicaMovementStrategy",
  "PrioritizeLargeReplicaMovementStrategy",
  "PrioritizeSmallReplicaMovementStrategy",
  "PrioritizeMinIsrWithOfflineReplicasStrategy",
  "PrioritizeOneAboveMinIsrWithOfflineReplicasStrategy",
  "BaseReplicaMovementStrategy",
];

/** An integer that must be positive, called a movement concurrency in refusals. */
export const CONCURRENCY = int(undefined, { positive: "movement concurrency" });

/** The time between two looks at an execution. */
export const CHECK_INTERVAL = long(undefined, { positive: "execution progress check interval" });

/** The number of a reviewed request, where requests are reviewed. */
export const REVIEW_ID = limited(
  int(undefined),
  (id) => id === undefined ? undefined : "two-step verification is off",
);

/** Parameters of everything that may execute. */
export const EXECUTION_PARAMS = {
  dryrun: strictBool("dryrun", true),
  reason: text(),
  stop_ongoing_execution: bool(false),
  review_id: REVIEW_ID,
} as const;

/** The pace of leadership changes. */
export const LEADERSHIP_PARAMS = {
  concurrent_leader_movements: CONCURRENCY,
  broker_concurrent_leader_movements: CONCURRENCY,
  execution_progress_check_interval_ms: CHECK_INTERVAL,
  replica_movement_strategies: limited(texts(), unknownStrategy),
  replication_throttle: long(undefined, { notNegative: "replication throttle" }),
} as const;

/** The pace of moves between brokers. */
export const MOVE_PARAMS = {
  ...LEADERSHIP_PARAMS,
  concurrent_partition_movements_per_broker: CONCURRENCY,
  max_partition_movements_in_cluster: CONCURRENCY,
  skip_hard_goal_check: bool(false),
} as const;

/** Values of an execution's parameters, as far as an endpoint takes them. */
export interface AnyExecutionValues {
  readonly dryrun: boolean;
  readonly reason: string | undefined;
  readonly stop_ongoing_execution: boolean;
  readonly concurrent_leader_movements?: number | undefined;
  readonly broker_concurrent_leader_movements?: number | undefined;
  readonly execution_progress_check_interval_ms?: number | undefined;
  readonly replica_movement_strategies?: readonly string[];
  readonly replication_throttle?: number | undefined;
  readonly concurrent_partition_movements_per_broker?: number | undefined;
  readonly max_partition_movements_in_cluster?: number | undefined;
  readonly concurrent_intra_broker_partition_movements?: number | undefined;
  readonly skip_hard_goal_check?: boolean;
}

/** Why these execution parameters cannot be used together, undefined when they can. */
export function executionParamProblem(
  values: AnyExecutionValues,
  settings: ServerSettings,
): string | undefined {
  if (values.stop_ongoing_execution && values.dryrun) {
    return "Cannot use stop_ongoing_execution=true with dryrun=true: a dry run executes nothing";
  }
  if (settings.reasonRequired && !values.dryrun && (values.reason ?? "").trim() === "") {
    return "Cannot execute without a reason: request.reason.required is true, give reason=...";
  }
  return undefined;
}

/** The options of the execution that were given. */
export function executionOptionsOf(values: AnyExecutionValues): ExecutionOptions {
  const { replica_movement_strategies: strategies = [] } = values;
  const options = {
    interBrokerPerBroker: values.concurrent_partition_movements_per_broker,
    interBrokerCluster: values.max_partition_movements_in_cluster,
    intraBrokerPerBroker: values.concurrent_intra_broker_partition_movements,
    leadershipPerBroker: values.broker_concurrent_leader_movements,
    leadershipCluster: values.concurrent_leader_movements,
    progressCheckIntervalMs: values.execution_progress_check_interval_ms,
    throttleBytesPerSec: values.replication_throttle,
    strategies: strategies.length === 0
      ? undefined
      : strategies.map((name) =>
        STRATEGIES.find((known) => known.toLowerCase() === name.toLowerCase())!
      ),
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}

function unknownStrategy(names: readonly string[]): string | undefined {
  const known = new Set(STRATEGIES.map((name) => name.toLowerCase()));
  const unknown = names.filter((name) => !known.has(name.toLowerCase()));
  return unknown.length === 0
    ? undefined
    : `strategies [${unknown.join(", ")}] are unknown. Supported: [${STRATEGIES.join(", ")}]`;
}
