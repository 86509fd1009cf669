/**
 * Joins proposals that only fit together to steps, as small as they are found: a step begins with the one that waits
 * longest; then comes, again and again, the one that leaves least of what is worse, of some that make good the worst of it.
 * A step that grows too large is given up, and its first proposal waits for another.
 *
 * @module
 */
import type { JudgedWay, Need } from "./judged.ts";
import { Waiting } from "./waiting.ts";

/** Most proposals of a step, and how many times as many once hardly any step is found. */
const STEP_MAX = 32;
const STEP_GROWTH = 8;

/** What must be taken at least, in parts of what waits, before steps may become larger. */
const PROGRESS = 0.1;

/** Proposals tried for what a sum needs, and around a broker and in all where no sum needs anything. */
const TRIES = 12;
const AROUND_BROKER = 24;
const AROUND_MAX = 128;

/** Proposals tried between two yields. */
const CHUNK = 1000;

/** An order that is made. */
export interface Ordering {
  readonly way: JudgedWay;
  /** Partitions in the order to carry them out. */
  readonly order: Int32Array;
  /** By place in the order: 1 = belongs to the same step as the one before. */
  readonly joined: Uint8Array;
  /** Places that are filled. */
  done: number;
  /** Tries left; then what waits is joined as it comes. */
  tries: number;
}

/** See the file's head. */
export class Joining {
  readonly #ordering: Ordering;
  readonly #pool: Waiting;
  /** In the order in which they came. */
  #waiting: Int32Array;
  #at = 0;
  /** How many waited when the round began. */
  #before: number;
  #most = STEP_MAX;
  /** The step at hand. */
  readonly #step: Int32Array;
  #size = 0;
  readonly #need: Need = { broker: 0, axis: 0, sign: 0 };
  readonly #found = new Int32Array(AROUND_MAX);

  readonly #mayLeave: boolean;

  /**
   * `proposals`: partitions, none of whose proposals can be a step of its own any more. `mayLeave`: whether more come after them; then those
   * that make no step among themselves are left, else the last step ends with all of them.
   */
  constructor(ordering: Ordering, proposals: Int32Array, mayLeave: boolean) {
    this.#ordering = ordering;
    this.#mayLeave = mayLeave;
    this.#pool = new Waiting(ordering.way.model, proposals);
    this.#waiting = proposals;
    this.#before = proposals.length;
    this.#step = new Int32Array(proposals.length);
    ordering.way.measureAll();
  }

  /** Does some of the work; false when nothing is left to do. */
  advance(): boolean {
    const { tries } = this.#ordering;
    while (this.#pool.size > 0 && tries - this.#ordering.tries < CHUNK) {
      if (this.#size === 0) this.#add(this.#next());
      else if (this.#size === this.#pool.size) return this.#leave();
      else if (this.#size < this.#most) this.#add(this.#mostHelpful());
      else this.#giveUp();
    }
    return this.#pool.size > 0;
  }

  /** What made no step, in the order in which it came. */
  left(): Int32Array {
    return this.#waiting.filter((p) => this.#pool.has(p));
  }

  #leave(): false {
    this.#giveUp();
    return false;
  }

  #add(p: number): void {
    const { way } = this.#ordering;
    this.#ordering.tries--;
    way.change(p, 1);
    this.#pool.hold(p);
    this.#step[this.#size++] = p;
    // At the end of the plan nothing is outside, so that the last step ends there at the latest.
    const isLast = this.#size === this.#pool.size && !this.#mayLeave;
    if (isLast || way.excess() === 0) this.#end();
  }

  #end(): void {
    const { order, joined } = this.#ordering;
    for (let i = 0; i < this.#size; i++) {
      this.#pool.remove(this.#step[i]!);
      joined[this.#ordering.done] = i === 0 ? 0 : 1;
      order[this.#ordering.done++] = this.#step[i]!;
    }
    this.#size = 0;
    this.#ordering.way.settle();
  }

  #giveUp(): void {
    const { way } = this.#ordering;
    while (this.#size > 0) {
      const p = this.#step[--this.#size]!;
      way.change(p, -1);
      this.#pool.letGo(p);
    }
    way.forget();
  }

  /** The one that waits longest of this round; there must be one. */
  #next(): number {
    for (;;) {
      while (this.#at < this.#waiting.length) {
        const p = this.#waiting[this.#at++]!;
        if (this.#pool.has(p)) return p;
      }
      this.#waiting = this.#waiting.filter((p) => this.#pool.has(p));
      if (this.#waiting.length > this.#before * (1 - PROGRESS)) this.#most *= STEP_GROWTH;
      if (this.#ordering.tries <= 0) this.#most = Infinity;
      this.#before = this.#waiting.length;
      this.#at = 0;
    }
  }

  #mostHelpful(): number {
    const { way } = this.#ordering;
    const found = this.#found;
    const isAsked = way.findNeed(this.#need);
    let count = isAsked ? this.#pool.find(this.#need, found, TRIES) : 0;
    if (count === 0) count = this.#findAround();
    // What is blocked by itself may be needed all the same, but seldom is.
    return this.#bestOf(count, true) ?? this.#bestOf(count, false) ?? this.#first();
  }

  #findAround(): number {
    const brokers = this.#ordering.way.touched();
    const found = this.#found;
    let count = 0;
    for (let i = 0; i < brokers.length && count < AROUND_MAX; i++) {
      const most = Math.min(AROUND_BROKER, AROUND_MAX - count);
      count += this.#pool.findAround(brokers[i]!, found.subarray(count), most);
    }
    return count;
  }

  /** That of those found with which least is worse; the first once all tries are used up. */
  #bestOf(count: number, isFree: boolean): number | undefined {
    const { way } = this.#ordering;
    let best: number | undefined;
    let least = Infinity;
    for (let i = 0; i < count && least > 0; i++) {
      const p = this.#found[i]!;
      if (this.#ordering.tries <= 0) return p;
      if (isFree && way.isBlocked(p)) continue;
      this.#ordering.tries--;
      const excess = way.excessWith(p);
      if (excess >= least) continue;
      least = excess;
      best = p;
    }
    return best;
  }

  /** Any that waits and is not in the step. */
  #first(): number {
    return this.#waiting.find((p) => this.#pool.has(p))!;
  }
}
