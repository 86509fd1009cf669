/**
 * What putting one partition where a plan wants it gains, and what that costs.
 *
 * @module
 */
import { AXIS_COUNT, type ClusterModel, mustLeave } from "../../model/cluster_model.ts";
import { replicaMb } from "../../model/replica_axes.ts";
import type { Places } from "../search/checkpoint.ts";
import { promote, relocate, type Search } from "../search/state.ts";
import { outsideSquared } from "../search/violation.ts";

/** A unit of violation of a hard limit, of a rack, or an offline replica, counts as much as this many soft ones. */
const HARD_WEIGHT = 1e4;
/** A violation that falls by less is rounding. */
export const EPSILON = 1e-9;

/** Violation taken away per MB; what costs no MB comes first, unless it makes things worse. */
export function worthOf(search: Search, p: number, target: Places): number {
  const { model } = search;
  const from: Places = { broker: brokersOf(model, p), leader: model.leader };
  const leader = model.leader[p]!;
  const before = violationAround(search, p, target);
  const mb = mbOf(model, p, target);
  apply(search, p, target);
  const gain = before - violationAround(search, p, target);
  putBack(search, p, { places: from.broker, leader });
  return gain <= 0 ? gain : gain / (mb + MB_FREE);
}

/** What leadership alone costs, in MB: little, so that it comes before moves of equal gain. */
const MB_FREE = 1e-3;

/** Brokers of a partition's replicas. */
export function brokersOf(model: ClusterModel, p: number): Int32Array {
  return model.broker.slice(model.replicaStart[p]!, model.replicaStart[p + 1]!);
}

/** Puts a partition back. */
export function putBack(
  search: Search,
  p: number,
  to: { places: Int32Array; leader: number },
): void {
  const start = search.model.replicaStart[p]!;
  if (search.model.leader[p] !== to.leader) promote(search, p, to.leader);
  for (const [i, b] of to.places.entries()) {
    if (search.model.broker[start + i] !== b) relocate(search, start + i, b);
  }
}

/** Puts a partition where the plan has it. */
export function apply(search: Search, p: number, target: Places): void {
  const { model } = search;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (model.broker[r] !== target.broker[r]) relocate(search, r, target.broker[r]!);
  }
  if (model.leader[p] !== target.leader[p]) promote(search, p, target.leader[p]!);
}

/** Violation of all brokers that the partition leaves or enters, and of the partition's own racks. */
export function violationAround(search: Search, p: number, target: Places): number {
  const { model } = search;
  const brokers: number[] = [];
  let total = 0;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (mustLeave(model, r)) total += HARD_WEIGHT;
    for (const b of [model.home[r]!, target.broker[r]!]) if (!brokers.includes(b)) brokers.push(b);
    if (!search.racksDiffer || model.pinned[p] === 1) continue;
    for (let other = model.replicaStart[p]!; other < r; other++) {
      if (model.rack[model.broker[other]!] === model.rack[model.broker[r]!]) total += HARD_WEIGHT;
    }
  }
  const topic = model.topic[p]!;
  for (const b of brokers) total += violationOf(search, b, topic);
  return total;
}

function violationOf(search: Search, broker: number, topic: number): number {
  const { model, hardUpper, target, topicUpper, topicLower } = search;
  let total = 0;
  for (let i = broker * AXIS_COUNT; i < (broker + 1) * AXIS_COUNT; i++) {
    const sum = model.sums[i]!;
    total += target[i]! > 0 ? outsideSquared(search, i, sum) : 0;
    if (sum > hardUpper[i]!) {
      total += HARD_WEIGHT * (sum - hardUpper[i]!) / Math.max(1, hardUpper[i]!);
    }
  }
  const count = model.topicReplicas[topic * model.brokerCount + broker]!;
  const over = Math.max(0, count - topicUpper[topic]!, topicLower[topic]! - count);
  return total + over / Math.max(1, topicUpper[topic]!);
}

function mbOf(model: ClusterModel, p: number, target: Places): number {
  let mb = 0;
  for (let r = model.replicaStart[p]!; r < model.replicaStart[p + 1]!; r++) {
    if (target.broker[r] !== model.home[r]) mb += replicaMb(model, r);
  }
  return mb;
}
