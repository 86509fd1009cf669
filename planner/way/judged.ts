/**
 * How goals stand on the way from home to the plan, proposal by proposal. What is outside the widened limits
 * (`limits.ts`) at home is exactly what the plan mends.
 *
 * ```
 * array    type           length   index          value
 * sums     Float64Array   B x 8    broker, axis   as in the model
 * outside  Float64Array   B x G    broker, goal   amount outside the limits
 * settled  Float64Array   B x G    broker, goal   the same after the last step
 * isOut    Uint8Array     B x 8    broker, axis   1 = outside for some goal
 * ```
 *
 * @module
 */
import {
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_OUT,
  type ClusterModel,
} from "../../model/cluster_model.ts";
import type { Search } from "../search/state.ts";
import { bandOf, wayLimits } from "./limits.ts";
import { HARM, WayRows } from "./rows.ts";
import { addProposal } from "./sums.ts";
import { GoalTotals } from "./totals.ts";
import { mayWorsen } from "./worsening.ts";

/** What is worse by less, in parts of the whole, is rounding. */
const SUM_SLACK = 1e-9;

/** Axes that a replica changes with whatever it leads, those that followers change, and those that leading alone changes. */
const ALL_AXES = Int32Array.from({ length: AXIS_COUNT }, (_, axis) => axis);
const FOLLOWER_AXES = ALL_AXES.subarray(0, AXIS_LEADERS);
const LEADER_AXES = Int32Array.of(AXIS_CPU, AXIS_NW_OUT, AXIS_LEADERS, AXIS_LEADER_IN);

/** What a step needs: a sum that has to change. */
export interface Need {
  broker: number;
  axis: number;
  /** 1 = it has to become more, -1 = less. */
  sign: number;
}

/** A state between home and plan. Changes are tried, then settled as one step or taken back. */
export class JudgedWay {
  readonly model: ClusterModel;
  readonly #sums: Float64Array;
  readonly #goalCount: number;
  readonly #hardCount: number;
  readonly #limits: Float64Array;
  readonly #outside: Float64Array;
  readonly #settled: Float64Array;
  readonly #totals: GoalTotals;
  readonly #weight: Float64Array;
  readonly #slack: Float64Array;
  readonly #axisOf: Int32Array;
  readonly #goalsOf: readonly Int32Array[];
  readonly #band: Float64Array;
  /** What no proposal may pass by itself: limits of hard goals, and of those that are met. */
  #walls: Float64Array;
  readonly #isOut: Uint8Array;
  /** The same, two words a broker. */
  readonly #outWords: Uint32Array;
  readonly #rows: WayRows;
  /** Brokers whose sums changed since the last step, each once. */
  readonly #touched: Int32Array;
  readonly #isTouched: Uint8Array;
  #touchedCount = 0;
  /** Whether any amount on an axis grew outside its limits since the last step, and whether any that is hard changed. */
  #hasGrown = false;
  #hardChanged = false;
  /** Amounts that changed since the last step, each once: nearly all steps change a few, where looking through all of their brokers would take most of the time. */
  readonly #dirty: Int32Array;
  readonly #isDirty: Uint8Array;
  #dirtyCount = 0;
  /** Amounts outside of all goals on axes, times their weights; an array, as a member would be a new number each time. */
  readonly #weighed = new Float64Array(1);
  /**
   * By broker: 1 = its sums may have changed since its amounts were measured, where what is outside can only be less by
   * now; 2 = measured since, but still among the stale.
   */
  readonly #isStale: Uint8Array;
  readonly #stale: Int32Array;
  #staleCount = 0;
  /** The least that all amounts outside, weighed, came to after a step. */
  #least = 0;

  /**
   * O(B x G).
   *
   * @param search its model in the state of the finished plan
   * @param atHome the sums to begin with; they are changed
   */
  constructor(search: Search, atHome: Float64Array) {
    const { model } = search;
    const parts = wayLimits(search);
    const size = model.brokerCount * parts.goalCount;
    this.model = model;
    this.#sums = atHome;
    this.#goalCount = parts.goalCount;
    this.#hardCount = parts.hardCount;
    this.#limits = parts.limits;
    this.#outside = new Float64Array(size);
    this.#totals = new GoalTotals(parts);
    this.#weight = parts.weight;
    this.#slack = parts.slack;
    this.#touched = new Int32Array(model.brokerCount);
    this.#isTouched = new Uint8Array(model.brokerCount);
    this.#dirty = new Int32Array(size);
    this.#isDirty = new Uint8Array(size);
    this.#isStale = new Uint8Array(model.brokerCount);
    this.#stale = new Int32Array(model.brokerCount);
    this.#axisOf = parts.axisOf;
    this.#goalsOf = parts.goalsOf;
    this.#band = parts.band;
    this.#isOut = new Uint8Array(model.brokerCount * AXIS_COUNT).fill(1);
    this.#outWords = new Uint32Array(this.#isOut.buffer);
    for (let b = 0; b < model.brokerCount; b++) this.#measure(b, ALL_AXES);
    this.#settled = this.#outside.slice();
    this.#isDirty.fill(0);
    this.#dirtyCount = 0;
    this.#totals.begin();
    this.#walls = this.#wallsNow();
    this.#rows = new WayRows(search);
  }

  /**
   * Goes home; needed once, before anything else. Where the plan changes nothing, nothing is outside the widened
   * limits, so that going home tells all that is.
   *
   * @param changed partitions with a proposal
   */
  *begin(changed: Int32Array): Generator<void, void, void> {
    yield* this.#rows.begin(changed);
    this.#least = this.#all();
    this.forget();
  }

  /**
   * Carries out what makes nothing worse in whatever order, and changes nothing by rows; see {@link takeBetter}. O(B).
   *
   * @param net what all of that changes the sums by
   */
  advance(net: Float64Array): void {
    const sums = this.#sums;
    for (let i = 0; i < sums.length; i++) sums[i]! += net[i]!;
    for (let b = 0; b < this.model.brokerCount; b++) this.#staleNow(b);
  }

  /**
   * Brings the amounts of a broker up to its sums on the axes that changed. Those that are within all limits, and were, are
   * passed over.
   */
  #measure(b: number, axes: Int32Array): void {
    const sums = this.#sums;
    const band = this.#band;
    const isOut = this.#isOut;
    const goalsOf = this.#goalsOf;
    const limits = this.#limits;
    const outside = this.#outside;
    const isDirty = this.#isDirty;
    const total = this.#totals.now;
    const weighed = this.#weighed;
    const weight = this.#weight;
    const first = b * this.#goalCount;
    for (let k = 0; k < axes.length; k++) {
      const axis = axes[k]!;
      const at = (b << 3) | axis;
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
        if (change > 0) this.#hasGrown = true;
        if (g < this.#hardCount) this.#hardChanged = true;
        total[g]! += change;
        weighed[0]! += change * weight[g]!;
        outside[of] = now;
        if (isDirty[of] === 1) continue;
        isDirty[of] = 1;
        this.#dirty[this.#dirtyCount++] = of;
      }
    }
  }

  /**
   * Carries a proposal out that can only make things better, as a step of its own; false when that cannot be told so easily.
   * The amounts of its brokers are measured when somebody asks. O(RF).
   */
  takeBetter(p: number): boolean {
    const model = this.model;
    if (!this.#rows.areSoft || mayWorsen(model, this.#sums, this.#band, p)) return false;
    if (this.#rows.watch(p) && !this.#addBetter(p)) return false;
    addProposal(model, this.#sums, p, 1);
    const { home, broker, replicaStart } = model;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      this.#staleNow(home[r]!);
      this.#staleNow(broker[r]!);
    }
    return true;
  }

  /** Carries a proposal out as far as rows go, unless that makes something worse. */
  #addBetter(p: number): boolean {
    this.#rows.add(p, 1);
    if (this.#rows.haveGrown()) {
      this.#rows.add(p, -1);
      return false;
    }
    this.#rows.settle();
    this.#least = Math.min(this.#least, this.#all());
    return true;
  }

  /** What is within all limits stays there: of such a broker there is nothing to measure. */
  #staleNow(b: number): void {
    if (this.#isStale[b] === 1 || !this.#hasOut(b)) return;
    if (this.#isStale[b] === 0) this.#stale[this.#staleCount++] = b;
    this.#isStale[b] = 1;
  }

  #hasOut(b: number): boolean {
    const words = this.#outWords;
    return (words[b << 1]! | words[(b << 1) | 1]!) !== 0;
  }

  /** Of the brokers as they are now, B x 8 as in the model; not to be changed. */
  get sums(): Float64Array {
    return this.#sums;
  }

  /** See `limits.ts`. */
  get band(): Float64Array {
    return this.#band;
  }

  /** What is limited by topic, log dir or window. */
  get rows(): WayRows {
    return this.#rows;
  }

  /** Whether a proposal certainly cannot be a step of its own. O(RF). */
  isBlocked(p: number): boolean {
    return mayWorsen(this.model, this.#sums, this.#walls, p);
  }

  /** Measures the brokers of a proposal that is to be tried, as far as {@link takeBetter} left that. O(RF x G). */
  measureFor(p: number): void {
    const { home, broker, replicaStart } = this.model;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      this.#measureStale(home[r]!);
      this.#measureStale(broker[r]!);
    }
  }

  /** The same of all brokers. O(B x G). */
  measureAll(): void {
    while (this.#staleCount > 0) {
      const b = this.#stale[--this.#staleCount]!;
      this.#measureStale(b);
      this.#isStale[b] = 0;
    }
  }

  /** What a broker has come nearer to its limits since it was measured lowers all that is outside, and its least with it. */
  #measureStale(b: number): void {
    if (this.#isStale[b] !== 1) return;
    this.#isStale[b] = 2;
    const before = this.#weighed[0]!;
    const [hasGrown, hardChanged] = [this.#hasGrown, this.#hardChanged];
    const first = this.#dirtyCount;
    this.#measure(b, ALL_AXES);
    this.#hasGrown = hasGrown;
    this.#hardChanged = hardChanged;
    this.#least += this.#weighed[0]! - before;
    // None of them was changed by the step at hand: a broker is measured before that.
    this.#settleFrom(first);
    this.#keepMet();
  }

  /** Carries a proposal out, or takes it back with `sign` -1. O(RF x G). */
  change(p: number, sign: number): void {
    const model = this.model;
    addProposal(model, this.#sums, p, sign);
    this.#rows.add(p, sign);
    const { home, broker, homeLeader, leader, replicaStart } = model;
    const led = homeLeader[p]!;
    const leads = leader[p]!;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      const from = home[r]!;
      const to = broker[r]!;
      if (from !== to) {
        const axes = r === led || r === leads ? ALL_AXES : FOLLOWER_AXES;
        this.#touch(from, axes);
        this.#touch(to, axes);
      } else if ((r === led) !== (r === leads)) this.#touch(to, LEADER_AXES);
    }
  }

  /**
   * Tries a proposal and takes it back: how far the step would be from its end with it, as {@link excess} has it. O(RF x G).
   */
  excessWith(p: number): number {
    const count = this.#touchedCount;
    this.change(p, 1);
    const excess = this.excess();
    this.change(p, -1);
    while (this.#touchedCount > count) this.#isTouched[this.#touched[--this.#touchedCount]!] = 0;
    return excess;
  }

  #touch(b: number, axes: Int32Array): void {
    this.#measure(b, axes);
    if (this.#isTouched[b] === 1) return;
    this.#isTouched[b] = 1;
    this.#touched[this.#touchedCount++] = b;
  }

  /** All that is outside, each goal in parts of the whole that it is about; hard cells are watched one by one. */
  #all(): number {
    return this.#weighed[0]! + this.#rows.all();
  }

  /**
   * How much worse it is than a step may leave it, in parts of the whole; 0 = it may end here: hard limits no worse
   * on any broker than after the last step, no goal farther from being met than at home or not met any more, all
   * together no worse than ever before.
   */
  excess(): number {
    // Nearly all proposals of a plan only make things better.
    if (!this.#hasGrown && !this.#rows.haveGrown()) return 0;
    const more = this.#all() - this.#least;
    const excess = (more > SUM_SLACK ? more : 0) + this.#rows.excess() + this.#harm();
    // What is stale counts for too much: whether a goal is worse, or was met before this step, may only be known without.
    if (this.#staleCount > 0) {
      if (excess > 0) return excess;
      if (this.#totals.worse() > 0 || this.#mayLose()) this.measureAll();
    }
    return excess + this.#totals.worse();
  }

  /**
   * Whether a goal may have been met before the step at hand, for all that is known of the brokers that it has changed, and
   * is not any more.
   */
  #mayLose(): boolean {
    const count = this.#goalCount;
    for (let i = 0; i < this.#dirtyCount; i++) {
      const of = this.#dirty[i]!;
      if (this.#outside[of]! <= this.#settled[of]!) continue;
      const g = of % count;
      if (!this.#totals.isKept(g) && !this.#wasOut(g)) return true;
    }
    return false;
  }

  /** Whether a broker of the step at hand was outside before it. */
  #wasOut(g: number): boolean {
    const slack = this.#slack[g]!;
    for (let i = 0; i < this.#touchedCount; i++) {
      if (this.#settled[this.#touched[i]! * this.#goalCount + g]! > slack) return true;
    }
    return false;
  }

  /** The same of hard limits, broker by broker. */
  #harm(): number {
    const count = this.#goalCount;
    let harm = 0;
    for (let i = 0; i < this.#touchedCount && this.#hardChanged; i++) {
      const first = this.#touched[i]! * count;
      for (let g = 0; g < this.#hardCount; g++) {
        if (this.#outside[first + g] === 0) continue;
        const worse = this.#outside[first + g]! - this.#settled[first + g]!;
        if (worse > this.#slack[g]!) harm += HARM + worse * this.#weight[g]!;
      }
    }
    return harm;
  }

  /**
   * Finds the sum that keeps the step from its end most: of a broker that is farther outside than after the last step.
   * False when it is none, but an amount by topic, log dir or window. O(touched x G).
   */
  findNeed(into: Need): boolean {
    const count = this.#goalCount;
    const isMore = this.#all() - this.#least > SUM_SLACK;
    let most = 0;
    for (let i = 0; i < this.#touchedCount; i++) {
      const b = this.#touched[i]!;
      for (let g = 0; g < count; g++) {
        const of = b * count + g;
        const worse = this.#outside[of]! - this.#settled[of]!;
        if (worse <= this.#slack[g]!) continue;
        const isHard = g < this.#hardCount;
        if (!isHard && !isMore && !this.#totals.isWorse(g)) continue;
        const weighed = worse * this.#weight[g]! + (isHard ? HARM : 0);
        if (weighed <= most) continue;
        most = weighed;
        into.broker = b;
        into.axis = this.#axisOf[g]!;
        into.sign = this.#sums[(b << 3) | into.axis]! > this.#limits[of << 1]! ? -1 : 1;
      }
    }
    return most > 0;
  }

  /** The step ends here: from now on nothing may be worse than this. */
  settle(): void {
    this.#least = Math.min(this.#least, this.#all());
    this.#settleFrom(0);
    this.#keepMet();
    this.#rows.settle();
    this.forget();
  }

  /** Settles what changed, from there on in the list of that. */
  #settleFrom(first: number): void {
    const count = this.#goalCount;
    for (let i = first; i < this.#dirtyCount; i++) {
      const of = this.#dirty[i]!;
      const now = this.#outside[of]!;
      this.#totals.settle(of % count, now - this.#settled[of]!);
      this.#settled[of] = now;
      this.#isDirty[of] = 0;
    }
    this.#dirtyCount = first;
  }

  #keepMet(): void {
    if (this.#totals.keepMet()) this.#walls = this.#wallsNow();
  }

  #wallsNow(): Float64Array {
    const { limits, most } = this.#totals;
    const { brokerCount } = this.model;
    return bandOf(limits, brokerCount, (g) => g < limits.hardCount || most[g] === 0);
  }

  /** All that was changed since the last step has been taken back. */
  forget(): void {
    for (let i = 0; i < this.#touchedCount; i++) this.#isTouched[this.#touched[i]!] = 0;
    this.#touchedCount = 0;
    this.#hasGrown = false;
    this.#hardChanged = false;
    // What was taken back may differ by rounding. Left for the next step to settle, what is measured before that would wait for it as well, and a
    // goal that was met would count as out.
    this.#settleFrom(0);
    this.#rows.forget();
  }

  /** Brokers that changed since the last step; not to be kept. */
  touched(): Int32Array {
    return this.#touched.subarray(0, this.#touchedCount);
  }
}
