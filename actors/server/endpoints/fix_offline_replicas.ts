/** `fix_offline_replicas`: moves replicas off dead brokers and failed log dirs. */
import { defineEndpoint } from "../endpoint.ts";
import { EXECUTION_PARAMS, MOVE_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { GOAL_PARAMS } from "../plan_params.ts";

/** POST fix_offline_replicas. What can be healed is healed, also when something is left that cannot. */
export const fixOfflineReplicas = defineEndpoint({
  ...OPERATION,
  name: "fix_offline_replicas",
  operation: "Fix offline replicas",
  params: { ...GOAL_PARAMS, ...EXECUTION_PARAMS, ...MOVE_PARAMS },
  check: ({ values }, settings) => operationProblem(values, settings),
  executes: ({ values }) => !values.dryrun,
  run: (call, deps) =>
    runOperation(call, deps, {
      name: "fix_offline_replicas",
      heading: "Cluster load after fixing offline replicas:",
    }),
});
