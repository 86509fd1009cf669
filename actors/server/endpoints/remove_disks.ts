/** `remove_disks`: moves everything off log dirs to the other log dirs of the same brokers. */
import { defineEndpoint } from "../endpoint.ts";
import { EXECUTION_PARAMS } from "../execution_params.ts";
import { OPERATION, operationProblem, runOperation } from "../operation.ts";
import { bool, unreadable } from "../params.ts";
import { logDirs, type LogDirTarget } from "../targets.ts";

/** POST remove_disks. */
export const removeDisks = defineEndpoint({
  ...OPERATION,
  name: "remove_disks",
  operation: "Remove disks",
  params: { ...EXECUTION_PARAMS, verbose: bool(false), brokerid_and_logdirs: logDirs() },
  check: ({ values }, settings) =>
    values.brokerid_and_logdirs.length === 0
      ? unreadable("No target broker ID and log dir is given: brokerid_and_logdirs=0-/data/a")
      : operationProblem(values, settings),
  executes: ({ values }) => !values.dryrun,
  run: (call, deps) =>
    runOperation(call, deps, {
      name: "remove_disks",
      heading: `Cluster load after removing disks ${dirsText(call.values.brokerid_and_logdirs)}:`,
      plan: { logDirs: call.values.brokerid_and_logdirs },
      tellsBefore: true,
    }),
});

function dirsText(dirs: readonly LogDirTarget[]): string {
  const byBroker = Map.groupBy(dirs, (dir) => dir.brokerId);
  const parts = [...byBroker].map(([id, of]) => `${id}=[${of.map((dir) => dir.path).join(", ")}]`);
  return `{${parts.join(", ")}}`;
}
