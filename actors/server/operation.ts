/**
 * What endpoints that plan and may execute have in common: the plan, the reservation of the executor, the hand-over.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { OperationName, PlanRequest } from "../../messages/analyzer.ts";
import type { ExecutionOptions } from "../../messages/executor.ts";
import type { AnswerOf } from "../../messages/mod.ts";
import type { Call, EndpointAnswer, EndpointDeps } from "./endpoint.ts";
import {
  type AnyExecutionValues,
  executionOptionsOf,
  executionParamProblem,
} from "./execution_params.ts";
import type { ParamRefusal, ParamSpecs } from "./params.ts";
import { type AnyPlanValues, planParamProblem } from "./plan_params.ts";
import { askForPlan, exclusionsOf, planAnswer, planRequestOf, reasonText } from "./planning.ts";
import type { ServerSettings } from "./settings.ts";
import { utcSeconds } from "./java_format.ts";

/** What every endpoint of an operation declares alike. */
export const OPERATION = {
  method: "POST",
  isAsync: true,
  role: "ADMIN",
  taskType: "kafka_admin",
} as const;

/** Values of an operation's parameters, as far as its endpoint takes them. */
export type OperationValues = AnyPlanValues & AnyExecutionValues;

/** A call of an operation's endpoint. */
export type OperationCall =
  & Pick<Call<ParamSpecs>, "taskId" | "clientIdentity" | "step" | "prepared">
  & { readonly values: OperationValues };

/** What one operation does. */
export interface Operation {
  readonly name: OperationName;
  /** Stands before the load after the change in plain text. */
  readonly heading: string;
  /** What its plan wants beyond the parameters that all have. */
  readonly plan?: Partial<PlanRequest>;
  /** What its execution wants beyond them. */
  readonly execution?: ExecutionOptions;
  /** Brokers that are to receive replicas: they are not spared as recently removed or demoted ones. */
  readonly welcome?: readonly number[];
  /** Whether the load before the change is told even when the answer is not verbose. */
  readonly tellsBefore?: boolean;
}

/** Why these values cannot be used together, undefined when they can. */
export function operationProblem(
  values: OperationValues,
  settings: ServerSettings,
): string | ParamRefusal | undefined {
  return executionParamProblem(values, settings) ?? planParamProblem(values);
}

/** Plans and, when it is no dry run, hands the plan to the executor. */
export async function runOperation(
  call: OperationCall,
  deps: EndpointDeps,
  operation: Operation,
): Promise<Result<EndpointAnswer>> {
  if (call.values.dryrun) {
    const planned = await planFor(call, deps, operation);
    return planned.ok ? { ok: true, value: planned.value.answer } : planned;
  }
  return await reservedFor(call, deps, () => planAndExecute(call, deps, operation));
}

async function planFor(
  call: OperationCall,
  deps: EndpointDeps,
  operation: Operation,
): Promise<Result<{ made: AnswerOf<"make_plan">; answer: EndpointAnswer }>> {
  call.step("WAITING_FOR_CLUSTER_MODEL", "Asking for the load of the cluster and a plan");
  const { values } = call;
  const seen = values.dryrun ? ok(undefined) : await freshGeneration(deps);
  if (!seen.ok) return seen;
  const excluded = await exclusionsOf(values, deps, operation.welcome ?? []);
  if (!excluded.ok) return excluded;
  const request = planRequestOf(values, excluded.value, {
    operation: operation.name,
    skipHardGoalCheck: values.skip_hard_goal_check ?? false,
  });
  const plan = {
    ...request,
    ...operation.plan,
    ...(seen.value === undefined ? {} : { topologyGeneration: seen.value }),
  };
  const made = await askForPlan(call.taskId, plan, {
    deps,
    allowCapacityEstimation: values.allow_capacity_estimation ?? true,
  });
  if (!made.ok) return made;
  const { proposals, summary } = made.value.plan;
  // What is healed in part says what is left; when nothing can be done, that is no success.
  const [unmet] = proposals.length === 0 ? summary.unmet ?? [] : [];
  if (unmet !== undefined) {
    const enough = summary.enough === undefined ? [] : [summary.enough.text];
    return fail("hard_goal_unmet", unmet.message, { details: [...unmet.details, ...enough] });
  }
  const answer = await planAnswer(deps, made.value, {
    heading: operation.heading,
    verbose: values.verbose,
    tellsBefore: operation.tellsBefore ?? false,
    excluded: excluded.value,
    inExecution: !values.dryrun && proposals.length > 0,
  });
  return answer.ok ? ok({ made: made.value, answer: answer.value }) : answer;
}

/** What is going to be carried out is planned on the cluster as it is now, not as it was at the latest poll. */
async function freshGeneration({ context, settings }: EndpointDeps): Promise<Result<number>> {
  const seen = await context.request({ kind: "get_cluster", fresh: true }, {
    deadlineMs: settings.planTimeoutMs,
  });
  return seen.ok ? ok(seen.value.topology.generation) : seen;
}

/** Runs `work` with the executor reserved, and gives the reservation back unless an execution took it over. */
async function reservedFor(
  call: OperationCall,
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

async function stopOngoing(call: OperationCall, deps: EndpointDeps): Promise<Result<void>> {
  const { context, settings } = deps;
  call.step("STOPPING_ONGOING_EXECUTION", "Waiting for the running execution to end");
  const stopped = await context.request({
    kind: "stop_execution",
    stopExternalAgent: false,
    // The plan that follows sees to what is left half done.
    atOnce: true,
    reason: reasonText(call, call.values.reason, { atText: utcSeconds(context.clock.nowMs()) }),
  }, { deadlineMs: settings.askTimeoutMs });
  if (!stopped.ok) return stopped;
  return await deps.executionEnded({ deadlineMs: settings.stopTimeoutMs });
}

async function planAndExecute(
  call: OperationCall,
  deps: EndpointDeps,
  operation: Operation,
): Promise<Result<EndpointAnswer>> {
  const { context, settings } = deps;
  const { welcome = [] } = operation;
  const planned = await planFor(call, deps, operation);
  if (!planned.ok) return planned;
  const { made, answer } = planned.value;
  if (welcome.length > 0) {
    const forgotten = await context.request({
      kind: "forget_brokers",
      removed: welcome,
      demoted: welcome,
    }, { deadlineMs: settings.askTimeoutMs });
    if (!forgotten.ok) return forgotten;
  }
  if (made.plan.proposals.length === 0) return { ok: true, value: answer };
  call.step("STARTING_EXECUTION", "Handing the plan to the executor");
  await call.prepared(answer);
  const executed = await context.request({
    kind: "execute_proposals",
    executionUuid: call.taskId,
    operation: operation.name,
    proposals: made.plan.proposals,
    ...(made.rest === undefined ? {} : { rest: made.rest }),
    options: { ...executionOptionsOf(call.values), ...operation.execution },
  }, { deadlineMs: settings.planTimeoutMs });
  return executed.ok ? { ok: true, value: answer } : executed;
}
