/** `demote_broker`: takes leadership off brokers. */
import { defineEndpoint } from "../endpoint.ts";
import { EXECUTION_PARAMS, LEADERSHIP_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { bool, ints, limited, unreadable } from "../params.ts";
import { ANY_PLAN_PARAMS } from "../plan_params.ts";
import { logDirs } from "../targets.ts";

/** POST demote_broker. */
export const demoteBroker = defineEndpoint({
  ...OPERATION,
  name: "demote_broker",
  operation: "Demote",
  params: {
    ...ANY_PLAN_PARAMS,
    ...EXECUTION_PARAMS,
    ...LEADERSHIP_PARAMS,
    brokerid: ints(),
    brokerid_and_logdirs: limited(
      logDirs(),
      (dirs) =>
        dirs.length === 0
          ? undefined
          : "demoting single log dirs is not supported yet, give brokerid",
    ),
    skip_urp_demotion: bool(true),
    exclude_follower_demotion: bool(true),
  },
  check: ({ values }, settings) =>
    values.brokerid.length === 0
      ? unreadable("No target broker ID or target disk logdir is specified to demote.")
      : operationProblem(values, settings),
  executes: ({ values }) => !values.dryrun,
  run(call, deps) {
    const { brokerid, skip_urp_demotion, exclude_follower_demotion } = call.values;
    return runOperation(call, deps, {
      name: "demote_broker",
      heading: `Cluster load after demoting broker [${brokerid.join(", ")}]:`,
      plan: {
        brokerIds: brokerid,
        demoteUnderReplicated: !skip_urp_demotion,
        demoteFollowers: !exclude_follower_demotion,
      },
      execution: { demotedBrokers: brokerid, unthrottledBrokers: brokerid },
    });
  },
});
