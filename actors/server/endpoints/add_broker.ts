/** `add_broker`: moves replicas onto new brokers. */
import { defineEndpoint } from "../endpoint.ts";
import { EXECUTION_PARAMS, MOVE_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { bool, ints } from "../params.ts";
import { BUDGET_PARAMS, GOAL_PARAMS, WINDOW_PARAMS } from "../plan_params.ts";
import { targetBrokersProblem } from "../targets.ts";

/** POST add_broker. */
export const addBroker = defineEndpoint({
  ...OPERATION,
  name: "add_broker",
  operation: "Add brokers",
  params: {
    ...GOAL_PARAMS,
    ...BUDGET_PARAMS,
    ...WINDOW_PARAMS,
    ...EXECUTION_PARAMS,
    ...MOVE_PARAMS,
    brokerid: ints(),
    kafka_assigner: bool(false),
    throttle_added_broker: bool(true),
  },
  check: ({ values }, settings) =>
    targetBrokersProblem(values.brokerid, "ADD_BROKER") ?? operationProblem(values, settings),
  executes: ({ values }) => !values.dryrun,
  run(call, deps) {
    const { brokerid, throttle_added_broker: isThrottled } = call.values;
    return runOperation(call, deps, {
      name: "add_broker",
      heading: `Cluster load after adding broker [${brokerid.join(", ")}]:`,
      plan: { brokerIds: brokerid },
      execution: isThrottled ? {} : { unthrottledBrokers: brokerid },
      welcome: brokerid,
    });
  },
});
