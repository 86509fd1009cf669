/**
 * What is limited by topic, log dir or window, on the way from home to the plan; see `cells_of.ts`.
 *
 * @module
 */
import type { TopicLimits } from "../../goals/goal.ts";
import type { Search } from "../search/state.ts";
import { type CellRow, cellRows } from "./cells_of.ts";
import { type TopicRow, topicRow, type TopicWays } from "./topic_row.ts";

/** Proposals taken home between two yields. */
const HOME_CHUNK = 10_000;

/** A hard limit that is passed weighs so much more than anything soft, in parts of the whole. */
export const HARM = 1;

/** All rows of a plan. */
export class WayRows {
  readonly #rows: readonly CellRow[];
  /** Those of which each cell has to keep its limits. */
  readonly #hard: readonly CellRow[];
  readonly #topics: TopicRow | undefined;
  /** What rows had outside at home, and after the last step. */
  readonly #start: Float64Array;
  readonly #settled: Float64Array;
  #isRecalled = false;
  /** By partition: 1 = its proposal changes what has to keep its limits by itself; undefined where nothing has to, or nobody has looked yet. */
  #held: Uint8Array | undefined;
  readonly #partitionCount: number;

  /** `search`: its model in the state of the finished plan. */
  constructor(search: Search) {
    const others = cellRows(search);
    this.#topics = topicRow(search);
    this.#rows = this.#topics === undefined ? others : [this.#topics, ...others];
    this.#hard = others;
    this.#partitionCount = search.model.partitionCount;
    this.#start = new Float64Array(this.#rows.length);
    this.#settled = new Float64Array(this.#rows.length);
  }

  /** What is known of each topic, for the next plan: see `TopicRow`. */
  get ways(): Uint8Array | undefined {
    return this.#topics?.ways;
  }

  /** Limits of topics, where a goal has any. */
  get topicLimits(): TopicLimits | undefined {
    return this.#topics?.limits;
  }

  /** Looks which of these proposals change what has to keep its limits by itself, and might not in some order. */
  #findHeld(changed: Int32Array): void {
    if (this.#hard.length === 0) return;
    const held = new Uint8Array(this.#partitionCount);
    for (let i = 0; i < changed.length; i++) {
      const p = changed[i]!;
      for (let row = 0; row < this.#hard.length && held[p] === 0; row++) {
        if (this.#hard[row]!.holds(p)) held[p] = 1;
      }
    }
    this.#held = held;
  }

  /** Takes over what is known of topics, and looks at partitions of the others, and at what all of the `changed` hold: then {@link begin} need not. */
  *recall({ ways, unseen }: TopicWays, changed: Int32Array): Generator<void, void, void> {
    this.#findHeld(changed);
    this.#topics?.recall(ways, unseen);
    yield* this.#foresee(unseen);
    this.#isRecalled = true;
  }

  *#foresee(changed: Int32Array): Generator<void, void, void> {
    for (let from = 0; from < changed.length && this.#topics !== undefined; from += HOME_CHUNK) {
      this.#topics.foresee(changed, from, Math.min(from + HOME_CHUNK, changed.length));
      yield;
    }
  }

  /**
   * Goes home, where `changed` are the partitions with a proposal; needed once, before anything else. Of what is known of
   * topics already, those of topics that are weighed are enough.
   */
  *begin(changed: Int32Array): Generator<void, void, void> {
    if (!this.#isRecalled) {
      this.#findHeld(changed);
      yield* this.#foresee(changed);
    }
    for (const row of this.#rows) {
      const some = row === this.#topics ? this.#topics.notHome(changed) : changed;
      for (let from = 0; from < some.length; from += HOME_CHUNK) {
        goHome(row, some, from, Math.min(from + HOME_CHUNK, some.length));
        yield;
      }
    }
    this.settle();
    this.forget();
    this.#start.set(this.#settled);
  }

  /** Whether a proposal changes any. */
  concern(p: number): boolean {
    return this.watch(p) || this.holds(p);
  }

  /** Whether it changes what counts together. */
  watch(p: number): boolean {
    return this.#topics !== undefined && this.#topics.watches(p);
  }

  /** Whether it changes what has to keep its limits by itself, and might not in some order. */
  holds(p: number): boolean {
    return this.#held !== undefined && this.#held[p] === 1;
  }

  /** Those of some partitions whose proposals change any, where that is known of each topic. */
  concerned(partitions: Int32Array): Int32Array {
    if (this.#hard.length > 0) return partitions.filter((p) => this.concern(p));
    return this.#topics?.watched(partitions) ?? partitions.subarray(0, 0);
  }

  /** Those of them that change what has to keep its limits by itself. */
  held(partitions: Int32Array): Int32Array {
    return this.#held === undefined
      ? partitions.subarray(0, 0)
      : partitions.filter((p) => this.holds(p));
  }

  /** Carries a proposal out, or takes it back with `sign` -1. */
  add(p: number, sign: number): void {
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i]!.add(p, sign);
  }

  /** All that is outside, in parts of the whole; hard cells are watched one by one. */
  all(): number {
    let all = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const { cells, weight } = this.#rows[i]!;
      if (!cells.isHard) all += cells.total * weight;
    }
    return all;
  }

  /** Whether anything may be farther outside than after the last step. */
  haveGrown(): boolean {
    return this.#hard.length > 0 || this.haveSoftGrown();
  }

  /** Whether all that counts together is. */
  haveSoftGrown(): boolean {
    return this.#topics !== undefined && this.#topics.total > this.#settled[0]!;
  }

  /** Whether any is, each by itself or all that counts together. */
  areWorse(): boolean {
    return this.haveSoftGrown() || this.#hard.some(({ cells }) => cells.worse() > 0);
  }

  /** How much worse they are than a step may leave them, in parts of the whole. */
  excess(): number {
    let excess = 0;
    for (let i = 0; i < this.#rows.length; i++) {
      const { cells, weight } = this.#rows[i]!;
      const worse = cells.isHard ? cells.worse() : cells.total - this.#start[i]!;
      if (worse > 0) excess += cells.isHard ? HARM + worse * weight : worse * weight;
    }
    return excess;
  }

  /** The step ends here; what is met stays met. */
  settle(): void {
    for (let i = 0; i < this.#rows.length; i++) {
      const now = this.#rows[i]!.cells.total;
      this.#settled[i] = now;
      if (now <= 0) this.#start[i] = 0;
    }
  }

  /** All that was changed since the last step has been taken back, or settled. */
  forget(): void {
    for (let i = 0; i < this.#rows.length; i++) this.#rows[i]!.cells.settle();
  }
}

/** A loop of its own: V8 does not optimize generators. */
function goHome(row: CellRow, changed: Int32Array, from: number, to: number): void {
  for (let k = from; k < to; k++) row.add(changed[k]!, -1);
}
