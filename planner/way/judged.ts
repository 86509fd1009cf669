/**
 * How goals stand on the way from home to the plan, proposal by proposal. What is outside the widened limits
 * (`limits.ts`) at home is exactly what the plan mends.
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
import { Amounts, type Touched } from "./amounts.ts";
import { bandOf, type WayLimits, wayLimits } from "./limits.ts";
import { HARM, WayRows } from "./rows.ts";
import { addProposal } from "./sums.ts";
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
  /** Of the brokers as they are now, B x 8 as in the model; not to be changed. */
  readonly sums: Float64Array;
  /** What is limited by topic, log dir or window. */
  readonly rows: WayRows;
  readonly #amounts: Amounts;
  /** What no proposal may pass by itself: limits of hard goals, and of those that are met. */
  #walls: Float64Array;
  /** Those whose sums changed since the last step. */
  readonly #touched: Touched;
  readonly #isTouched: Uint8Array;
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
    this.model = model;
    this.sums = atHome;
    this.#amounts = new Amounts(wayLimits(search), atHome);
    this.#touched = { brokers: new Int32Array(model.brokerCount), count: 0 };
    this.#isTouched = new Uint8Array(model.brokerCount);
    this.#isStale = new Uint8Array(model.brokerCount);
    this.#stale = new Int32Array(model.brokerCount);
    for (let b = 0; b < model.brokerCount; b++) this.#amounts.measure(b, ALL_AXES);
    this.#amounts.begin();
    this.#walls = this.#wallsNow();
    this.rows = new WayRows(search);
  }

  /**
   * Goes home; needed once, before anything else. Where the plan changes nothing, nothing is outside the widened
   * limits, so that going home tells all that is.
   *
   * @param changed partitions with a proposal
   */
  *begin(changed: Int32Array): Generator<void, void, void> {
    yield* this.rows.begin(changed);
    this.#least = this.#all();
    this.forget();
  }

  /**
   * Carries out what makes nothing worse in whatever order, and changes nothing by rows. What it changes of goals is measured at once: some
   * brokers may be farther outside by it, where others are nearer. O(B x G).
   *
   * @param net what all of that changes the sums by
   * @param mayBeOut by broker: 0 = it is within all limits all the time
   */
  advance(net: Float64Array, mayBeOut: Uint8Array): void {
    const sums = this.sums;
    for (let i = 0; i < sums.length; i++) sums[i]! += net[i]!;
    for (let b = 0; b < this.model.brokerCount; b++) {
      if (mayBeOut[b] === 0) {
        this.#staleNow(b);
        continue;
      }
      this.#least += this.#amounts.catchUp(b, ALL_AXES);
      if (this.#isStale[b] === 1) this.#isStale[b] = 2;
    }
    this.#keepMet();
  }

  /** By goal: how much farther from being met it may be than it is, at least: what is not measured yet counts for too much. O(G). */
  room(): Float64Array {
    const { now, most } = this.#amounts.totals;
    return now.map((amount, g) => most[g]! - amount);
  }

  /**
   * Carries a proposal out that can only make things better, as a step of its own; false when that cannot be told so easily.
   * The amounts of its brokers are measured when somebody asks. O(RF).
   */
  takeBetter(p: number): boolean {
    const model = this.model;
    if (mayWorsen(model, this.sums, this.limits.band, p)) return false;
    if (this.rows.concern(p) && !this.#addBetter(p)) return false;
    addProposal(model, this.sums, p, 1);
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
    this.rows.add(p, 1);
    if (this.rows.areWorse()) {
      this.rows.add(p, -1);
      this.rows.forget();
      return false;
    }
    this.rows.settle();
    this.rows.forget();
    this.#least = Math.min(this.#least, this.#all());
    return true;
  }

  /** What is within all limits stays there: of such a broker there is nothing to measure. */
  #staleNow(b: number): void {
    if (this.#isStale[b] === 1 || !this.#amounts.hasOut(b)) return;
    if (this.#isStale[b] === 0) this.#stale[this.#staleCount++] = b;
    this.#isStale[b] = 1;
  }

  /** See `limits.ts`. */
  get limits(): WayLimits {
    return this.#amounts.limits;
  }

  /** Whether a proposal certainly cannot be a step of its own. O(RF). */
  isBlocked(p: number): boolean {
    return mayWorsen(this.model, this.sums, this.#walls, p);
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
    // The step at hand has not changed it: a broker is measured before that.
    this.#least += this.#amounts.catchUp(b, ALL_AXES);
    this.#keepMet();
  }

  /** Carries a proposal out, or takes it back with `sign` -1. O(RF x G). */
  change(p: number, sign: number): void {
    const model = this.model;
    addProposal(model, this.sums, p, sign);
    this.rows.add(p, sign);
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

  /** The same of several that make one step, before which nothing was changed: what several of them touch is measured once. */
  changeAll(step: Int32Array, sign: number): void {
    const { model, sums } = this;
    for (let i = 0; i < step.length; i++) {
      const p = step[i]!;
      addProposal(model, sums, p, sign);
      this.rows.add(p, sign);
      this.#noteAll(p);
    }
    const { brokers, count } = this.#touched;
    for (let i = 0; i < count; i++) this.#amounts.measure(brokers[i]!, ALL_AXES);
  }

  /** Notes the brokers that a proposal changes. */
  #noteAll(p: number): void {
    const { home, broker, homeLeader, leader, replicaStart } = this.model;
    const led = homeLeader[p]!;
    const leads = leader[p]!;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      if (home[r] === broker[r] && (r === led) === (r === leads)) continue;
      this.#note(home[r]!);
      this.#note(broker[r]!);
    }
  }

  /**
   * Tries a proposal and takes it back: how far the step would be from its end with it, as {@link excess} has it. O(RF x G).
   */
  excessWith(p: number): number {
    const touched = this.#touched;
    const { count } = touched;
    this.change(p, 1);
    const excess = this.excess();
    this.change(p, -1);
    while (touched.count > count) this.#isTouched[touched.brokers[--touched.count]!] = 0;
    return excess;
  }

  #touch(b: number, axes: Int32Array): void {
    this.#amounts.measure(b, axes);
    this.#note(b);
  }

  /** Once. */
  #note(b: number): void {
    if (this.#isTouched[b] === 1) return;
    this.#isTouched[b] = 1;
    this.#touched.brokers[this.#touched.count++] = b;
  }

  /** All that is outside, each goal in parts of the whole that it is about; hard cells are watched one by one. */
  #all(): number {
    return this.#amounts.weighed + this.rows.all();
  }

  /**
   * How much worse it is than a step may leave it, in parts of the whole; 0 = it may end here: hard limits no worse
   * on any broker than after the last step, no goal farther from being met than at home or not met any more, all
   * together no worse than ever before.
   */
  excess(): number {
    // Nearly all proposals of a plan only make things better.
    const amounts = this.#amounts;
    if (!amounts.hasGrown && !this.rows.haveGrown()) return 0;
    const more = this.#all() - this.#least;
    const excess = (more > SUM_SLACK ? more : 0) + this.rows.excess() + amounts.harm(this.#touched);
    // What is stale counts for too much: whether a goal is worse, or was met before this step, may only be known without.
    if (this.#staleCount > 0) {
      if (excess > 0) return excess;
      if (amounts.totals.worse() > 0 || amounts.mayLose(this.#touched)) this.measureAll();
    }
    return excess + amounts.totals.worse();
  }

  /**
   * Finds the sum that keeps the step from its end most: of a broker that is farther outside than after the last step.
   * False when it is none, but an amount by topic, log dir or window. O(touched x G).
   */
  findNeed(into: Need): boolean {
    const { limits, outside, settled, totals } = this.#amounts;
    const isMore = this.#all() - this.#least > SUM_SLACK;
    let most = 0;
    for (let i = 0; i < this.#touched.count; i++) {
      const b = this.#touched.brokers[i]!;
      for (let g = 0; g < limits.goalCount; g++) {
        const of = b * limits.goalCount + g;
        const worse = outside[of]! - settled[of]!;
        if (worse <= limits.slack[g]!) continue;
        const isHard = g < limits.hardCount;
        if (!isHard && !isMore && !totals.isWorse(g)) continue;
        const weighed = worse * limits.weight[g]! + (isHard ? HARM : 0);
        if (weighed <= most) continue;
        most = weighed;
        into.broker = b;
        into.axis = limits.axisOf[g]!;
        into.sign = this.sums[(b << 3) | into.axis]! > limits.limits[of << 1]! ? -1 : 1;
      }
    }
    return most > 0;
  }

  /** The step ends here: from now on nothing may be worse than this. */
  settle(): void {
    this.#least = Math.min(this.#least, this.#all());
    this.#amounts.settle();
    this.#keepMet();
    this.rows.settle();
    this.forget();
  }

  #keepMet(): void {
    if (this.#amounts.totals.keepMet()) this.#walls = this.#wallsNow();
  }

  #wallsNow(): Float64Array {
    const { limits, most } = this.#amounts.totals;
    const { brokerCount } = this.model;
    return bandOf(limits, brokerCount, (g) => g < limits.hardCount || most[g] === 0);
  }

  /** All that was changed since the last step has been taken back. */
  forget(): void {
    const touched = this.#touched;
    for (let i = 0; i < touched.count; i++) this.#isTouched[touched.brokers[i]!] = 0;
    touched.count = 0;
    this.#amounts.forget();
    this.rows.forget();
  }

  /** Brokers that changed since the last step; not to be kept. */
  touched(): Int32Array {
    return this.#touched.brokers.subarray(0, this.#touched.count);
  }
}
