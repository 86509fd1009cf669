/**
 * The order in which to carry proposals out. They are taken in steps, nearly all of one proposal each. After every
 * step no broker is farther over a hard limit than before it, no goal is farther from being met than at home, and all
 * goals together are no farther from it than ever before: see `way/judged.ts`. Proposals that only fit together,
 * such as swaps between full brokers, make one step.
 *
 * @module
 */
import type { Search } from "./search/state.ts";
import { Waiting } from "./way/waiting.ts";
import { JudgedWay } from "./way/judged.ts";

/** Proposals tried between two yields. */
const CHUNK = 2000;

/** Rounds go on while they take at least this part of what waits; then proposals are joined to a step. */
const PROGRESS = 0.1;

/** Most proposals tried, by proposal and in any case: then what waits is joined as it comes. */
const TRIES_A_PROPOSAL = 4;
const TRIES_MIN = 100_000;

/** A plan in order. */
export interface Ordered {
  /** Partitions in the order to carry them out. */
  readonly order: Int32Array;
  /** By place in the order: 1 = belongs to the same step as the one before. */
  readonly joined: Uint8Array;
}

/** What an ordering is at. */
interface Ordering {
  readonly way: JudgedWay;
  readonly order: Int32Array;
  readonly joined: Uint8Array;
  done: number;
  /** Tries left. */
  tries: number;
}

/**
 * Orders changed partitions, in the given order as far as that goes. The model is in the state of the plan. A few looks
 * at each proposal.
 *
 * @param homeSums sums of the brokers before the first proposal, B x 8 as in the model
 */
export function* orderSteps(
  search: Search,
  changed: Int32Array,
  homeSums: Float64Array,
): Generator<void, Ordered, void> {
  const way = new JudgedWay(search, homeSums.slice());
  yield* way.begin(changed);
  const ordering: Ordering = {
    way,
    order: new Int32Array(changed.length),
    joined: new Uint8Array(changed.length),
    done: 0,
    tries: Math.max(TRIES_MIN, TRIES_A_PROPOSAL * changed.length),
  };
  let waiting = changed;
  for (let slow = false; waiting.length > 0 && !slow;) {
    yield;
    const left = yield* round(ordering, waiting);
    slow = left.length > waiting.length * (1 - PROGRESS);
    waiting = left;
  }
  const pool = new Waiting(search.model, waiting);
  while (pool.size > 0) {
    const touched = yield* joinStep(ordering, pool);
    takeAround(ordering, pool, touched);
  }
  return { order: ordering.order, joined: ordering.joined };
}

/** Takes what may be taken by itself; returns what must wait. */
function* round(
  ordering: Ordering,
  proposals: Int32Array,
): Generator<void, Int32Array, void> {
  const left: number[] = [];
  for (let from = 0; from < proposals.length; from += CHUNK) {
    takeSome(ordering, proposals, { from, to: Math.min(from + CHUNK, proposals.length), left });
    yield;
  }
  return Int32Array.from(left);
}

/** A loop of its own: V8 does not optimize generators. */
function takeSome(
  ordering: Ordering,
  proposals: ArrayLike<number>,
  { from, to, left }: { from: number; to: number; left: number[] },
): void {
  for (let i = from; i < to; i++) {
    const p = proposals[i]!;
    if (!take(ordering, p)) left.push(p);
  }
}

/** After a step, those around its brokers may be possible by themselves, and then others around theirs. */
function takeAround(ordering: Ordering, pool: Waiting, touched: Int32Array): void {
  for (let brokers = touched; brokers.length > 0 && ordering.tries > 0;) {
    const next = new Set<number>();
    for (const p of pool.around(brokers)) {
      if (!take(ordering, p)) continue;
      pool.remove(p);
      for (const b of pool.brokersOf(p)) next.add(b);
    }
    brokers = Int32Array.from(next);
  }
}

function take(ordering: Ordering, p: number): boolean {
  const { way } = ordering;
  ordering.tries--;
  if (way.takeBetter(p)) {
    ordering.order[ordering.done++] = p;
    return true;
  }
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

/** Takes the first that waits and, one after the other, those that make good best what it makes worse: their brokers. */
function* joinStep(ordering: Ordering, pool: Waiting): Generator<void, Int32Array, void> {
  const { way, order, joined } = ordering;
  way.measureAll();
  let next = pool.first();
  for (let isFirst = true;; isFirst = false) {
    way.change(next, 1);
    pool.remove(next);
    joined[ordering.done] = isFirst ? 0 : 1;
    order[ordering.done++] = next;
    // At the end of the plan nothing is outside, so that the last step ends there at the latest.
    if (pool.size === 0 || way.excess() === 0) break;
    yield;
    next = mostHelpful(ordering, pool) ?? pool.first();
  }
  const touched = way.touched();
  way.settle();
  return touched;
}

function mostHelpful(ordering: Ordering, pool: Waiting): number | undefined {
  if (ordering.tries <= 0) return undefined;
  const { way } = ordering;
  let best: number | undefined;
  let least = Infinity;
  for (const p of pool.around(way.touched())) {
    ordering.tries--;
    way.change(p, 1);
    const excess = way.excess();
    way.change(p, -1);
    if (excess >= least) continue;
    least = excess;
    best = p;
  }
  return best;
}
