/**
 * How far goals are from being met on the way, summed over brokers: no farther than at home, and not at all once they were met.
 *
 * @module
 */
import type { WayLimits } from "./limits.ts";

/** Of each goal with limits on an axis, what is outside on all brokers together. */
export class GoalTotals {
  readonly now: Float64Array;
  /** After the last step. */
  readonly #settled: Float64Array;
  /** What may be outside: what is at home, and nothing once the goal was met. */
  readonly most: Float64Array;

  /** Nothing is outside. */
  constructor(readonly limits: WayLimits) {
    this.now = new Float64Array(limits.goalCount);
    this.#settled = new Float64Array(limits.goalCount);
    this.most = new Float64Array(limits.goalCount);
  }

  /** What is outside now is what is at home. */
  begin(): void {
    this.#settled.set(this.now);
    this.most.set(this.now);
  }

  /** How much farther goals are from being met than they may be, in parts of the whole. O(G). */
  worse(): number {
    const { now, most } = this;
    const { slack, weight } = this.limits;
    let sum = 0;
    for (let g = 0; g < now.length; g++) {
      const worse = now[g]! - most[g]!;
      if (worse > slack[g]!) sum += worse * weight[g]!;
    }
    return sum;
  }

  /** Whether a goal was met, and has to stay so. */
  isKept(g: number): boolean {
    return this.most[g] === 0;
  }

  /** Whether a goal is farther from being met than it may be. */
  isWorse(g: number): boolean {
    return this.now[g]! - this.most[g]! > this.limits.slack[g]!;
  }

  /** What a broker has outside for a goal changed by so much with the step that ends. */
  settle(g: number, change: number): void {
    this.#settled[g]! += change;
  }

  /** All of a step is settled: what is met now stays met. Whether that is so of another goal than before. O(G). */
  keepMet(): boolean {
    const { most } = this;
    const { slack } = this.limits;
    let isNew = false;
    for (let g = 0; g < most.length; g++) {
      if (most[g] === 0 || this.#settled[g]! > slack[g]!) continue;
      most[g] = 0;
      isNew = true;
    }
    return isNew;
  }
}
