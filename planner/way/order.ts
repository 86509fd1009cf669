/**
 * The order in which to carry proposals out. They are taken in steps, nearly all of one proposal each. After every
 * step no broker is farther over a hard limit than before it, no goal is farther from being met than at home, and all
 * goals together are no farther from it than ever before: see `way/judged.ts`. Proposals that only fit together,
 * such as swaps between full brokers, make one step.
 *
 * @module
 */
import type { Part, Search } from "../search/state.ts";
import { Joining, type Ordering } from "./joining.ts";
import { JudgedWay } from "./judged.ts";

/** Proposals tried between two yields. */
const CHUNK = 2000;

/** Rounds go on while they take at least this part of what waits; then proposals are joined to a step. */
const PROGRESS = 0.1;

/** Most proposals tried, by proposal and in any case: then what waits is joined as it comes. */
const TRIES_A_PROPOSAL = 4;
const TRIES_MIN = 100_000;

const NONE = new Int32Array(0);

/** A plan in order. */
export interface Ordered {
  /** Partitions in the order to carry them out. */
  readonly order: Int32Array;
  /** By place in the order: 1 = belongs to the same step as the one before. */
  readonly joined: Uint8Array;
}

/** The same with what comes first in it. */
export interface Staged extends Ordered {
  /** How many of the first stage come before all others. */
  readonly stage: number;
}

/**
 * Orders changed partitions, in the given order as far as that goes. The model is in the state of the plan. A few looks
 * at each proposal.
 *
 * @param homeSums sums of the brokers before the first proposal, B x 8 as in the model
 * @param stage how many of the first come before all others, but for those that would make something worse without these; where the first
 *   stage ends no goal must be farther from being met than at home
 */
export function* orderSteps(
  search: Search,
  changed: Int32Array,
  homeSums: Float64Array,
  stage = 0,
): Generator<void, Staged, void> {
  const way = new JudgedWay(search, homeSums.slice());
  yield* way.begin(changed);
  const ordering = newOrdering(way, changed.length);
  // A goal that is met on the way may be none that the first stage meets: what breaks it waits for what mends it.
  const left = stage > 0 ? yield* takeAll(ordering, changed.subarray(0, stage), true) : NONE;
  const { order, joined, done } = ordering;
  // What is left was among the first, so that there is room for it just before the others.
  const others = changed.slice(stage - left.length);
  others.set(left);
  yield* takeAll(ordering, others);
  return { order, joined, stage: done };
}

/** Room for so many proposals. */
export function newOrdering(way: JudgedWay, count: number): Ordering {
  return {
    way,
    order: new Int32Array(count),
    joined: new Uint8Array(count),
    done: 0,
    tries: Math.max(TRIES_MIN, TRIES_A_PROPOSAL * count),
  };
}

/** Takes all of these proposals, in whatever steps; where more come after them, gives those that make no step yet. */
export function* takeAll(
  ordering: Ordering,
  proposals: Int32Array,
  mayLeave = false,
): Generator<void, Int32Array, void> {
  // Most of what trades one goal for another for a while need not do so behind what only makes things better.
  const traded = yield* rounds(ordering, proposals, takeBetter);
  const waiting = yield* rounds(ordering, traded, take);
  const joining = new Joining(ordering, waiting, mayLeave);
  while (joining.advance()) yield;
  return joining.left();
}

/** Goes through what waits for as long as that takes much of it; returns what has to wait longer. */
function* rounds(
  ordering: Ordering,
  proposals: Int32Array,
  taking: typeof take,
): Generator<void, Int32Array, void> {
  let waiting = proposals;
  for (let slow = false; waiting.length > 0 && !slow;) {
    yield;
    const left: number[] = [];
    for (let from = 0; from < waiting.length; from += CHUNK) {
      takeSome(ordering, waiting, { from, to: from + CHUNK, left, taking });
      yield;
    }
    slow = left.length > waiting.length * (1 - PROGRESS);
    waiting = Int32Array.from(left);
  }
  return waiting;
}

/** A loop of its own: V8 does not optimize generators. */
function takeSome(
  ordering: Ordering,
  proposals: Int32Array,
  { from, to, left, taking }: Part & { left: number[]; taking: typeof take },
): void {
  for (let i = from; i < to && i < proposals.length; i++) {
    const p = proposals[i]!;
    if (!taking(ordering, p)) left.push(p);
  }
}

/** Takes a proposal as a step of its own, if it certainly makes nothing worse. */
export function takeBetter(ordering: Ordering, p: number): boolean {
  const isBetter = ordering.way.takeBetter(p);
  if (isBetter) ordering.order[ordering.done++] = p;
  return isBetter;
}

/** Takes a proposal as a step of its own, if it may be one. */
export function take(ordering: Ordering, p: number): boolean {
  const { way } = ordering;
  ordering.tries--;
  if (takeBetter(ordering, p)) return true;
  if (way.isBlocked(p)) return false;
  way.measureFor(p);
  way.change(p, 1);
  if (way.excess() > 0) {
    way.change(p, -1);
    way.forget();
    return false;
  }
  way.settle();
  ordering.order[ordering.done++] = p;
  return true;
}
