/**
 * Which pending tasks may start now, within the limits per broker and cluster. Pure.
 *
 * Moves of data: one at a time for each broker and round, round after round, so that no broker starves while another
 * one fills the cluster's limit (Cruise Control's ExecutionTaskPlanner#getInterBrokerReplicaMovementTasks).
 * Re-orders of replica lists and pure removals copy nothing: they are paced by the limits on leadership changes.
 *
 * @module
 */
import { replicasToAdd } from "../../model/proposal.ts";
import { movesData, newBrokers, type Task } from "./task.ts";

/** A broker's limit and the cluster's limit. */
export interface BatchLimits {
  readonly perBroker: number;
  readonly cluster: number;
  /** Brokers with a limit of their own; none when absent. */
  readonly unthrottled?: { readonly brokerIds: readonly number[]; readonly perBroker: number };
}

/** Pseudo-broker that moves of partitions without a leader are booked under. */
const NO_SOURCE = -1;

/** Brokers that a move of data keeps busy: the leader it is read from, and every destination. */
export function busyBrokers(task: Task): number[] {
  const source = task.proposal.oldLeader >= 0 ? task.proposal.oldLeader : NO_SOURCE;
  const destinations = replicasToAdd(task.proposal).map((placement) => placement.brokerId);
  return [source, ...destinations.filter((id) => id !== source)];
}

/**
 * Moves of data that may start beside those in execution. `pending` is in strategy order and holds nothing else.
 * O(rounds x tasks) at worst, rounds <= limit per broker x brokers.
 */
export function selectMoves(
  pending: readonly Task[],
  inExecution: readonly Task[],
  limits: BatchLimits,
): Task[] {
  const free = new Map<number, number>();
  const { unthrottled } = limits;
  const limitOf = (broker: number) =>
    unthrottled?.brokerIds.includes(broker) === true ? unthrottled.perBroker : limits.perBroker;
  const slots = (broker: number) => free.get(broker) ?? limitOf(broker);
  let room = limits.cluster;
  for (const task of inExecution) {
    if (!movesData(task)) continue;
    room--;
    for (const broker of busyBrokers(task)) free.set(broker, slots(broker) - 1);
  }
  const queues = queuesOf(pending);
  const taken = new Set<number>();
  const selected: Task[] = [];
  for (;;) {
    const before = selected.length;
    const involved = new Set<number>();
    for (const broker of brokersInOrder(queues, taken)) {
      if (room <= 0) return selected;
      if (involved.has(broker)) continue;
      const index = queues.get(broker)!.find((candidate) =>
        !taken.has(candidate) &&
        busyBrokers(pending[candidate]!).every((id) => !involved.has(id) && slots(id) > 0)
      );
      if (index === undefined) continue;
      taken.add(index);
      selected.push(pending[index]!);
      room--;
      for (const id of busyBrokers(pending[index]!)) {
        involved.add(id);
        free.set(id, slots(id) - 1);
      }
    }
    if (selected.length === before) return selected;
  }
}

/** Brokers that do not keep to the limit of the others: what the cluster allows at all, shared among them. */
export function unthrottledLimit(
  tasks: readonly Task[],
  brokerIds: readonly number[],
  clusterMax: number,
): NonNullable<BatchLimits["unthrottled"]> {
  const busy = new Set(tasks.flatMap(busyBrokers));
  const taking = brokerIds.filter((id) => busy.has(id));
  return { brokerIds, perBroker: Math.max(1, Math.floor(clusterMax / Math.max(1, taking.length))) };
}

/** Positions of each broker's tasks in the strategy order, ascending. */
function queuesOf(pending: readonly Task[]): Map<number, number[]> {
  const queues = new Map<number, number[]>();
  pending.forEach((task, index) => {
    for (const broker of busyBrokers(task)) {
      const queue = queues.get(broker);
      if (queue === undefined) queues.set(broker, [index]);
      else queue.push(index);
    }
  });
  return queues;
}

/** Brokers by their first task, then more tasks first, then smaller id. Brokers without tasks are left out. */
function brokersInOrder(
  queues: Map<number, number[]>,
  taken: ReadonlySet<number>,
): number[] {
  const heads: { broker: number; first: number; size: number }[] = [];
  for (const [broker, queue] of queues) {
    const left = queue.filter((index) => !taken.has(index));
    queues.set(broker, left);
    if (left.length > 0) heads.push({ broker, first: left[0]!, size: left.length });
  }
  heads.sort((a, b) => a.first - b.first || b.size - a.size || a.broker - b.broker);
  return heads.map((head) => head.broker);
}

/**
 * Tasks that touch leadership only (elections, re-orders, removals) and may start beside those in execution: a task
 * needs a free slot on every broker of its new replica list. In the given order. O(tasks x replicas).
 */
export function selectLeadership(
  pending: readonly Task[],
  inExecution: readonly Task[],
  limits: BatchLimits,
): Task[] {
  const used = new Map<number, number>();
  let room = limits.cluster - inExecution.length;
  const book = (task: Task) => {
    for (const id of newBrokers(task.proposal)) used.set(id, (used.get(id) ?? 0) + 1);
  };
  inExecution.forEach(book);
  const selected: Task[] = [];
  for (const task of pending) {
    if (room <= 0) break;
    if (newBrokers(task.proposal).some((id) => (used.get(id) ?? 0) >= limits.perBroker)) continue;
    book(task);
    selected.push(task);
    room--;
  }
  return selected;
}

/** Moves between log dirs that may start beside those in execution, by execution id. O(tasks). */
export function selectDiskMoves(
  pending: readonly Task[],
  inExecution: readonly Task[],
  options: { perBroker: number },
): Task[] {
  const used = new Map<number, number>();
  const book = (task: Task) =>
    used.set(task.record.brokerId!, (used.get(task.record.brokerId!) ?? 0) + 1);
  inExecution.forEach(book);
  const selected: Task[] = [];
  for (const task of pending) {
    if ((used.get(task.record.brokerId!) ?? 0) >= options.perBroker) continue;
    book(task);
    selected.push(task);
  }
  return selected;
}
