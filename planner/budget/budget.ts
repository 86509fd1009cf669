/**
 * The order that is worth most for the first bytes, what each of them buys, and where a budget ends.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { Budget } from "../../model/budget.ts";
import type { CurvePoint } from "../../model/plan.ts";
import { marked } from "../replan/altered.ts";
import { apply, EPSILON, violationAround, worthOf } from "./gain.ts";
import { orderSteps } from "../way/order.ts";
import type { Prepared } from "../prepared.ts";
import { changesOf } from "../proposals/changes.ts";
import { CurveMaking } from "./curve.ts";
import { pointOf } from "./points.ts";
import { addCost, isWithin, noCost } from "./plan_cost.ts";
import {
  checkpoint,
  compareStanding,
  goHome,
  type Places,
  placesAtHome,
  placesOf,
  restore,
  standingOf,
} from "../search/checkpoint.ts";
import type { Search } from "../search/state.ts";

/** A plan in the order of worth, cut to its budget; the model is left in that state. */
export interface Budgeted {
  /** Partitions in the order to carry them out. */
  readonly order: Int32Array;
  /** Standing after each of some prefixes, the first empty and the last the whole uncut plan. */
  readonly curve: readonly CurvePoint[];
  /** Partitions that the budget left out. */
  readonly leftOut: number;
  /** How many of the order come before all others, because goals are met with them alone; 0 = any order will do. */
  readonly stage: number;
}

/**
 * Orders the changed partitions by how much violation each takes away per MB, given those before it, as far as every
 * prefix stays valid (`order.ts`) and those of `first` come before all others, and ends after the last step within the budget that is better than all before it. O(n log n) gains for n changed partitions,
 * as gains are looked at again only when a partition's turn comes.
 */
export function* spend(
  prepared: Prepared,
  search: Search,
  options: { budget: Budget; constraint: BalancingConstraint; first?: Int32Array },
): Generator<void, Budgeted> {
  const { model } = search;
  const changed = changesOf(model).partitions;
  const target = placesOf(search);
  const end = checkpoint(search);
  goHome(search);
  const home = standingOf(search);
  const { first = new Int32Array(0) } = options;
  const isFirst = marked(model.partitionCount, first);
  const rest = changed.filter((p) => isFirst[p] === 0);
  const worthiest = Int32Array.from([
    ...yield* byWorth(search, first, target),
    ...yield* byWorth(search, rest, target),
  ]);
  const { order, joined, stage } = yield* orderSteps(
    search,
    worthiest,
    prepared.homeSums,
    first.length,
  );
  // Once more from home: where each prefix stands, and which is the last that the budget allows.
  goHome(search);
  const curve = new CurveMaking(prepared, options.constraint, { order, joined, stage });
  const cost = noCost(model);
  let violation = 0;
  let least = 0;
  let best = 0;
  let within = true;
  const fits: number[] = [0];
  for (const [i, p] of order.entries()) {
    const before = violationAround(search, p, target);
    addCost(model, p, { target, cost, sign: 1 });
    apply(search, p, target);
    violation += violationAround(search, p, target) - before;
    within &&= isWithin(cost, options.budget);
    const endsStep = joined[i + 1] !== 1;
    if (endsStep && within && violation <= least + EPSILON) {
      best = i + 1;
      fits.push(best);
      least = Math.min(least, violation);
    }
    if (curve.pass(i, cost)) yield;
  }
  const points = curve.finish(cost);
  if (isWithin(cost, options.budget)) {
    restore(search, end);
    return { order, curve: points, leftOut: 0, stage };
  }
  const isGood = () =>
    compareStanding(search, standingOf(search), home) <= 0 &&
    pointOf(prepared, options.constraint, cost).balancedness >= points[0]!.balancedness;
  const kept = lastGood(search, { order, target, fits, isGood });
  return { order: order.slice(0, kept), curve: points, leftOut: order.length - kept, stage: 0 };
}

/** Goes back from the longest admissible prefix to one that is good. */
function lastGood(
  search: Search,
  parts: { order: Int32Array; target: Places; fits: readonly number[]; isGood: () => boolean },
): number {
  const { model } = search;
  const { order, target, fits, isGood } = parts;
  goHome(search);
  const atHome = placesAtHome(model);
  const longest = fits.at(-1)!;
  for (let i = 0; i < longest; i++) apply(search, order[i]!, target);
  for (let at = fits.length - 1; at > 0; at--) {
    if (isGood()) return fits[at]!;
    for (let i = fits[at]! - 1; i >= fits[at - 1]!; i--) {
      apply(search, order[i]!, atHome);
    }
  }
  return 0;
}

function* byWorth(
  search: Search,
  changed: Int32Array,
  target: Places,
): Generator<void, Int32Array> {
  const heap = new WorthHeap(changed.length);
  for (const p of changed) heap.push(p, worthOf(search, p, target));
  const order = new Int32Array(changed.length);
  for (let done = 0; done < order.length;) {
    const p = heap.pop();
    const worth = worthOf(search, p, target);
    // What others did since may have made it worth less; then it waits for its turn again.
    if (worth < heap.best() - EPSILON * Math.abs(worth) && !heap.tired()) {
      heap.push(p, worth);
      continue;
    }
    apply(search, p, target);
    order[done++] = p;
    if (done % 1000 === 0) yield;
  }
  return order;
}

/** Partitions by worth, most first; ties by partition, so that the order is the same on any machine. */
class WorthHeap {
  readonly #items: number[] = [];
  readonly #worth: number[] = [];
  #retries = 0;
  readonly #retriesMax: number;

  constructor(size: number) {
    this.#retriesMax = 20 * size + 1000;
  }

  best(): number {
    return this.#worth[0] ?? -Infinity;
  }

  /** Whether so much was put back already that the order is good enough. */
  tired(): boolean {
    return ++this.#retries > this.#retriesMax;
  }

  push(item: number, worth: number): void {
    let at = this.#items.length;
    this.#items.push(item);
    this.#worth.push(worth);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): number {
    const top = this.#items[0]!;
    const item = this.#items.pop()!;
    const worth = this.#worth.pop()!;
    if (this.#items.length === 0) return top;
    this.#items[0] = item;
    this.#worth[0] = worth;
    for (let at = 0;;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#items.length && this.#before(child, least)) least = child;
      }
      if (least === at) return top;
      this.#swap(at, least);
      at = least;
    }
  }

  #before(a: number, b: number): boolean {
    const difference = this.#worth[a]! - this.#worth[b]!;
    return difference > 0 || (difference === 0 && this.#items[a]! < this.#items[b]!);
  }

  #swap(a: number, b: number): void {
    [this.#items[a], this.#items[b]] = [this.#items[b]!, this.#items[a]!];
    [this.#worth[a], this.#worth[b]] = [this.#worth[b]!, this.#worth[a]!];
  }
}
