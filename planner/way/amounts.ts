/**
 * What brokers have outside the widened limits (`limits.ts`) on the way from home to the plan, goal by goal.
 *
 * ```
 * array    type           length   index          value
 * outside  Float64Array   B x G    broker, goal   amount outside the limits
 * settled  Float64Array   B x G    broker, goal   the same after the last step
 * isOut    Uint8Array     B x 8    broker, axis   1 = outside for some goal
 * ```
 *
 * @module
 */
import { AXIS_COUNT } from "../../model/cluster_model.ts";
import type { WayLimits } from "./limits.ts";
import { HARM } from "./rows.ts";
import { GoalTotals } from "./totals.ts";

/** Brokers that the step at hand changed. */
export interface Touched {
  /** Each once; what is behind the first `count` is nothing. */
  readonly brokers: Int32Array;
  count: number;
}

/** See the file's head. */
export class Amounts {
  readonly limits: WayLimits;
  readonly outside: Float64Array;
  readonly settled: Float64Array;
  readonly totals: GoalTotals;
  readonly #sums: Float64Array;
  readonly #isOut: Uint8Array;
  /** The same, two words a broker. */
  readonly #outWords: Uint32Array;
  /** Whether any amount grew since the last step, and whether any that is hard changed. */
  hasGrown = false;
  hardChanged = false;
  /** Amounts that changed since the last step, each once: nearly all steps change a few, where looking through all of their brokers would take most of the time. */
  readonly #dirty: Int32Array;
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;
  /** Amounts of all goals, times their weights; an array, as a member would be a new number each time. */
  readonly #weighed = new Float64Array(1);

  /**
   * Nothing is measured yet, and nothing outside.
   *
   * @param sums of the brokers, B x 8 as in the model; others change them
   */
  constructor(limits: WayLimits, sums: Float64Array) {
    const size = limits.limits.length >> 1;
    this.limits = limits;
    this.#sums = sums;
    this.outside = new Float64Array(size);
    this.settled = new Float64Array(size);
    this.totals = new GoalTotals(limits);
    this.#dirty = new Int32Array(size);
    this.#isDirty = new Uint8Array(size);
    this.#isOut = new Uint8Array(sums.length).fill(1);
    this.#outWords = new Uint32Array(this.#isOut.buffer);
  }

  /** All that is measured by now is how the way begins. */
  begin(): void {
    this.settled.set(this.outside);
    this.#isDirty.fill(0);
    this.#dirtyCount = 0;
    this.totals.begin();
  }

  /**
   * Brings the amounts of a broker up to its sums on the axes that changed. Those that are within all limits, and were, are
   * passed over.
   */
  measure(b: number, axes: Int32Array): void {
    const sums = this.#sums;
    const { band, goalsOf, limits, weight, goalCount, hardCount } = this.limits;
    const isOut = this.#isOut;
    const outside = this.outside;
    const isDirty = this.#isDirty;
    const total = this.totals.now;
    const weighed = this.#weighed;
    const first = b * goalCount;
    for (let k = 0; k < axes.length; k++) {
      const axis = axes[k]!;
      const at = (b * AXIS_COUNT) | axis;
      const sum = sums[at]!;
      if (isOut[at] === 0 && sum >= band[at << 1]! && sum <= band[(at << 1) | 1]!) continue;
      const goals = goalsOf[axis]!;
      isOut[at] = 0;
      for (let i = 0; i < goals.length; i++) {
        const g = goals[i]!;
        const of = first + g;
        const high = limits[of << 1]!;
        const low = limits[(of << 1) | 1]!;
        const now = sum > high ? sum - high : sum < low ? low - sum : 0;
        if (now > 0) isOut[at] = 1;
        const change = now - outside[of]!;
        if (change === 0) continue;
        if (change > 0) this.hasGrown = true;
        if (g < hardCount) this.hardChanged = true;
        total[g]! += change;
        weighed[0]! += change * weight[g]!;
        outside[of] = now;
        if (isDirty[of] === 1) continue;
        isDirty[of] = 1;
        this.#dirty[this.#dirtyCount++] = of;
      }
    }
  }

  /** Whether a broker was outside for any goal when it was measured. */
  hasOut(b: number): boolean {
    const words = this.#outWords;
    return (words[b << 1]! | words[(b << 1) | 1]!) !== 0;
  }

  /** Of all goals and brokers, each goal in parts of the whole that it is about. */
  get weighed(): number {
    return this.#weighed[0]!;
  }

  /**
   * Measures a broker that the step at hand has not changed: how far it has come since belongs to the steps before. Returns what all amounts, weighed, are
   * more by, which is nothing or less.
   */
  catchUp(b: number, axes: Int32Array): number {
    const { hasGrown, hardChanged, weighed } = this;
    const first = this.#dirtyCount;
    this.measure(b, axes);
    this.hasGrown = hasGrown;
    this.hardChanged = hardChanged;
    this.#settleFrom(first);
    return this.weighed - weighed;
  }

  /** The step at hand ends here. */
  settle(): void {
    this.#settleFrom(0);
  }

  /** Settles what changed, from there on in the list of that. */
  #settleFrom(first: number): void {
    const { goalCount } = this.limits;
    for (let i = first; i < this.#dirtyCount; i++) {
      const of = this.#dirty[i]!;
      const now = this.outside[of]!;
      this.totals.settle(of % goalCount, now - this.settled[of]!);
      this.settled[of] = now;
      this.#isDirty[of] = 0;
    }
    this.#dirtyCount = first;
  }

  /**
   * All that changed since the last step is settled, or has been taken back. The latter may differ by rounding: left for the next step to settle, what is
   * measured before that would wait for it as well, and a goal that was met would count as out.
   */
  forget(): void {
    this.hasGrown = false;
    this.hardChanged = false;
    this.#settleFrom(0);
  }

  /** Whether a goal may have been met before the step at hand, for all that is known of the brokers that it changed, and is not any more. */
  mayLose(touched: Touched): boolean {
    const { goalCount } = this.limits;
    for (let i = 0; i < this.#dirtyCount; i++) {
      const of = this.#dirty[i]!;
      if (this.outside[of]! <= this.settled[of]!) continue;
      const g = of % goalCount;
      if (!this.totals.isKept(g) && !this.#wasOut(g, touched)) return true;
    }
    return false;
  }

  /** Whether one of these brokers was outside after the last step. */
  #wasOut(g: number, { brokers, count }: Touched): boolean {
    const { goalCount, slack } = this.limits;
    for (let i = 0; i < count; i++) {
      if (this.settled[brokers[i]! * goalCount + g]! > slack[g]!) return true;
    }
    return false;
  }

  /** How much farther than after the last step one of these brokers is over hard limits, in parts of the whole; {@link HARM} and more. */
  harm({ brokers, count }: Touched): number {
    const { goalCount, hardCount, slack, weight } = this.limits;
    let harm = 0;
    for (let i = 0; i < count && this.hardChanged; i++) {
      const first = brokers[i]! * goalCount;
      for (let g = 0; g < hardCount; g++) {
        if (this.outside[first + g] === 0) continue;
        const worse = this.outside[first + g]! - this.settled[first + g]!;
        if (worse > slack[g]!) harm += HARM + worse * weight[g]!;
      }
    }
    return harm;
  }
}
