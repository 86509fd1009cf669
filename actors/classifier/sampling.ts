/**
 * Which rows trees learn from. Trees are dear (their time grows with the square of the rows) and rows whose state
 * changes are rare, so each tree gets a small draw of its own in which those rows are well represented.
 *
 * @module
 */
import { assert } from "../../lib/assert.ts";
import type { Prng } from "../../lib/prng.ts";
import { STATE_COUNT, stateIn, type StateRules, type States, UNKNOWN } from "./labels.ts";
import type { Span } from "./split.ts";

/** A row: broker and minute, with what it is and becomes. */
export interface RowRef {
  readonly brokerId: number;
  /** Minutes since the epoch. */
  readonly minute: number;
  /** State indices. */
  readonly current: number;
  readonly actual: number;
}

/** Rows to draw from. */
export interface Pool {
  /** Rows whose state changes. */
  readonly changing: readonly RowRef[];
  /** Rows that keep their state although another is not far in time: where it is decided. */
  readonly near: readonly RowRef[];
  /** By state index: all other rows. */
  readonly far: readonly (readonly RowRef[])[];
}

/** Parts of a draw that are changing and near rows, as far as there are so many. */
const CHANGING_SHARE = 0.4;
const NEAR_SHARE = 0.4;

/** A row is near when its state differs that many minutes before or after. */
const NEAR_MINUTES = [-60, -20, 20, 70];

/** Keeps a uniform draw of `size` of all that is offered (reservoir sampling, Vitter's algorithm R). */
class Reservoir {
  readonly rows: RowRef[] = [];
  #offered = 0;
  readonly #size: number;
  readonly #prng: Prng;

  constructor(size: number, prng: Prng) {
    this.#size = size;
    this.#prng = prng;
  }

  offer(row: RowRef): void {
    this.#offered++;
    if (this.rows.length < this.#size) {
      this.rows.push(row);
      return;
    }
    const at = this.#prng.below(this.#offered);
    if (at < this.#size) this.rows[at] = row;
  }
}

/** Collects a pool, broker by broker. */
export interface PoolBuilder {
  /** Offers the rows of a broker in a span whose state and label are known. */
  offer(brokerId: number, states: States, span: Span): void;
  pool(): Pool;
}

/** A pool of at most `size` changing rows, near rows and far rows of each state. */
export function poolBuilder(options: {
  readonly rules: StateRules;
  readonly size: number;
  readonly prng: Prng;
}): PoolBuilder {
  const { rules, size, prng } = options;
  const changing = new Reservoir(size, prng.fork("changing"));
  const near = new Reservoir(size, prng.fork("near"));
  const far = Array.from(
    { length: STATE_COUNT },
    (_, state) => new Reservoir(size, prng.fork(`far-${state}`)),
  );
  return {
    offer(brokerId, states, span) {
      for (let minute = span.from; minute <= span.to; minute++) {
        const row = rowAt(brokerId, minute, { states, rules });
        if (row === undefined) continue;
        if (row.current !== row.actual) changing.offer(row);
        else (isNear(row, states) ? near : far[row.current]!).offer(row);
      }
    },
    pool: () => ({
      changing: changing.rows,
      near: near.rows,
      far: far.map((one) => one.rows),
    }),
  };
}

/** The row of a minute, undefined when its state or its label is unknown. */
export function rowAt(
  brokerId: number,
  minute: number,
  from: { readonly states: States; readonly rules: StateRules },
): RowRef | undefined {
  const current = stateIn(from.states, minute);
  const actual = stateIn(from.states, minute + from.rules.horizon);
  if (current === UNKNOWN || actual === UNKNOWN) return undefined;
  return { brokerId, minute, current, actual };
}

function isNear(row: RowRef, states: States): boolean {
  return NEAR_MINUTES.some((minutes) => {
    const then = stateIn(states, row.minute + minutes);
    return then !== UNKNOWN && then !== row.current;
  });
}

/** Rows of a pool, all kinds together. */
export function poolSize(pool: Pool): number {
  return pool.changing.length + pool.near.length + pool.far.flat().length;
}

/** Draws `count` rows for a tree, with replacement: changing ones, near ones, then as many far ones of each state. */
export function drawRows(pool: Pool, count: number, prng: Prng): RowRef[] {
  assert(poolSize(pool) > 0, "Cannot draw rows from an empty pool");
  const far = pool.far.filter((rows) => rows.length > 0);
  const drawn: RowRef[] = [];
  const pick = (rows: readonly RowRef[]) => drawn.push(rows[prng.below(rows.length)]!);
  // A handful of rows must not be most of a draw many times over.
  const part = (rows: readonly RowRef[], share: number) =>
    Math.min(2 * rows.length, Math.round(count * share));
  for (let i = part(pool.changing, CHANGING_SHARE); i > 0; i--) pick(pool.changing);
  for (let i = part(pool.near, NEAR_SHARE); i > 0; i--) pick(pool.near);
  for (let i = 0; drawn.length < count && far.length > 0; i++) pick(far[i % far.length]!);
  return drawn;
}

/** Rows of a span, evenly spaced so that there are at most about `countMax` of all brokers. */
export function spacedRows(
  brokers: ReadonlyMap<number, States>,
  span: Span,
  options: { readonly rules: StateRules; readonly countMax: number },
): RowRef[] {
  const minutes = span.to - span.from + 1;
  const stride = Math.max(1, Math.ceil(minutes * brokers.size / options.countMax));
  const rows: RowRef[] = [];
  let lane = 0;
  for (const [brokerId, states] of brokers) {
    // Brokers take turns, so that together they cover the minutes that each of them skips.
    const first = span.from + lane++ % stride;
    for (let minute = first; minute <= span.to; minute += stride) {
      const row = rowAt(brokerId, minute, { states, rules: options.rules });
      if (row !== undefined) rows.push(row);
    }
  }
  return rows;
}
