/** `proposals`: makes a plan and shows it. */
import { defineEndpoint } from "../endpoint.ts";
import { text } from "../params.ts";
import { PLAN_PARAMS, planParamProblem } from "../plan_params.ts";
import { askForPlan, exclusionsOf, planAnswer, planRequestOf } from "../planning.ts";

/** GET proposals. Never executes; hard goals that the caller leaves out are not missed. */
export const proposals = defineEndpoint({
  name: "proposals",
  method: "GET",
  isAsync: true,
  role: "USER",
  taskType: "kafka_monitor",
  operation: "Get customized proposals",
  params: { ...PLAN_PARAMS, reason: text() },
  check: ({ values }) => planParamProblem(values),
  async run(call, deps) {
    call.step("WAITING_FOR_CLUSTER_MODEL", "Asking for the load of the cluster and a plan");
    const excluded = await exclusionsOf(call.values, deps, call.values.destination_broker_ids);
    if (!excluded.ok) return excluded;
    const plan = planRequestOf(call.values, excluded.value, { skipHardGoalCheck: true });
    const answer = await askForPlan(call.taskId, plan, {
      deps,
      allowCapacityEstimation: call.values.allow_capacity_estimation,
    });
    if (!answer.ok) return answer;
    return await planAnswer(deps, answer.value, {
      heading: "Optimized load:",
      verbose: call.values.verbose,
      excluded: excluded.value,
    });
  },
});
