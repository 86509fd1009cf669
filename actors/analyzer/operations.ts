/**
 * What each operation asks of the planner: its goals, the states of the brokers it is about, its settings. Pure.
 *
 * @module
 */
import { INTRA_BROKER_GOALS } from "../../goals/intra_broker_disk.ts";
import { KAFKA_ASSIGNER_GOALS } from "../../goals/kafka_assigner.ts";
import { type GoalLists, requestedGoals } from "../../goals/goal_lists.ts";
import { fail, ok, type Result } from "../../lib/failure.ts";
import type { OperationName, PlanRequest } from "../../messages/analyzer.ts";
import type { BrokerState, ClusterInput } from "../../model/cluster_input.ts";
import { inSyncReplicasOf, replicasOf, type Topology } from "../../model/topology.ts";
import type { PlannerOperation, PlannerSettings } from "../../planner/settings.ts";

/** What a plan for an expected load is about, besides the hard goals. */
const EXPECTED_LOAD_GOAL = "CpuCapacityGoal";

/** An operation as the planner knows it. */
interface Operation {
  readonly planner: PlannerOperation;
  /** State that it gives to the brokers it is about. */
  readonly state?: BrokerState;
  /** Set when it has goals of its own. */
  readonly goals?: readonly string[];
}

const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  rebalance: { planner: "rebalance" },
  add_broker: { planner: "add_broker", state: "new" },
  remove_broker: { planner: "remove_broker" },
  demote_broker: {
    planner: "demote_broker",
    state: "demoted",
    goals: ["PreferredLeaderElectionGoal"],
  },
  fix_offline_replicas: { planner: "fix_offline_replicas" },
  topic_configuration: { planner: "topic_replication_factor" },
  remove_disks: { planner: "remove_disks", goals: [INTRA_BROKER_GOALS[0]] },
};

function operationOf(request: PlanRequest): Operation {
  const operation = OPERATIONS[request.operation];
  if (request.mode === "kafka_assigner") return { ...operation, goals: KAFKA_ASSIGNER_GOALS };
  if (request.mode === "rebalance_disk") {
    return { planner: "rebalance_disk", goals: INTRA_BROKER_GOALS };
  }
  return operation;
}

/** The goals of a request, most important first. Fails with `invalid_argument`. */
export function goalsOf(request: PlanRequest, lists: GoalLists): Result<readonly string[]> {
  if (!Object.hasOwn(OPERATIONS, request.operation)) {
    const known = Object.keys(OPERATIONS).join(", ");
    return fail("invalid_argument", `Cannot plan ${request.operation}: must be one of ${known}`);
  }
  const own = operationOf(request).goals;
  if (own !== undefined) return ok(own);
  const { goals = [], skipHardGoalCheck = false } = request;
  const asked = request.expected === undefined
    ? goals
    : [...new Set([...lists.hard, ...goals, EXPECTED_LOAD_GOAL])];
  return requestedGoals(lists, asked, { skipHardGoalCheck });
}

/** States of the brokers that the request is about. */
export function statesOf(request: PlanRequest): ReadonlyMap<number, BrokerState> {
  const { state } = operationOf(request);
  return new Map(
    state === undefined ? [] : (request.brokerIds ?? []).map((id) => [id, state] as const),
  );
}

/** Whether the plan looks at the log dirs of brokers. */
export function needsLogDirs(request: PlanRequest, goals: readonly string[]): boolean {
  return (request.logDirs ?? []).length > 0 || request.operation === "remove_disks" ||
    goals.some((goal) => (INTRA_BROKER_GOALS as readonly string[]).includes(goal));
}

/** The brokers that a request names and the cluster lacks, ascending. */
export function missingBrokers(request: PlanRequest, input: ClusterInput): number[] {
  const known = new Set(input.brokers.map((broker) => broker.id));
  const named = [
    ...(request.brokerIds ?? []),
    ...(request.destinationBrokerIds ?? []),
    ...(request.logDirs ?? []).map((dir) => dir.brokerId),
  ];
  return [...new Set(named)].filter((id) => !known.has(id)).sort((a, b) => a - b);
}

/** The settings of the planner, apart from goals, thresholds and seed. */
export function settingsOf(
  request: PlanRequest,
  input: ClusterInput,
  topology: Topology,
): Partial<Omit<PlannerSettings, "goals" | "constraint">> {
  const { planner } = operationOf(request);
  const { topicFactors } = request;
  // Brokers that were removed some time ago and have left since.
  const present = (ids: readonly number[] | undefined) =>
    (ids ?? []).filter((id) => input.brokers.some((broker) => broker.id === id));
  return {
    operation: planner,
    brokerIds: request.brokerIds ?? [],
    logDirs: request.logDirs ?? [],
    ...(topicFactors === undefined ? {} : {
      factorChange: { wishes: topicFactors, skipRackCheck: request.skipRackCheck ?? false },
    }),
    ...(planner === "demote_broker" && request.demoteUnderReplicated !== true
      ? { pinned: underReplicated(topology) }
      : {}),
    demoteFollowers: request.demoteFollowers ?? false,
    excludedTopics: request.excludedTopics ?? "",
    destinationBrokerIds: request.destinationBrokerIds ?? [],
    excludedForLeadership: present(request.excludedForLeadership),
    excludedForReplicaMove: present(request.excludedForReplicaMove),
    over: request.over ?? "mean",
    ...(request.budget === undefined ? {} : { budget: request.budget }),
    triggeredByGoalViolation: request.triggeredByGoalViolation ?? false,
    unmetHardGoals: heals(request, input) ? "report" : "fail",
  };
}

/** Whether a request heals, by itself or for somebody who asks: what can be healed must not wait for what cannot. */
function heals(request: PlanRequest, { brokers }: ClusterInput): boolean {
  if (request.heals === true || request.expected !== undefined) return true;
  const { planner } = operationOf(request);
  if (planner !== "remove_broker") return planner === "fix_offline_replicas";
  const removed = brokers.filter(({ id }) => request.brokerIds?.includes(id));
  return removed.length > 0 && removed.every(({ state }) => state === "dead");
}

/** Partitions with a replica that is not in sync, as `topic-number`. */
function underReplicated(topology: Topology): Set<string> {
  const found = new Set<string>();
  for (const [t, topic] of topology.topicNames.entries()) {
    const start = topology.partitionStart[t]!;
    for (let row = start; row < topology.partitionStart[t + 1]!; row++) {
      if (inSyncReplicasOf(topology, row).length < replicasOf(topology, row).length) {
        found.add(`${topic}-${row - start}`);
      }
    }
  }
  return found;
}
