/** Whether hard goals can be kept at all: every placement of tiny clusters, one after the other. */
import type { ClusterInput } from "../../model/cluster_input.ts";
import type { PlannerSettings } from "../../planner/settings.ts";

const AXES: Readonly<Record<string, number>> = {
  CpuCapacityGoal: 0,
  NetworkInboundCapacityGoal: 1,
  NetworkOutboundCapacityGoal: 2,
  DiskCapacityGoal: 3,
};
/** Axis of the number of replicas. */
const COUNT = 4;

/** Where the replicas of a partition may be; the first leads. */
type Places = readonly number[];

/** Tries every placement that rules allow until one keeps the limits of the goals. Exponential in partitions. */
export function canKeep(input: ClusterInput, settings: PlannerSettings): boolean {
  const { brokers, replicaStart } = input;
  const { constraint, goals } = settings;
  const axes = goals.flatMap((goal) => goal === "ReplicaCapacityGoal" ? [COUNT] : AXES[goal] ?? []);
  const sums = brokers.map(() => [0, 0, 0, 0, 0]);
  const limit = (broker: number, axis: number) =>
    axis === COUNT
      ? constraint.maxReplicasPerBroker
      : brokers[broker]!.capacity[axis]! * constraint.capacityThreshold[axis]!;
  const keeps = (broker: number) =>
    axes.every((axis) => sums[broker]![axis]! <= limit(broker, axis) * (1 + 1e-9));
  const add = (p: number, places: Places, sign: number) => {
    for (const [k, broker] of places.entries()) {
      const load = k === 0 ? input.leaderLoad : input.followerLoad;
      for (let axis = 0; axis < COUNT; axis++) sums[broker]![axis]! += sign * load[p * 4 + axis]!;
      sums[broker]![COUNT]! += sign;
    }
  };
  const place = (p: number): boolean => {
    if (p === input.partitionNumber.length) return brokers.every((_, broker) => keeps(broker));
    for (const places of placesOf(input, settings, p)) {
      add(p, places, 1);
      const found = places.every(keeps) && place(p + 1);
      add(p, places, -1);
      if (found) return true;
    }
    return false;
  };
  return replicaStart.length === 1 || place(0);
}

function placesOf(input: ClusterInput, settings: PlannerSettings, p: number): Places[] {
  const { brokers, replicaStart, replicaBroker, leaderReplica } = input;
  const home = [...replicaBroker.subarray(replicaStart[p]!, replicaStart[p + 1]!)];
  const leader = replicaBroker[leaderReplica[p]!]!;
  if (isExcluded(input, settings, p)) {
    return [[leader, ...home.filter((broker) => broker !== leader)]];
  }
  const { destinationBrokerIds: only, excludedForReplicaMove, excludedForLeadership } = settings;
  const mayReceive = ({ id }: { id: number }) =>
    !excludedForReplicaMove.includes(id) && (only.length === 0 || only.includes(id));
  const may = brokers.flatMap((one, b) =>
    one.state !== "dead" && (home.includes(b) || mayReceive(one)) ? [b] : []
  );
  const mayLead = (b: number) => b === leader || !excludedForLeadership.includes(brokers[b]!.id);
  const differ = settings.goals.includes("RackAwareGoal");
  const racksOf = (places: Places) => new Set(places.map((b) => brokers[b]!.rack)).size;
  return subsets(may, home.length)
    .filter((places) => !differ || racksOf(places) === places.length)
    .flatMap((places) =>
      places.filter(mayLead).map((first) => [first, ...places.filter((b) => b !== first)])
    );
}

function isExcluded(
  { topicNames, partitionStart }: ClusterInput,
  settings: PlannerSettings,
  p: number,
) {
  const topic = topicNames[partitionStart.findLastIndex((start) => start <= p)]!;
  return settings.excludedTopics !== "" &&
    new RegExp(`^(?:${settings.excludedTopics})$`).test(topic);
}

function subsets(from: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return from.flatMap((first, i) =>
    subsets(from.slice(i + 1), size - 1).map((rest) => [first, ...rest])
  );
}
