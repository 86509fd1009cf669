/** `demote_broker`: takes leadership off brokers and log dirs. */
import { defineEndpoint } from "../endpoint.ts";
import { EXECUTION_PARAMS, LEADERSHIP_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { bool, ints, unreadable } from "../params.ts";
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
    brokerid_and_logdirs: logDirs(),
    skip_urp_demotion: bool(true),
    exclude_follower_demotion: bool(true),
  },
  check: ({ values }, settings) => {
    const { brokerid, brokerid_and_logdirs: dirs } = values;
    if (brokerid.length === 0 && dirs.length === 0) {
      return unreadable("No target broker ID or target disk logdir is specified to demote.");
    }
    const both = dirs.find((dir) => brokerid.includes(dir.brokerId));
    if (both !== undefined) {
      return unreadable(
        `Cannot demote broker ${both.brokerId} and log dir ${both.path} of it: name one of them`,
      );
    }
    return operationProblem(values, settings);
  },
  executes: ({ values }) => !values.dryrun,
  run(call, deps) {
    const { brokerid, brokerid_and_logdirs, skip_urp_demotion, exclude_follower_demotion } =
      call.values;
    return runOperation(call, deps, {
      name: "demote_broker",
      heading: `Cluster load after demoting broker [${brokerid.join(", ")}]:`,
      plan: {
        brokerIds: brokerid,
        logDirs: brokerid_and_logdirs,
        demoteUnderReplicated: !skip_urp_demotion,
        demoteFollowers: !exclude_follower_demotion,
      },
      execution: { demotedBrokers: brokerid, unthrottledBrokers: brokerid },
    });
  },
});
