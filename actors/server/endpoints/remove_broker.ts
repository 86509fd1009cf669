/** `remove_broker`: moves everything off brokers. */
import { defineEndpoint } from "../endpoint.ts";
import { EXECUTION_PARAMS, MOVE_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { bool, ints, unreadable } from "../params.ts";
import { GOAL_PARAMS, WINDOW_PARAMS } from "../plan_params.ts";
import { targetBrokersProblem } from "../targets.ts";

/** POST remove_broker. */
export const removeBroker = defineEndpoint({
  ...OPERATION,
  name: "remove_broker",
  operation: "Remove brokers",
  params: {
    ...GOAL_PARAMS,
    ...WINDOW_PARAMS,
    ...EXECUTION_PARAMS,
    ...MOVE_PARAMS,
    brokerid: ints(),
    kafka_assigner: bool(false),
    destination_broker_ids: ints(),
    throttle_removed_broker: bool(true),
  },
  check({ values }, settings) {
    const both = values.destination_broker_ids.filter((id) => values.brokerid.includes(id));
    return targetBrokersProblem(values.brokerid, "REMOVE_BROKER") ??
      (both.length === 0 ? undefined : unreadable(
        "No overlap is allowed between the specified destination broker ids and broker ids. " +
          `Intersection: [${both.join(", ")}].`,
      )) ?? operationProblem(values, settings);
  },
  executes: ({ values }) => !values.dryrun,
  run(call, deps) {
    const { brokerid, throttle_removed_broker: isThrottled } = call.values;
    return runOperation(call, deps, {
      name: "remove_broker",
      heading: `Cluster load after removing broker [${brokerid.join(", ")}]:`,
      plan: { brokerIds: brokerid },
      execution: {
        removedBrokers: brokerid,
        ...(isThrottled ? {} : { unthrottledBrokers: brokerid }),
      },
      welcome: call.values.destination_broker_ids,
    });
  },
});
