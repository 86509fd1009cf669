/**
 * What endpoints that make a plan have in common: exclusions, asking the analyzer, the answer.
 *
 * @module
 */
import { fail, type Failure, ok, type Result } from "../../lib/failure.ts";
import type { CompletenessRequirements } from "../../messages/aggregator.ts";
import type { OperationName, PlanRequest } from "../../messages/analyzer.ts";
import type { AnswerOf } from "../../messages/mod.ts";
import { allProposals } from "../../messages/plan_parts.ts";
import type { Call, EndpointAnswer, EndpointDeps } from "./endpoint.ts";
import { type AnyPlanValues, requestedBudget } from "./plan_params.ts";
import { brokersWithoutCpu } from "./shapes/broker_stats.ts";
import { type Exclusions, optimizationResultOf } from "./shapes/optimization_result.ts";
import { optimizationText } from "./text/optimization_text.ts";

/** What the plan must leave alone, by the caller's wish and the executor's history; never the brokers in `welcome`. */
export async function exclusionsOf(
  values: AnyPlanValues,
  deps: EndpointDeps,
  welcome: readonly number[] = [],
): Promise<Result<Exclusions>> {
  const topics = deps.facts.cluster?.topology.topicNames ?? [];
  const { excluded_topics: pattern } = values;
  const excludedTopics = pattern === undefined
    ? []
    : topics.filter((topic) => pattern.matches(topic));
  const demoted = values.exclude_recently_demoted_brokers ?? false;
  const removed = values.exclude_recently_removed_brokers ?? false;
  if (!demoted && !removed) {
    return ok({ topics: excludedTopics, forLeadership: [], forReplicaMove: [] });
  }
  const state = await deps.context.request({ kind: "get_executor_state", withTasks: false }, {
    deadlineMs: deps.settings.askTimeoutMs,
  });
  if (!state.ok) return state;
  const others = (ids: readonly number[]) => ids.filter((id) => !welcome.includes(id));
  return ok({
    topics: excludedTopics,
    forLeadership: demoted ? others(state.value.recentlyDemotedBrokers) : [],
    forReplicaMove: removed ? others(state.value.recentlyRemovedBrokers) : [],
  });
}

/** Upstream's meaning of `data_from=valid_partitions`: as many windows as there are, whatever share is valid. */
const VALID_PARTITIONS: CompletenessRequirements = {
  windows: 1,
  minValidRatio: 0,
  includeAllTopics: true,
};

/** The request for the analyzer. */
export function planRequestOf(
  values: AnyPlanValues,
  excluded: Exclusions,
  options: { operation?: OperationName; skipHardGoalCheck: boolean },
): PlanRequest {
  const { goals = [], destination_broker_ids: destinations = [] } = values;
  const mode = values.kafka_assigner === true
    ? "kafka_assigner"
    : values.rebalance_disk === true
    ? "rebalance_disk"
    : undefined;
  const budget = requestedBudget(values);
  return {
    operation: options.operation ?? "rebalance",
    skipHardGoalCheck: options.skipHardGoalCheck,
    ignoreProposalCache: values.ignore_proposal_cache ?? false,
    ...(goals.length > 0 ? { goals } : {}),
    ...(mode === undefined ? {} : { mode }),
    ...(budget === undefined ? {} : { budget }),
    ...(values.over === undefined || values.over === "mean" ? {} : { over: values.over }),
    ...(values.excluded_topics !== undefined
      ? { excludedTopics: values.excluded_topics.source }
      : {}),
    ...(destinations.length > 0 ? { destinationBrokerIds: destinations } : {}),
    ...(excluded.forLeadership.length > 0 ? { excludedForLeadership: excluded.forLeadership } : {}),
    ...(excluded.forReplicaMove.length > 0
      ? { excludedForReplicaMove: excluded.forReplicaMove }
      : {}),
    ...(values.data_from === "valid_partitions" ? { requirements: VALID_PARTITIONS } : {}),
  };
}

/** Asks the analyzer; refuses a plan on guessed capacities when the caller does not want one. */
export async function askForPlan(
  planUuid: string,
  plan: PlanRequest,
  options: { deps: EndpointDeps; allowCapacityEstimation: boolean },
): Promise<Result<AnswerOf<"make_plan">>> {
  const { context, settings, facts } = options.deps;
  const answer = await context.request({ kind: "make_plan", planUuid, plan }, {
    deadlineMs: settings.planTimeoutMs,
  });
  facts.forgetPlan(planUuid);
  if (!answer.ok) {
    if (answer.failure.code === "deadline_exceeded") {
      await context.request({ kind: "cancel_plan", planUuid }, {
        deadlineMs: settings.askTimeoutMs,
      });
    }
    return { ok: false, failure: onTheWay(answer.failure, facts) };
  }
  const estimated = options.allowCapacityEstimation
    ? []
    : answer.value.before.filter((broker) => broker.capacityEstimated);
  return estimated.length === 0
    ? answer
    : capacityRefusal(estimated.map((broker) => broker.brokerId));
}

/** Kafka lists more replicas of a partition while it is moved: goals that no plan meets then may well be met afterwards. */
function onTheWay(failure: Failure, { execution }: EndpointDeps["facts"]): Failure {
  const isMoving = execution !== undefined && execution.phase !== "NO_TASK_IN_PROGRESS";
  if (failure.code !== "hard_goal_unmet" || !isMoving) return failure;
  const hint =
    "An execution is in progress, and partitions on their way have replicas at both ends: plan again when it is over";
  return { ...failure, details: [...failure.details ?? [], hint] };
}

/** The failure of a request that does not want estimated capacities. */
export function capacityRefusal(
  brokerIds: readonly number[],
): { readonly ok: false; readonly failure: Failure } {
  return fail(
    "invalid_argument",
    `Cannot use the capacity of brokers [${brokerIds.join(", ")}]: it is estimated and ` +
      "allow_capacity_estimation is false; configure their capacity or allow the estimate",
  );
}

/**
 * The analyzer's plan as an answer. `heading` stands before the load after the change in plain text. Proposals that
 * are not here yet are got only when they are told. Fails as `get_plan_part`.
 */
export async function planAnswer(
  { context, settings }: EndpointDeps,
  made: AnswerOf<"make_plan">,
  options: {
    heading: string;
    verbose: boolean;
    excluded: Exclusions;
    inExecution?: boolean;
    tellsBefore?: boolean;
  },
): Promise<Result<EndpointAnswer>> {
  const { rest, ...head } = made;
  const { plan } = head;
  const needsAll = options.verbose || plan.summary.intraBrokerReplicaMoves > 0;
  const proposals = await allProposals(
    context,
    needsAll && rest !== undefined
      ? { proposals: plan.proposals, rest }
      : { proposals: plan.proposals },
    { deadlineMs: settings.askTimeoutMs },
  );
  if (!proposals.ok) return proposals;
  const answer = { ...head, plan: { ...plan, proposals: proposals.value } };
  const { heading } = options;
  const result = await optimizationResultOf(answer, options);
  const off = answer.plan.summary.goals.filter((goal) => goal.off !== undefined);
  const left = answer.plan.summary.unmet ?? [];
  const note = off.map((goal) => `\nNot considered: ${goal.name} (${goal.off}).`).join("") +
    left.map((unmet) => `\nLeft as it is: ${unmet.message}.`).join("") +
    leftOutNote(plan.summary.leftOut);
  const cpuUnknown = brokersWithoutCpu(answer.after);
  return ok({
    json: result,
    native: answer,
    text: async () => await optimizationText(result, heading, { cpuUnknown }) + note,
    ...(options.inExecution === true ? { inExecution: true } : {}),
  });
}

function leftOutNote(leftOut: number | undefined): string {
  return leftOut === undefined ? "" : `\nLeft out by the budget: ${leftOut} partitions.`;
}

/** How a reason is kept and shown; clients look for the time in this form. */
export function reasonText(
  call: Pick<Call<Record<never, never>>, "clientIdentity">,
  reason: string | undefined,
  options: { atText: string },
): string {
  return `${
    reason ?? "No reason provided"
  } (Client: ${call.clientIdentity}, Date: ${options.atText})`;
}
