/** `rebalance`: makes a plan and, when it is no dry run, carries it out. */
import type { Result } from "../../../lib/failure.ts";
import type { ExecutionOptions } from "../../../messages/executor.ts";
import type { AnswerOf } from "../../../messages/mod.ts";
import { type Call, defineEndpoint, type EndpointAnswer, type EndpointDeps } from "../endpoint.ts";
import { bool, int, limited, long, text, texts } from "../params.ts";
import {
  askForPlan,
  CONCURRENCY,
  exclusionsOf,
  PLAN_PARAMS,
  planAnswer,
  planParamProblem,
  planRequestOf,
  reasonText,
} from "../planning.ts";
import { utcSeconds } from "../text/java_format.ts";

const STRATEGIES = [
  "PostponeUrpReplicaMovementStrategy",
  "PrioritizeLargeReplicaMovementStrategy",
  "PrioritizeSmallReplicaMovementStrategy",
  "PrioritizeMinIsrWithOfflineReplicasStrategy",
  "PrioritizeOneAboveMinIsrWithOfflineReplicasStrategy",
  "BaseReplicaMovementStrategy",
];

const PARAMS = {
  ...PLAN_PARAMS,
  dryrun: bool(true),
  reason: text(),
  concurrent_partition_movements_per_broker: CONCURRENCY,
  max_partition_movements_in_cluster: CONCURRENCY,
  concurrent_intra_broker_partition_movements: CONCURRENCY,
  concurrent_leader_movements: CONCURRENCY,
  broker_concurrent_leader_movements: CONCURRENCY,
  execution_progress_check_interval_ms: long(undefined, {
    positive: "execution progress check interval",
  }),
  skip_hard_goal_check: bool(false),
  replica_movement_strategies: limited(texts(), unknownStrategy),
  replication_throttle: long(undefined, { notNegative: "replication throttle" }),
  review_id: limited(
    int(undefined),
    (id) => id === undefined ? undefined : "two-step verification is off",
  ),
  stop_ongoing_execution: bool(false),
} as const;

type RebalanceCall = Call<typeof PARAMS>;

function unknownStrategy(names: readonly string[]): string | undefined {
  const known = new Set(STRATEGIES.map((name) => name.toLowerCase()));
  const unknown = names.filter((name) => !known.has(name.toLowerCase()));
  return unknown.length === 0
    ? undefined
    : `strategies [${unknown.join(", ")}] are unknown. Supported: [${STRATEGIES.join(", ")}]`;
}

function executionOptionsOf(values: RebalanceCall["values"]): ExecutionOptions {
  const options = {
    interBrokerPerBroker: values.concurrent_partition_movements_per_broker,
    interBrokerCluster: values.max_partition_movements_in_cluster,
    intraBrokerPerBroker: values.concurrent_intra_broker_partition_movements,
    leadershipPerBroker: values.broker_concurrent_leader_movements,
    leadershipCluster: values.concurrent_leader_movements,
    progressCheckIntervalMs: values.execution_progress_check_interval_ms,
    throttleBytesPerSec: values.replication_throttle,
    strategies: values.replica_movement_strategies.length === 0
      ? undefined
      : values.replica_movement_strategies.map((name) =>
        STRATEGIES.find((known) => known.toLowerCase() === name.toLowerCase())!
      ),
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  );
}

/** POST rebalance. */
export const rebalance = defineEndpoint({
  name: "rebalance",
  method: "POST",
  isAsync: true,
  role: "ADMIN",
  taskType: "kafka_admin",
  operation: "Rebalance",
  params: PARAMS,
  check({ values }, settings) {
    if (values.stop_ongoing_execution && values.dryrun) {
      return "Cannot use stop_ongoing_execution=true with dryrun=true: a dry run executes nothing";
    }
    if (settings.reasonRequired && !values.dryrun && (values.reason ?? "").trim() === "") {
      return "Cannot execute without a reason: request.reason.required is true, give reason=...";
    }
    return planParamProblem(values);
  },
  executes: ({ values }) => !values.dryrun,
  async run(call, deps) {
    const made = call.values.dryrun
      ? await makePlan(call, deps)
      : await reservedFor(call, deps, () => planAndExecute(call, deps));
    return made;
  },
});

async function makePlan(call: RebalanceCall, deps: EndpointDeps): Promise<Result<EndpointAnswer>> {
  const planned = await planFor(call, deps);
  return planned.ok ? { ok: true, value: planned.value.answer } : planned;
}

async function planFor(
  call: RebalanceCall,
  deps: EndpointDeps,
): Promise<Result<{ made: AnswerOf<"make_plan">; answer: EndpointAnswer }>> {
  call.step("WAITING_FOR_CLUSTER_MODEL", "Asking for the load of the cluster and a plan");
  const excluded = await exclusionsOf(call.values, deps);
  if (!excluded.ok) return excluded;
  const { values } = call;
  const made = await askForPlan(
    call.taskId,
    planRequestOf(values, excluded.value, { skipHardGoalCheck: values.skip_hard_goal_check }),
    { deps, allowCapacityEstimation: values.allow_capacity_estimation },
  );
  if (!made.ok) return made;
  const answer = planAnswer(made.value, "Cluster load after rebalance:", {
    verbose: values.verbose,
    excluded: excluded.value,
    inExecution: !values.dryrun && made.value.plan.proposals.length > 0,
  });
  return { ok: true, value: { made: made.value, answer } };
}

/** Runs `work` with the executor reserved, and gives the reservation back unless an execution took it over. */
async function reservedFor(
  call: RebalanceCall,
  deps: EndpointDeps,
  work: () => Promise<Result<EndpointAnswer>>,
): Promise<Result<EndpointAnswer>> {
  const { context, settings } = deps;
  const deadlineMs = settings.askTimeoutMs;
  const executionUuid = call.taskId;
  if (call.values.stop_ongoing_execution) {
    const stopped = await stopOngoing(call, deps);
    if (!stopped.ok) return stopped;
  }
  const reason = reasonText(call, call.values.reason, {
    atText: utcSeconds(context.clock.nowMs()),
  });
  const reserved = await context.request({
    kind: "reserve_executor",
    executionUuid,
    reason,
    userTriggered: true,
  }, { deadlineMs });
  if (!reserved.ok) {
    // A late answer may still have reserved it: releasing what is not reserved does no harm.
    if (reserved.failure.code !== "ongoing_execution") {
      await context.request({ kind: "release_executor", executionUuid }, { deadlineMs });
    }
    return reserved;
  }
  let isTaken = false;
  try {
    const answer = await work();
    isTaken = answer.ok && answer.value.inExecution === true;
    return answer;
  } finally {
    if (!isTaken) {
      await context.request({ kind: "release_executor", executionUuid }, { deadlineMs });
    }
  }
}

async function stopOngoing(call: RebalanceCall, deps: EndpointDeps): Promise<Result<void>> {
  const { context, settings } = deps;
  call.step("STOPPING_ONGOING_EXECUTION", "Waiting for the running execution to end");
  const stopped = await context.request({
    kind: "stop_execution",
    stopExternalAgent: false,
    reason: reasonText(call, call.values.reason, { atText: utcSeconds(context.clock.nowMs()) }),
  }, { deadlineMs: settings.askTimeoutMs });
  if (!stopped.ok) return stopped;
  return await deps.executionEnded({ deadlineMs: settings.stopTimeoutMs });
}

async function planAndExecute(
  call: RebalanceCall,
  deps: EndpointDeps,
): Promise<Result<EndpointAnswer>> {
  const planned = await planFor(call, deps);
  if (!planned.ok) return planned;
  const { made, answer } = planned.value;
  if (made.plan.proposals.length === 0) return { ok: true, value: answer };
  call.step("STARTING_EXECUTION", "Handing the plan to the executor");
  call.prepared(answer);
  const executed = await deps.context.request({
    kind: "execute_proposals",
    executionUuid: call.taskId,
    operation: "rebalance",
    proposals: made.plan.proposals,
    options: executionOptionsOf(call.values),
  }, { deadlineMs: deps.settings.planTimeoutMs });
  return executed.ok ? { ok: true, value: answer } : executed;
}
