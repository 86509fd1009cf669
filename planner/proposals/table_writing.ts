/**
 * A table of proposals that are put one behind the other, some of them as another table has them.
 *
 * @module
 */
import type { Topology } from "../topology.ts";
import { ProposalStore, type Room } from "./proposal_store.ts";
import { ProposalTable } from "./proposal_table.ts";

/** So many values are copied one by one. */
const FEW = 16;

/** A table as it is filled; see {@link ProposalTable}. */
export class TableWriting {
  /** What the latest proposal says is put there. */
  readonly store: ProposalStore;
  readonly #before: ProposalTable | undefined;
  readonly #rows: Int32Array;
  readonly #partition: Int32Array;
  readonly #group: Int32Array;
  #count = 0;

  /** `before`: what is copied from; its store is used for what is new, too. */
  constructor(room: Room, before?: ProposalTable) {
    this.#before = before;
    this.store = before?.store ?? new ProposalStore(room);
    this.#rows = new Int32Array(room.proposals);
    this.#partition = new Int32Array(room.proposals);
    this.#group = new Int32Array(room.proposals);
  }

  /** Begins a proposal: its replicas and moves follow. */
  begin(p: number, group: number, sizeMb: number): void {
    const k = this.#count++;
    this.#rows[k] = this.store.begin(sizeMb);
    this.#partition[k] = p;
    this.#group[k] = group;
  }

  /** Puts so many proposals of the table before, from the `k`th on, as they are there. */
  copy(k: number, count: number): void {
    const { rows, partition, group } = this.#before!;
    const at = this.#count;
    copyColumn(this.#rows, at, rows, k, k + count);
    copyColumn(this.#partition, at, partition, k, k + count);
    copyColumn(this.#group, at, group, k, k + count);
    this.#count += count;
  }

  /** Proposals so far. */
  get length(): number {
    return this.#count;
  }

  /** Gives the `k`th proposal another group, and another size where one is given. */
  change(k: number, group: number, sizeMb?: number): void {
    this.#group[k] = group;
    const row = this.#rows[k]!;
    if (sizeMb === undefined || this.store.columns.sizeMb[row] === sizeMb) return;
    this.#rows[k] = this.store.putResized(row, sizeMb);
  }

  /** The table of all that was put. */
  finish(topology: Topology): ProposalTable {
    const n = this.#count;
    return new ProposalTable(this.store, {
      rows: this.#rows.subarray(0, n),
      partition: this.#partition.subarray(0, n),
      group: this.#group.subarray(0, n),
    }, topology);
  }
}

/** Copies `[first, end)` of a column: few one by one, as a view of each would take longer than they do. */
function copyColumn(
  to: Int32Array,
  at: number,
  from: Int32Array,
  first: number,
  end: number,
): void {
  if (end - first > FEW) to.set(from.subarray(first, end), at);
  else for (let i = first; i < end; i++) to[at + i - first] = from[i]!;
}
