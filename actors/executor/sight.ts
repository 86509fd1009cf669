/**
 * What the cluster shows of one partition, and what that means for a task: the pure base of judging progress,
 * recovering after a crash, and rolling back.
 *
 * The list of reassignments is read before the metadata: the controller's list is the truth about what is in progress,
 * and it becomes empty before the metadata shows the result. So "listed" can be believed at once, while "not listed"
 * with metadata that fits nothing has to be looked at again.
 *
 * @module
 */
import type { OngoingReassignment } from "../../model/readings.ts";
import {
  findPartition,
  findTopic,
  inSyncReplicasOf,
  replicasOf,
  type Topology,
} from "../../model/topology.ts";
import { newBrokers, oldBrokers, partitionKey, sameOrder, sameSet, type Task } from "./task.ts";

/** One look at the cluster. */
export interface View {
  readonly topology: Topology;
  /** By {@link partitionKey}; read before the topology. */
  readonly ongoing: ReadonlyMap<string, OngoingReassignment>;
  /** Ids of the brokers that are registered and not fenced. */
  readonly alive: ReadonlySet<number>;
}

/** Puts a look together. */
export function viewOf(topology: Topology, listed: readonly OngoingReassignment[]): View {
  return {
    topology,
    ongoing: new Map(listed.map((entry) => [partitionKey(entry), entry])),
    alive: new Set(topology.brokers.filter((broker) => broker.alive).map((broker) => broker.id)),
  };
}

/**
 * Where a partition stands with regard to a task's proposal.
 * - `gone`: the partition does not exist any more, or the topic was deleted and created again.
 * - `moving_to_target` / `moving_elsewhere`: Kafka is reassigning it, to our target or to another one.
 * - `at_target`: replica list equals the target in order, all in sync. `at_target_lagging`: not all in sync.
 * - `at_origin`: replica list equals the old one in order. `origin_permuted`: the same brokers in another order.
 * - `elsewhere`: none of these; right after a change this is metadata that lags behind.
 */
export type Standing =
  | "gone"
  | "moving_to_target"
  | "moving_elsewhere"
  | "at_target"
  | "at_target_lagging"
  | "at_origin"
  | "origin_permuted"
  | "elsewhere";

/** What the cluster shows of a task's partition. */
export interface Sight {
  readonly standing: Standing;
  /** In Kafka's order; empty when gone. */
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
  /** Broker id, -1 when none. */
  readonly leader: number;
  /** Brokers of the target that are not alive. */
  readonly deadTargets: readonly number[];
}

/** Looks at a task's partition. O(log T). */
export function sightOf(task: Task, view: View): Sight {
  const { topology } = view;
  const { topic, partition } = task.proposal;
  const row = findPartition(topology, topic, partition);
  const targets = newBrokers(task.proposal);
  const deadTargets = targets.filter((id) => !view.alive.has(id));
  if (row < 0 || !sameTopicId(task.topicId, topology.topicIds[findTopic(topology, topic)]!)) {
    return { standing: "gone", replicas: [], inSync: [], leader: -1, deadTargets };
  }
  const replicas = replicasOf(topology, row);
  const inSync = inSyncReplicasOf(topology, row);
  const ongoing = view.ongoing.get(partitionKey(task.proposal));
  return {
    standing: standingOf(task, replicas, { inSync, ongoing }),
    replicas,
    inSync,
    leader: topology.leader[row]!,
    deadTargets,
  };
}

function sameTopicId(planned: string, seen: string): boolean {
  return planned === "" || seen === "" || planned === seen;
}

function standingOf(
  task: Task,
  replicas: readonly number[],
  seen: { inSync: readonly number[]; ongoing: OngoingReassignment | undefined },
): Standing {
  const target = newBrokers(task.proposal);
  const origin = oldBrokers(task.proposal);
  if (seen.ongoing !== undefined) {
    return sameOrder(targetOf(seen.ongoing), target) ? "moving_to_target" : "moving_elsewhere";
  }
  if (sameOrder(replicas, target)) {
    return target.every((id) => seen.inSync.includes(id)) ? "at_target" : "at_target_lagging";
  }
  if (sameOrder(replicas, origin)) return "at_origin";
  return sameSet(replicas, origin) ? "origin_permuted" : "elsewhere";
}

/** The list that an ongoing reassignment will end with. */
export function targetOf(ongoing: OngoingReassignment): number[] {
  return ongoing.replicas.filter((id) => !ongoing.removing.includes(id));
}
