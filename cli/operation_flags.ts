/**
 * Which options the operations of `optimize` and `verify` read and need, and whether they fit the snapshot.
 *
 * @module
 */
import { topicPattern } from "../goals/constraint.ts";
import { INTRA_BROKER_GOALS } from "../goals/intra_broker_disk.ts";
import { fail, ok, type Result } from "../lib/failure.ts";
import type { ClusterInput } from "../model/cluster_input.ts";
import type { NamedLogDir } from "../planner/operations/remove_disks.ts";
import { type PlannerOperation, UNBALANCED } from "../planner/settings.ts";

/** Operations that a plan can be made for. */
export const OPERATIONS: readonly PlannerOperation[] = [
  "rebalance",
  "add_broker",
  "remove_broker",
  "demote_broker",
  "fix_offline_replicas",
  "topic_replication_factor",
  "remove_disks",
  "rebalance_disk",
];

/** Operations that have goals of their own. */
export const GOALS_OF: Partial<Record<string, readonly string[]>> = {
  demote_broker: ["PreferredLeaderElectionGoal"],
  remove_disks: [INTRA_BROKER_GOALS[0]],
  rebalance_disk: INTRA_BROKER_GOALS,
};

/** What a request says besides its operation; undefined or false = nothing. */
export interface OperationFlags {
  readonly brokers?: readonly number[];
  readonly logDirs?: readonly NamedLogDir[];
  readonly topics?: string;
  readonly replicationFactor?: number;
  readonly skipRackCheck?: boolean;
  readonly destinations?: readonly number[];
  readonly excludeTopics?: string;
  readonly excludeLeadership?: readonly number[];
  readonly excludeMoves?: readonly number[];
  readonly onlyImmigrants?: boolean;
  readonly kafkaAssigner?: boolean;
  readonly skipHardGoalCheck?: boolean;
  readonly goals?: readonly string[];
}

/** Those that bring replicas to other brokers. */
const BETWEEN_BROKERS = OPERATIONS.filter((operation) => !UNBALANCED.includes(operation));
const OF_FACTOR: readonly string[] = ["topic_replication_factor"];

/** Flags that only some operations read, with these. */
const READ_BY: readonly (readonly [keyof OperationFlags, readonly string[]])[] = [
  ["brokers", ["add_broker", "remove_broker", "demote_broker"]],
  ["logDirs", ["remove_disks", "demote_broker"]],
  ["topics", OF_FACTOR],
  ["replicationFactor", OF_FACTOR],
  ["skipRackCheck", OF_FACTOR],
  ["destinations", BETWEEN_BROKERS],
  ["excludeMoves", BETWEEN_BROKERS],
  ["excludeLeadership", [...BETWEEN_BROKERS, "demote_broker"]],
  ["onlyImmigrants", BETWEEN_BROKERS],
  ["kafkaAssigner", BETWEEN_BROKERS],
  ["skipHardGoalCheck", BETWEEN_BROKERS],
];

/** Flags of which operations need one at least, from each list. */
const NEEDED: Partial<Record<string, readonly (readonly (keyof OperationFlags)[])[]>> = {
  add_broker: [["brokers"]],
  remove_broker: [["brokers"]],
  demote_broker: [["brokers", "logDirs"]],
  remove_disks: [["logDirs"]],
  topic_replication_factor: [["topics"], ["replicationFactor"]],
};

/** A member of the options as the command line spells it: `logDirs` -> `--log-dirs`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Fails where a flag is given that the operation would overlook, as perhaps another one was meant, or where one is missing. */
export function operationProblem(given: OperationFlags & { operation: string }): Result<void> {
  const { operation } = given;
  for (const [member, operations] of READ_BY) {
    const value = given[member];
    if (value === undefined || value === false || operations.includes(operation)) continue;
    const wanted = operations.length === 1
      ? `wanted ${operations[0]}`
      : `wanted one of ${operations.join(", ")}`;
    const flag = flagOf(member);
    return fail("invalid_argument", `Cannot use ${flag} with --operation ${operation}: ${wanted}`);
  }
  const contrary = contradiction(given);
  if (contrary !== undefined) return fail("invalid_argument", `Cannot use ${contrary}`);
  for (const members of NEEDED[operation] ?? []) {
    if (members.some((member) => given[member] !== undefined)) continue;
    const wanted = members.map(flagOf).join(" or ");
    return fail("invalid_argument", `Cannot use --operation ${operation} without ${wanted}`);
  }
  return ok(undefined);
}

/** What of a request cannot be meant, undefined when nothing. */
function contradiction(given: OperationFlags & { operation: string }): string | undefined {
  const { destinations = [], excludeMoves = [], brokers = [], operation } = given;
  const excluded = destinations.find((id) => excludeMoves.includes(id));
  if (excluded !== undefined) {
    return `--destinations ${excluded} with --exclude-moves ${excluded}: the one allows what the other forbids`;
  }
  const removed = destinations.find((id) => brokers.includes(id));
  if (operation === "remove_broker" && removed !== undefined) {
    return `--destinations ${removed}: the broker is to be removed`;
  }
  if (given.kafkaAssigner === true && destinations.length > 0) {
    return "--destinations with --kafka-assigner: the mode places every replica";
  }
  if (given.skipHardGoalCheck === true && given.goals === undefined) {
    return "--skip-hard-goal-check without --goals: the default ones have all hard goals";
  }
  return undefined;
}

/** Fails where a flag names brokers or topics that the snapshot does not have, or asks for log dirs of a snapshot without. */
export function clusterProblem(
  given: OperationFlags & { operation: string },
  input: ClusterInput,
): Result<void> {
  const ids = input.brokers.map((broker) => broker.id);
  for (const name of ["brokers", "destinations", "excludeLeadership", "excludeMoves"] as const) {
    const unknown = (given[name] ?? []).filter((id) => !ids.includes(id));
    if (unknown.length === 0) continue;
    const wanted = `must be brokers of the snapshot (${ids.join(", ")})`;
    return fail("invalid_argument", `Cannot use ${flagOf(name)} ${unknown.join(",")}: ${wanted}`);
  }
  if (given.topics !== undefined && topicsOf(given.topics, input) === 0) {
    const text = JSON.stringify(given.topics);
    return fail("invalid_argument", `Cannot use --topics ${text}: it matches no topic`);
  }
  const ofDirs = given.operation === "rebalance_disk" || given.logDirs !== undefined;
  if (!ofDirs || input.brokers.some((broker) => broker.logDirs.length > 0)) return ok(undefined);
  return fail(
    "invalid_argument",
    `Cannot use --operation ${given.operation}: the snapshot has no log dirs, so that there is nothing to ` +
      "even out or to empty; it must have brokers[].logDirs with path and capacity, and " +
      "topics[].partitions[].logDirs with the path that each replica is in",
  );
}

/** What may be a slip of the pen though a plan can be made, as messages. */
export function clusterNotices(
  { excludeTopics }: OperationFlags,
  input: ClusterInput,
): readonly string[] {
  if (excludeTopics === undefined || topicsOf(excludeTopics, input) > 0) return [];
  return [`--exclude-topics ${JSON.stringify(excludeTopics)} matches no topic of the snapshot`];
}

/** How many topics the pattern matches; none where it is no pattern. */
function topicsOf(pattern: string, input: ClusterInput): number {
  const matches = topicPattern(pattern, "--topics");
  return matches.ok ? input.topicNames.filter(matches.value).length : 0;
}
