/**
 * The only functions that change a cluster model: two kinds of actions, each undone by its opposite.
 *
 * @module
 */
import { assert } from "../lib/assert.ts";
import {
  AXIS_CPU,
  AXIS_DISK,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_IN,
  AXIS_NW_OUT,
  AXIS_POTENTIAL_OUT,
  AXIS_REPLICAS,
  type BrokerIndex,
  type ClusterModel,
  type Lists,
  type PartitionIndex,
  type ReplicaIndex,
  ROW_LEADER_CPU,
} from "./cluster_model.ts";
import { MOVED_KEPT } from "./counted.ts";
import { addLeading } from "./replica_axes.ts";

/** One tentative change. A swap is two moves. */
export type Action =
  | { readonly kind: "move"; readonly replica: ReplicaIndex; readonly to: BrokerIndex }
  | { readonly kind: "lead"; readonly partition: PartitionIndex; readonly replica: ReplicaIndex };

/** Applies an action and returns the one that undoes it. O(1). */
export function applyAction(model: ClusterModel, action: Action): Action {
  if (action.kind === "move") {
    const undo: Action = { ...action, to: model.broker[action.replica] as BrokerIndex };
    moveReplica(model, action.replica, action.to);
    return undo;
  }
  const undo: Action = { ...action, replica: model.leader[action.partition] as ReplicaIndex };
  moveLeadership(model, action.partition, action.replica);
  return undo;
}

/** Undoes an action, given what {@link applyAction} returned for it. The last one applied must be undone first. */
export function undoAction(model: ClusterModel, undo: Action): void {
  applyAction(model, undo);
}

/** Puts a replica on a broker that has none of its partition; leadership travels with it. O(1). */
export function moveReplica(model: ClusterModel, replica: number, to: number): void {
  const { broker, partition, row, loads, sums, leader, topic, topicReplicas, brokerCount } = model;
  const from = broker[replica]!;
  assert(from !== to, "A replica moves to another broker");
  const p = partition[replica]!;
  const at = row[replica]! << 3;
  const source = from << 3;
  const target = to << 3;
  const disk = loads[at]!;
  const nwIn = loads[at | AXIS_NW_IN]!;
  const potential = loads[at | AXIS_POTENTIAL_OUT]!;
  let cpu = loads[at | AXIS_CPU]!;
  let nwOut = loads[at | AXIS_NW_OUT]!;
  if (leader[p] === replica) {
    cpu += loads[at | ROW_LEADER_CPU]!;
    nwOut += potential;
    sums[source | AXIS_LEADERS]! -= 1;
    sums[target | AXIS_LEADERS]! += 1;
    sums[source | AXIS_LEADER_IN]! -= nwIn;
    sums[target | AXIS_LEADER_IN]! += nwIn;
    countLeader(model, { partition: p, broker: from, sign: -1 });
    countLeader(model, { partition: p, broker: to, sign: 1 });
  }
  sums[source | AXIS_DISK]! -= disk;
  sums[target | AXIS_DISK]! += disk;
  sums[source | AXIS_NW_IN]! -= nwIn;
  sums[target | AXIS_NW_IN]! += nwIn;
  sums[source | AXIS_CPU]! -= cpu;
  sums[target | AXIS_CPU]! += cpu;
  sums[source | AXIS_REPLICAS]! -= 1;
  sums[target | AXIS_REPLICAS]! += 1;
  sums[source | AXIS_POTENTIAL_OUT]! -= potential;
  sums[target | AXIS_POTENTIAL_OUT]! += potential;
  sums[source | AXIS_NW_OUT]! -= nwOut;
  sums[target | AXIS_NW_OUT]! += nwOut;
  const cell = topic[p]! * brokerCount;
  topicReplicas[cell + from]! -= 1;
  topicReplicas[cell + to]! += 1;
  if (model.listing !== undefined) relist(model, model.listing, { replica, to });
  broker[replica] = to;
  model.moved[model.moves++ & (MOVED_KEPT - 1)] = replica;
  model.roundings++;
}

/** Takes the replica out of its broker's list (the last one fills the gap) and appends it to the other's. */
function relist(
  { broker }: ClusterModel,
  { slot, lists, listLength }: Lists,
  { replica, to }: { replica: number; to: number },
): void {
  const from = broker[replica]!;
  const list = lists[from]!;
  const last = listLength[from]! - 1;
  const moved = list[last]!;
  const gap = slot[replica]!;
  list[gap] = moved;
  slot[moved] = gap;
  listLength[from] = last;
  const length = listLength[to]!;
  let target = lists[to]!;
  if (length === target.length) {
    const longer = new Int32Array(length * 2);
    longer.set(target);
    lists[to] = target = longer;
  }
  target[length] = replica;
  slot[replica] = length;
  listLength[to] = length + 1;
}

/** Makes another replica of the partition the leader. O(1). */
export function moveLeadership(model: ClusterModel, partition: number, replica: number): void {
  const { leader, broker, sums, loads, row } = model;
  const old = leader[partition]!;
  assert(model.partition[replica] === partition, "The new leader is a replica of the partition");
  addLeading(sums, broker[old]! << 3, loads, row[old]! << 3, -1);
  addLeading(sums, broker[replica]! << 3, loads, row[replica]! << 3, 1);
  countLeader(model, { partition, broker: broker[old]!, sign: -1 });
  countLeader(model, { partition, broker: broker[replica]!, sign: 1 });
  leader[partition] = replica;
  model.roundings++;
}

function countLeader(
  model: ClusterModel,
  change: { partition: number; broker: number; sign: number },
): void {
  const counted = model.leaderRow[model.topic[change.partition]!]!;
  if (counted < 0) return;
  model.topicLeaders[counted * model.brokerCount + change.broker]! += change.sign;
}
