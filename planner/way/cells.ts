/**
 * Amounts that are limited one by one and are not sums of a broker: leaders of a topic on a broker, MB of a log dir,
 * load of a broker in a window. On the way they are held to their limits, widened to what the plan has there in the
 * end.
 *
 * @module
 */

/** What differs between such amounts. */
export interface CellParts {
  /** As at home; changed by what is added. */
  readonly now: Int32Array | Float64Array;
  /** As the plan has it. */
  readonly end: ArrayLike<number>;
  readonly upper: (cell: number) => number;
  readonly lower: (cell: number) => number;
  /** Amounts of a cell that differ by less are the same. */
  readonly slack: (cell: number) => number;
}

/** How much of some amounts is outside their limits. */
export interface Outside {
  /** Summed over all of them. */
  readonly total: number;
  /** Whether each has to keep its limit by itself; else only all together must not get worse. */
  readonly isHard: boolean;
  /** How much some are farther outside than after the last step, each by itself. */
  worse(): number;
  /** The step ends here, or was taken back. */
  settle(): void;
}

/** Amounts on the way and how much of them is outside; only cells that are added to count. */
export class Cells implements Outside {
  total = 0;
  readonly isHard = true;
  readonly #parts: CellParts;
  /** Hard cells that changed since the last step, and what was outside there. */
  readonly #before = new Map<number, number>();

  constructor(parts: CellParts) {
    this.#parts = parts;
  }

  /** Changes an amount. */
  add(cell: number, change: number): void {
    if (change === 0) return;
    const before = this.#outside(cell);
    if (!this.#before.has(cell)) this.#before.set(cell, before);
    this.#parts.now[cell]! += change;
    this.total += this.#outside(cell) - before;
  }

  worse(): number {
    let worse = 0;
    for (const [cell, before] of this.#before) {
      worse += Math.max(0, this.#outside(cell) - before - this.#parts.slack(cell));
    }
    return worse;
  }

  settle(): void {
    if (this.#before.size > 0) this.#before.clear();
  }

  #outside(cell: number): number {
    const { now, end, upper, lower, slack } = this.#parts;
    const amount = now[cell]!;
    const high = upper(cell);
    if (amount > high) return Math.max(0, amount - Math.max(high, end[cell]! + slack(cell)));
    const low = lower(cell);
    if (amount < low) return Math.max(0, Math.min(low, end[cell]! - slack(cell)) - amount);
    return 0;
  }
}
