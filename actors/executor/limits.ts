/**
 * The limits of one execution: what was asked for, else what is configured.
 *
 * @module
 */
import type { Config } from "../../config/table.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { ExecutionLimits, ExecutionOptions, LimitChanges } from "../../messages/executor.ts";
import { resolveStrategies } from "./strategies.ts";

/** Limits and everything else that steers one execution. Plain data: it is kept in the journal. */
export interface Steering extends ExecutionLimits {
  readonly progressCheckIntervalMs: number;
  /** Resolved names, most significant first, ending with the base strategy. */
  readonly strategies: readonly string[];
  readonly allowReplicationFactorChange: boolean;
  /** Absent in journals of older releases. */
  readonly unthrottledBrokers?: readonly number[];
}

/** The steering of an execution, or `invalid_argument` naming every option that is out of range. */
export function steeringOf(options: ExecutionOptions, config: Config): Result<Steering> {
  const strategies = resolveStrategies(
    options.strategies ?? config["default.replica.movement.strategies"],
  );
  if (!strategies.ok) return strategies;
  const steering = wishOf(options, config, strategies.value);
  const problems = problemsOf(steering, options, config);
  if (problems.length > 0) {
    return fail("invalid_argument", problems.join("; "), { details: problems });
  }
  return ok(steering);
}

/** The steering of a running execution after a change of its limits, or `invalid_argument`. */
export function changedSteering(
  steering: Steering,
  changes: LimitChanges,
  config: Config,
): Result<Steering> {
  const changed = { ...steering, ...changes };
  const problems = problemsOf(changed, changes, config);
  return problems.length > 0
    ? fail("invalid_argument", problems.join("; "), { details: problems })
    : ok(changed);
}

function wishOf(
  options: ExecutionOptions,
  config: Config,
  strategies: readonly string[],
): Steering {
  return {
    interBrokerPerBroker: options.interBrokerPerBroker ??
      config["num.concurrent.partition.movements.per.broker"],
    interBrokerCluster: options.interBrokerCluster ??
      config["max.num.cluster.partition.movements"],
    intraBrokerPerBroker: options.intraBrokerPerBroker ??
      config["num.concurrent.intra.broker.partition.movements"],
    leadershipPerBroker: options.leadershipPerBroker ??
      config["num.concurrent.leader.movements.per.broker"],
    leadershipCluster: options.leadershipCluster ?? config["num.concurrent.leader.movements"],
    throttleBytesPerSec: options.throttleBytesPerSec ?? config["default.replication.throttle"],
    progressCheckIntervalMs: options.progressCheckIntervalMs ??
      config["execution.progress.check.interval.ms"],
    strategies,
    allowReplicationFactorChange: options.allowReplicationFactorChange ?? false,
    unthrottledBrokers: options.unthrottledBrokers ?? [],
  };
}

function problemsOf(steering: Steering, options: ExecutionOptions, config: Config): string[] {
  const problems: string[] = [];
  const most = config["max.num.cluster.movements"];
  const check = (name: string, value: number | undefined, limit: number) => {
    if (value === undefined) return;
    if (!Number.isInteger(value) || value < 0 || value > limit) {
      problems.push(`Cannot use ${name} = ${value}: must be an integer from 0 to ${limit}`);
    }
  };
  check("interBrokerPerBroker", steering.interBrokerPerBroker, most);
  check("interBrokerCluster", steering.interBrokerCluster, most);
  check("intraBrokerPerBroker", steering.intraBrokerPerBroker, most);
  check("leadershipPerBroker", steering.leadershipPerBroker, most);
  check("leadershipCluster", steering.leadershipCluster, most);
  check("throttleBytesPerSec", steering.throttleBytesPerSec, Number.MAX_SAFE_INTEGER);
  const least = Math.min(
    config["min.execution.progress.check.interval.ms"],
    config["execution.progress.check.interval.ms"],
  );
  const asked = options.progressCheckIntervalMs;
  if (asked !== undefined && !(asked >= least)) {
    problems.push(
      `Cannot use progressCheckIntervalMs = ${asked}: must be >= ${least} (min.execution.progress.check.interval.ms)`,
    );
  }
  return problems;
}
