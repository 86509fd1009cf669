/**
 * Replicas of a partition are on different racks (Cruise Control, RackAwareGoal).
 *
 * @module
 */
import { ALIVE, type ClusterModel, partitionName } from "../model/cluster_model.ts";
import { counted, joined, SHARING_RACKS } from "../model/counted.ts";
import { sharesRack } from "../model/fill_model.ts";
import { listsOf } from "../model/lists.ts";
import type { Goal, GoalContext, Infeasible, PreparedGoal, ProvisionVote } from "./goal.ts";
import { highestReplicationFactor, recommendationText } from "./provision.ts";

/** See the file's head. */
export const rackAwareGoal: Goal = {
  name: "RackAwareGoal",
  hard: true,
  resources: [],
  prepare: prepareRackAware,
};

/** Other replicas of the partition on the rack of `broker`; `replica` itself does not count. O(RF). */
export function replicasOnRack(model: ClusterModel, replica: number, broker: number): number {
  const { rack, replicaStart, partition } = model;
  const p = partition[replica]!;
  const wanted = rack[broker]!;
  let count = 0;
  for (let r = replicaStart[p]!; r < replicaStart[p + 1]!; r++) {
    if (r !== replica && rack[model.broker[r]!] === wanted) count++;
  }
  return count;
}

/** Racks that have an alive broker. */
export function aliveRacks(context: GoalContext): number {
  const racks = new Set<number>();
  for (const broker of context.alive) racks.add(context.model.rack[broker]!);
  return racks.size;
}

function prepareRackAware(context: GoalContext): PreparedGoal {
  const { model } = context;
  const { pinned, partition, flags } = model;
  // Pairs of replicas that share a rack: each counts once, for the broker of either replica half.
  const pairs = (replica: number, broker: number) =>
    pinned[partition[replica]!] === 1 || (flags[broker]! & ALIVE) === 0
      ? 0
      : replicasOnRack(model, replica, broker);
  return {
    name: "RackAwareGoal",
    hard: true,
    racksDiffer: true,
    amount: { unit: "pairs of replicas on one rack", of: 1 },
    penalty(broker) {
      const { lists, listLength } = listsOf(model);
      const list = lists[broker]!;
      let sum = 0;
      for (let i = 0; i < listLength[broker]!; i++) sum += pairs(list[i]!, broker) / 2;
      return sum;
    },
    penalties: (into) => addPairs(model, sharingPartitions(model), into),
    moveDelta: (replica, to) => pairs(replica, to) - pairs(replica, model.broker[replica]!),
    leadDelta: () => 0,
    infeasible: () => tooFewRacks(context),
    provision: () => rackVote(context, aliveRacks(context)),
    explain: (broker) => explain(model, broker),
  };
}

/** Partitions with two replicas on a rack, ascending. Kept up to date, since racks are asked for again and again. */
export function sharingPartitions(model: ClusterModel): Int32Array {
  return counted(model, SHARING_RACKS, {
    owner: model,
    all: () => allSharing(model),
    after: (values, moved) =>
      joined(values, moved.map((replica) => model.partition[replica]!)).filter((p) =>
        sharesRack(model, p)
      ),
  });
}

function allSharing(model: ClusterModel): Int32Array {
  const { partitionCount, replicaStart, rack, broker } = model;
  const found = new Int32Array(partitionCount);
  // Racks that are 32 apart have the same bit.
  const isExact = model.rackCount <= 32;
  let count = 0;
  let r = 0;
  for (let p = 0; p < partitionCount; p++) {
    const end = replicaStart[p + 1]!;
    let racks = 0;
    let twice = 0;
    for (; r < end; r++) {
      const bit = 1 << rack[broker[r]!]!;
      twice |= racks & bit;
      racks |= bit;
    }
    if (twice !== 0 && (isExact || sharesRack(model, p))) found[count++] = p;
  }
  return found.slice(0, count);
}

/** Half a pair to either broker. */
function addPairs(model: ClusterModel, partitions: Int32Array, into: Float64Array): void {
  const { replicaStart, rack, broker, pinned, flags } = model;
  for (let i = 0; i < partitions.length; i++) {
    const p = partitions[i]!;
    if (pinned[p] === 1) continue;
    const end = replicaStart[p + 1]!;
    for (let a = replicaStart[p]!; a < end; a++) {
      const first = broker[a]!;
      for (let b = a + 1; b < end; b++) {
        const second = broker[b]!;
        if (rack[first] !== rack[second]) continue;
        if ((flags[first]! & ALIVE) !== 0) into[first]! += 0.5;
        if ((flags[second]! & ALIVE) !== 0) into[second]! += 0.5;
      }
    }
  }
}

function neededRacks(context: GoalContext): number {
  const { model } = context;
  if (!model.pinned.includes(1)) return highestReplicationFactor(context);
  let needed = 1;
  for (let p = 0; p < model.partitionCount; p++) {
    if (model.pinned[p] === 1) continue;
    needed = Math.max(needed, model.replicaStart[p + 1]! - model.replicaStart[p]!);
  }
  return needed;
}

function tooFewRacks(context: GoalContext): Infeasible | undefined {
  const racks = aliveRacks(context);
  const needed = neededRacks(context);
  if (racks >= needed) return undefined;
  const missing = needed - racks;
  return {
    reason:
      `the highest replication factor is ${needed}, but only ${racks} racks have alive brokers; ` +
      `${missing} ${missing === 1 ? "rack is" : "racks are"} missing`,
    recommendation: recommendationText("UNDER_PROVISIONED", { racks: missing }),
  };
}

/** Racks beyond what the highest replication factor needs are too many from some number on. */
export function rackVote(context: GoalContext, racks: number): ProvisionVote {
  const extra = racks - highestReplicationFactor(context);
  const least = context.constraint.overprovisionedMinExtraRacks;
  if (extra < least || extra - least + 1 < 1) return { status: "RIGHT_SIZED" };
  return { status: "OVER_PROVISIONED", recommendation: { racks: extra - least + 1 } };
}

function explain(model: ClusterModel, broker: number): string {
  const { lists, listLength } = listsOf(model);
  let count = 0;
  let example = "";
  for (let i = 0; i < listLength[broker]!; i++) {
    const replica = lists[broker]![i]!;
    const p = model.partition[replica]!;
    if (model.pinned[p] === 1 || replicasOnRack(model, replica, broker) === 0) continue;
    count++;
    if (example === "") {
      example = partitionName(model, p);
    }
  }
  return `${count} partitions have another replica on the rack, such as ${example}`;
}
