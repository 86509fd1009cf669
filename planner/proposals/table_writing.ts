/**
 * Columns of proposals that are put one behind the other, some of them copied from another table.
 *
 * @module
 */
import type { Phrase, ProposalTable, TableColumns } from "./proposal_table.ts";

/** How much comes at most. */
export interface Room {
  readonly proposals: number;
  readonly replicas: number;
  readonly moves: number;
  readonly hasLogDirs: boolean;
}

/** So many values are copied one by one. */
const FEW = 16;

/** What a move is put with; figures follow. */
export interface TableMove {
  readonly from: number;
  readonly to: number;
  readonly phrase: number;
  readonly amount: number;
}

/** The columns of a table, and its phrases. */
export interface Written {
  readonly columns: TableColumns;
  readonly phrases: readonly Phrase[];
}

/** Columns as they are filled; see {@link TableColumns}. */
export class TableWriting {
  readonly #columns: TableColumns;
  readonly #before: TableColumns | undefined;
  /** Those of the table before come first: what is copied keeps its indices until all is there. */
  readonly #phrases: Phrase[];
  readonly #known = new Map<string, number>();
  #proposals = 0;
  #replicas = 0;
  #moves = 0;

  /** `before`: what is copied from. */
  constructor({ proposals, replicas, moves, hasLogDirs }: Room, before?: ProposalTable) {
    this.#before = before?.columns;
    this.#phrases = [...before?.phrases ?? []];
    this.#columns = {
      partition: new Int32Array(proposals),
      group: new Int32Array(proposals),
      sizeMb: new Float64Array(proposals),
      replicaStart: new Int32Array(proposals + 1),
      moveStart: new Int32Array(proposals + 1),
      broker: new Int32Array(replicas),
      logDir: new Int32Array(hasLogDirs ? replicas : 0),
      from: new Int32Array(moves),
      to: new Int32Array(moves),
      phrase: new Int32Array(moves),
      amount: new Float32Array(moves),
      figures: new Float64Array(4 * moves),
    };
  }

  /** Begins a proposal: its replicas and moves follow. */
  begin(p: number, group: number, sizeMb: number): void {
    const { partition, replicaStart, moveStart } = this.#columns;
    const k = this.#proposals++;
    partition[k] = p;
    this.#columns.group[k] = group;
    this.#columns.sizeMb[k] = sizeMb;
    replicaStart[k + 1] = this.#replicas;
    moveStart[k + 1] = this.#moves;
  }

  /** The next replica of the latest proposal. */
  putReplica(broker: number, logDir: number): void {
    const { replicaStart } = this.#columns;
    const i = this.#replicas++;
    this.#columns.broker[i] = broker;
    if (this.#columns.logDir.length > 0) this.#columns.logDir[i] = logDir;
    replicaStart[this.#proposals] = this.#replicas;
  }

  /** The next move of the latest proposal. */
  putMove({ from, to, phrase, amount }: TableMove): void {
    const columns = this.#columns;
    const i = this.#moves++;
    columns.from[i] = from;
    columns.to[i] = to;
    columns.phrase[i] = phrase;
    columns.amount[i] = amount;
    columns.moveStart[this.#proposals] = this.#moves;
  }

  /** A figure of the latest move, 0..3. */
  putFigure(index: number, value: number): void {
    this.#columns.figures[4 * (this.#moves - 1) + index] = value;
  }

  /** Adds a phrase that is not there yet; returns its index. */
  addPhrase(phrase: Phrase): number {
    return this.#phrases.push(phrase) - 1;
  }

  /** The index of a phrase, which may be there already. */
  phraseOf(phrase: Phrase): number {
    const key = `${phrase.goal}\n${phrase.metric}\n${phrase.begin}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const added = this.addPhrase(phrase);
    this.#known.set(key, added);
    return added;
  }

  /** Puts so many proposals of the table before, from the `k`th on, as they are there. */
  copy(k: number, count: number): void {
    const from = this.#before!;
    const to = this.#columns;
    const at = this.#proposals;
    const [replica, move] = [from.replicaStart[k]!, from.moveStart[k]!];
    const [replicas, moves] = [this.#replicas - replica, this.#moves - move];
    copyColumn(to.partition, at, from.partition, k, k + count);
    copyColumn(to.group, at, from.group, k, k + count);
    copyColumn(to.sizeMb, at, from.sizeMb, k, k + count);
    for (let i = 1; i <= count; i++) {
      to.replicaStart[at + i] = from.replicaStart[k + i]! + replicas;
      to.moveStart[at + i] = from.moveStart[k + i]! + moves;
    }
    this.#copyReplicas(from, replica, from.replicaStart[k + count]!);
    this.#copyMoves(from, move, from.moveStart[k + count]!);
    this.#proposals += count;
  }

  /** Proposals so far. */
  get length(): number {
    return this.#proposals;
  }

  /** Gives the `k`th proposal another group, and another size where one is given. */
  change(k: number, group: number, sizeMb?: number): void {
    this.#columns.group[k] = group;
    if (sizeMb !== undefined) this.#columns.sizeMb[k] = sizeMb;
  }

  #copyReplicas(from: TableColumns, first: number, end: number): void {
    const to = this.#columns;
    copyColumn(to.broker, this.#replicas, from.broker, first, end);
    if (to.logDir.length > 0) copyColumn(to.logDir, this.#replicas, from.logDir, first, end);
    this.#replicas += end - first;
  }

  #copyMoves(from: TableColumns, first: number, end: number): void {
    const to = this.#columns;
    const at = this.#moves;
    copyColumn(to.from, at, from.from, first, end);
    copyColumn(to.to, at, from.to, first, end);
    copyColumn(to.phrase, at, from.phrase, first, end);
    copyColumn(to.amount, at, from.amount, first, end);
    copyColumn(to.figures, 4 * at, from.figures, 4 * first, 4 * end);
    this.#moves += end - first;
  }

  /** All that was put, without what nothing speaks of any more. */
  finish(): Written {
    const columns = this.#columns;
    const [n, r, m] = [this.#proposals, this.#replicas, this.#moves];
    const made: TableColumns = {
      partition: columns.partition.subarray(0, n),
      group: columns.group.subarray(0, n),
      sizeMb: columns.sizeMb.subarray(0, n),
      replicaStart: columns.replicaStart.subarray(0, n + 1),
      moveStart: columns.moveStart.subarray(0, n + 1),
      broker: columns.broker.subarray(0, r),
      logDir: columns.logDir.subarray(0, r),
      from: columns.from.subarray(0, m),
      to: columns.to.subarray(0, m),
      phrase: columns.phrase.subarray(0, m),
      amount: columns.amount.subarray(0, m),
      figures: columns.figures.subarray(0, 4 * m),
    };
    return { columns: made, phrases: numberAnew(made.phrase, this.#phrases) };
  }
}

type Column = Int32Array | Float32Array | Float64Array;

/** Copies `[first, end)` of a column: few one by one, as a view of each would take longer than they do. */
function copyColumn(to: Column, at: number, from: Column, first: number, end: number): void {
  if (end - first > FEW) to.set(from.subarray(first, end), at);
  else for (let i = first; i < end; i++) to[at + i - first] = from[i]!;
}

/** Only the phrases that are spoken; indices are changed to those of what is returned. */
function numberAnew(indices: Int32Array, phrases: readonly Phrase[]): Phrase[] {
  const numbers = new Int32Array(phrases.length).fill(-1);
  const spoken: Phrase[] = [];
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (numbers[index] === -1) numbers[index] = spoken.push(phrases[index]!) - 1;
    indices[i] = numbers[index]!;
  }
  return spoken;
}
