/**
 * Where replicas and leaders may go by the rules of the request; goals on axes and topics are not asked.
 *
 * @module
 */
import { replicasOnRack } from "../../goals/rack_aware.ts";
import { ALIVE, type ClusterModel, IS_NEW, MAY_LEAD } from "../../model/cluster_model.ts";
import type { Search } from "./state.ts";

/** Whether a replica may move at all for the sake of a soft goal. */
export function mayMove(search: Search, replica: number): boolean {
  // Two random reads of large arrays less where nothing is restricted (a fifth of all time at 2,800,000 replicas).
  if (!search.hasPinned && !search.onlyImmigrants) return true;
  const { model } = search;
  if (model.pinned[model.partition[replica]!] === 1) return false;
  return !search.onlyImmigrants || model.broker[replica] !== model.home[replica];
}

/** Whether the rules about brokers allow a replica on one; goals and other replicas are not asked. */
export function mayGoTo(search: Search, replica: number, broker: number): boolean {
  const { model } = search;
  const flags = model.flags[broker]!;
  const home = model.home[replica] === broker;
  if ((flags & ALIVE) === 0) return false;
  if (home && search.hasOffline && model.offline[replica] === 1) return false;
  if (!home && search.closed[broker] === 1) return false;
  if (home && search.onlyToNew && bringsHome(model, replica)) return false;
  // Requested destinations receive leaders whatever is excluded; what comes home only gets leadership.
  if ((flags & MAY_LEAD) !== 0 || (!home && !search.leadersNeedRight)) return true;
  const p = model.partition[replica]!;
  // A leader may come back to where it led, but not bring leadership that it got elsewhere.
  return model.leader[p] !== replica || (home && model.homeLeader[p] === replica);
}

/** Whether a replica would come back to an old broker with leadership that it got on a new one. */
function bringsHome(model: ClusterModel, replica: number): boolean {
  const { homeLeader, leader, partition, flags, home, offline } = model;
  const p = partition[replica]!;
  const led = homeLeader[p]!;
  return leader[p] === replica && led !== replica && (flags[home[replica]!]! & IS_NEW) === 0 &&
    led >= 0 && offline[led] === 0;
}

/** Whether the rules allow a replica to become leader. */
export function mayLead(search: Search, replica: number): boolean {
  const { model } = search;
  const broker = model.broker[replica]!;
  const flags = model.flags[broker]!;
  if ((flags & ALIVE) === 0 || (flags & MAY_LEAD) === 0) return false;
  if (model.offline[replica] === 1 && broker === model.home[replica]) return false;
  if (search.context.logDirs?.isDemoted(replica) === true) return false;
  if (search.onlyToNew && (flags & IS_NEW) === 0) {
    return model.homeLeader[model.partition[replica]!] === replica;
  }
  return true;
}

/** {@link mayLead}, or leads in the real cluster: what the search has taken away may come back wherever that is. */
export function mayLeadAgain(search: Search, replica: number): boolean {
  if (mayLead(search, replica)) return true;
  const { homeLeader, partition, broker, home, flags, offline } = search.model;
  const b = broker[replica]!;
  return homeLeader[partition[replica]!] === replica && b === home[replica] &&
    (flags[b]! & ALIVE) !== 0 && offline[replica] === 0 &&
    search.context.logDirs?.isDemoted(replica) !== true;
}

/**
 * Whether another replica of the partition sits on the rack of `broker`, or on the broker itself, or has its home
 * there. Taking the place that another one left would move nothing on the real brokers: it is the other one that
 * should go home. And where it had to leave, because a log dir is dead, no replica of the partition may go. Where there
 * are more replicas than racks, none leaves a rack for one that holds more of them. O(RF).
 */
export function isBlocked(search: Search, replica: number, broker: number): boolean {
  const { broker: brokerOf, replicaStart, partition, rack, home, flags } = search.model;
  const p = partition[replica]!;
  const wanted = rack[broker]!;
  const { racksDiffer } = search;
  const end = replicaStart[p + 1]!;
  let onRack = 0;
  for (let r = replicaStart[p]!; r < end; r++) {
    if (r === replica) continue;
    const other = brokerOf[r]!;
    if (other === broker || home[r] === broker) return true;
    if (racksDiffer && rack[other] === wanted) onRack++;
  }
  if (onRack === 0) return false;
  const from = brokerOf[replica]!;
  const isFull = onRack >= mostPerRack(search, end - replicaStart[p]!);
  if (!isFull) {
    return (flags[from]! & ALIVE) !== 0 && onRack > replicasOnRack(search.model, replica, from);
  }
  return !search.racksAreDone || rack[from] !== wanted;
}

/** Replicas of a partition that one rack may hold: 1, or an even share where there are fewer racks than replicas. */
export function mostPerRack(search: Search, replicas: number): number {
  return replicas <= search.rackCount ? 1 : Math.ceil(replicas / search.rackCount);
}
