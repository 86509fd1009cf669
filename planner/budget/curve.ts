/**
 * The curve of gain by bytes: how goals stand after some steps of a plan, in its order.
 *
 * @module
 */
import type { BalancingConstraint } from "../../goals/constraint.ts";
import type { CurvePoint } from "../../model/plan.ts";
import type { Prepared } from "../prepared.ts";
import { goHome, placesOf, restore } from "../search/checkpoint.ts";
import type { Search } from "../search/state.ts";
import type { Ordered } from "../way/order.ts";
import { DirsOnTheWay } from "./dirs_on_the_way.ts";
import { apply } from "./gain.ts";
import { addCost, type Cost, noCost } from "./plan_cost.ts";
import { pointOf } from "./points.ts";

/** Points of the curve, besides the first. */
const CURVE_POINTS = 32;

/** An order, and the number of partitions of which a point tells in any case; 0 = none. */
export interface CurveOrder extends Ordered {
  readonly stage: number;
}

/** Takes points while the model, at home to begin with, is brought to the state of the plan. */
export class CurveMaking {
  readonly points: CurvePoint[];
  readonly #prepared: Prepared;
  readonly #constraint: BalancingConstraint;
  readonly #order: CurveOrder;
  readonly #dirs: DirsOnTheWay;
  readonly #every: number;
  #isDue = false;

  constructor(prepared: Prepared, constraint: BalancingConstraint, order: CurveOrder) {
    this.#prepared = prepared;
    this.#constraint = constraint;
    this.#order = order;
    this.#every = Math.max(1, Math.ceil(order.order.length / CURVE_POINTS));
    // Without what adding and taking away has rounded, so that the first point is what the cluster is.
    prepared.model.sums.set(prepared.homeSums);
    this.#dirs = new DirsOnTheWay(prepared);
    this.#dirs.follow(order.order, 0);
    this.points = [pointOf(prepared, constraint, { mb: 0, moves: 0 })];
  }

  /** After the `i`th partition, at such a cost; whether a point was taken. */
  pass(i: number, cost: Cost): boolean {
    const { order, joined, stage } = this.#order;
    const count = i + 1;
    this.#isDue ||= count % this.#every === 0 || count === order.length || count === stage;
    if (!this.#isDue || joined[count] === 1) return false;
    this.#isDue = false;
    this.#dirs.follow(order, count);
    this.points.push(pointOf(this.#prepared, this.#constraint, cost));
    return true;
  }

  /** After the last: log dirs are where the plan has them, also those that change alone. */
  finish(cost: Cost): CurvePoint[] {
    this.#dirs.finish();
    if (this.#order.order.length === 0 && this.#dirs.hasMore) {
      this.points.push(pointOf(this.#prepared, this.#constraint, cost));
    }
    return this.points;
  }
}

/** The curve of the plan that the model is in the state of, and is left in. O(R) and a look at all goals for each point. */
export function* curveSteps(
  prepared: Prepared,
  search: Search,
  { order, constraint }: { order: CurveOrder; constraint: BalancingConstraint },
): Generator<void, CurvePoint[]> {
  const { model } = search;
  const target = placesOf(search);
  const sums = model.sums.slice();
  goHome(search);
  const making = new CurveMaking(prepared, constraint, order);
  const cost = noCost(model);
  for (const [i, p] of order.order.entries()) {
    addCost(model, p, { target, cost, sign: 1 });
    apply(search, p, target);
    if (making.pass(i, cost)) yield;
  }
  restore(search, target);
  model.sums.set(sums);
  search.windows?.refresh();
  return making.finish(cost);
}
