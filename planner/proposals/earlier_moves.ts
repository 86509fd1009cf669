/**
 * What the plan before said of its moves, for the moves of this one that say it again.
 *
 * @module
 */
import { measureOfMetric } from "../way/figures.ts";
import type { EarlierMoves } from "../way/moves.ts";
import type { ProposalTable } from "./proposal_table.ts";

/** Moves of a table by their indices in its store. */
export class MovesBefore implements EarlierMoves {
  /** `proposalOf`: proposal by partition, -1 = none. */
  constructor(readonly table: ProposalTable, readonly proposalOf: Int32Array) {}

  find(p: number, from: number, to: number): number {
    const { moveStart, from: left, to: entered } = this.table.store.columns;
    const k = this.proposalOf[p]!;
    if (k < 0) return -1;
    const row = this.table.rows[k]!;
    const end = moveStart[row + 1]!;
    let found = -1;
    for (let move = moveStart[row]!; move < end; move++) {
      if (left[move] !== from) continue;
      if (entered[move] === to) return move;
      if (found < 0) found = move;
    }
    return found;
  }

  measureOf(move: number): number | undefined {
    const { columns, phrases } = this.table.store;
    const { metric } = phrases[columns.phrase[move]!]!;
    return metric === undefined ? undefined : measureOfMetric(metric);
  }
}
