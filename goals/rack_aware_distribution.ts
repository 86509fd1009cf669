/**
 * Replicas of a partition are spread over racks as evenly as possible, also when there are more replicas than racks
 * (Cruise Control, RackAwareDistributionGoal).
 *
 * @module
 */
import { ALIVE, partitionName } from "../model/cluster_model.ts";
import { listsOf } from "../model/lists.ts";
import { recommendationText } from "./provision.ts";
import type { Goal, GoalContext, Infeasible, PreparedGoal } from "./goal.ts";
import { rackVote } from "./rack_aware.ts";

/** See the file's head. */
export const rackAwareDistributionGoal: Goal = {
  name: "RackAwareDistributionGoal",
  hard: true,
  resources: [],
  prepare: prepareSpread,
};

/** Racks with a broker that is alive and may receive replicas. */
function allowedRacks(context: GoalContext): number {
  return new Set(Array.from(context.allowed, (b) => context.model.rack[b]!)).size;
}

/** Replicas by rack of one partition, reused between calls. */
interface Counter {
  readonly counts: Int32Array;
  readonly racks: number;
}

/**
 * Replicas too many on their racks: with `base = floor(RF / racks)`, `RF mod racks` racks may hold one more than
 * that. `replica` counts as if it were on broker `to`; -1 = as it is. O(RF).
 */
function surplusOf(
  context: GoalContext,
  counter: Counter,
  where: { partition: number; replica: number; to: number },
): number {
  const { broker, rack, flags, replicaStart } = context.model;
  const { counts, racks } = counter;
  const start = replicaStart[where.partition]!;
  const end = replicaStart[where.partition + 1]!;
  const base = Math.floor((end - start) / racks);
  const plus = (end - start) % racks;
  let surplus = 0;
  let above = 0;
  for (let r = start; r < end; r++) {
    const b = r === where.replica ? where.to : broker[r]!;
    if ((flags[b]! & ALIVE) === 0) continue;
    const count = ++counts[rack[b]!]!;
    if (count === base + 1) above++;
    else if (count > base + 1) surplus++;
  }
  for (let r = start; r < end; r++) {
    counts[rack[r === where.replica ? where.to : broker[r]!]!] = 0;
  }
  return surplus + Math.max(0, above - plus);
}

function prepareSpread(context: GoalContext): PreparedGoal {
  const { model } = context;
  const racks = Math.max(1, allowedRacks(context));
  const counter: Counter = { counts: new Int32Array(model.rackCount), racks };
  const surplus = (partition: number, replica = -1, to = -1) =>
    model.pinned[partition] === 1 ? 0 : surplusOf(context, counter, { partition, replica, to });
  const penalties = (into: Float64Array) => {
    for (let p = 0; p < model.partitionCount; p++) {
      const share = surplus(p) / (model.replicaStart[p + 1]! - model.replicaStart[p]!);
      if (share === 0) continue;
      for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
        const b = model.broker[r]!;
        if ((model.flags[b]! & ALIVE) !== 0) into[b]! += share;
      }
    }
  };
  return {
    name: "RackAwareDistributionGoal",
    hard: true,
    racksDiffer: true,
    guardsMoves: true,
    penalty(broker) {
      const { lists, listLength } = listsOf(model);
      let sum = 0;
      for (let i = 0; i < listLength[broker]!; i++) {
        const p = model.partition[lists[broker]![i]!]!;
        sum += surplus(p) / (model.replicaStart[p + 1]! - model.replicaStart[p]!);
      }
      return sum;
    },
    penalties,
    moveDelta(replica, to) {
      const p = model.partition[replica]!;
      return surplus(p, replica, to) - surplus(p);
    },
    leadDelta: () => 0,
    infeasible: () => noRack(context),
    provision: () => rackVote(context, allowedRacks(context)),
    explain: (broker) => explain(context, broker, surplus),
  };
}

function noRack(context: GoalContext): Infeasible | undefined {
  if (context.allowed.length > 0) return undefined;
  let brokers = 1;
  const { replicaStart, partitionCount } = context.model;
  for (let p = 0; p < partitionCount; p++) {
    brokers = Math.max(brokers, replicaStart[p + 1]! - replicaStart[p]!);
  }
  return {
    reason: "no broker is alive and allowed to receive replicas",
    recommendation: recommendationText("UNDER_PROVISIONED", { brokers }),
  };
}

function explain(
  context: GoalContext,
  broker: number,
  surplus: (partition: number) => number,
): string {
  const { model } = context;
  const { lists, listLength } = listsOf(model);
  let count = 0;
  let example = "";
  for (let i = 0; i < listLength[broker]!; i++) {
    const p = model.partition[lists[broker]![i]!]!;
    if (surplus(p) === 0) continue;
    count++;
    if (example !== "") continue;
    example = partitionName(model, p);
  }
  return `${count} partitions are spread unevenly over racks, such as ${example}`;
}
