/**
 * How goals stand, and which of the violated ones a plan would meet: what the detector asks.
 *
 * @module
 */
import { requestedGoals } from "../../goals/goal_lists.ts";
import { ok, type Result } from "../../lib/failure.ts";
import type { ActorContext } from "../../messages/actor.ts";
import type { GoalStanding } from "../../messages/analyzer.ts";
import type { AnswerOf, RequestOf } from "../../messages/mod.ts";
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { GoalOutcome } from "../../model/plan.ts";
import { outcomeSteps } from "../../planner/plan.ts";
import { type PlannerSettings, plannerSettings } from "../../planner/settings.ts";
import { type Standing, standings } from "../../planner/standings.ts";
import type { ModelSource } from "./model_source.ts";
import { type JobControl, runInSlices } from "./plan_jobs.ts";
import type { PlanRules } from "./plan_maker.ts";
import { combinedRequirements } from "./requirements.ts";

/** Hard goals about where single replicas are. */
const PLACED_GOALS: ReadonlySet<string> = new Set([
  "RackAwareGoal",
  "RackAwareDistributionGoal",
  "BrokerSetAwareGoal",
]);

/** Makes the answer. Plans only when a goal is violated, one plan for each violated goal. */
export async function checkGoals(
  request: RequestOf<"check_goals">,
  options: { rules: PlanRules; source: ModelSource; context: ActorContext; control: JobControl },
): Promise<Result<AnswerOf<"check_goals">>> {
  const { rules, source, control } = options;
  const goals = requestedGoals(rules.lists, request.goals, { skipHardGoalCheck: true });
  if (!goals.ok) return goals;
  const requirements = combinedRequirements(goals.value, rules.requirements);
  const model = await source.model({ requirements, states: new Map() }, control.cancelled);
  if (!model.ok) return model;
  const { input, topologyGeneration, loadGeneration } = model.value;
  const settingsFor = (names: readonly string[]) =>
    plannerSettings(names, rules.constraint, {
      excludedForLeadership: request.excludedForLeadership,
      excludedForReplicaMove: request.excludedForReplicaMove,
      triggeredByGoalViolation: true,
      seed: rules.seed,
    });
  const now = standings(input, settingsFor(goals.value));
  if (!now.ok) return now;
  const unsettled = now.value.offlineReplicas > 0;
  const judged = unsettled ? ok([]) : await judge(input, now.value.goals, settingsFor, options);
  if (!judged.ok) return judged;
  return ok({
    goals: judged.value,
    balancedness: unsettled ? -1 : now.value.balancedness,
    topologyGeneration,
    loadGeneration,
  });
}

/**
 * Whether a plan heals part of a goal: pairs on a rack, or replicas outside their set, of which each is healed for good; of limits only whole
 * brokers count, as loads change all the time, and what was healed by a MB would be healed again and again.
 */
function comesNearer(goal: GoalOutcome): boolean {
  if (goal.brokersOutAfter !== goal.brokersOutBefore) {
    return goal.brokersOutAfter < goal.brokersOutBefore;
  }
  return PLACED_GOALS.has(goal.name) && (goal.amountAfter ?? 0) < (goal.amountBefore ?? 0);
}

/** A violated goal is fixable when a plan meets it together with all goals before it that are not hopeless. */
async function judge(
  input: ClusterInput,
  goals: readonly Standing[],
  settingsFor: (names: readonly string[]) => PlannerSettings,
  { context, control }: { context: ActorContext; control: JobControl },
): Promise<Result<GoalStanding[]>> {
  const before: string[] = [];
  const judged: GoalStanding[] = [];
  for (const standing of goals) {
    let fixable = true;
    let explanation = standing.explanation;
    let partly = false;
    if (standing.violated) {
      const settings = settingsFor([...before, standing.goal]);
      const plan = await runInSlices(outcomeSteps(input, settings), context.clock, control);
      if (!plan.ok && plan.failure.code !== "hard_goal_unmet") return plan;
      const after = plan.ok ? plan.value.summary.goals.at(-1)! : undefined;
      fixable = after !== undefined && !after.violatedAfter;
      if (!plan.ok) explanation = plan.failure.message;
      else if (!fixable) explanation = after!.explanation ?? explanation;
      if (!plan.ok) {
        const part = await runInSlices(
          outcomeSteps(input, { ...settings, unmetHardGoals: "report" }),
          context.clock,
          control,
        );
        if (!part.ok) return part;
        partly = comesNearer(part.value.summary.goals.at(-1)!);
      }
    }
    if (fixable && standing.off === undefined) before.push(standing.goal);
    judged.push({ ...standing, fixable, explanation, ...(partly ? { partly } : {}) });
  }
  return ok(judged);
}
