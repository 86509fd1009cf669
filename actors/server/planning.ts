/**
 * What endpoints that make a plan have in common: parameters, exclusions, asking the analyzer.
 *
 * @module
 */
import { fail, type Failure, ok, type Result } from "../../lib/failure.ts";
import type { CompletenessRequirements } from "../../messages/aggregator.ts";
import type { PlanRequest } from "../../messages/analyzer.ts";
import type { AnswerOf } from "../../messages/mod.ts";
import type { Call, EndpointAnswer, EndpointDeps } from "./endpoint.ts";
import { bool, int, ints, notYet, pattern, texts, type ValuesOf, word } from "./params.ts";
import { brokersWithoutCpu } from "./shapes/broker_stats.ts";
import { type Exclusions, optimizationResultOf } from "./shapes/optimization_result.ts";
import { optimizationText } from "./text/optimization_text.ts";

/** Parameters of every request for a plan with goals. */
export const PLAN_PARAMS = {
  allow_capacity_estimation: bool(true),
  verbose: bool(false),
  exclude_recently_demoted_brokers: bool(false),
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
  kafka_assigner: notYet("Kafka assigner mode"),
  rebalance_disk: notYet("Balancing the disks of a broker"),
  destination_broker_ids: ints(),
  ignore_proposal_cache: bool(false),
} as const;

/** Values of {@link PLAN_PARAMS}. */
export type PlanValues = ValuesOf<typeof PLAN_PARAMS>;

/** An integer that must be positive, called a movement concurrency in refusals. */
export const CONCURRENCY = int(undefined, { positive: "movement concurrency" });

/** Why these plan parameters cannot be used together, undefined when they can. */
export function planParamProblem(values: PlanValues): string | undefined {
  if (values.goals.length === 0) return undefined;
  if (values.ignore_proposal_cache) {
    return "Cannot use ignore_proposal_cache=true with goals: plans for given goals are never cached";
  }
  if (values.use_ready_default_goals) {
    return "Cannot use use_ready_default_goals=true with goals: give one of them";
  }
  return undefined;
}

/** What the plan must leave alone, by the caller's wish and the executor's history. */
export async function exclusionsOf(
  values: PlanValues,
  deps: EndpointDeps,
): Promise<Result<Exclusions>> {
  const topics = deps.facts.cluster?.topology.topicNames ?? [];
  const excludedTopics = values.excluded_topics === undefined
    ? []
    : topics.filter((topic) => values.excluded_topics!.matches(topic));
  const needsHistory = values.exclude_recently_demoted_brokers ||
    values.exclude_recently_removed_brokers;
  if (!needsHistory) return ok({ topics: excludedTopics, forLeadership: [], forReplicaMove: [] });
  const state = await deps.context.request({ kind: "get_executor_state", withTasks: false }, {
    deadlineMs: deps.settings.askTimeoutMs,
  });
  if (!state.ok) return state;
  return ok({
    topics: excludedTopics,
    forLeadership: values.exclude_recently_demoted_brokers
      ? state.value.recentlyDemotedBrokers
      : [],
    forReplicaMove: values.exclude_recently_removed_brokers
      ? state.value.recentlyRemovedBrokers
      : [],
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
  values: PlanValues,
  excluded: Exclusions,
  options: { skipHardGoalCheck: boolean },
): PlanRequest {
  return {
    operation: "rebalance",
    skipHardGoalCheck: options.skipHardGoalCheck,
    ignoreProposalCache: values.ignore_proposal_cache,
    ...(values.goals.length > 0 ? { goals: values.goals } : {}),
    ...(values.excluded_topics !== undefined
      ? { excludedTopics: values.excluded_topics.source }
      : {}),
    ...(values.destination_broker_ids.length > 0
      ? { destinationBrokerIds: values.destination_broker_ids }
      : {}),
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
    return answer;
  }
  const estimated = options.allowCapacityEstimation
    ? []
    : answer.value.before.filter((broker) => broker.capacityEstimated);
  return estimated.length === 0
    ? answer
    : capacityRefusal(estimated.map((broker) => broker.brokerId));
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

/** The analyzer's plan as an answer. `heading` stands before the load after the change in plain text. */
export function planAnswer(
  answer: AnswerOf<"make_plan">,
  heading: string,
  options: { verbose: boolean; excluded: Exclusions; inExecution?: boolean },
): EndpointAnswer {
  const result = optimizationResultOf(answer, options);
  const off = answer.plan.summary.goals.filter((goal) => goal.off !== undefined);
  const note = off.map((goal) => `\nNot considered: ${goal.name} (${goal.off}).`).join("");
  return {
    json: result,
    native: answer,
    text: () =>
      optimizationText(result, heading, { cpuUnknown: brokersWithoutCpu(answer.after) }) + note,
    ...(options.inExecution === true ? { inExecution: true } : {}),
  };
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
