/**
 * Between which brokers a move can help a goal at all: asked once a broker, so that settling looks at none of the many thousand others.
 *
 * @module
 */
import type { PreparedGoal } from "../../../goals/goal.ts";
import { ALIVE, AXIS_COUNT, AXIS_REPLICAS } from "../../../model/cluster_model.ts";
import type { Search } from "../state.ts";

/** What moves have to do. */
export interface Wanted {
  /** The goal that they are to bring nearer. */
  readonly goal: PreparedGoal;
  /** Goals that they may not worsen. */
  readonly protectedGoals: readonly PreparedGoal[];
}

/** Where a broker that is outside may send replicas, where it may get them from, and with which ones it may trade. */
export interface Ends {
  /** By broker: 1 where a replica of the broker in question may go. */
  readonly takers: Uint8Array;
  /** By broker: 1 where a replica may come from. */
  readonly givers: Uint8Array;
  /** By broker: 1 where it may be exchanged for another one. */
  readonly traders: Uint8Array;
  /** The axis on which what goes has to be more than what comes, or less; -1 where that says nothing. */
  axis: number;
  isOver: boolean;
}

/** Nothing is filled in yet. */
export function createEnds(brokers: number): Ends {
  const some = () => new Uint8Array(brokers);
  return { takers: some(), givers: some(), traders: some(), axis: -1, isOver: false };
}

/**
 * Fills them in for a broker. What an axis loses on one broker it gains on another, in the same measure: nothing is won where the
 * taker is at its upper limit already, or the giver at its lower one, nor by moves out of a broker that lacks something or into one
 * that has too much. And any move adds a replica. O(B).
 */
export function fillEnds(
  search: Search,
  { goal, protectedGoals }: Wanted,
  { broker, ends }: { broker: number; ends: Ends },
): void {
  ends.takers.fill(1);
  ends.givers.fill(1);
  ends.traders.fill(1);
  ends.axis = -1;
  if (limitsAlone(goal)) leaveOutUseless(search, goal, { broker, ends });
  for (const other of protectedGoals) {
    if (!limitsAlone(other) || other.axisLimits!.axis !== AXIS_REPLICAS) continue;
    leaveOutFull(search, other, { broker, ends });
  }
}

/** Whether limits of brokers on one axis say all about a goal. */
function limitsAlone(goal: PreparedGoal): boolean {
  return goal.axisLimits !== undefined && goal.guardsMoves === undefined &&
    goal.onlyWished === undefined;
}

function leaveOutUseless(
  { model: { sums, flags } }: Search,
  goal: PreparedGoal,
  { broker, ends }: { broker: number; ends: Ends },
): void {
  const { takers, givers, traders } = ends;
  const { axis, upper, lower } = goal.axisLimits!;
  const isOver = sums[broker * AXIS_COUNT + axis]! > upper[broker]!;
  ends.axis = axis;
  ends.isOver = isOver;
  for (let b = 0; b < takers.length; b++) {
    const sum = sums[b * AXIS_COUNT + axis]!;
    if (!isOver || sum >= upper[b]!) takers[b] = 0;
    // Nobody misses what a dead broker gives.
    if (isOver || (isAlive(flags, b) && sum <= lower[b]!)) givers[b] = 0;
    traders[b] = isOver ? takers[b]! : givers[b]!;
  }
}

/** Leaves out pairs of which one may take no replica any more, or give none, unless the other has too many or too few of them. */
function leaveOutFull(
  { model: { sums, flags } }: Search,
  goal: PreparedGoal,
  { broker, ends: { takers, givers } }: { broker: number; ends: Ends },
): void {
  const { upper, lower } = goal.axisLimits!;
  const count = (b: number) => sums[b * AXIS_COUNT + AXIS_REPLICAS]!;
  const stays = (from: number, to: number) => {
    const isFull = count(to) + 1 > upper[to]! && !(count(from) > upper[from]!);
    const isBare = count(from) - 1 < lower[from]! && !(count(to) < lower[to]!);
    return (isFull && isAlive(flags, to)) || (isBare && isAlive(flags, from));
  };
  for (let b = 0; b < takers.length; b++) {
    if (stays(broker, b)) takers[b] = 0;
    if (stays(b, broker)) givers[b] = 0;
  }
}

function isAlive(flags: Uint8Array, b: number): boolean {
  return (flags[b]! & ALIVE) !== 0;
}
