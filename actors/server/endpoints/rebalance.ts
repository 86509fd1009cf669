/** `rebalance`: makes a plan and, when it is no dry run, carries it out. */
import { defineEndpoint } from "../endpoint.ts";
import { CONCURRENCY, EXECUTION_PARAMS, MOVE_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { PLAN_PARAMS } from "../plan_params.ts";

/** POST rebalance. */
export const rebalance = defineEndpoint({
  ...OPERATION,
  name: "rebalance",
  operation: "Rebalance",
  params: {
    ...PLAN_PARAMS,
    ...EXECUTION_PARAMS,
    ...MOVE_PARAMS,
    concurrent_intra_broker_partition_movements: CONCURRENCY,
  },
  check: ({ values }, settings) => operationProblem(values, settings),
  executes: ({ values }) => !values.dryrun,
  run: (call, deps) =>
    runOperation(call, deps, {
      name: "rebalance",
      heading: "Cluster load after rebalance:",
      welcome: call.values.destination_broker_ids,
    }),
});
