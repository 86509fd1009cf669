/**
 * How goals stand on the way from home to the plan, proposal by proposal.
 *
 * Limits are those of the goals, widened where the finished plan itself is outside: what the plan leaves undone is no
 * reason to hold back what it does. So nothing is outside at the end, and what is outside before is exactly what the
 * plan mends.
 *
 * ```
 * array    type           length   index          value
 * sums     Float64Array   B x 8    broker, axis   as in the model
 * limits   Float64Array   B x 2 G  broker, goal   upper, lower; G = goals with limits on an axis
 * outside  Float64Array   B x G    broker, goal   amount outside the limits
 * settled  Float64Array   B x G    broker, goal   the same after the last step
 * total    Float64Array   G        goal           outside, summed over brokers
 * start    Float64Array   G        goal           the same at home
 * weight   Float64Array   G        goal           1 / sum of the axis over all brokers
 * slack    Float64Array   G        goal           amounts that differ by less are the same: rounding
 * goalsOf  Int32Array[]   8        axis           goals with limits on it
 * band     Float64Array   B x 16   broker, axis   lower, upper: where no goal's limit on the axis is passed
 * isOut    Uint8Array     B x 8    broker, axis   1 = outside for some goal
 * ```
 *
 * @module
 */
import {
  ALIVE,
  AXIS_COUNT,
  AXIS_CPU,
  AXIS_LEADER_IN,
  AXIS_LEADERS,
  AXIS_NW_OUT,
  type ClusterModel,
} from "../../model/cluster_model.ts";
import type { PreparedGoal } from "../../goals/goal.ts";
import type { Search } from "../search/state.ts";
import { type CellRow, cellRows } from "./cells_of.ts";
import { addProposal } from "./sums.ts";
import { mayWorsen } from "./worsening.ts";

/** Amounts that differ by less than this part of the whole are the same. */
const ROUNDING = 1e-10;

/** What is worse by less, in parts of the whole, is rounding. */
const SUM_SLACK = 1e-9;

/** Proposals taken home between two yields. */
const HOME_CHUNK = 10_000;

/** Axes that a replica changes with whatever it leads, those that followers change, and those that leading alone changes. */
const ALL_AXES = Int32Array.from({ length: AXIS_COUNT }, (_, axis) => axis);
const FOLLOWER_AXES = ALL_AXES.subarray(0, AXIS_LEADERS);
const LEADER_AXES = Int32Array.of(AXIS_CPU, AXIS_NW_OUT, AXIS_LEADERS, AXIS_LEADER_IN);

/** A hard limit that is passed weighs so much more than anything soft, in parts of the whole. */
const HARM = 1;

/** A state between home and plan. Changes are tried, then settled as one step or taken back. */
export class JudgedWay {
  readonly #model: ClusterModel;
  readonly #sums: Float64Array;
  readonly #goalCount: number;
  /** Hard goals come first. */
  readonly #hardCount: number;
  readonly #limits: Float64Array;
  readonly #outside: Float64Array;
  readonly #settled: Float64Array;
  readonly #total: Float64Array;
  readonly #start: Float64Array;
  readonly #weight: Float64Array;
  readonly #slack: Float64Array;
  readonly #goalsOf: readonly Int32Array[];
  readonly #band: Float64Array;
  readonly #isOut: Uint8Array;
  readonly #rows: readonly CellRow[];
  /** What rows had outside at home, and after the last step. */
  readonly #rowStart: Float64Array;
  readonly #rowSettled: Float64Array;
  /** Brokers whose sums changed since the last step, each once. */
  readonly #touched: Int32Array;
  readonly #isTouched: Uint8Array;
  #touchedCount = 0;
  /** Whether any amount on an axis grew outside its limits since the last step, and whether any that is hard changed. */
  #hasGrown = false;
  #hardChanged = false;
  /** Amounts outside of all goals on axes, times their weights; an array, as a member would be a new number each time. */
  readonly #weighed = new Float64Array(1);
  /** Whether all rows are about sums over cells, not about each. */
  readonly #rowsAreSoft: boolean;
  /** By broker: 1 = its sums may have changed since its amounts were measured; what is outside can only be less by now. */
  readonly #isStale: Uint8Array;
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
    const limited = search.goals.filter((goal) => goal.axisLimits !== undefined);
    const goals = limited.toSorted((a, b) => Number(b.hard) - Number(a.hard));
    const size = model.brokerCount * goals.length;
    this.#model = model;
    this.#sums = atHome;
    this.#goalCount = goals.length;
    this.#hardCount = goals.filter((goal) => goal.hard).length;
    this.#limits = new Float64Array(2 * size);
    this.#outside = new Float64Array(size);
    this.#total = new Float64Array(goals.length);
    this.#weight = new Float64Array(goals.length);
    this.#slack = new Float64Array(goals.length);
    this.#touched = new Int32Array(model.brokerCount);
    this.#isTouched = new Uint8Array(model.brokerCount);
    this.#isStale = new Uint8Array(model.brokerCount);
    this.#goalsOf = Array.from(
      { length: AXIS_COUNT },
      (_, axis) => Int32Array.from(goals.keys()).filter((g) => goals[g]!.axisLimits!.axis === axis),
    );
    this.#band = new Float64Array(2 * model.brokerCount * AXIS_COUNT);
    this.#isOut = new Uint8Array(model.brokerCount * AXIS_COUNT).fill(1);
    for (let at = 0; at < this.#isOut.length; at++) {
      this.#band[2 * at] = -Infinity;
      this.#band[2 * at + 1] = Infinity;
    }
    for (const [g, goal] of goals.entries()) this.#setLimits(g, goal);
    for (let b = 0; b < model.brokerCount; b++) this.#measure(b, ALL_AXES);
    this.#settled = this.#outside.slice();
    this.#start = this.#total.slice();
    this.#rows = cellRows(search);
    this.#rowsAreSoft = this.#rows.every(({ cells }) => !cells.isHard);
    this.#rowStart = new Float64Array(this.#rows.length);
    this.#rowSettled = new Float64Array(this.#rows.length);
  }

  /**
   * Goes home; needed once, before anything else. Where the plan changes nothing, nothing is outside the widened
   * limits, so that going home tells all that is.
   *
   * @param changed partitions with a proposal
   */
  *begin(changed: Int32Array): Generator<void, void, void> {
    for (const [i, row] of this.#rows.entries()) {
      for (let k = 0; k < changed.length; k++) {
        row.add(changed[k]!, -1);
        if (k % HOME_CHUNK === HOME_CHUNK - 1) yield;
      }
      row.cells.settle();
      this.#rowStart[i] = row.cells.total;
      this.#rowSettled[i] = row.cells.total;
      yield;
    }
    this.#least = this.#all();
    this.forget();
  }

  /** Dead brokers have no limits. */
  #setLimits(g: number, goal: PreparedGoal): void {
    const { axis, upper, lower } = goal.axisLimits!;
    const { brokerCount, flags, sums } = this.#model;
    let whole = 0;
    for (let b = 0; b < brokerCount; b++) whole += Math.abs(sums[b * AXIS_COUNT + axis]!);
    const slack = ROUNDING * whole;
    this.#weight[g] = whole > 0 ? 1 / whole : 0;
    this.#slack[g] = slack;
    const band = this.#band;
    for (let b = 0; b < brokerCount; b++) {
      const at = 2 * (b * this.#goalCount + g);
      const end = sums[b * AXIS_COUNT + axis]!;
      const isAlive = (flags[b]! & ALIVE) !== 0;
      const high = isAlive ? Math.max(upper[b]!, end + slack) : Infinity;
      const low = isAlive ? Math.min(lower[b]!, end - slack) : -Infinity;
      this.#limits[at] = high;
      this.#limits[at + 1] = low;
      const of = 2 * (b * AXIS_COUNT + axis);
      band[of] = Math.max(band[of]!, low);
      band[of + 1] = Math.min(band[of + 1]!, high);
    }
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
    const total = this.#total;
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
      }
    }
  }

  /**
   * Carries a proposal out that can only make things better, as a step of its own; false when that cannot be told so easily.
   * The amounts of its brokers are measured when somebody asks. O(RF).
   */
  takeBetter(p: number): boolean {
    const model = this.#model;
    if (!this.#rowsAreSoft || mayWorsen(model, this.#sums, this.#band, p)) return false;
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i]!.add(p, 1);
    if (this.#haveRowsGrown()) {
      for (let i = 0; i < this.#rows.length; i++) this.#rows[i]!.add(p, -1);
      return false;
    }
    addProposal(model, this.#sums, p, 1);
    for (let i = 0; i < this.#rows.length; i++) this.#rowSettled[i] = this.#rows[i]!.cells.total;
    this.#least = Math.min(this.#least, this.#all());
    const { home, broker, replicaStart } = model;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      this.#isStale[home[r]!] = 1;
      this.#isStale[broker[r]!] = 1;
    }
    return true;
  }

  /** Measures the brokers of a proposal that is to be tried, as far as {@link takeBetter} left that. O(RF x G). */
  measureFor(p: number): void {
    const { home, broker, replicaStart } = this.#model;
    const end = replicaStart[p + 1]!;
    for (let r = replicaStart[p]!; r < end; r++) {
      this.#measureStale(home[r]!);
      this.#measureStale(broker[r]!);
    }
  }

  /** The same of all brokers. O(B x G). */
  measureAll(): void {
    for (let b = 0; b < this.#isStale.length; b++) this.#measureStale(b);
  }

  /** What a broker has come nearer to its limits since it was measured lowers all that is outside, and its least with it. */
  #measureStale(b: number): void {
    if (this.#isStale[b] === 0) return;
    this.#isStale[b] = 0;
    const before = this.#weighed[0]!;
    const [hasGrown, hardChanged] = [this.#hasGrown, this.#hardChanged];
    this.#measure(b, ALL_AXES);
    this.#hasGrown = hasGrown;
    this.#hardChanged = hardChanged;
    this.#least += this.#weighed[0]! - before;
    this.#settleHard(b);
  }

  /** Carries a proposal out, or takes it back with `sign` -1. O(RF x G). */
  change(p: number, sign: number): void {
    const model = this.#model;
    addProposal(model, this.#sums, p, sign);
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i]!.add(p, sign);
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

  #touch(b: number, axes: Int32Array): void {
    this.#measure(b, axes);
    if (this.#isTouched[b] === 1) return;
    this.#isTouched[b] = 1;
    this.#touched[this.#touchedCount++] = b;
  }

  /** All that is outside, each goal in parts of the whole that it is about; hard cells are watched one by one. */
  #all(): number {
    let all = this.#weighed[0]!;
    for (let i = 0; i < this.#rows.length; i++) {
      const { cells, weight } = this.#rows[i]!;
      if (!cells.isHard) all += cells.total * weight;
    }
    return all;
  }

  /**
   * How much worse it is than a step may leave it, in parts of the whole; 0 = it may end here: hard limits no worse
   * on any broker than after the last step, no goal farther from being met than at home, all together no worse than
   * ever before.
   */
  excess(): number {
    // Nearly all proposals of a plan only make things better.
    if (!this.#hasGrown && !this.#haveRowsGrown()) return 0;
    // What is stale can only be too much.
    if (this.#worseGoals() > 0) this.measureAll();
    const more = this.#all() - this.#least;
    let excess = more > SUM_SLACK ? more : 0;
    excess += this.#worseGoals();
    for (let i = 0; i < this.#rows.length; i++) {
      const { cells, weight } = this.#rows[i]!;
      const worse = cells.isHard ? cells.worse() : cells.total - this.#rowStart[i]!;
      if (worse > 0) excess += cells.isHard ? HARM + worse * weight : worse * weight;
    }
    return excess + this.#harm();
  }

  /** How much farther goals are from being met than at home, in parts of the whole. */
  #worseGoals(): number {
    const total = this.#total;
    const start = this.#start;
    const slack = this.#slack;
    let sum = 0;
    for (let g = 0; g < total.length; g++) {
      const worse = total[g]! - start[g]!;
      if (worse > slack[g]!) sum += worse * this.#weight[g]!;
    }
    return sum;
  }

  #haveRowsGrown(): boolean {
    for (let i = 0; i < this.#rows.length; i++) {
      const { cells } = this.#rows[i]!;
      if (cells.isHard || cells.total > this.#rowSettled[i]!) return true;
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

  /** The step ends here: from now on nothing may be worse than this. */
  settle(): void {
    this.#least = Math.min(this.#least, this.#all());
    for (let i = 0; i < this.#touchedCount && this.#hardChanged; i++) {
      this.#settleHard(this.#touched[i]!);
    }
    for (let i = 0; i < this.#rows.length; i++) this.#rowSettled[i] = this.#rows[i]!.cells.total;
    this.forget();
  }

  #settleHard(b: number): void {
    const first = b * this.#goalCount;
    for (let g = first; g < first + this.#hardCount; g++) this.#settled[g] = this.#outside[g]!;
  }

  /** All that was changed since the last step has been taken back. */
  forget(): void {
    for (let i = 0; i < this.#touchedCount; i++) this.#isTouched[this.#touched[i]!] = 0;
    this.#touchedCount = 0;
    this.#hasGrown = false;
    this.#hardChanged = false;
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i]!.cells.settle();
  }

  /** Brokers that changed since the last step. */
  touched(): Int32Array {
    return this.#touched.slice(0, this.#touchedCount);
  }
}
