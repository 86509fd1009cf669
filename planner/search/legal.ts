/**
 * Whether a move or a swap is allowed at all, apart from what it does to loads.
 *
 * @module
 */
import type { PreparedGoal } from "../../goals/goal.ts";
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import { guardsAccept } from "./destination.ts";
import { relocate, type Search } from "./state.ts";
import { isBlocked, mayGoTo, mayMove } from "./rules.ts";

/** What is worse by this part of a limit is rounding. */
const ROUNDING = 1e-9;

/** Brokers, racks, topic limits and guards accept the replica on `to`. O(RF). */
export function moveIsLegal(search: Search, replica: number, to: number): boolean {
  const { model } = search;
  if (model.broker[replica] === to || !mayMove(search, replica)) return false;
  return topicsLetGo(search, replica, to) && mayGoTo(search, replica, to) &&
    !isBlocked(search, replica, to) && guardsAccept(search, replica, to);
}

/** Limits of its topic accept the replica on `to`, and leave its broker without it. O(1). */
export function topicsLetGo(
  { model, topicUpper, topicLower }: Search,
  replica: number,
  to: number,
): boolean {
  const t = model.topic[model.partition[replica]!]!;
  const cell = t * model.brokerCount;
  return model.topicReplicas[cell + to]! + 1 <= topicUpper[t]! &&
    model.topicReplicas[cell + model.broker[replica]!]! - 1 >= topicLower[t]!;
}

/** Rules about brokers, and racks, accept the replica on `to`. O(RF). */
export function rulesLetGo(search: Search, replica: number, to: number): boolean {
  return mayMove(search, replica) && mayGoTo(search, replica, to) &&
    !isBlocked(search, replica, to);
}

/** Both replicas may take the other's broker at the same time. O(RF). */
export function swapIsLegal(search: Search, a: number, b: number): boolean {
  const { model } = search;
  const brokerA = model.broker[a]!;
  const brokerB = model.broker[b]!;
  if (model.partition[a] === model.partition[b]) return false;
  const sameTopic = model.topic[model.partition[a]!] === model.topic[model.partition[b]!];
  if (!sameTopic && search.guards.length === 0) {
    return moveIsLegal(search, a, brokerB) && moveIsLegal(search, b, brokerA);
  }
  if (!rulesLetGo(search, a, brokerB) || !rulesLetGo(search, b, brokerA)) return false;
  if (search.guards.length === 0) return true;
  // A guard counts by topic: ask about the second move in the state after the first.
  const first = search.guards.map((goal) => goal.moveDelta(a, brokerB));
  relocate(search, a, brokerB);
  const accepted = search.guards.every((goal, i) => first[i]! + goal.moveDelta(b, brokerA) <= 0);
  relocate(search, a, brokerA);
  return accepted &&
    (sameTopic || (topicsLetGo(search, a, brokerB) && topicsLetGo(search, b, brokerA)));
}

/** Whether a broker stays within hard limits with `change` added, or at least gets no worse on any axis that is over. */
export function keepsHardLimits(search: Search, broker: number, change: Float64Array): boolean {
  return keepsWithin(search, search.hardUpper, broker, change);
}

/** The same of other upper limits, by broker and axis. */
export function keepsWithin(
  { model: { sums } }: Search,
  upper: Float64Array,
  broker: number,
  change: Float64Array,
): boolean {
  const at = broker << 3;
  for (let axis = 0; axis < AXIS_COUNT; axis++) {
    if (change[axis]! > 0 && sums[at | axis]! + change[axis]! > upper[at | axis]!) return false;
  }
  return true;
}

/** Whether a broker is above a hard limit on an axis. */
export function isAboveHard({ model, hardUpper }: Search, broker: number, axis: number): boolean {
  const at = broker * AXIS_COUNT + axis;
  return model.sums[at]! > hardUpper[at]!;
}

/** Hard goals with limits that sums of single brokers do not tell of: of a host, or in a window of time. */
export function sharedGoals({ goals }: Search): PreparedGoal[] {
  return goals.filter((goal) =>
    goal.hard && goal.axisLimits !== undefined && goal.guardsMoves === true
  );
}

/**
 * Whether what comes to the broker leaves it within hard limits of windows and hosts, or no farther outside. Guards do not see
 * to that: they weigh what another broker gets rid of against it, and goals that cannot be met are none.
 *
 * @param change does it, or takes it back
 */
export function keepsShared(
  search: Search,
  broker: number,
  change: (isDone: boolean) => void,
): boolean {
  const shared = sharedGoals(search);
  if (shared.length === 0) return true;
  const before = shared.map((goal) => goal.penalty(broker));
  change(true);
  const keeps = shared.every((goal, i) => goal.penalty(broker) <= before[i]! + ROUNDING);
  change(false);
  return keeps;
}
