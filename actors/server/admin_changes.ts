/**
 * What `admin` can change besides self-healing, and how it tells of it. The words are Cruise Control's.
 *
 * @module
 */
import type { LimitChanges } from "../../messages/executor.ts";
import type { AnswerOf } from "../../messages/mod.ts";
import { list } from "./java_format.ts";

/** Values of the parameters that change a running execution. */
export interface LimitValues {
  readonly concurrent_partition_movements_per_broker: number | undefined;
  readonly concurrent_intra_broker_partition_movements: number | undefined;
  readonly concurrent_leader_movements: number | undefined;
  readonly broker_concurrent_leader_movements: number | undefined;
  readonly max_partition_movements_in_cluster: number | undefined;
  readonly execution_progress_check_interval_ms: number | undefined;
}

/** In the order of the answer's lines. */
const LIMITS: readonly {
  readonly param: keyof LimitValues;
  readonly limit: keyof LimitChanges;
  readonly text: string;
}[] = [
  {
    param: "concurrent_partition_movements_per_broker",
    limit: "interBrokerPerBroker",
    text: "Inter-broker partition movement concurrency",
  },
  {
    param: "concurrent_intra_broker_partition_movements",
    limit: "intraBrokerPerBroker",
    text: "Intra-broker partition movement concurrency",
  },
  {
    param: "concurrent_leader_movements",
    limit: "leadershipCluster",
    text: "Cluster Leadership movement concurrency",
  },
  {
    param: "broker_concurrent_leader_movements",
    limit: "leadershipPerBroker",
    text: "Broker Leadership movement concurrency",
  },
  {
    param: "max_partition_movements_in_cluster",
    limit: "interBrokerCluster",
    text: "Max inter-broker partition movements",
  },
  {
    param: "execution_progress_check_interval_ms",
    limit: "progressCheckIntervalMs",
    text: "Execution progress check interval",
  },
];

/** The limits that are given. */
export function limitChangesOf(values: LimitValues): LimitChanges {
  return Object.fromEntries(
    LIMITS.flatMap(({ param, limit }) =>
      values[param] === undefined ? [] : [[limit, values[param]]]
    ),
  );
}

/** One line a limit; one that says so when nothing is executing and nothing was changed. */
export function limitsText(values: LimitValues, isExecuting: boolean): string {
  if (!isExecuting) return "No execution is in progress: there is no limit to change\n";
  return LIMITS.map(({ param, text }) =>
    values[param] === undefined ? "" : `${text} is set to ${values[param]}\n`
  ).join("");
}

/** One line for each kind of history that brokers were to be dropped from. */
export function forgottenText(
  named: { readonly removed: readonly number[]; readonly demoted: readonly number[] },
  outcome: AnswerOf<"forget_brokers">,
): string {
  const line = (kind: "removed" | "demoted") => {
    if (named[kind].length === 0) return "";
    const { before, left } = outcome[kind];
    return left.length === before.length
      ? `None of the brokers to drop (${list(named[kind])}) are in the recently ${kind} broker ` +
        `set (${list(before)}).\n`
      : `Dropped recently ${kind} brokers (requested: ${list(named[kind])} after-dropping: ${
        list(left)
      }).\n`;
  };
  return line("removed") + line("demoted");
}
